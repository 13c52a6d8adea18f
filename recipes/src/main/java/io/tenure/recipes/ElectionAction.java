package io.tenure.recipes;

import io.tenure.internal.EntryNaming;
import io.tenure.internal.ScopeView;
import io.tenure.scope.Predecessor;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.Optional;

/** What an election wants done. */
sealed interface ElectionAction {

  /** Enter the latch's queue. */
  record JoinQueue() implements ElectionAction {}

  /** Leave the latch's queue. */
  record LeaveQueue() implements ElectionAction {}

  /**
   * Read the scope, behind everything that the quorum has applied, and watch its {@code leader}
   * node.
   *
   * @param create make the scope first if it is not there
   * @param failures how often in a row the try before was in vain: the more, the longer the pause
   *     before this one
   */
  record Read(boolean create, int failures) implements ElectionAction {}

  /** Send the elect transaction. */
  record Elect(ScopeView view, long session, String nonce, EntryNaming naming)
      implements ElectionAction {

    /** With plain names of entries. */
    Elect(ScopeView view, long session, String nonce) {
      this(view, session, nonce, EntryNaming.PLAIN);
    }
  }

  /** Send the ending transaction. */
  record CommitEnd(ScopeView view, long session, Transition.End end, EntryNaming naming)
      implements ElectionAction {

    /** With plain names of entries. */
    CommitEnd(ScopeView view, long session, Transition.End end) {
      this(view, session, end, EntryNaming.PLAIN);
    }
  }

  /**
   * Delete the {@code leader} node of the tenure with that nonce, without a record of it, because
   * the record cannot be written. Not settled before the node is gone.
   */
  record DropLeader(long session, String nonce) implements ElectionAction {}

  /** Hand out the lease. */
  record Grant(ScopeView view, long session, Optional<Predecessor> predecessor)
      implements ElectionAction {}

  /** Ask the holder to give up because an operator said so. */
  record Revoke(String reason) implements ElectionAction {}

  /** Say that the {@code leader} node holds text that means nothing. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record WarnOfText(byte[] data) implements ElectionAction {}

  /** Say that the {@code leader} node goes with no session: it was made by hand. */
  record WarnOfPersistentLeader() implements ElectionAction {}

  /** Say that so many tries in a row were in vain. */
  record WarnOfConflicts(int conflicts) implements ElectionAction {}

  /** Say that the scope cannot be read in office, so that revocations are not heard of. */
  record WarnOfReading(TenureException cause) implements ElectionAction {}

  /** The lease is over. Comes before the transaction that records the end. */
  record LeaseOver(Transition.End end) implements ElectionAction {}

  /**
   * It is known how the tenure ended.
   *
   * @param recorded whether the end is known to stand in the audit trail
   */
  record Ended(Transition.End end, boolean recorded) implements ElectionAction {}

  /** Tell the user that the office cannot be had. */
  record Fail(TenureException cause) implements ElectionAction {}
}
