package io.tenure.recipes;

import io.tenure.internal.session.HeldLease;
import io.tenure.internal.session.TaskTurns;
import io.tenure.lease.LeaderTask;
import io.tenure.scope.NotLeaderException;

/** Runs a task through one tenure, on the calling thread. Confined to that thread. */
final class TaskRunner {

  private final HeldLease lease;
  private final TaskTurns turns;

  TaskRunner(LeaderTask task, HeldLease lease) {
    this.lease = lease;
    this.turns = new TaskTurns(task, lease);
  }

  /**
   * Runs the tenure to its end.
   *
   * @return whether the task is done and wants no further tenure
   * @throws Exception what the task threw, after the tenure has been ended
   */
  boolean run() throws Exception {
    while (true) {
      TaskTurns.Turn turn = turns.turn();
      if (turn instanceof TaskTurns.Next next) {
        pause(next.pauseNanos());
      } else if (turn instanceof TaskTurns.Over over) {
        over.end().ifPresent(lease::end);
        if (over.failure().isPresent()) {
          throw over.failure().get();
        }
        return over.done();
      }
    }
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
