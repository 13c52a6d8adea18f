package io.tenure.internal.session;

import io.tenure.lease.LeaderTask;
import io.tenure.lease.NextStep;
import io.tenure.scope.Transition;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task's way through one tenure, turn by turn: {@code prepare} and then one step for each turn,
 * with a renewal before it, and {@code stop} or {@code lost} in the last one.
 *
 * <p>{@code stop} runs only while the lease holds, {@code lost} only when it does not, and exactly
 * one of them for each tenure that {@code prepare} was called in. A tenure whose {@code stop}
 * failed, or never ran although the lease held, is recorded as lapsed: its successor must expect
 * half-done work.
 *
 * <p>Confined to one thread at a time; whoever changes the thread makes the memory visible.
 */
public final class TaskTurns {

  private static final Logger log = LoggerFactory.getLogger(TaskTurns.class);

  /** While a task pauses, the lease is renewed this many times in its longest duration. */
  private static final int RENEWALS_PER_LEASE = 4;

  private final LeaderTask task;
  private final HeldLease lease;
  private boolean prepared;

  /** How a turn ended. */
  public sealed interface Turn {}

  /** Another turn, after a pause of that many nanoseconds; renew the lease meanwhile. */
  public record Next(long pauseNanos) implements Turn {}

  /**
   * The tenure is over: the task has been stopped, or told that it lost.
   *
   * @param end what shall be recorded; empty if the lease was over before
   * @param asked it ended because somebody asked the task to stop
   * @param done the task wants no further tenure
   * @param failure what the task threw
   */
  public record Over(
      Optional<Transition.End> end, boolean asked, boolean done, Optional<Exception> failure)
      implements Turn {}

  /** The turns of a task in the tenure of a lease, which it will stop by itself. */
  public TaskTurns(LeaderTask task, HeldLease lease) {
    this.task = task;
    this.lease = lease;
    lease.stopByItself();
  }

  /** How long a pausing task may go without a renewal. */
  public long renewalIntervalNanos() {
    return LeaseTerms.nanos(lease.bounds().terms().longest()) / RENEWALS_PER_LEASE;
  }

  /** One turn. */
  public Turn turn() {
    boolean stopped = false;
    boolean done = false;
    Transition.End why;
    @Nullable Exception failure = null;
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (!prepared) {
        prepared = true;
        task.prepare(lease);
      }
      Optional<Transition.End> asked = lease.stopRequest();
      if (asked.isPresent()) {
        stopped = true;
        why = asked.get();
      } else {
        lease.renew();
        NextStep next = task.step(lease);
        if (next instanceof NextStep.Done finished) {
          done = true;
          why = new Transition.Resigned(finished.reason());
        } else if (next instanceof NextStep.HandOver over) {
          why = new Transition.Resigned(over.reason());
        } else {
          return new Next(
              next instanceof NextStep.After after ? LeaseTerms.nanos(after.pause()) : 0);
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
    return finish(why, stopped, done, failure);
  }

  private Over finish(
      Transition.End why, boolean asked, boolean done, @Nullable Exception failure) {
    // The callbacks shall be able to wait; the interrupt is kept for the caller.
    boolean interrupted = Thread.interrupted();
    Exception outcome = failure;
    Optional<Transition.End> end = Optional.empty();
    try {
      if (lease.isHeld()) {
        end = Optional.of(why);
        try {
          task.stop(lease, why);
        } catch (Exception e) {
          end = Optional.of(new Transition.Lapsed("stop failed: " + e));
          outcome = added(outcome, e);
        }
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
    return new Over(end, asked, done, Optional.ofNullable(outcome));
  }

  private static Exception added(@Nullable Exception first, Exception next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
