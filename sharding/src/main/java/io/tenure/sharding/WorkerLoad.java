package io.tenure.sharding;

import java.time.Duration;
import java.util.Collection;
import java.util.stream.Stream;

/**
 * How busy a worker is: the busy time of all its shards over what its threads could have done, as a
 * moving average.
 *
 * <p>Confined to the monitor's event thread.
 */
final class WorkerLoad {

  /** Told again only after it has been this much below the threshold. */
  private static final double HYSTERESIS = 0.05;

  private final int concurrency;
  private final double threshold;
  private long sampledAtNanos;
  private double average;
  private boolean over;

  /**
   * A worker that is idle.
   *
   * @param concurrency how many steps can run at a time
   * @param threshold from which utilization on it is said to be overloaded
   */
  WorkerLoad(int concurrency, double threshold, long nowNanos) {
    this.concurrency = concurrency;
    this.threshold = threshold;
    this.sampledAtNanos = nowNanos;
  }

  /**
   * Takes a sample of all shards.
   *
   * @return whether the average has now risen over the threshold
   */
  boolean sample(Collection<ShardRun> runs, long nowNanos) {
    return sample(runs.stream().map(ShardRun::busyTime), nowNanos);
  }

  boolean sample(Stream<BusyTime> times, long nowNanos) {
    long elapsed = nowNanos - sampledAtNanos;
    sampledAtNanos = nowNanos;
    if (elapsed <= 0) {
      return false;
    }
    double busy = times.mapToLong(one -> one.sample(nowNanos, elapsed)).sum();
    double sample = Math.min(1, busy / concurrency / elapsed);
    average = BusyTime.moved(average, sample, elapsed);
    boolean was = over;
    over = average >= (over ? threshold - HYSTERESIS : threshold);
    return over && !was;
  }

  int percent() {
    return (int) Math.round(average * 100);
  }

  Utilization utilization() {
    return of(average, concurrency);
  }

  static Utilization of(double average, int concurrency) {
    Duration window = BusyTime.WINDOW.multipliedBy(concurrency);
    return new Utilization(Duration.ofNanos((long) (average * window.toNanos())), window);
  }
}
