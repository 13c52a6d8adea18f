package io.tenure.sharding;

import io.tenure.internal.ScopeView;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.Optional;
import java.util.OptionalLong;

/** What can happen to a worker's shards. Each event knows what it tells the machine. Immutable. */
sealed interface WorkerEvent {

  /** Tells the machine, which handles one event at a time. */
  void deliver(WorkerMachine machine);

  /** The plan of this worker, read in the present session. */
  record Planned(PlanNode plan) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.planned(plan);
    }
  }

  /**
   * A session has begun.
   *
   * @param timeoutNanos of that session
   * @param untouched no shard of the group had a scope when the session began, as far as is known
   */
  record SessionBegun(long session, long timeoutNanos, boolean untouched) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.sessionBegun(session, timeoutNanos, untouched);
    }
  }

  /** From now on, so much of each shard's trail is kept. */
  record Retained(Retention retention) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.retain(retention);
    }
  }

  /** The session has ended, and with it every tenure in it. */
  record SessionGone(long session) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.sessionGone(session);
    }
  }

  /**
   * A scope was read; empty if there is none.
   *
   * @param deserted the record tells of a leader, there is no leader node, and yet that leader's
   *     session lived after that: the node was deleted by hand, which its leader may not know yet
   * @param leaderTimeoutNanos if it is deserted: how long that session may live without its leader;
   *     0 if the leader has not said so
   */
  record Looked(
      String shard,
      long number,
      Optional<ScopeView> view,
      boolean deserted,
      long leaderTimeoutNanos)
      implements WorkerEvent {

    @Override
    public void deliver(WorkerMachine machine) {
      machine.looked(
          shard,
          number,
          view,
          deserted ? OptionalLong.of(leaderTimeoutNanos) : OptionalLong.empty());
    }

    /** By a leader that has not said how long its session lives. */
    Looked(String shard, long number, Optional<ScopeView> view, boolean deserted) {
      this(shard, number, view, deserted, 0);
    }
  }

  /** A scope could not be read; empty if it can be once there is a connection. */
  record LookFailed(String shard, long number, Optional<TenureException> lasting)
      implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().readFailed(number, lasting));
    }
  }

  /** The watched leader node was created, set or deleted, or could not be watched. */
  record OfficeChanged(String shard) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().officeChanged());
    }
  }

  /** The shard's transaction was applied. */
  record Committed(String shard) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().committed());
    }
  }

  /** It was not applied, since the scope has changed; or it is unknown whether it was. */
  record NotCommitted(String shard, boolean unknown) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().notCommitted(unknown));
    }
  }

  /** It was not applied, since the parent of the entries does not exist. */
  record AuditMissing(String shard) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().auditMissing());
    }
  }

  /** It was not applied, since this worker may not delete the entries that are too old. */
  record TrimDenied(String shard) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().trimDenied());
    }
  }

  /** It was not applied, since an entry that is too old cannot be deleted. */
  record TrimBlocked(String shard) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().trimBlocked());
    }
  }

  /** It was not applied, since a znode that no transition made stands in the place of its entry. */
  record EntryTaken(String shard) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().entryTaken());
    }
  }

  /** It failed for a reason that trying again at once does not mend. */
  record CommitFailed(String shard, TenureException cause) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().commitFailed(cause));
    }
  }

  /** The shard's task has stopped while its lease held, or the lease ran out: end the tenure so. */
  record End(String shard, long epoch, Transition.End end) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.end(epoch, end));
    }
  }

  /**
   * The shard's task is gone, regardless of what became of its tenure.
   *
   * @param rests the task does not want to lead now, or has failed: let others have a try
   * @param lasted its tenure was long enough for what failed before it to be forgotten
   * @param failure what it threw, in words for the registration
   */
  record TaskGone(String shard, boolean rests, boolean lasted, Optional<String> failure)
      implements WorkerEvent {

    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.taskGone(rests, lasted, failure));
    }

    /** Of a task that did not fail. */
    TaskGone(String shard, boolean rests, boolean lasted) {
      this(shard, rests, lasted, Optional.empty());
    }
  }

  /** The shard's task is ready to lead. */
  record WarmedUp(String shard) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, ShardClaim::warmedUp);
    }
  }

  /**
   * The shard's task could not be made or could not get ready.
   *
   * @param failure what it threw, in words for the registration
   */
  record WarmUpFailed(String shard, String failure) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.warmUpFailed(failure));
    }
  }

  /** The holder of the lease found that the scope is not as it should be. */
  record Inspect(String shard) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.with(shard, claim -> claim.leadership().officeChanged());
    }
  }

  /**
   * What {@link io.tenure.internal.leadership.LeadershipAction.Later} asked for; late ones are
   * dropped by their number.
   */
  record Wake(String shard, long number) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.wake(shard, number);
    }
  }

  /** Lead nothing more, and want nothing more. */
  record Close(String reason) implements WorkerEvent {
    @Override
    public void deliver(WorkerMachine machine) {
      machine.close(reason);
    }
  }
}
