package io.tenure.internal.leadership;

import io.tenure.internal.ScopeView;
import java.util.Optional;

/**
 * The answer to a {@link LeadershipAction.Read}. Immutable.
 *
 * @param view empty if there is no scope
 * @param session in which the scope was read; 0 if that session has ended and there is no other yet
 * @param deserted the record tells of a leader, there is no leader node, and yet that leader's
 *     session lived after that: the node was deleted by hand, which its leader may not know yet
 * @param leaderTimeoutNanos if it is deserted: how long that session may live without its leader; 0
 *     if the leader has not said so
 */
public record ScopeReading(
    Optional<ScopeView> view, long session, boolean deserted, long leaderTimeoutNanos) {

  /** A reading that does not tell whether the office is deserted. */
  public ScopeReading(Optional<ScopeView> view, long session) {
    this(view, session, false, 0);
  }
}
