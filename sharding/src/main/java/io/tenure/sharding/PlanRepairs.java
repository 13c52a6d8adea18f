package io.tenure.sharding;

import io.tenure.internal.Backoff;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * When the plan is written again after another hand has changed it, and what is said of it: at once
 * the first time, and then after pauses that grow, so that two that write against each other cost
 * little. After a while without a difference all of that begins anew.
 *
 * <p>Pure but for the lot; confined to the coordinator's thread, but for {@link #isResting}.
 */
final class PlanRepairs {

  /** From so many in a row on, it is a fight. */
  static final int FIGHT = 3;

  /** After so long without a difference, all are forgotten. */
  static final long FORGIVEN_NANOS = TimeUnit.MINUTES.toNanos(5);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int MAX_TOLD = 1000;

  private final Backoff pauses;
  private final Set<String> told = new HashSet<>();
  private long lastNanos;
  private boolean fightTold;
  private volatile long notBeforeNanos;
  private volatile boolean resting;

  PlanRepairs(DoubleSupplier lot) {
    this.pauses = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS, lot);
  }

  /** Whether what happens to the plan now has to wait. */
  boolean isResting(long nowNanos) {
    return resting && nowNanos - notBeforeNanos < 0;
  }

  /** How long the next repair has to wait; 0 if it is due. */
  long nanosLeft(long nowNanos) {
    return isResting(nowNanos) ? notBeforeNanos - nowNanos : 0;
  }

  /** The differences that are to be told: each kind at each path once. */
  List<PlanCopy.Difference> news(List<PlanCopy.Difference> all) {
    if (told.size() > MAX_TOLD) {
      told.clear();
    }
    return all.stream().filter(one -> told.add(one.kind() + " " + one.path())).toList();
  }

  /** The plan is written again now. */
  void repaired(long nowNanos) {
    lastNanos = nowNanos;
    notBeforeNanos = nowNanos + pauses.nextNanos();
    resting = true;
  }

  /** Whether it is to be told that another hand writes again and again. */
  boolean isFightNews() {
    boolean news = pauses.failures() >= FIGHT && !fightTold;
    fightTold |= news;
    return news;
  }

  /** The plan is as it was written. */
  void calm(long nowNanos) {
    if (resting && nowNanos - lastNanos >= FORGIVEN_NANOS) {
      pauses.reset();
      told.clear();
      fightTold = false;
      resting = false;
    }
  }
}
