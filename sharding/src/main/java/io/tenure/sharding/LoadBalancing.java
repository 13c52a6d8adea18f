package io.tenure.sharding;

import java.time.Duration;

/**
 * How the coordinator evens out how busy the workers are, where shards are not equally heavy: every
 * interval, if the busiest worker's utilization is more than the dead band above the others'
 * average, its share is lowered and theirs raised by a few shards. Immutable.
 *
 * <p>Workers only say how busy they are, not how heavy each of their shards is: that is estimated,
 * and the lightest are moved. A single shard that is too heavy for any worker is left with few or
 * no others beside it, and no more can be done for it here.
 *
 * @param interval between two adjustments; longer than the workers' moving average (10 s), which
 *     must show the effect of one before the next is decided
 * @param deadBand difference of utilization, from 0.01 to 0.99, that is left as it is; counted in
 *     whole per cent
 * @param movesPerInterval how many shards one adjustment moves at most
 */
public record LoadBalancing(Duration interval, double deadBand, int movesPerInterval) {

  private static final Duration MIN_INTERVAL = Duration.ofMillis(100);
  static final Duration MAX_INTERVAL = Duration.ofDays(1);

  /** Every 30 s, from 15 points of difference on, at most 5 shards. */
  public static final LoadBalancing DEFAULT = new LoadBalancing(Duration.ofSeconds(30), 0.15, 5);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value and the rule
   */
  public LoadBalancing {
    if (interval.compareTo(MIN_INTERVAL) < 0 || interval.compareTo(MAX_INTERVAL) > 0) {
      throw new IllegalArgumentException(
          "load balancing interval is " + interval + "; give 100 ms to 1 day");
    }
    if (!(deadBand >= 0.01 && deadBand <= 0.99)) {
      throw new IllegalArgumentException(
          "load balancing dead band is " + deadBand + "; give a difference from 0.01 to 0.99");
    }
    if (movesPerInterval < 1) {
      throw new IllegalArgumentException(
          "load balancing moves " + movesPerInterval + " shards at a time; give at least 1");
    }
  }
}
