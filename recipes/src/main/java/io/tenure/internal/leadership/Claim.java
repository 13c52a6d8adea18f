package io.tenure.internal.leadership;

import io.tenure.internal.StateChange;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What lets a candidate try: the head of the latch's queue, or the plan. A {@link ScopeLeadership}
 * asks its claim whether the candidate may try now, and tells the claim what has come of it. A
 * claim never makes a leader: only the elect transaction does.
 *
 * <p>Called on the thread of the leadership. Only {@link #left} and {@link #sessionEnded} may give
 * the leadership something to do in turn; the others may look at it.
 */
public interface Claim {

  /** What to do next. */
  enum Next {
    /** Send the elect transaction. Only where the office is vacant. */
    TRY,
    /** Watch the leader node. */
    WAIT,
    /** Read once more, and watch the leader node from before that reading. */
    WATCH_FIRST,
    /** Leave the scope alone. */
    HOLD,
    /** Read the scope once more after a pause. */
    READ_AGAIN,
    /** Want nothing more of the scope. */
    GIVE_UP
  }

  /**
   * What to do next.
   *
   * @param wakeNanos when to wake up, for {@code WAIT} and {@code HOLD}; 0 if not by time
   */
  record Answer(Next next, long wakeNanos) {
    /** Nothing is to be done when time has passed. */
    public static Answer of(Next next) {
      return new Answer(next, 0);
    }
  }

  // ---- questions ----

  /** Nothing more is wanted of the scope. An attempt that may still come true is carried on. */
  boolean isOver();

  /**
   * The office is vacant: may the candidate take it?
   *
   * @param watched whether the leader node is watched from before that reading
   */
  Answer mayTry(ScopeReading found, boolean watched);

  /** How a tenure ends that has just come true and is unwanted; empty if it is wanted. */
  Optional<Transition.End> unwanted();

  /** Why the candidate stands for the office, for the trail. */
  String reason();

  /** The state in which the scope is left alone. */
  LeadershipState held();

  /**
   * Whether the next reading watches the leader node.
   *
   * @param officeChanged the reading is due because the leader node has changed
   */
  boolean watches(boolean officeChanged);

  /**
   * Another leads: how long to wait before the next look; 0 for as long as that leader is there.
   */
  long waitsFor(ScopeReading leader);

  /** The pause before the next reading; empty if the scope is to be left alone instead. */
  OptionalLong triesInVain(int conflicts);

  /** The pause before the next reading, while the tenure ends. */
  long endsInVain(int conflicts);

  /**
   * The scope cannot be read or written.
   *
   * @param attemptUnknown an attempt may still come true, and is not to be given up
   */
  Answer refused(TenureException cause, boolean attemptUnknown);

  /**
   * The scope cannot be read in office. Nothing is known against the tenure, but what an operator
   * writes is not seen.
   *
   * @param times how often in a row
   * @return the pause before the next reading
   */
  long officeUnreadable(TenureException cause, int times);

  // ---- news ----

  /** Has an action carried out. */
  void act(LeadershipAction action);

  /** Each time that the state was set. The change is empty if the state is the one before. */
  void became(Optional<StateChange> change);

  /** A wake-up has come, while the candidate waits or leaves the scope alone. */
  void woken();

  /** The candidate is in office; the lease is handed out next. */
  void granted();

  /** The end of the tenure cannot be recorded. */
  void endRefused(TenureException cause);

  /** The candidate has begun to end its tenure, or wants nothing more of the scope. */
  void standsNoLonger();

  /** The candidate is out of office, and it is known how the tenure ended. */
  void left(Transition.End end);

  /** The session has ended while the candidate stood for the office. */
  void sessionEnded();
}
