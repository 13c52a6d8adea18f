package io.tenure.sharding;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeView;
import io.tenure.scope.Candidate;
import io.tenure.scope.Predecessor;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.Optional;

/** What a worker's machine wants done. */
sealed interface WorkerAction {

  /**
   * Read a scope.
   *
   * @param number comes back with the answer
   * @param watch watch its leader node first
   * @param sync behind everything that the quorum has applied
   * @param names whether with the names of its entries
   */
  record Look(String shard, long number, boolean watch, boolean sync, Names names)
      implements WorkerAction {}

  /** Whether a reading lists the entries. */
  enum Names {
    YES,
    /** If the trail turns out to be so long that the next transition deletes some. */
    IF_LONG,
    /** This worker deletes none. */
    NO;

    /** What one reading has to do for both. */
    Names and(Names later) {
      return this == YES ? this : later;
    }
  }

  /** Watch the leader node, which should be there as this session has made it. */
  record Watch(String shard) implements WorkerAction {}

  /** Send a transaction, together with others. */
  record Send(String shard, Commit commit) implements WorkerAction {}

  /** Hand out the lease, and run the task. */
  record Grant(String shard, ScopeView view, long session, Optional<Predecessor> predecessor)
      implements WorkerAction {}

  /** Ask the task to stop, which ends the tenure. */
  record RequestStop(String shard, Transition.End why) implements WorkerAction {}

  /** The lease is over. Comes before the transaction that records the end. */
  record LeaseOver(String shard, Transition.End end) implements WorkerAction {}

  /**
   * It is known how the tenure ended.
   *
   * @param recorded whether the end is known to stand in the audit trail
   */
  record Ended(String shard, Transition.End end, boolean recorded) implements WorkerAction {}

  /** Delete the leader node without a record of it, because the record cannot be written. */
  record DropLeader(String shard, String nonce) implements WorkerAction {}

  /** Make a task and let it get ready. */
  record WarmUp(String shard) implements WorkerAction {}

  /** A task that got ready is not needed. */
  record CoolDown(String shard) implements WorkerAction {}

  /** Send {@link WorkerEvent.Wake} after a while. */
  record Later(String shard, long number, long nanos) implements WorkerAction {}

  /** What the registration tells of shards has changed. */
  record Report() implements WorkerAction {}

  /** Tell the user that something is wrong with a shard. */
  record Failed(String shard, TenureException cause) implements WorkerAction {}

  /** Say that the leader node holds text that means nothing. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record WarnOfText(String shard, byte[] data) implements WorkerAction {}

  /**
   * Say that the office stays vacant for a while, because its leader node was deleted by hand.
   *
   * @param leader who may hold its lease until it hears of that
   */
  record WarnOfDeletion(String shard, long epoch, Candidate leader) implements WorkerAction {}
}
