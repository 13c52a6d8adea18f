package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import java.util.ArrayList;
import java.util.List;

/**
 * What all workers of a group must agree on: the data of {@code /<group>}. Immutable.
 *
 * @param shards the shards
 * @param standbys how many workers stand by for each shard
 */
public record GroupSettings(ShardSet shards, int standbys) {

  /** More would cost watches and give nothing. */
  static final int MAX_STANDBYS = 3;

  /**
   * Checks the number of standbys.
   *
   * @throws IllegalArgumentException if it is not from 0 to 3
   */
  public GroupSettings {
    if (standbys < 0 || standbys > MAX_STANDBYS) {
      throw new IllegalArgumentException(
          standbys + " standbys for each shard: give 0 to " + MAX_STANDBYS);
    }
  }

  static GroupSettings parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    try {
      JsonNode shards = json.get("shards");
      ShardSet set;
      if (shards != null && shards.isIntegralNumber() && shards.canConvertToInt()) {
        set = ShardSet.numbered(shards.intValue());
      } else if (shards != null && shards.isArray()) {
        List<String> names = new ArrayList<>();
        shards.forEach(name -> names.add(name.asText()));
        set = ShardSet.named(names);
      } else {
        throw json.foreign("shards", "is neither a number nor an array of names");
      }
      return new GroupSettings(set, (int) Math.min(json.number("standbys", 0), 99));
    } catch (IllegalArgumentException e) {
      throw json.foreign("shards", "or \"standbys\" is wrong: " + e.getMessage());
    }
  }

  byte[] bytes() {
    ObjectNode json = ZnodeJson.create();
    if (shards.isNumbered()) {
      json.put("shards", shards.size());
    } else {
      var names = json.putArray("shards");
      for (int i = 0; i < shards.size(); i++) {
        names.add(shards.name(i));
      }
    }
    json.put("standbys", standbys);
    return ZnodeJson.bytes(json);
  }

  /** For messages. */
  @Override
  public String toString() {
    return shards + ", " + standbys + " standbys";
  }
}
