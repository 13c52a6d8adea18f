package io.tenure.sharding;

import java.util.EnumSet;
import java.util.Set;

/** Where a worker stands. */
public enum WorkerState {
  /** Not started. */
  NEW,
  /** Started; not registered in its present session, or never yet. It leads nothing. */
  JOINING,
  /** Registered; leads and stands by as the plan says. */
  ACTIVE,
  /** Registered; hands over what it leads, and gets nothing new. */
  DRAINING,
  /** No longer does anything: closed by its user, or replaced by a newer process with its id. */
  CLOSED;

  /** The states that may follow. What is not listed here is a bug and throws. */
  Set<WorkerState> successors() {
    return switch (this) {
      case NEW -> EnumSet.of(JOINING, CLOSED);
      case JOINING -> EnumSet.of(ACTIVE, DRAINING, CLOSED);
      case ACTIVE -> EnumSet.of(JOINING, DRAINING, CLOSED);
      case DRAINING -> EnumSet.of(JOINING, ACTIVE, CLOSED);
      case CLOSED -> EnumSet.noneOf(WorkerState.class);
    };
  }
}
