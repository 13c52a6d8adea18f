package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.Retention;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What all workers of a group must agree on: the data of {@code /<group>}. The first worker writes
 * it; the others take it over, and are refused if they were told otherwise. Immutable.
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
    if (settleWindow.isNegative() || settleWindow.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("settle window is " + settleWindow + ": give 0 to 1 hour");
    }
    if (movesInFlight < 1) {
      throw new IllegalArgumentException(
          movesInFlight + " planned moves in flight: give at least 1");
    }
    if (readyLimit.isNegative() || readyLimit.compareTo(Duration.ofDays(1)) > 0) {
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
    try {
      return new GroupSettings(
          shards(json),
          number(json, "standbys", 0),
          Duration.ofMillis(json.number("settleMillis", 0)),
          number(json, "movesInFlight", 1),
          Duration.ofMillis(json.number("readyMillis", 0)),
          Retention.last(number(json, "retention", 2)),
          json.object("loadBalancing").map(GroupSettings::loadBalancing));
    } catch (IllegalArgumentException e) {
      throw json.foreign("shards", "or another one is wrong: " + e.getMessage());
    }
  }

  private static int number(ZnodeJson json, String field, int min) {
    return (int) Math.min(json.number(field, min), Integer.MAX_VALUE);
  }

  private static ShardSet shards(ZnodeJson json) {
    JsonNode shards = json.get("shards");
    if (shards != null && shards.isIntegralNumber() && shards.canConvertToInt()) {
      return ShardSet.numbered(shards.intValue());
    } else if (shards != null && shards.isArray()) {
      List<String> names = new ArrayList<>();
      shards.forEach(name -> names.add(name.asText()));
      return ShardSet.named(names);
    }
    throw json.foreign("shards", "is neither a number nor an array of names");
  }

  private static LoadBalancing loadBalancing(ZnodeJson json) {
    return new LoadBalancing(
        Duration.ofMillis(json.number("intervalMillis", 1)),
        json.number("deadBandPercent", 1) / 100.0,
        number(json, "moves", 1));
  }

  byte[] bytes() {
    ObjectNode json = ZnodeJson.create();
    put(json);
    return ZnodeJson.bytes(json);
  }

  /** The same, with what a newer version may have written beside it. */
  byte[] bytesOver(String path, byte[] old) {
    ObjectNode json = ZnodeJson.create();
    put(json);
    json.setAll(ZnodeJson.parse(path, old).without(KNOWN));
    return ZnodeJson.bytes(json);
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
