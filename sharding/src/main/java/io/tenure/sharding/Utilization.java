package io.tenure.sharding;

import java.time.Duration;

/**
 * How much was done of what could be done: busy time over wall time, over the last window.
 *
 * @param busy time spent in steps
 * @param wall time that the steps could have had: of a shard the window's length, since its steps
 *     come one after the other; of a worker the window's length times its concurrent steps
 */
public record Utilization(Duration busy, Duration wall) {

  /** From 0, idle, to 1, nothing left. */
  public double ratio() {
    long nanos = wall.toNanos();
    return nanos <= 0 ? 0 : Math.min(1, Math.max(0, busy.toNanos() / (double) nanos));
  }
}
