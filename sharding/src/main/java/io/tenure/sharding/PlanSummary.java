package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.Bounds;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The plan as a whole: the data of {@code /<group>/plan}. For people, and for the next coordinator.
 * Immutable.
 *
 * @param version counts the plans
 * @param coordinator the worker that wrote it
 * @param coordinatorEpoch its tenure as coordinator
 * @param reason what the last change was for
 * @param unplaced shards that no worker has room for
 * @param shares by how much busy workers' shares are lowered and others' raised; 1 where not named
 * @param damped workers whose sessions keep ending soon after they began
 * @param unplacedReason why there is no room, where it is not only the number of shards
 */
record PlanSummary(
    long version,
    String coordinator,
    long coordinatorEpoch,
    String reason,
    List<String> unplaced,
    Map<String, Double> shares,
    Map<String, Damped> damped,
    String unplacedReason) {

  /** A plan of workers that live. */
  PlanSummary(
      long version,
      String coordinator,
      long coordinatorEpoch,
      String reason,
      List<String> unplaced,
      Map<String, Double> shares) {
    this(version, coordinator, coordinatorEpoch, reason, unplaced, shares, Map.of(), "");
  }

  /** Before the first plan. */
  static PlanSummary none() {
    return new PlanSummary(0, "", 0, "", List.of(), Map.of());
  }

  static PlanSummary parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    Map<String, Double> shares = new TreeMap<>();
    JsonNode written = json.get("shares");
    if (written != null && !written.isObject()) {
      throw json.foreign("shares", "is no object");
    } else if (written != null) {
      ZnodeJson.fields(written)
          .forEach(
              entry -> {
                double share = entry.getValue().asDouble(0);
                if (!(share > 0) || Double.isInfinite(share)) {
                  throw json.foreign("shares", "holds a share that is not more than 0");
                }
                shares.put(entry.getKey(), share);
              });
    }
    return new PlanSummary(
        json.number("version", 0),
        json.optionalText("coordinator", Bounds.ID_BYTES).orElse(""),
        json.number("coordinatorEpoch", 0),
        json.optionalText("reason", Bounds.EXPLANATION_CHARS).orElse(""),
        ShardList.get(json, "unplaced"),
        shares,
        damped(json),
        json.optionalText("unplacedReason", Bounds.EXPLANATION_CHARS).orElse(""));
  }

  private static Map<String, Damped> damped(ZnodeJson json) {
    Map<String, Damped> damped = new TreeMap<>();
    JsonNode written = json.get("damped");
    if (written != null && !written.isObject()) {
      throw json.foreign("damped", "is no object");
    } else if (written != null) {
      for (Map.Entry<String, JsonNode> entry : written.properties()) {
        JsonNode deaths = entry.getValue().get("deaths");
        if (deaths == null || !deaths.canConvertToInt() || deaths.intValue() < 1) {
          throw json.foreign("damped", "holds a number of deaths that is not 1 or more");
        }
        damped.put(entry.getKey(), new Damped(deaths.intValue(), until(json, entry.getValue())));
      }
    }
    return damped;
  }

  private static Optional<Instant> until(ZnodeJson json, JsonNode one) {
    try {
      return Optional.ofNullable(one.get("until")).map(JsonNode::asText).map(Instant::parse);
    } catch (DateTimeException e) {
      throw json.foreign("damped", "holds a time that is no ISO time");
    }
  }

  byte[] bytes(boolean numbered) {
    ObjectNode json = ZnodeJson.create();
    json.put("version", version);
    json.put("coordinator", coordinator);
    json.put("coordinatorEpoch", coordinatorEpoch);
    json.put("reason", Bounds.cut(reason, Bounds.EXPLANATION_CHARS));
    ShardList.put(json, "unplaced", numbered, unplaced);
    if (!shares.isEmpty()) {
      ObjectNode all = json.putObject("shares");
      shares.forEach(all::put);
    }
    if (!damped.isEmpty()) {
      ObjectNode all = json.putObject("damped");
      damped.forEach(
          (id, one) -> {
            ObjectNode said = all.putObject(id).put("deaths", one.deaths());
            one.until().ifPresent(time -> said.put("until", time.toString()));
          });
    }
    if (!unplacedReason.isEmpty()) {
      json.put("unplacedReason", Bounds.cut(unplacedReason, Bounds.EXPLANATION_CHARS));
    }
    return ZnodeJson.bytes(json);
  }
}
