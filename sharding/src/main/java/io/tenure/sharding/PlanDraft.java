package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A plan that is being made: who leads each shard, who takes over, and why. Confined to one
 * decision.
 */
final class PlanDraft {

  private static final int NONE = Placement.NONE;

  private final ShardSet shards;
  private final int[] leaders;
  private final int[] successors;

  /** For each worker why shards come to it, or go from it, by shard. */
  private final List<Map<String, String>> reasons;

  PlanDraft(ShardSet shards, int workers) {
    this.shards = shards;
    this.leaders = new int[shards.size()];
    this.successors = new int[shards.size()];
    Arrays.fill(leaders, NONE);
    Arrays.fill(successors, NONE);
    this.reasons = Stream.<Map<String, String>>generate(TreeMap::new).limit(workers).toList();
  }

  void lead(int shard, int worker) {
    leaders[shard] = worker;
  }

  int leader(int shard) {
    return leaders[shard];
  }

  void takeOver(int shard, int worker) {
    successors[shard] = worker;
  }

  /**
   * Why a shard comes to a worker, or goes from it; the last word counts. Does nothing if there is
   * no longer such a worker.
   */
  void reason(int shard, int worker, String why) {
    reason(shards.name(shard), worker, why);
  }

  /** The same for a shard that is no longer in the set. */
  void reason(String shard, int worker, String why) {
    if (worker != NONE) {
      reasons.get(worker).put(shard, why);
    }
  }

  List<String> unplaced() {
    List<String> names = new ArrayList<>();
    for (int shard = 0; shard < leaders.length; shard++) {
      if (leaders[shard] == NONE) {
        names.add(shards.name(shard));
      }
    }
    return names;
  }

  /** What of a plan node does not follow from who leads what. */
  record Head(
      String workerId, long incarnation, Optional<String> draining, @Nullable PlanNode before) {}

  /**
   * The plan, worker by worker.
   *
   * @param wanted what the placement wants. Its standbys belong to its leaders: where the leader of
   *     a move that has to wait yet is to be the standby, its successor stands by instead
   */
  List<PlanNode> nodes(List<Head> heads, Placement.Result wanted) {
    int[][] standbys = wanted.standbys();
    List<List<String>> leads = lists(heads.size());
    List<List<String>> takesOver = lists(heads.size());
    List<List<List<String>>> standsBy =
        Arrays.stream(standbys).map(rank -> lists(heads.size())).toList();
    for (int shard = 0; shard < leaders.length; shard++) {
      String name = shards.name(shard);
      add(leads, leaders[shard], name);
      add(takesOver, successors[shard], name);
      for (int rank = 0; rank < standbys.length; rank++) {
        int worker = standbys[rank][shard];
        if (worker != NONE && worker == leaders[shard]) {
          worker = wanted.leaders()[shard];
        }
        if (worker != leaders[shard] && worker != successors[shard]) {
          add(standsBy.get(rank), worker, name);
        }
      }
    }
    List<PlanNode> nodes = new ArrayList<>();
    for (int worker = 0; worker < heads.size(); worker++) {
      Head head = heads.get(worker);
      List<List<String>> ranks = new ArrayList<>();
      for (List<List<String>> rank : standsBy) {
        ranks.add(rank.get(worker));
      }
      while (!ranks.isEmpty() && ranks.get(ranks.size() - 1).isEmpty()) {
        ranks.remove(ranks.size() - 1);
      }
      nodes.add(
          new PlanNode(
              head.workerId(),
              head.incarnation(),
              head.draining(),
              leads.get(worker),
              takesOver.get(worker),
              ranks,
              withEarlier(reasons.get(worker), leads.get(worker), head.before())));
    }
    return nodes;
  }

  /** Shards that the worker keeps keep their reasons too. */
  private static Map<String, List<String>> withEarlier(
      Map<String, String> reasons, List<String> leads, @Nullable PlanNode before) {
    Map<String, String> all = new HashMap<>();
    if (before != null && !before.reasons().isEmpty()) {
      Set<String> still = new HashSet<>(leads);
      before
          .reasons()
          .forEach(
              (why, names) ->
                  names.stream().filter(still::contains).forEach(name -> all.put(name, why)));
    }
    all.putAll(reasons);
    Map<String, List<String>> byReason = new TreeMap<>();
    all.forEach((name, why) -> byReason.computeIfAbsent(why, any -> new ArrayList<>()).add(name));
    return byReason;
  }

  private static List<List<String>> lists(int count) {
    return Stream.<List<String>>generate(ArrayList::new).limit(count).toList();
  }

  private static void add(List<List<String>> lists, int worker, String name) {
    if (worker != NONE) {
      lists.get(worker).add(name);
    }
  }
}
