package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which worker should lead, and which should stand by for, each shard: sticky quotas.
 *
 * <p>Each worker gets a share of the shards in proportion to its capacity, at most its cap; see
 * {@link Quotas}. It keeps what it has, up to its quota; what is over, and what no worker leads, is
 * dealt out to those below theirs. Pins come first. Workers that drain get nothing. So:
 *
 * <ul>
 *   <li>moves are as few as the quotas allow, and none if nothing has changed;
 *   <li>with equal capacities the loads differ by one at most; otherwise each is less than one from
 *       the worker's exact share;
 *   <li>with equal capacities a worker that joins M balanced others takes floor(N / (M + 1)) shards
 *       and nothing else moves; one that leaves or drains moves exactly its own.
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
    /** No worker leads it. */
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
   * @param ranks how many workers are to stand by for each shard
   * @param tentative shards whose move to their leader is not done: these go first if it has too
   *     many
   * @param preferred shards that stay with their leader before others do, because an operator has
   *     just asked for it
   * @param pins for pinned shards the worker that is to lead them; passed over while it drains or
   *     has no room
   * @param unable for each worker the shards that it cannot lead now
   * @param floating shards that fail somewhere: wherever they are led, they count where the others
   *     leave room, so that none of the others moves because of them
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
      Map<Integer, Set<Integer>> unable,
      BitSet floating) {

    /** A request without operators' wishes or moves under way. */
    static Request plain(List<Member> members, int[] leaders, int[][] standbys, int ranks) {
      return new Request(
          members,
          leaders,
          standbys,
          ranks,
          new BitSet(),
          new BitSet(),
          Map.of(),
          Map.of(),
          new BitSet());
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
   * One shard that is to change its leader.
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

  /** Shards that some worker cannot lead, and another that is open can. */
  private final BitSet choosy = new BitSet();

  private double[] share = new double[0];
  private int[] quota = new int[0];

  /** How many shards each worker could keep or has been given, regardless of its quota. */
  private int[] claims = new int[0];

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
    findChoosy();
    claims = keepable();
    share = Quotas.exact(members(), load, request.shards());
    quota = Quotas.integral(share, claims);
    keep(Turn.PREFERRED);
    keep(Turn.CHOOSY);
    left(choosy).forEach(this::dealChoosy);
    keep(Turn.PLAIN);
    keep(Turn.TENTATIVE);
    deal();
    keep(Turn.FLOATING);
    fill(left(request.floating()));
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

  /** A shard that no open worker can lead is not choosy: nothing is gained if it moves. */
  private void findChoosy() {
    request.unable().values().forEach(shards -> shards.forEach(choosy::set));
    choosy.andNot(request.floating());
    for (int shard = choosy.nextSetBit(0); shard >= 0; shard = choosy.nextSetBit(shard + 1)) {
      boolean any = false;
      for (int worker = 0; worker < workers && !any; worker++) {
        any = isOpen(worker) && !request.isUnable(worker, shard);
      }
      choosy.set(shard, any);
    }
  }

  private boolean isKeepable(int shard) {
    int worker = request.leaders()[shard];
    return !fixed.get(shard)
        && isOpen(worker)
        && !(choosy.get(shard) && request.isUnable(worker, shard));
  }

  /**
   * How many shards each worker could keep, its pinned ones included; floating ones have no say.
   */
  private int[] keepable() {
    int[] count = load.clone();
    for (int shard = 0; shard < request.shards(); shard++) {
      if (isKeepable(shard) && !request.floating().get(shard)) {
        count[request.leaders()[shard]]++;
      }
    }
    return count;
  }

  /** In which order a worker keeps what it has. */
  private enum Turn {
    PREFERRED,
    CHOOSY,
    PLAIN,
    TENTATIVE,
    FLOATING
  }

  private Turn turn(int shard) {
    if (request.floating().get(shard)) {
      return Turn.FLOATING;
    } else if (request.preferred().get(shard)) {
      return Turn.PREFERRED;
    } else if (choosy.get(shard)) {
      return Turn.CHOOSY;
    }
    return request.tentative().get(shard) ? Turn.TENTATIVE : Turn.PLAIN;
  }

  /** Each worker keeps what it has, up to its quota. */
  private void keep(Turn turn) {
    for (int shard = 0; shard < request.shards(); shard++) {
      if (turn(shard) == turn && isKeepable(shard)) {
        int worker = request.leaders()[shard];
        if (load[worker] < quota[worker]) {
          assign(shard, worker);
        }
      }
    }
  }

  /**
   * A shard that only some workers can lead gets its place before the rest: with the worker that
   * claims least, which may give up a plain shard for it that can go anywhere. It goes over a quota
   * if need be, never over a cap.
   */
  private void dealChoosy(int shard) {
    int best = NONE;
    for (int worker = 0; worker < workers; worker++) {
      if (isOpen(worker)
          && load[worker] < members().get(worker).maxShards()
          && !request.isUnable(worker, shard)
          && (best == NONE || isBetter(shard, worker, best))) {
        best = worker;
      }
    }
    if (best != NONE) {
      assign(shard, best);
      claims[best]++;
      if (load[best] > quota[best]) {
        lowerOneQuota();
      }
    }
  }

  private boolean isBetter(int shard, int worker, int than) {
    boolean room = load[worker] < quota[worker];
    if (room != load[than] < quota[than]) {
      return room;
    }
    // Beyond their quotas first who is farthest below its share: it was rounded down.
    double more =
        room
            ? (quota[worker] - claims[worker]) - (quota[than] - claims[than])
            : (share[worker] - load[worker]) - (share[than] - load[than]);
    return more > 0 || (more == 0 && worker == request.leaders()[shard]);
  }

  /**
   * Who has taken one over its quota leaves one less to deal out to another: first to one whose
   * share was rounded up, and that need not give up a shard for it.
   */
  private void lowerOneQuota() {
    int best = NONE;
    for (int worker = 0; worker < workers; worker++) {
      if (load[worker] < quota[worker] && (best == NONE || isRatherLowered(worker, best))) {
        best = worker;
      }
    }
    if (best != NONE) {
      quota[best]--;
    }
  }

  private boolean isRatherLowered(int worker, int than) {
    double more = (quota[worker] - share[worker]) - (quota[than] - share[than]);
    return more > 0 || (more == 0 && quota[worker] - claims[worker] > quota[than] - claims[than]);
  }

  /** What is left goes to the workers below their quotas. */
  private void deal() {
    BitSet plain = new BitSet();
    plain.set(0, request.shards());
    plain.andNot(choosy);
    plain.andNot(request.floating());
    fill(left(plain));
    // All that can lead these are full. The others will try again.
    fill(left(choosy));
  }

  private IntStream left(BitSet shards) {
    return shards.stream().filter(shard -> leaders[shard] == NONE);
  }

  private void fill(IntStream shards) {
    int worker = 0;
    for (int shard : shards.toArray()) {
      while (worker < workers && load[worker] >= quota[worker]) {
        worker++;
      }
      if (worker == workers) {
        return; // More shards than all caps together take.
      }
      assign(shard, worker);
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
