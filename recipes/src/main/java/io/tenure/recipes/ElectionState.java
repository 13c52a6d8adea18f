package io.tenure.recipes;

import java.util.EnumSet;
import java.util.Set;

/** Where an election stands. */
enum ElectionState {
  /** Nobody here asks for the office. */
  IDLE,
  /** In the latch's queue, not at its head. */
  QUEUED,
  /** At the head of the queue; the scope is being read. */
  READING,
  /** At the head of the queue; another leader is in office, and its node is watched. */
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
  Set<ElectionState> successors() {
    return switch (this) {
      case IDLE -> EnumSet.of(QUEUED);
      case QUEUED -> EnumSet.of(READING, IDLE);
      case READING -> EnumSet.of(WAITING, ELECTING, IN_OFFICE, ENDING, QUEUED, IDLE);
      case WAITING -> EnumSet.of(READING, QUEUED, IDLE);
      case ELECTING -> EnumSet.of(READING, IN_OFFICE, ENDING, QUEUED, IDLE);
      case IN_OFFICE -> EnumSet.of(ENDING, IDLE);
      case ENDING -> EnumSet.of(IDLE);
    };
  }
}
