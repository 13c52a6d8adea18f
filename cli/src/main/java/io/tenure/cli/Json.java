package io.tenure.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.audit.PastTenure;
import io.tenure.audit.RecordedEntry;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Candidate;
import java.util.Collection;
import java.util.function.Function;

/** The command's JSON: field names as in the znodes, where there are such. Stateless. */
final class Json {

  private Json() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static <T> ArrayNode array(Collection<T> all, Function<T, ObjectNode> each) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    all.forEach(one -> array.add(each.apply(one)));
    return array;
  }

  static ArrayNode texts(Collection<String> all) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    all.forEach(array::add);
    return array;
  }

  /** An entry with what the server says about it. */
  static ObjectNode of(String trail, RecordedEntry recorded) {
    AuditEntry entry = recorded.entry();
    ObjectNode json = object();
    json.put("trail", trail);
    json.put("index", entry.index());
    json.put("event", entry.transition().word());
    json.put("epoch", entry.epoch());
    put(json, entry.candidate());
    json.put("session", entry.session());
    json.put("reason", entry.transition().reason());
    entry.recordedBy().ifPresent(by -> json.put("recordedBy", by));
    entry
        .predecessor()
        .ifPresent(
            before ->
                json.putObject("predecessor")
                    .put("candidate", before.candidateId())
                    .put("epoch", before.epoch())
                    .put("end", before.end().word())
                    .put("reason", before.end().reason()));
    json.put("leaderTime", entry.leaderTime().toString());
    json.put("serverTime", recorded.serverTime().toString());
    json.put("zxid", "0x" + Long.toHexString(recorded.zxid()));
    json.put("path", recorded.path());
    return json;
  }

  static ObjectNode of(PastTenure tenure) {
    ObjectNode json = object();
    json.put("epoch", tenure.epoch());
    put(json, tenure.candidate());
    tenure.from().ifPresent(from -> json.put("from", from.toString()));
    tenure
        .ending()
        .ifPresent(
            ending ->
                json.put("to", ending.at().toString())
                    .put("toIsExact", ending.exact())
                    .put("end", ending.end().word())
                    .put("reason", ending.end().reason()));
    return json;
  }

  static void put(ObjectNode json, Candidate candidate) {
    json.put("candidate", candidate.id());
    json.put("host", candidate.host());
    json.put("pid", candidate.pid());
    candidate.endpoint().ifPresent(endpoint -> json.put("endpoint", endpoint));
  }
}
