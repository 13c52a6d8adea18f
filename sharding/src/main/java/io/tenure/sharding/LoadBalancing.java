package io.tenure.sharding;

import java.time.Duration;

/**
 * How the coordinator evens out how busy the workers are, where shards are not equally heavy: every
 * interval, if the busiest worker's utilization is more than the dead band above the others'
 * average, its share is lowered and theirs raised by a few shards. Immutable.
 *
 * <p>It only knows how busy whole workers are. A single shard that is too heavy for any worker is
 * left with few or no others beside it, and no more can be done for it here.
 *
 * @param interval between two adjustments; longer than the workers' moving average (10 s), which
 *     must show the effect of one before the next is decided
 * @param deadBand difference of utilization, from 0 to 1, that is left as it is
 * @param movesPerInterval how many shards one adjustment moves at most
 */
public record LoadBalancing(Duration interval, double deadBand, int movesPerInterval) {

  /** Every 30 s, from 15 points of difference on, at most 5 shards. */
  public static final LoadBalancing DEFAULT = new LoadBalancing(Duration.ofSeconds(30), 0.15, 5);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value and the rule
   */
  public LoadBalancing {
    if (interval.compareTo(Duration.ofMillis(100)) < 0) {
      throw new IllegalArgumentException(
          "load balancing interval is " + interval + "; it must be at least 100 ms");
    }
    if (!(deadBand >= 0.01 && deadBand < 1)) {
      throw new IllegalArgumentException(
          "load balancing dead band is " + deadBand + "; give a difference from 0.01 to below 1");
    }
    if (movesPerInterval < 1) {
      throw new IllegalArgumentException(
          "load balancing moves " + movesPerInterval + " shards at a time; give at least 1");
    }
  }
}
