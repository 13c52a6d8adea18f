package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one worker shall do: the data of {@code /<group>/plan/<worker id>}. It steers; it never
 * grants leadership. Immutable.
 *
 * @param workerId whose plan it is
 * @param incarnation the registration that it is for; an older one of the same id gives up
 * @param coordinatorEpoch who wrote it
 * @param leads shards that it shall lead
 * @param takesOver shards that it shall get ready for, while another worker still leads them
 * @param standsBy shards that it shall stand by for, by rank: the first rank takes over first
 * @param reasons why shards that are new in {@code leads}, or have gone from it, moved
 */
record PlanNode(
    String workerId,
    long incarnation,
    long coordinatorEpoch,
    List<String> leads,
    List<String> takesOver,
    List<List<String>> standsBy,
    Map<String, List<String>> reasons) {

  static PlanNode parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    List<List<String>> standsBy = new ArrayList<>();
    for (int rank = 0; rank < GroupSettings.MAX_STANDBYS; rank++) {
      standsBy.add(ShardList.get(json, standsByField(rank)));
    }
    Map<String, List<String>> reasons = new TreeMap<>();
    JsonNode written = json.get("reasons");
    if (written != null) {
      written
          .properties()
          .forEach(
              entry ->
                  reasons.put(entry.getKey(), ShardList.names(json, "reasons", entry.getValue())));
    }
    return new PlanNode(
        json.text("worker"),
        json.number("incarnation", -1),
        json.number("coordinatorEpoch", 0),
        ShardList.get(json, "leads"),
        ShardList.get(json, "takesOver"),
        standsBy,
        reasons);
  }

  byte[] bytes(ShardSet set) {
    ObjectNode json = ZnodeJson.create();
    json.put("worker", workerId);
    json.put("incarnation", incarnation);
    json.put("coordinatorEpoch", coordinatorEpoch);
    ShardList.put(json, "leads", set, inSet(set, leads));
    ShardList.put(json, "takesOver", set, inSet(set, takesOver));
    for (int rank = 0; rank < standsBy.size(); rank++) {
      ShardList.put(json, standsByField(rank), set, inSet(set, standsBy.get(rank)));
    }
    if (!reasons.isEmpty()) {
      ObjectNode why = json.putObject("reasons");
      reasons.forEach((reason, shards) -> ShardList.put(why, reason, set, inSet(set, shards)));
    }
    return ZnodeJson.bytes(json);
  }

  /** A set that shrinks leaves names behind that it cannot write any more. */
  private static Collection<String> inSet(ShardSet set, List<String> shards) {
    return set.isNumbered() ? shards.stream().filter(s -> isNumber(s)).toList() : shards;
  }

  private static boolean isNumber(String name) {
    return !name.isEmpty()
        && name.length() <= 7
        && name.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static String standsByField(int rank) {
    return rank == 0 ? "standsBy" : "standsBy" + (rank + 1);
  }
}
