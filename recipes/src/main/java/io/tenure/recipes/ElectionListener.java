package io.tenure.recipes;

import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.scope.Tenure;

/**
 * Is told of a candidate's own tenures, in order, on the election's callback executor and never
 * under a lock. What it throws is logged and goes no further. It may close the election.
 */
public interface ElectionListener {

  /** A tenure began. The lease may already be over by the time this runs: check it. */
  default void elected(Lease lease) {}

  /**
   * The task of a tenure threw an exception or an error, or returned null: that is the cause. Comes
   * before {@link #ended} of the same tenure.
   */
  default void failed(Tenure tenure, Throwable cause) {}

  /** A tenure ended. Comes after {@link #elected} of the same tenure. */
  default void ended(Ended ended) {}
}
