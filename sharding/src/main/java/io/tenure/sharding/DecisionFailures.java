package io.tenure.sharding;

import io.tenure.internal.Backoff;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Decisions of a coordinator that failed: how long it pauses before the next, when it resigns so
 * that another worker may fare better, and how long its worker rests before it is a candidate
 * again. All of that grows, and begins anew once a plan was written, or after a while without a
 * failure: a decision that had nothing to write proves nothing.
 *
 * <p>Pure but for the lot; confined to one thread.
 */
final class DecisionFailures {

  /** After so many failures in one office, the office is resigned. */
  static final int TRIES = 5;

  /** After so long without a failure, all failures are forgotten. */
  static final long FORGIVEN_NANOS = TimeUnit.MINUTES.toNanos(5);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long FIRST_REST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_REST_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int MAX_KINDS = 50;

  private final Backoff pauses;
  private final Backoff rests;
  private final Set<String> told = new HashSet<>();
  private long lastNanos;

  DecisionFailures(DoubleSupplier lot) {
    this.pauses = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS, lot);
    this.rests = new Backoff(FIRST_REST_NANOS, LONGEST_REST_NANOS, lot);
  }

  /** An office begins. */
  void begin() {
    pauses.reset();
  }

  /** A decision failed: how long to pause before the next. */
  long failed(long nowNanos) {
    lastNanos = nowNanos;
    return pauses.nextNanos();
  }

  /** Whether none has failed yet in this office. */
  boolean isFirst() {
    return pauses.failures() == 0;
  }

  /** Whether it has failed too often for this office. */
  boolean shallResign() {
    return pauses.failures() >= TRIES;
  }

  /** An office was given up: how long to rest before the next. */
  long rest(long nowNanos) {
    lastNanos = nowNanos;
    return rests.nextNanos();
  }

  /**
   * A decision was carried out.
   *
   * @param written whether there was anything to write
   * @return whether there had been failures, which are forgotten now
   */
  boolean succeeded(boolean written, long nowNanos) {
    boolean failed = pauses.failures() > 0 || rests.failures() > 0;
    if (!failed || !(written || nowNanos - lastNanos >= FORGIVEN_NANOS)) {
      return false;
    }
    pauses.reset();
    rests.reset();
    told.clear();
    return true;
  }

  /** Whether a kind of failure is new, and is to be told: each is told once. */
  boolean isNew(Throwable failure) {
    if (told.size() >= MAX_KINDS) {
      told.clear();
    }
    StackTraceElement[] trace = failure.getStackTrace();
    String where = trace.length == 0 ? "" : trace[0].toString();
    return told.add(failure.getClass().getName() + " " + where);
  }
}
