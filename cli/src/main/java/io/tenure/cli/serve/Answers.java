package io.tenure.cli.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.cli.timeline.LiveTimeline;
import io.tenure.cli.timeline.TimelineData;
import io.tenure.scope.Printable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import java.util.OptionalDouble;

/** The bytes of the server's JSON answers, as {@code live.js} reads them. Stateless. */
final class Answers {

  private Answers() {}

  /** What is new in the timeline, and whether the source can be trusted. */
  static byte[] timeline(LiveSource source, String run, long since, Clock clock) {
    // In this order: a connection that is lost in between is told of, rather than overlooked.
    TimelineData changes = source.changesSince(run, since);
    LiveTimeline.Connection connection = source.connection();
    ObjectNode zookeeper = JsonNodeFactory.instance.objectNode();
    zookeeper.put("connected", connection.connected());
    zookeeper.put("since", connection.since().toEpochMilli());
    zookeeper.put("now", clock.millis());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      text("{\"zookeeper\":" + zookeeper + ",\"timeline\":", out);
      changes.writeJson(out);
      text("}", out);
    } catch (IOException e) {
      throw new UncheckedIOException("memory can always be written to", e);
    }
    return out.toByteArray();
  }

  /** The status, or JSON's null. */
  static byte[] status(Optional<ServedStatus> status) {
    return status.map(Answers::json).orElse("null").getBytes(StandardCharsets.UTF_8);
  }

  private static String json(ServedStatus status) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("shards", status.shards());
    json.put("led", status.led());
    ArrayNode vacant = json.putArray("vacant");
    status.vacant().forEach(shard -> vacant.add(Printable.of(shard)));
    json.put("coordinator", status.coordinator().map(Printable::of).orElse(null));
    if (status.planVersion().isPresent()) {
      json.put("planVersion", status.planVersion().getAsLong());
    } else {
      json.putNull("planVersion");
    }
    ArrayNode workers = json.putArray("workers");
    status.workers().forEach(worker -> put(workers.addObject(), worker));
    return json.toString();
  }

  private static void put(ObjectNode json, ServedStatus.Worker worker) {
    json.put("id", Printable.of(worker.id()));
    json.put("zone", worker.zone().map(Printable::of).orElse(null));
    json.put("state", worker.state());
    json.put("drained", worker.drained());
    json.put("leads", worker.leads());
    json.put("standsBy", worker.standsBy());
    put(json, "capacity", worker.capacity());
    put(json, "utilization", worker.utilization());
  }

  private static void put(ObjectNode json, String field, OptionalDouble value) {
    if (value.isPresent() && Double.isFinite(value.getAsDouble())) {
      json.put(field, value.getAsDouble());
    } else {
      json.putNull(field);
    }
  }

  private static void text(String text, ByteArrayOutputStream out) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }
}
