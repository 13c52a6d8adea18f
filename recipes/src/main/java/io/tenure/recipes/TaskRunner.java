package io.tenure.recipes;

import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.HeldLease;
import io.tenure.internal.session.TaskTurns;
import io.tenure.internal.session.UserCode;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.TaskFailedException;
import io.tenure.scope.NotLeaderException;
import io.tenure.scope.Transition;
import java.util.function.Consumer;

/** Runs a task through one tenure, on the calling thread. Confined to that thread. */
final class TaskRunner {

  private final HeldLease lease;
  private final TaskTurns turns;
  private final FailureText texts;
  private final Consumer<Throwable> failures;

  /** The tenure has been ended. */
  private boolean over;

  private boolean endedByTask;

  /**
   * A runner for one tenure.
   *
   * @param texts what ZooKeeper is told of what the task throws
   * @param failures is told what the task threw, before the tenure is ended
   */
  TaskRunner(LeaderTask task, HeldLease lease, FailureText texts, Consumer<Throwable> failures) {
    this.lease = lease;
    this.turns = new TaskTurns(task, task.getClass(), lease, texts);
    this.texts = texts;
    this.failures = failures;
  }

  /**
   * Runs the tenure to its end, even if the task throws.
   *
   * @return whether the task is done and wants no further tenure
   * @throws Exception what the task threw, after the tenure has been ended; an error likewise
   */
  boolean run() throws Exception {
    try {
      return turns();
    } catch (VirtualMachineError e) {
      // Thrown by the task, whose tenure has ended, or around it: no memory, no room on the stack.
      if (!over) {
        lease.end(FailureText.failed("a turn", texts.of(e)));
      }
      throw e;
    }
  }

  /** Whether the task has ended the tenure by itself, unasked. */
  boolean isEndedByTask() {
    return endedByTask;
  }

  private boolean turns() throws Exception {
    while (true) {
      TaskTurns.Turn turn = turns.turn();
      if (turn instanceof TaskTurns.Next next) {
        pause(next.pauseNanos());
      } else if (turn instanceof TaskTurns.Over last) {
        last.failure().filter(thrown -> isOfTheTask(thrown, last)).ifPresent(failures);
        last.end().ifPresent(lease::end);
        over = true;
        endedByTask = lease.isGivenUp() || (last.end().isPresent() && !last.asked());
        if (last.failure().isPresent()) {
          throw rethrown(last.failure().get());
        }
        return last.done();
      }
    }
  }

  /** An interrupt between two steps, or after the lease, is no failure of the task. */
  private static boolean isOfTheTask(Throwable failure, TaskTurns.Over how) {
    return !(failure instanceof InterruptedException)
        || how.end().filter(Transition.Failed.class::isInstance).isPresent();
  }

  private static Exception rethrown(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    // A Throwable that is neither can only come from code that is not Java's.
    return failure instanceof Exception e
        ? e
        : new TaskFailedException(UserCode.describe(failure), failure);
  }

  /** An interrupt is kept for the next turn, which stops the task. */
  private void pause(long nanos) {
    long left = nanos;
    try {
      while (left > 0 && lease.stopRequest().isEmpty()) {
        long start = System.nanoTime();
        lease.awaitStopRequest(Math.min(left, turns.renewalIntervalNanos()));
        left -= System.nanoTime() - start;
        if (left > 0 && lease.stopRequest().isEmpty()) {
          lease.renew();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (NotLeaderException e) {
      // The next turn finds out, and tells the task.
    }
  }
}
