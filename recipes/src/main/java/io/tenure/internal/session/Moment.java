package io.tenure.internal.session;

import io.tenure.lease.LeaseClock;

/**
 * One instant on both local clocks. Immutable.
 *
 * @param monotonicNanos only differences mean something; may overflow, as {@link System#nanoTime()}
 *     may
 * @param wallMillis milliseconds since 1970
 */
public record Moment(long monotonicNanos, long wallMillis) {

  private static final long NANOS_PER_MILLI = 1_000_000;

  public static Moment now(LeaseClock clock) {
    return new Moment(clock.monotonicNanos(), clock.wallMillis());
  }

  public Moment plusNanos(long nanos) {
    // The wall part is rounded down: a deadline may come early, never late.
    return new Moment(monotonicNanos + nanos, wallMillis + Math.floorDiv(nanos, NANOS_PER_MILLI));
  }

  /** On each clock the earlier of the two: never later than either. */
  public static Moment earlier(Moment a, Moment b) {
    return new Moment(
        a.monotonicNanos - b.monotonicNanos <= 0 ? a.monotonicNanos : b.monotonicNanos,
        Math.min(a.wallMillis, b.wallMillis));
  }

  /** Whether this moment is later than the other on the monotonic clock. */
  public boolean isAfter(Moment other) {
    return monotonicNanos - other.monotonicNanos > 0;
  }

  /** How long ago this was, at least, by the monotonic clock. */
  public long monotonicNanosUntil(Moment later) {
    return later.monotonicNanos - monotonicNanos;
  }

  /**
   * Nanoseconds from a now to a deadline, by the clock that has advanced more. Without allocation,
   * for the hot path.
   */
  public static long nanosLeft(
      long deadlineNanos, long deadlineMillis, long nowNanos, long nowMillis) {
    long monotonic = deadlineNanos - nowNanos;
    long wallMillis = deadlineMillis - nowMillis;
    // Compared before it is multiplied, so that a clock set to the far past cannot overflow.
    return wallMillis >= monotonic / NANOS_PER_MILLI + 1
        ? monotonic
        : Math.min(monotonic, saturatedNanos(wallMillis));
  }

  private static long saturatedNanos(long millis) {
    return millis < Long.MIN_VALUE / NANOS_PER_MILLI ? Long.MIN_VALUE : millis * NANOS_PER_MILLI;
  }
}
