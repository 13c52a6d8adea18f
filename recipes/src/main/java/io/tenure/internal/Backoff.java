package io.tenure.internal;

import java.util.function.DoubleSupplier;

/**
 * The pauses between the tries of one thing that fails: each twice as long as the one before, up to
 * a longest, so that a fault that lasts costs little. The upper half of each pause is drawn by lot,
 * so that those who failed at the same moment do not try again at the same moment.
 *
 * <p>Pure but for the lot. Confined to one thread at a time; {@link #nanos} is stateless.
 */
public final class Backoff {

  /** More doublings than any longest pause has room for. */
  private static final int MAX_DOUBLINGS = 40;

  private final long firstNanos;
  private final long longestNanos;
  private final DoubleSupplier lot;
  private int failures;

  /**
   * Pauses with the JVM's own lot.
   *
   * @param firstNanos the pause after the first failure, before the lot
   * @param longestNanos no pause is longer
   */
  public Backoff(long firstNanos, long longestNanos) {
    this(firstNanos, longestNanos, Math::random);
  }

  /**
   * Pauses with a given lot, for tests and for machines whose schedule is replayed.
   *
   * @param lot from 0 to less than 1
   */
  public Backoff(long firstNanos, long longestNanos, DoubleSupplier lot) {
    if (firstNanos <= 0 || longestNanos < firstNanos) {
      throw new IllegalArgumentException(
          "pauses grow from " + firstNanos + " ns to " + longestNanos + " ns");
    }
    this.firstNanos = firstNanos;
    this.longestNanos = longestNanos;
    this.lot = lot;
  }

  /** One more failure: how long to pause before the next try. */
  public long nextNanos() {
    failures++;
    return nanos(firstNanos, longestNanos, failures, lot.getAsDouble());
  }

  /** It did not fail: the next failure is a first one. */
  public void reset() {
    failures = 0;
  }

  /** How often in a row it has failed. */
  public int failures() {
    return failures;
  }

  /**
   * The pause after a number of failures in a row.
   *
   * @param failures at least 1
   * @param lot from 0 to less than 1
   */
  public static long nanos(long firstNanos, long longestNanos, int failures, double lot) {
    int doublings = Math.min(MAX_DOUBLINGS, Math.max(0, failures - 1));
    long whole = firstNanos > longestNanos >> doublings ? longestNanos : firstNanos << doublings;
    return whole - (long) (whole * 0.5 * lot);
  }
}
