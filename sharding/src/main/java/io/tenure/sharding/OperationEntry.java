package io.tenure.sharding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.AuditFormat;
import io.tenure.internal.EntryNaming;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.SessionIdentity;
import io.tenure.scope.Bounds;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What an entry of a group's own trail says: the data of {@code /<group>/audit/<name>}, one line of
 * JSON. Immutable.
 *
 * @param identity who asked for it as the server knows it, as {@code scheme:name}; empty where the
 *     server does not tell, and in entries of older versions
 * @param nonce drawn for each change, so that a writer that has lost the answer knows its own entry
 * @param previous the digest of the entry before
 * @param suffix what its name ends in, where its place was taken; see {@link EntryNaming}
 */
record OperationEntry(
    long index,
    String event,
    String subject,
    String value,
    String reason,
    String by,
    List<String> identity,
    Instant time,
    String nonce,
    String previous,
    Optional<String> suffix) {

  /** Names are for {@code ls}: the data says the rest. */
  private static final int MAX_NAME_CHARS = 100;

  private static final String CUT = "...";

  /** Copies the list. */
  OperationEntry {
    identity = List.copyOf(identity);
  }

  /** An entry whose place was free. */
  OperationEntry(
      long index,
      String event,
      String subject,
      String value,
      String reason,
      String by,
      List<String> identity,
      Instant time,
      String nonce,
      String previous) {
    this(
        index,
        event,
        subject,
        value,
        reason,
        by,
        identity,
        time,
        nonce,
        previous,
        Optional.empty());
  }

  static OperationEntry parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    return new OperationEntry(
        json.number("index", 1),
        json.text("event", Bounds.NONCE_CHARS),
        json.optionalText("subject", Bounds.EXPLANATION_CHARS).orElse(""),
        json.optionalText("value", Bounds.EXPLANATION_CHARS).orElse(""),
        json.optionalText("reason", Bounds.REASON_CHARS).orElse(""),
        json.text("by", Bounds.BY_CHARS),
        SessionIdentity.read(json),
        json.time("time"),
        json.optionalText("nonce", Bounds.NONCE_CHARS).orElse(""),
        json.text("previous"),
        json.optionalText("suffix", Bounds.NONCE_CHARS));
  }

  byte[] bytes() {
    ObjectNode json = ZnodeJson.create();
    json.put("index", index);
    json.put("event", event);
    json.put("subject", subject);
    json.put("value", value);
    json.put("reason", reason);
    json.put("by", by);
    if (!identity.isEmpty()) {
      identity.forEach(json.putArray("identity")::add);
    }
    json.put("time", time.toString());
    json.put("nonce", nonce);
    suffix.ifPresent(end -> json.put("suffix", end));
    json.put("previous", previous);
    return ZnodeJson.bytes(json);
  }

  /** The entry's name, which tells most of the story: {@code 0000000012-drain-w-3}. */
  String name() {
    String about = ZnodeName.encode(subject.isEmpty() ? value : subject);
    return EntryNaming.name(
        AuditFormat.indexText(index) + "-" + ZnodeName.encode(event) + "-" + cut(about), suffix);
  }

  private static String cut(String encoded) {
    if (encoded.length() <= MAX_NAME_CHARS) {
      return encoded;
    }
    int end = MAX_NAME_CHARS - CUT.length();
    int escape = encoded.lastIndexOf('%', end - 1);
    return encoded.substring(0, escape > end - 3 ? escape : end) + CUT;
  }

  Operation operation(String path, byte[] data, Instant serverTime) {
    return new Operation(
        index,
        event,
        subject,
        value,
        reason,
        by,
        identity,
        time,
        serverTime,
        path,
        AuditFormat.digest(data));
  }
}
