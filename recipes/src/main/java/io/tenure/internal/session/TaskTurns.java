package io.tenure.internal.session;

import io.tenure.lease.LeaderTask;
import io.tenure.lease.NextStep;
import io.tenure.scope.Transition;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A task's way through one tenure, turn by turn: {@code prepare} and then one step for each turn,
 * with a renewal before it, and {@code stop} or {@code lost} in the last one.
 *
 * <p>{@code stop} runs only while the lease holds, {@code lost} only when it does not, and exactly
 * one of them for each tenure that {@code prepare} was called in. An exception or an error of the
 * task ends its tenure as {@code failed}: the successor must expect half-done work.
 *
 * <p>Confined to one thread at a time; the caller that changes the thread makes the memory visible.
 */
public final class TaskTurns {

  private static final Log log = Log.of(TaskTurns.class);

  /** While a task pauses, the lease is renewed this many times in its longest duration. */
  private static final int RENEWALS_PER_LEASE = 4;

  private final LeaderTask task;
  private final Class<?> taskClass;
  private final HeldLease lease;
  private final FailureText texts;
  private boolean prepared;

  /** How a turn ended. */
  public sealed interface Turn {}

  /** Another turn, after a pause of that many nanoseconds; renew the lease meanwhile. */
  public record Next(long pauseNanos) implements Turn {}

  /**
   * The tenure is over: the task has been stopped, or told that it lost.
   *
   * @param end the end to record; empty if the lease was over before
   * @param asked it ended because the task was asked to stop
   * @param done the task wants no further tenure
   * @param failure what the task threw; also the interrupt that ended it
   * @param failureText what ZooKeeper is told of it; empty if that is no failure of the task
   */
  public record Over(
      Optional<Transition.End> end,
      boolean asked,
      boolean done,
      Optional<Throwable> failure,
      Optional<String> failureText)
      implements Turn {}

  /**
   * The turns of a task in the tenure of a lease, which it will stop by itself.
   *
   * @param taskClass the user's own, for messages
   */
  public TaskTurns(LeaderTask task, Class<?> taskClass, HeldLease lease, FailureText texts) {
    this.task = task;
    this.taskClass = taskClass;
    this.texts = texts;
    this.lease = lease;
    lease.stopByItself();
  }

  /** How long a pausing task may go without a renewal. */
  public long renewalIntervalNanos() {
    return LeaseTerms.nanos(lease.bounds().terms().longest()) / RENEWALS_PER_LEASE;
  }

  /** One turn. Throws nothing. */
  public Turn turn() {
    boolean stopped = false;
    boolean done = false;
    Transition.End why;
    @Nullable Throwable failure = null;
    Optional<String> text = Optional.empty();
    String call = "prepare";
    boolean inTask = false;
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (!prepared) {
        prepared = true;
        inTask = true;
        task.prepare(lease);
        inTask = false;
      }
      Optional<Transition.End> asked = lease.stopRequest();
      if (asked.isPresent()) {
        stopped = true;
        why = asked.get();
      } else {
        call = "step";
        lease.renew();
        inTask = true;
        NextStep next = step();
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
      if (inTask) { // Cut off in the middle, as by any other exception.
        String told = texts.of(e);
        why = FailureText.failed(call, told);
        text = lease.isHeld() ? Optional.of(told) : Optional.empty();
      } else {
        why = new Transition.Resigned("interrupted");
      }
    } catch (Throwable e) {
      String told = texts.of(e);
      why = FailureText.failed(call, told);
      if (lease.isHeld() || e instanceof Error) {
        failure = e;
        text = Optional.of(told);
      } else {
        // No exception after the end of the lease is the task's failure: a store that refuses an
        // old epoch, an answer that did not come. The tenure is lost, and that is all.
        log.info(
            "scope={} epoch={} {} ended after the lease: {}",
            lease.scope(),
            lease.epoch(),
            call,
            UserCode.describe(e));
      }
    }
    return finish(why, stopped, done, failure, text);
  }

  /** Without this check a task that returns null would be called again at once, for ever. */
  private NextStep step() throws Exception {
    @Nullable NextStep next = task.step(lease);
    if (next == null) {
      throw new IllegalStateException(
          "step of "
              + taskClass.getName()
              + " returned null: return NextStep.again(), after(...), handOver(...) or done(...)");
    }
    return next;
  }

  private Over finish(
      Transition.End why,
      boolean asked,
      boolean done,
      @Nullable Throwable failure,
      Optional<String> failureText) {
    // The callbacks must be able to wait; the interrupt is kept for the caller.
    boolean interrupted = Thread.interrupted();
    Throwable outcome = failure;
    Optional<String> text = failureText;
    Optional<Transition.End> end = Optional.empty();
    try {
      if (lease.isHeld()) {
        end = Optional.of(why);
        task.stop(lease, why);
      } else {
        // Told at once, and not when the end is recorded, which may take until there is a
        // connection: a task that has lost must let go now.
        task.lost(lease.tenure(), lease.awaitOver());
      }
    } catch (Throwable e) {
      text = text.or(() -> Optional.of(texts.of(e)));
      outcome = UserCode.added(outcome, e);
      if (end.isPresent() && !(why instanceof Transition.Failed)) {
        end = Optional.of(FailureText.failed("stop", text.orElseThrow()));
      }
    }
    boolean betweenSteps = outcome == failure && why instanceof Transition.Resigned;
    if (outcome != null && betweenSteps) {
      log.info("scope={} epoch={} interrupted between two steps", lease.scope(), lease.epoch());
    } else if (outcome != null) {
      UserCode.warn(
          log, "scope=" + lease.scope() + " epoch=" + lease.epoch() + " the task failed", outcome);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return new Over(end, asked, done, Optional.ofNullable(outcome), text);
  }
}
