package io.tenure.sharding;

import java.util.EnumSet;
import java.util.Set;

/** Where a worker stands with one shard. */
enum SlotState {
  /** Nothing is known of the shard's scope. */
  IDLE,
  /** The scope is being read. */
  LOOKING,
  /** The scope is known and its leader node is watched: another leads, or this one may not yet. */
  WAITING,
  /** The elect transaction is under way, or about to be sent. */
  ELECTING,
  /** The tenure is committed and the lease is out. */
  LEADING,
  /**
   * The lease is no longer held; the ending transaction is under way or its outcome is not known.
   */
  ENDING,
  /** Something went wrong; tried again after a while. */
  RESTING;

  /** The states that may follow. What is not listed here is a bug and throws. */
  Set<SlotState> successors() {
    return switch (this) {
      case IDLE -> EnumSet.of(LOOKING, ELECTING, RESTING);
      case LOOKING -> EnumSet.of(WAITING, ELECTING, LEADING, ENDING, RESTING, IDLE);
      case WAITING -> EnumSet.of(LOOKING, ELECTING, RESTING, IDLE);
      case ELECTING -> EnumSet.of(LOOKING, LEADING, ENDING, RESTING, IDLE);
      case LEADING -> EnumSet.of(ENDING, IDLE);
      case ENDING -> EnumSet.of(LOOKING, RESTING, IDLE);
      case RESTING -> EnumSet.of(LOOKING, IDLE);
    };
  }
}
