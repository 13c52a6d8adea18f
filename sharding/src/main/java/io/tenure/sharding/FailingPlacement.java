package io.tenure.sharding;

import java.util.BitSet;
import java.util.Optional;

/**
 * Who leads the shards that fail somewhere. The {@link Placement} says only where they count, so
 * that none of the others moves because of them; where they are led follows other rules:
 *
 * <ul>
 *   <li>A leader that can lead keeps its shard, however the loads are.
 *   <li>A leader that cannot gives it to a worker on which it does not fail; the first time at
 *       once, and then after pauses that double each time, see {@link MoveRetries}.
 *   <li>If it fails on all of them, it stays where it is, and its leader tries again with pauses of
 *       its own.
 *   <li>A leader that drains, or is gone, gives it away in any case.
 * </ul>
 *
 * <p>Pure; confined to one decision.
 */
final class FailingPlacement {

  private static final int NONE = Placement.NONE;

  private final Members members;
  private final ShardSet shards;
  private final Wishes wishes;
  private final MovesInFlight moves;
  private final MoveRetries retries;
  private final int[] actual;
  private final long now;
  private int[] load = new int[0];
  private Optional<Long> wait = Optional.empty();

  FailingPlacement(
      Members members,
      ShardSet shards,
      Wishes wishes,
      MovesInFlight moves,
      MoveRetries retries,
      int[] actual,
      long nowNanos) {
    this.members = members;
    this.shards = shards;
    this.wishes = wishes;
    this.moves = moves;
    this.retries = retries;
    this.actual = actual;
    this.now = nowNanos;
  }

  /**
   * Who should lead each shard.
   *
   * @param counted for each shard where it counts
   * @param failing the shards that fail somewhere; the others are led where they count
   */
  int[] leaders(int[] counted, BitSet failing) {
    int[] leaders = counted.clone();
    load = new int[members.size()];
    wait = Optional.empty();
    for (int shard = 0; shard < leaders.length; shard++) {
      if (!failing.get(shard)) {
        count(leaders[shard]);
      }
    }
    BitSet others = new BitSet();
    for (int shard : failing.stream().toArray()) {
      if (keeps(shard)) {
        leaders[shard] = actual[shard];
        count(actual[shard]);
      } else {
        others.set(shard);
      }
    }
    for (int shard : others.stream().toArray()) {
      leaders[shard] = find(shard, counted[shard]);
      count(leaders[shard]);
    }
    return leaders;
  }

  /** How long until a shard may be moved that has to wait for that; empty if none has. */
  Optional<Long> nanosToWait() {
    return wait;
  }

  private void count(int worker) {
    if (worker != NONE) {
      load[worker]++;
    }
  }

  private boolean keeps(int shard) {
    int leader = actual[shard];
    int pin = wishes.pin(shard);
    return isOpen(leader)
        && hasRoom(leader)
        && !members.isUnable(leader, shard)
        && (pin == leader || pin == NONE || !isCandidate(pin, shard));
  }

  private int find(int shard, int counted) {
    int leader = actual[shard];
    int other = bestCandidate(shard, counted);
    if (!isOpen(leader)) {
      return other == NONE ? counted : other;
    } else if (other == NONE) {
      return leader;
    } else if (!members.isUnable(leader, shard)) {
      return other; // It is pinned there, or its leader has no room for it any longer.
    }
    long left = retries.nanosLeft(shards.name(shard), now);
    if (left > 0) {
      wait = Optional.of(Math.min(left, wait.orElse(left)));
      return leader;
    }
    return other;
  }

  private boolean isOpen(int worker) {
    return worker != NONE && !members.member(worker).draining();
  }

  private boolean hasRoom(int worker) {
    return load[worker] < members.member(worker).maxShards();
  }

  private boolean isCandidate(int worker, int shard) {
    return isOpen(worker)
        && hasRoom(worker)
        && !members.isFailing(worker, shard)
        && !members.isUnable(worker, shard);
  }

  /**
   * Prefers the worker asked for, one that gets ready already, the one it counts for, the idlest.
   */
  private int bestCandidate(int shard, int counted) {
    int moving = moves.get(shards.name(shard)).map(move -> members.indexOf(move.to())).orElse(NONE);
    for (int worker : new int[] {wishes.pin(shard), moving, counted}) {
      if (worker != NONE && isCandidate(worker, shard)) {
        return worker;
      }
    }
    int best = NONE;
    for (int worker = 0; worker < members.size(); worker++) {
      if (isCandidate(worker, shard) && (best == NONE || relative(worker) < relative(best))) {
        best = worker;
      }
    }
    return best;
  }

  private double relative(int worker) {
    return (load[worker] + 1) / members.member(worker).capacity();
  }
}
