package io.tenure.internal.leadership;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeView;
import io.tenure.scope.Predecessor;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.Optional;

/** What a {@link ScopeLeadership} wants done. Immutable. */
public sealed interface LeadershipAction {

  /** Has the action done. */
  void carryOut(Performer performer);

  /** Carries actions out, one method for each kind. */
  interface Performer {
    void read(Read read);

    void watch();

    void send(Send send);

    void grant(Grant grant);

    void requestStop(Transition.End why);

    void leaseOver(Transition.End end);

    void ended(Ended ended);

    void dropLeader(DropLeader drop);

    void later(Later later);

    void refused(TenureException cause);

    void warnOfText(byte[] data);

    void warnOfPersistentLeader();
  }

  /** Whether a reading lists the entries. */
  enum Names {
    YES,
    /** If the trail turns out to be so long that the next transition deletes some. */
    IF_LONG,
    /** This candidate deletes none. */
    NO;

    /** What one reading has to do for both. */
    public Names and(Names later) {
      return this == YES ? this : later;
    }
  }

  /**
   * Read the scope.
   *
   * @param number comes back with the answer
   * @param stands the candidate is about to stand for the office
   * @param watch watch the leader node first
   * @param sync behind everything that the quorum has applied
   * @param names whether with the names of the entries
   */
  record Read(long number, boolean stands, boolean watch, boolean sync, Names names)
      implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.read(this);
    }
  }

  /**
   * Watch the leader node, which should be there as this session has made it; tell of a change if
   * it is not.
   */
  record Watch() implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.watch();
    }
  }

  /** Send a transaction in that session, which may have ended meanwhile. */
  record Send(Commit commit, long session) implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.send(this);
    }
  }

  /** Hand out the lease. */
  record Grant(ScopeView view, long session, Optional<Predecessor> predecessor)
      implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.grant(this);
    }
  }

  /** Ask the holder of the lease to stop, which ends the tenure. */
  record RequestStop(Transition.End why) implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.requestStop(why);
    }
  }

  /** The lease is over. Comes before the transaction that records the end. */
  record LeaseOver(Transition.End end) implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.leaseOver(end);
    }
  }

  /**
   * It is known how the tenure ended.
   *
   * @param recorded whether the end is known to be in the audit trail
   */
  record Ended(Transition.End end, boolean recorded) implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.ended(this);
    }
  }

  /**
   * Delete the leader node of the tenure with that nonce, without a record of the end, because the
   * record cannot be written. Not settled before the node is gone.
   */
  record DropLeader(long session, String nonce) implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.dropLeader(this);
    }
  }

  /** Call {@link ScopeLeadership#woken} with the number after a while. */
  record Later(long number, long nanos) implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.later(this);
    }
  }

  /** Tell the user that the scope cannot be read or written. */
  record Refused(TenureException cause) implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.refused(cause);
    }
  }

  /** Say that the leader node holds text that means nothing. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record WarnOfText(byte[] data) implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.warnOfText(data);
    }
  }

  /** Say that the leader node goes with no session: a person or a tool made it. */
  record WarnOfPersistentLeader() implements LeadershipAction {
    @Override
    public void carryOut(Performer performer) {
      performer.warnOfPersistentLeader();
    }
  }
}
