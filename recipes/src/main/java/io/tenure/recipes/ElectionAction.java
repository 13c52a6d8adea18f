package io.tenure.recipes;

import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.scope.TenureException;

/** What an election wants done. Immutable. */
sealed interface ElectionAction {

  /** Has the action done. */
  void carryOut(Performer performer);

  /** Carries actions out, one method for each kind. */
  interface Performer extends LeadershipAction.Performer {
    void joinQueue();

    void leaveQueue();

    void warnOfConflicts(int conflicts);

    void warnOfReading(TenureException cause);
  }

  /** What the leadership of the scope wants done. */
  record OfScope(LeadershipAction action) implements ElectionAction {
    @Override
    public void carryOut(Performer performer) {
      action.carryOut(performer);
    }
  }

  /** Enter the latch's queue. */
  record JoinQueue() implements ElectionAction {
    @Override
    public void carryOut(Performer performer) {
      performer.joinQueue();
    }
  }

  /** Leave the latch's queue. */
  record LeaveQueue() implements ElectionAction {
    @Override
    public void carryOut(Performer performer) {
      performer.leaveQueue();
    }
  }

  /** Say that so many tries in a row were in vain. */
  record WarnOfConflicts(int conflicts) implements ElectionAction {
    @Override
    public void carryOut(Performer performer) {
      performer.warnOfConflicts(conflicts);
    }
  }

  /** Say that the scope cannot be read in office, so that revocations are not heard of. */
  record WarnOfReading(TenureException cause) implements ElectionAction {
    @Override
    public void carryOut(Performer performer) {
      performer.warnOfReading(cause);
    }
  }
}
