package io.tenure.sharding;

import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.scope.Candidate;

/** What a worker's machine wants done. Immutable. */
sealed interface WorkerAction {

  /** Has the action done. */
  void carryOut(Performer performer);

  /** Carries actions out, one method for each kind. */
  interface Performer {
    void ofShard(String shard, LeadershipAction action);

    void warmUp(String shard);

    void coolDown(String shard);

    void report();

    void warnOfDeletion(WarnOfDeletion warning);
  }

  /** What the leadership of a shard's scope wants done. */
  record OfShard(String shard, LeadershipAction action) implements WorkerAction {
    @Override
    public void carryOut(Performer performer) {
      performer.ofShard(shard, action);
    }
  }

  /** Make a task and let it get ready. */
  record WarmUp(String shard) implements WorkerAction {
    @Override
    public void carryOut(Performer performer) {
      performer.warmUp(shard);
    }
  }

  /** A task that got ready is not needed. */
  record CoolDown(String shard) implements WorkerAction {
    @Override
    public void carryOut(Performer performer) {
      performer.coolDown(shard);
    }
  }

  /** What the registration tells of shards has changed. */
  record Report() implements WorkerAction {
    @Override
    public void carryOut(Performer performer) {
      performer.report();
    }
  }

  /**
   * Say that the office stays vacant for a while, because its leader node was deleted by hand.
   *
   * @param leader may hold its lease until it hears of the deletion
   */
  record WarnOfDeletion(String shard, long epoch, Candidate leader) implements WorkerAction {
    @Override
    public void carryOut(Performer performer) {
      performer.warnOfDeletion(this);
    }
  }
}
