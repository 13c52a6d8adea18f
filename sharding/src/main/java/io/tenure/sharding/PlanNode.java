package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.Bounds;
import io.tenure.scope.ForeignDataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one worker is to do: the data of {@code /<group>/plan/<worker id>}. It steers; it never
 * grants leadership. Immutable.
 *
 * @param workerId whose plan it is
 * @param incarnation the registration that it is for; an older one of the same id gives up
 * @param draining why the worker hands everything over, if it does
 * @param leads shards that it is to lead
 * @param takesOver shards that it is to get ready for, while another worker still leads them
 * @param standsBy shards that it is to stand by for, by rank: the first rank takes over first
 * @param reasons why shards that are new in {@code leads}, or have gone from it, moved
 */
record PlanNode(
    String workerId,
    long incarnation,
    Optional<String> draining,
    List<String> leads,
    List<String> takesOver,
    List<List<String>> standsBy,
    Map<String, List<String>> reasons) {

  /**
   * Each shard has one reason, also one that has just left the set. Ranges are short, and many of
   * them in one znode would fill the memory of each reader.
   */
  private static final int MAX_EXPLAINED = 2 * ShardSet.MAX_SHARDS;

  /**
   * Parses a worker's plan.
   *
   * @throws ForeignDataException if it is none, or another worker's: a copy of that one by hand
   */
  static PlanNode parse(GroupPaths paths, String path, byte[] data) {
    PlanNode node = parse(path, data);
    if (!paths.plan(node.workerId()).equals(path)) {
      throw new ForeignDataException(path + " is the plan of worker " + node.workerId());
    }
    return node;
  }

  static PlanNode parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    List<List<String>> standsBy = new ArrayList<>();
    for (int rank = 0; rank < GroupSettings.MAX_STANDBYS; rank++) {
      standsBy.add(ShardList.get(json, standsByField(rank)));
    }
    while (!standsBy.isEmpty() && standsBy.get(standsBy.size() - 1).isEmpty()) {
      standsBy.remove(standsBy.size() - 1);
    }
    Map<String, List<String>> reasons = new TreeMap<>();
    JsonNode written = json.get("reasons");
    if (written != null && !written.isObject()) {
      throw json.foreign("reasons", "is no object");
    } else if (written != null) {
      int explained = 0;
      for (Map.Entry<String, JsonNode> entry : ZnodeJson.fields(written)) {
        List<String> shards = ShardList.names(json, "reasons", entry.getValue());
        explained += shards.size();
        if (explained > MAX_EXPLAINED) {
          throw json.foreign("reasons", "lists more than " + MAX_EXPLAINED + " shards");
        }
        reasons.put(entry.getKey(), shards);
      }
    }
    return new PlanNode(
        json.text("worker", Bounds.ID_BYTES),
        json.number("incarnation", -1),
        json.optionalText("draining", Bounds.REASON_CHARS),
        ShardList.get(json, "leads"),
        ShardList.get(json, "takesOver"),
        List.copyOf(standsBy),
        reasons);
  }

  byte[] bytes(boolean numbered) {
    ObjectNode json = ZnodeJson.create();
    json.put("worker", workerId);
    json.put("incarnation", incarnation);
    draining.ifPresent(why -> json.put("draining", why));
    ShardList.put(json, "leads", numbered, leads);
    ShardList.put(json, "takesOver", numbered, takesOver);
    for (int rank = 0; rank < standsBy.size(); rank++) {
      ShardList.put(json, standsByField(rank), numbered, standsBy.get(rank));
    }
    if (!reasons.isEmpty()) {
      ObjectNode why = json.putObject("reasons");
      reasons.forEach((reason, shards) -> ShardList.put(why, reason, numbered, shards));
    }
    return ZnodeJson.bytes(json);
  }

  /** Whether it was made for this registration. */
  boolean isFor(CoordinatorMachine.@Nullable Worker worker) {
    return worker != null && worker.incarnation() == incarnation;
  }

  /** Whether it wants the same, regardless of the reasons. */
  boolean saysTheSameAs(@Nullable PlanNode other) {
    return other != null
        && workerId.equals(other.workerId)
        && incarnation == other.incarnation
        && draining.equals(other.draining)
        && leads.equals(other.leads)
        && takesOver.equals(other.takesOver)
        && standsBy.equals(other.standsBy);
  }

  private static String standsByField(int rank) {
    return rank == 0 ? "standsBy" : "standsBy" + (rank + 1);
  }
}
