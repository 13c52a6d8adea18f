package io.tenure.recipes;

import io.tenure.internal.session.HeldLease;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.NextStep;
import io.tenure.scope.Transition;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a task through one tenure, on the calling thread. Confined to that thread.
 *
 * <p>{@code stop} runs only while the lease holds, {@code lost} only when it does not, and exactly
 * one of them for each tenure that {@code prepare} was called in. A tenure whose {@code stop}
 * failed, or never ran although the lease held, is recorded as lapsed: its successor must expect
 * half-done work.
 */
final class TaskRunner {

  private static final Logger log = LoggerFactory.getLogger(TaskRunner.class);

  /** While a task pauses, the lease is renewed this many times in its longest duration. */
  private static final int RENEWALS_PER_LEASE = 4;

  private final LeaderTask task;
  private final HeldLease lease;

  TaskRunner(LeaderTask task, HeldLease lease) {
    this.task = task;
    this.lease = lease;
    lease.stopByItself();
  }

  /**
   * Runs the tenure to its end.
   *
   * @return whether the task is done and wants no further tenure
   * @throws Exception what the task threw, after the tenure has been ended
   */
  boolean run() throws Exception {
    boolean done = false;
    Transition.End why;
    @Nullable Exception failure = null;
    try {
      task.prepare(lease);
      while (true) {
        Optional<Transition.End> asked = lease.stopRequest();
        if (asked.isPresent()) {
          why = asked.get();
          break;
        }
        lease.renew();
        NextStep next = task.step(lease);
        if (next instanceof NextStep.Done finished) {
          done = true;
          why = new Transition.Resigned(finished.reason());
          break;
        } else if (next instanceof NextStep.HandOver over) {
          why = new Transition.Resigned(over.reason());
          break;
        } else if (next instanceof NextStep.After after) {
          pause(LeaseTerms.nanos(after.pause()));
        }
      }
    } catch (InterruptedException e) {
      failure = e;
      why = new Transition.Resigned("interrupted");
    } catch (Exception e) {
      why = new Transition.Resigned("step failed: " + e);
      if (lease.isHeld()) {
        failure = e;
      } else {
        // Nothing that fails after the lease is over is the task's failure: a store that refuses
        // an old epoch, an answer that did not come. The tenure is lost, and that is all.
        log.info(
            "scope={} epoch={} step ended after the lease: {}",
            lease.scope(),
            lease.epoch(),
            e.toString());
      }
    }
    failure = finish(why, failure);
    if (failure != null) {
      throw failure;
    }
    return done;
  }

  private @Nullable Exception finish(Transition.End why, @Nullable Exception failure) {
    // The callbacks shall be able to wait; the interrupt is passed on by the caller.
    boolean interrupted = Thread.interrupted();
    Exception outcome = failure;
    try {
      if (lease.isHeld()) {
        Transition.End end = why;
        try {
          task.stop(lease, why);
        } catch (Exception e) {
          end = new Transition.Lapsed("stop failed: " + e);
          outcome = added(outcome, e);
        }
        lease.end(end);
      } else {
        // Told at once, and not when the end is recorded, which may take until there is a
        // connection: whoever has lost must let go now.
        Transition.End lost = lease.awaitOver();
        try {
          task.lost(lease.tenure(), lost);
        } catch (Exception e) {
          outcome = added(outcome, e);
        }
      }
    } catch (InterruptedException e) {
      outcome = added(outcome, e);
    }
    if (outcome != null) {
      log.warn(
          "scope={} epoch={} task failed: {}", lease.scope(), lease.epoch(), outcome.toString());
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return outcome;
  }

  private static Exception added(@Nullable Exception first, Exception next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }

  private void pause(long nanos) throws InterruptedException {
    long interval = LeaseTerms.nanos(lease.bounds().terms().longest()) / RENEWALS_PER_LEASE;
    long left = nanos;
    while (left > 0 && lease.stopRequest().isEmpty()) {
      long start = System.nanoTime();
      lease.awaitStopRequest(Math.min(left, interval));
      left -= System.nanoTime() - start;
      if (left > 0 && lease.stopRequest().isEmpty()) {
        lease.renew();
      }
    }
  }
}
