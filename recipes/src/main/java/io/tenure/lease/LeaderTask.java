package io.tenure.lease;

import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;

/**
 * Work that only the leader does, as steps that the library calls. It renews the lease before each
 * step, on the same thread, so a step should take less than half of the session timeout, or call
 * {@link Lease#renew()} itself.
 *
 * <p>For each tenure: {@code prepare}, then {@code step} again and again, then exactly one of
 * {@code stop} and {@code lost}. All on the thread that called {@code LeaderElection.run}.
 *
 * <p>An exception or an error that they throw ends the tenure as {@code failed}, so that the
 * successor knows: {@code stop} is still called after a {@code prepare} or a {@code step} that
 * threw.
 */
public interface LeaderTask {

  /** Gets ready, for example from the predecessor's checkpoint. */
  default void prepare(Lease lease) throws Exception {}

  /**
   * Does one piece of work, and checks the lease before each side effect. To return null is a
   * failure.
   */
  NextStep step(Lease lease) throws Exception;

  /** Stops cleanly. Runs while the lease still holds; the tenure ends when it returns. */
  default void stop(Lease lease, Transition.End why) throws Exception {}

  /**
   * The lease is over and another candidate may lead already: let go of everything, and write
   * nothing. Never called as well as {@code stop}, nor instead of it while the lease holds.
   */
  default void lost(Tenure tenure, Transition.End why) throws Exception {}
}
