package io.tenure.sharding;

import java.time.Duration;

/**
 * How busy one shard's steps were: busy time over wall time, as a moving average.
 *
 * <p>One thread at a time begins and ends steps; any other samples. The average is an exponential
 * one: a sample of length <i>d</i> has the weight 1 - exp(-d / window), so that what is older than
 * a few windows counts for nothing.
 */
final class BusyTime {

  /** What "now" means for a utilization: long enough for steps of a second. */
  static final Duration WINDOW = Duration.ofSeconds(10);

  private static final long IDLE = Long.MIN_VALUE;

  private volatile long busyNanos;
  private volatile long since = IDLE;

  // Confined to the sampling thread.
  private long sampledBusy;
  private double average;

  void begin(long nowNanos) {
    since = nowNanos;
  }

  void end(long nowNanos) {
    long begun = since;
    since = IDLE;
    if (begun != IDLE) {
      long before = busyNanos; // Only this thread writes it.
      busyNanos = before + (nowNanos - begun);
    }
  }

  /** Busy time since the last sample; also moves the average. */
  long sample(long nowNanos, long elapsedNanos) {
    long begun = since;
    long total = busyNanos + (begun == IDLE ? 0 : Math.max(0, nowNanos - begun));
    long busy = Math.max(0, Math.min(elapsedNanos, total - sampledBusy));
    sampledBusy = Math.max(sampledBusy, total);
    average = moved(average, elapsedNanos <= 0 ? 0 : busy / (double) elapsedNanos, elapsedNanos);
    return busy;
  }

  double average() {
    return average;
  }

  /** The average after a sample. */
  static double moved(double average, double sample, long elapsedNanos) {
    double weight = 1 - Math.exp(-elapsedNanos / (double) WINDOW.toNanos());
    return average + weight * (sample - average);
  }
}
