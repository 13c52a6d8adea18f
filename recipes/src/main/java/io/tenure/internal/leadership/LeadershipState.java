package io.tenure.internal.leadership;

import java.util.EnumSet;
import java.util.Set;

/** Where a candidate stands with one scope. */
public enum LeadershipState {
  /** The candidate wants nothing of the scope. */
  IDLE,
  /** In the latch's queue, not at its head. */
  QUEUED,
  /** The scope is left alone for a while. */
  RESTING,
  /** The scope is being read, or about to be. */
  READING,
  /** The leader node is watched: another leads, or this candidate may not try yet. */
  WAITING,
  /** The elect transaction is under way, or about to be sent. */
  ELECTING,
  /** The tenure is committed and the lease is out. */
  IN_OFFICE,
  /**
   * The lease is no longer held; the ending transaction is under way or its outcome is not known.
   */
  ENDING;

  /** The states that may follow. What is not listed here is a bug and throws. */
  public Set<LeadershipState> successors() {
    return switch (this) {
      case IDLE -> EnumSet.of(QUEUED, RESTING, READING, ELECTING);
      case QUEUED, RESTING -> EnumSet.of(READING, IDLE);
      case READING -> EnumSet.of(WAITING, ELECTING, IN_OFFICE, ENDING, QUEUED, RESTING, IDLE);
      case WAITING -> EnumSet.of(READING, QUEUED, RESTING, IDLE);
      case ELECTING -> EnumSet.of(READING, IN_OFFICE, ENDING, QUEUED, RESTING, IDLE);
      case IN_OFFICE -> EnumSet.of(ENDING, IDLE);
      case ENDING -> EnumSet.of(IDLE);
    };
  }
}
