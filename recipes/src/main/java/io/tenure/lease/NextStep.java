package io.tenure.lease;

import java.time.Duration;

/** What a task wants after a step. */
public sealed interface NextStep {

  /** Calls the next step at once. */
  record Again() implements NextStep {}

  /**
   * Calls the next step after a while; the library renews the lease meanwhile, on the same thread.
   *
   * @param pause not negative
   */
  record After(Duration pause) implements NextStep {
    /** Checks the pause. */
    public After {
      if (pause.isNegative()) {
        throw new IllegalArgumentException("pause is " + pause + "; it must not be negative");
      }
    }
  }

  /**
   * Stops, resigns, and stands as a candidate again, at the end of the queue.
   *
   * @param reason for the audit trail
   */
  record HandOver(String reason) implements NextStep {}

  /**
   * Stops, resigns, and returns from {@code LeaderElection.run}.
   *
   * @param reason for the audit trail
   */
  record Done(String reason) implements NextStep {}

  /** See {@link Again}. */
  static NextStep again() {
    return new Again();
  }

  /** See {@link After}. */
  static NextStep after(Duration pause) {
    return new After(pause);
  }

  /** See {@link HandOver}. */
  static NextStep handOver(String reason) {
    return new HandOver(reason);
  }

  /** See {@link Done}. */
  static NextStep done(String reason) {
    return new Done(reason);
  }
}
