package io.tenure.sharding;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import java.util.function.DoubleSupplier;

/**
 * What a coordinator knows that is written nowhere, and outlives a plan that has to be read again:
 * how often it has moved each shard. The next coordinator begins anew, from what the workers
 * report. Confined to one thread.
 */
final class CoordinatorMemory {

  /** Workers that keep dying. */
  final Damping damping;

  /** Shards that were moved because their leaders failed. */
  final MoveRetries failing;

  /** Shards whose successors did not get ready in time. */
  final MoveRetries slow;

  /** Shards that fail, or did, and are led by another worker than they count for. */
  private final Set<String> displaced = new HashSet<>();

  private boolean begun;

  /** A memory of a coordinator that has no clock but its own nanoseconds. */
  CoordinatorMemory(DoubleSupplier lot) {
    this(lot, new Damping(0, 0));
  }

  CoordinatorMemory(DoubleSupplier lot, Damping damping) {
    this.damping = damping;
    this.failing = new MoveRetries(lot);
    this.slow = new MoveRetries(lot);
  }

  /**
   * The first time, goes on where the last coordinator ended: what fails on some workers has been
   * moved as often.
   */
  void begin(Members members, BitSet failingShards, ShardSet shards, long nowNanos) {
    failing.forgetOld(nowNanos);
    slow.forgetOld(nowNanos);
    if (begun) {
      return;
    }
    begun = true;
    for (int shard : failingShards.stream().toArray()) {
      int times = members.timesFailing(shard);
      if (times > 0) {
        failing.begin(shards.name(shard), times, nowNanos);
      }
    }
  }

  /** A shard that fails is led by another worker than it counts for. */
  void isAway(String shard) {
    displaced.add(shard);
  }

  /** A shard is led where it counts. */
  void isHome(String shard) {
    displaced.remove(shard);
  }

  /** The shards that are not led where they count, because they fail or did. */
  BitSet displaced(ShardSet shards) {
    BitSet indexes = new BitSet();
    displaced.removeIf(shard -> !shards.contains(shard));
    displaced.forEach(shard -> indexes.set(shards.indexOf(shard)));
    return indexes;
  }
}
