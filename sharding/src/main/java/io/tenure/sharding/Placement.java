package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which worker should lead, and which should stand by for, each shard: sticky quotas.
 *
 * <p>Each worker gets a share of the shards in proportion to its capacity, at most its cap; see
 * {@link Quotas}. It keeps what it has, up to its quota; what is over, and what nobody leads, is
 * dealt out to those below theirs. Pins come first. Workers that drain get nothing. So:
 *
 * <ul>
 *   <li>moves are as few as the quotas allow, and none if nothing has changed;
 *   <li>with equal capacities the loads differ by one at most; otherwise each is less than one from
 *       the worker's exact share;
 *   <li>a worker that joins M others takes floor(N / (M + 1)) shards, or one more where the others
 *       would stay over their quota; one that leaves moves exactly its own.
 * </ul>
 *
 * <p>Shards and workers are numbers here: shards as in their {@link ShardSet}, workers as in the
 * request's list. Pure and deterministic; stateless.
 */
final class Placement {

  /** No worker. */
  static final int NONE = -1;

  /** Why a shard moves. */
  enum Cause {
    /** Nobody leads it. */
    VACANT,
    /** An operator wants it elsewhere. */
    PINNED,
    /** Its leader hands everything over. */
    DRAINING,
    /** Its leader says that it cannot lead it. */
    UNABLE,
    /** Its leader has more than its share, and another one less. */
    REBALANCE
  }

  /**
   * One worker.
   *
   * @param id for messages only
   * @param capacity its share relative to others; more than 0
   * @param maxShards how many it leads at most
   * @param zone where it is; two that say nothing are in the same zone
   * @param draining it gets nothing
   */
  record Member(String id, double capacity, int maxShards, String zone, boolean draining) {}

  /**
   * What there is.
   *
   * @param members the workers
   * @param leaders for each shard the worker that leads it, or will once its move is done, or
   *     {@link #NONE}
   * @param standbys for each rank and each shard the worker that stands by, or {@link #NONE}
   * @param ranks how many workers shall stand by for each shard
   * @param tentative shards whose move to their leader is not done: these go first if it has too
   *     many
   * @param preferred shards that stay with their leader before others do, because somebody has just
   *     asked for it
   * @param pins for pinned shards the worker that shall lead them; passed over while it drains or
   *     has no room
   * @param unable for each worker the shards that it cannot lead now
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Request(
      List<Member> members,
      int[] leaders,
      int[][] standbys,
      int ranks,
      BitSet tentative,
      BitSet preferred,
      Map<Integer, Integer> pins,
      Map<Integer, Set<Integer>> unable) {

    /** A request without operators' wishes or moves under way. */
    static Request plain(List<Member> members, int[] leaders, int[][] standbys, int ranks) {
      return new Request(
          members, leaders, standbys, ranks, new BitSet(), new BitSet(), Map.of(), Map.of());
    }

    int shards() {
      return leaders.length;
    }

    boolean isUnable(int worker, int shard) {
      Set<Integer> shards = unable.get(worker);
      return shards != null && shards.contains(shard);
    }
  }

  /**
   * One shard that shall change its leader.
   *
   * @param from its leader, or {@link #NONE}
   * @param to its new leader, or {@link #NONE} if there is no room for it anywhere
   */
  record Move(int shard, int from, int to, Cause cause) {}

  /**
   * What there should be.
   *
   * @param leaders for each shard its leader, or {@link #NONE} where there is no room
   * @param standbys for each rank and each shard the worker that stands by, or {@link #NONE} where
   *     there are too few
   * @param moves how the leaders differ from what there is
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Result(int[] leaders, int[][] standbys, List<Move> moves) {}

  private final Request request;
  private final int workers;
  private final int[] leaders;
  private final int[] load;
  private final BitSet fixed = new BitSet();
  private int[] quota = new int[0];

  private Placement(Request request) {
    this.request = request;
    this.workers = request.members().size();
    this.leaders = new int[request.shards()];
    this.load = new int[workers];
    Arrays.fill(leaders, NONE);
  }

  /** Computes what there should be. */
  static Result compute(Request request) {
    return new Placement(request).compute();
  }

  private Result compute() {
    pin();
    quota = Quotas.integral(members(), load.clone(), keepable(), request.shards());
    keep();
    deal();
    List<Move> moves = moves();
    int[][] standbys = StandbyPlacement.compute(request, leaders, load);
    return new Result(leaders, standbys, moves);
  }

  private List<Member> members() {
    return request.members();
  }

  private boolean isOpen(int worker) {
    return worker != NONE && !members().get(worker).draining();
  }

  private void assign(int shard, int worker) {
    leaders[shard] = worker;
    load[worker]++;
  }

  private void pin() {
    for (int shard = 0; shard < request.shards(); shard++) {
      int worker = request.pins().getOrDefault(shard, NONE);
      if (isOpen(worker)
          && load[worker] < members().get(worker).maxShards()
          && !request.isUnable(worker, shard)) {
        assign(shard, worker);
        fixed.set(shard);
      }
    }
  }

  private boolean isKeepable(int shard) {
    int worker = request.leaders()[shard];
    return !fixed.get(shard) && isOpen(worker) && !request.isUnable(worker, shard);
  }

  /** How many shards each worker could keep, its pinned ones included. */
  private int[] keepable() {
    int[] count = load.clone();
    for (int shard = 0; shard < request.shards(); shard++) {
      if (isKeepable(shard)) {
        count[request.leaders()[shard]]++;
      }
    }
    return count;
  }

  /** Each worker keeps what it has, up to its quota: what was asked for first, moves last. */
  private void keep() {
    for (int pass = 0; pass < 3; pass++) {
      for (int shard = 0; shard < request.shards(); shard++) {
        int turn = request.preferred().get(shard) ? 0 : request.tentative().get(shard) ? 2 : 1;
        if (turn == pass && isKeepable(shard)) {
          int worker = request.leaders()[shard];
          if (load[worker] < quota[worker]) {
            assign(shard, worker);
          }
        }
      }
    }
  }

  /** What is left goes to whoever is below its quota; first what not everybody can lead. */
  private void deal() {
    BitSet left = new BitSet();
    for (int shard = 0; shard < request.shards(); shard++) {
      if (leaders[shard] == NONE) {
        left.set(shard);
      }
    }
    BitSet choosy = new BitSet();
    request.unable().values().forEach(shards -> shards.forEach(choosy::set));
    choosy.and(left);
    choosy.stream().forEach(this::dealChoosy);
    left.andNot(choosy);
    int worker = 0;
    for (int shard = left.nextSetBit(0); shard >= 0; shard = left.nextSetBit(shard + 1)) {
      while (worker < workers && load[worker] >= quota[worker]) {
        worker++;
      }
      if (worker == workers) {
        return; // More shards than all caps together take.
      }
      assign(shard, worker);
    }
  }

  /**
   * A shard that some worker cannot lead goes to another, over its quota if need be and never over
   * its cap; if there is none, to one that cannot lead it now, which will try again.
   */
  private void dealChoosy(int shard) {
    int best = NONE;
    for (int worker = 0; worker < workers; worker++) {
      if (isOpen(worker)
          && load[worker] < members().get(worker).maxShards()
          && (best == NONE || isBetter(shard, worker, best))) {
        best = worker;
      }
    }
    if (best != NONE) {
      assign(shard, best);
      // Whoever has taken one over its quota leaves one less to deal out.
      if (load[best] > quota[best]) {
        lowerOneQuota();
      }
    }
  }

  private boolean isBetter(int shard, int worker, int than) {
    boolean unable = request.isUnable(worker, shard);
    if (unable != request.isUnable(than, shard)) {
      return !unable;
    }
    return quota[worker] - load[worker] > quota[than] - load[than];
  }

  private void lowerOneQuota() {
    for (int worker = workers - 1; worker >= 0; worker--) {
      if (load[worker] < quota[worker]) {
        quota[worker]--;
        return;
      }
    }
  }

  private List<Move> moves() {
    List<Move> moves = new ArrayList<>();
    for (int shard = 0; shard < request.shards(); shard++) {
      int from = request.leaders()[shard];
      if (from != leaders[shard]) {
        moves.add(new Move(shard, from, leaders[shard], cause(shard, from)));
      }
    }
    return List.copyOf(moves);
  }

  private Cause cause(int shard, int from) {
    if (from == NONE) {
      return Cause.VACANT;
    } else if (fixed.get(shard)) {
      return Cause.PINNED;
    } else if (!isOpen(from)) {
      return Cause.DRAINING;
    } else if (request.isUnable(from, shard)) {
      return Cause.UNABLE;
    }
    return Cause.REBALANCE;
  }
}
