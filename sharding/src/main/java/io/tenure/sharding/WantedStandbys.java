package io.tenure.sharding;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * Which workers are to stand by for which shards, as a decision wanted it. The next one begins with
 * that, and not with the plan, which says less while shards move: there, the leader of a move that
 * is not done may be wanted as a standby. Immutable.
 *
 * @param shards which the indexes are of
 * @param workers their ids, which the numbers are of
 * @param ranks for each rank and each shard the worker, or {@link Placement#NONE}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record WantedStandbys(ShardSet shards, List<String> workers, int[][] ranks) {

  /** As a plan says. */
  static WantedStandbys of(Collection<PlanNode> plan, ShardSet shards, Members members) {
    int[][] ranks = none(GroupSettings.MAX_STANDBYS, shards);
    for (PlanNode node : plan) {
      int worker = members.indexOf(node.workerId());
      for (int rank = 0; rank < node.standsBy().size(); rank++) {
        for (String shard : node.standsBy().get(rank)) {
          int index = shards.indexOf(shard);
          if (index >= 0) {
            ranks[rank][index] = worker;
          }
        }
      }
    }
    return new WantedStandbys(shards, members.allIds(), ranks);
  }

  /** The same with other shards and workers: what is gone of them stands by for nothing. */
  int[][] over(int count, ShardSet others, Members members) {
    int[] now = workers.stream().mapToInt(members::indexOf).toArray();
    boolean same = shards.equals(others); // Once: it compares all names.
    int[][] result = none(count, others);
    for (int rank = 0; rank < Math.min(count, ranks.length); rank++) {
      for (int shard = 0; shard < others.size(); shard++) {
        int before = same ? shard : shards.indexOf(others.name(shard));
        int worker = before < 0 ? Placement.NONE : ranks[rank][before];
        result[rank][shard] = worker == Placement.NONE ? worker : now[worker];
      }
    }
    return result;
  }

  private static int[][] none(int count, ShardSet shards) {
    int[][] ranks = new int[count][shards.size()];
    for (int[] rank : ranks) {
      Arrays.fill(rank, Placement.NONE);
    }
    return ranks;
  }
}
