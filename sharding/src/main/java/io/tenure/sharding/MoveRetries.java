package io.tenure.sharding;

import io.tenure.internal.Backoff;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Since when, and how often, moves of a shard have been in vain, and when the next may begin: after
 * a pause that doubles each time, up to a minute. A shard that has had no such move for a while is
 * forgotten, so there are never more entries than shards that were in trouble lately.
 *
 * <p>Pure but for the lot; confined to one thread.
 */
final class MoveRetries {

  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long REMEMBERED_NANOS = TimeUnit.MINUTES.toNanos(10);

  private record Retry(int failures, long dueNanos) {}

  private final Map<String, Retry> retries = new TreeMap<>();
  private final DoubleSupplier lot;

  /**
   * Knows of no shard.
   *
   * @param lot from 0 to less than 1
   */
  MoveRetries(DoubleSupplier lot) {
    this.lot = lot;
  }

  /** How long until it may be moved. */
  long nanosLeft(String shard, long nowNanos) {
    return Optional.ofNullable(retries.get(shard))
        .map(retry -> Math.max(0, retry.dueNanos - nowNanos))
        .orElse(0L);
  }

  /** How many moves of it have been in vain. */
  int failures(String shard) {
    Retry retry = retries.get(shard);
    return retry == null ? 0 : retry.failures;
  }

  /**
   * One more move that was in vain, or most likely will be.
   *
   * @return how many it has been
   */
  int failed(String shard, long nowNanos) {
    int failures = failures(shard) + 1;
    begin(shard, failures, nowNanos);
    return failures;
  }

  /** As if so many had been in vain, the last of them now. */
  void begin(String shard, int failures, long nowNanos) {
    long pause = Backoff.nanos(FIRST_NANOS, LONGEST_NANOS, failures, lot.getAsDouble());
    retries.put(shard, new Retry(failures, nowNanos + pause));
  }

  /** What was in vain long ago says nothing. */
  void forgetOld(long nowNanos) {
    retries.values().removeIf(retry -> nowNanos - retry.dueNanos > REMEMBERED_NANOS);
  }
}
