package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.Retention;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What all workers of a group must agree on: the data of {@code /<group>}. The first worker writes
 * it; the others take it over, and are refused if they were told otherwise. A value that was
 * changed while the group ran, see {@link SettingsChange}, counts also for workers that were told
 * another one. Immutable.
 *
 * @param shards the shards
 * @param standbys how many workers stand by for each shard
 * @param settleWindow how long no further worker must have joined before shards move to those that
 *     did, so that a rolling start moves them once
 * @param movesInFlight how many planned moves are under way at a time
 * @param readyLimit how long a planned move waits for its successor to get ready
 * @param retention how many entries of each shard's audit trail are kept
 * @param loadBalancing whether, and how, busy workers shed shards
 */
public record GroupSettings(
    ShardSet shards,
    int standbys,
    Duration settleWindow,
    int movesInFlight,
    Duration readyLimit,
    Retention retention,
    Optional<LoadBalancing> loadBalancing) {

  /** More would cost watches and give nothing. */
  static final int MAX_STANDBYS = 3;

  private static final Duration MAX_SETTLE = Duration.ofHours(1);
  private static final Duration MAX_READY = Duration.ofDays(1);

  private static final Set<String> KNOWN =
      Set.of(
          "format",
          "shards",
          "standbys",
          "settleMillis",
          "movesInFlight",
          "readyMillis",
          "retention",
          "loadBalancing");

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value and the rule
   */
  public GroupSettings {
    if (standbys < 0 || standbys > MAX_STANDBYS) {
      throw new IllegalArgumentException(
          standbys + " standbys for each shard: give 0 to " + MAX_STANDBYS);
    }
    if (settleWindow.isNegative() || settleWindow.compareTo(MAX_SETTLE) > 0) {
      throw new IllegalArgumentException("settle window is " + settleWindow + ": give 0 to 1 hour");
    }
    if (movesInFlight < 1) {
      throw new IllegalArgumentException(
          movesInFlight + " planned moves in flight: give at least 1");
    }
    if (readyLimit.isNegative() || readyLimit.compareTo(MAX_READY) > 0) {
      throw new IllegalArgumentException("ready limit is " + readyLimit + ": give 0 to 1 day");
    }
  }

  /** These shards, and for everything else what is usual. */
  public static GroupSettings of(ShardSet shards) {
    return new GroupSettings(
        shards,
        1,
        Duration.ofSeconds(3),
        100,
        Duration.ofSeconds(30),
        Retention.last(20),
        Optional.empty());
  }

  static GroupSettings parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    return new GroupSettings(
        shards(json),
        number(json, "standbys", 0, MAX_STANDBYS),
        millis(json, "settleMillis", MAX_SETTLE),
        number(json, "movesInFlight", 1, Integer.MAX_VALUE),
        millis(json, "readyMillis", MAX_READY),
        Retention.last(number(json, "retention", 2, Integer.MAX_VALUE)),
        loadBalancing(json));
  }

  private static int number(ZnodeJson json, String field, int min, int max) {
    long number = json.number(field, min);
    if (number > max) {
      throw json.foreign(field, "is " + number + ", and must be at most " + max);
    }
    return (int) number;
  }

  private static Duration millis(ZnodeJson json, String field, Duration max) {
    return Duration.ofMillis(number(json, field, 0, (int) max.toMillis()));
  }

  private static ShardSet shards(ZnodeJson json) {
    JsonNode shards = json.get("shards");
    try {
      if (shards != null && shards.isIntegralNumber() && shards.canConvertToInt()) {
        return ShardSet.numbered(shards.intValue());
      } else if (shards != null && shards.isArray()) {
        return ShardSet.named(ShardList.get(json, "shards"));
      }
    } catch (IllegalArgumentException e) {
      throw json.foreign("shards", "is wrong: " + e.getMessage());
    }
    throw json.foreign("shards", "is neither a number nor an array of names");
  }

  private static Optional<LoadBalancing> loadBalancing(ZnodeJson json) {
    if (json.get("loadBalancing") == null) {
      return Optional.empty();
    }
    ZnodeJson load =
        json.object("loadBalancing")
            .orElseThrow(() -> json.foreign("loadBalancing", "is no object"));
    try {
      return Optional.of(
          new LoadBalancing(
              Duration.ofMillis(load.number("intervalMillis", 1)),
              load.number("deadBandPercent", 1) / 100.0,
              number(load, "moves", 1, Integer.MAX_VALUE)));
    } catch (IllegalArgumentException e) {
      throw json.foreign("loadBalancing", "is wrong: " + e.getMessage());
    }
  }

  byte[] bytes() {
    ObjectNode json = ZnodeJson.create();
    put(json);
    return ZnodeJson.bytes(json);
  }

  /** The same, with what a newer version may have written beside it. */
  byte[] bytesOver(String path, byte[] old) {
    return ZnodeJson.bytes(jsonOver(ZnodeJson.parse(path, old)));
  }

  /** The same as an object, to which more can be added. */
  ObjectNode jsonOver(ZnodeJson old) {
    ObjectNode json = ZnodeJson.create();
    put(json);
    json.setAll(old.without(KNOWN));
    return json;
  }

  private void put(ObjectNode json) {
    if (shards.isNumbered()) {
      json.put("shards", shards.size());
    } else {
      var names = json.putArray("shards");
      for (int i = 0; i < shards.size(); i++) {
        names.add(shards.name(i));
      }
    }
    json.put("standbys", standbys);
    json.put("settleMillis", settleWindow.toMillis());
    json.put("movesInFlight", movesInFlight);
    json.put("readyMillis", readyLimit.toMillis());
    json.put("retention", retention.entries());
    loadBalancing.ifPresent(
        load ->
            json.putObject("loadBalancing")
                .put("intervalMillis", load.interval().toMillis())
                .put("deadBandPercent", Math.round(load.deadBand() * 100))
                .put("moves", load.movesPerInterval()));
  }

  GroupSettings withShards(ShardSet set) {
    return new GroupSettings(
        set, standbys, settleWindow, movesInFlight, readyLimit, retention, loadBalancing);
  }
}
