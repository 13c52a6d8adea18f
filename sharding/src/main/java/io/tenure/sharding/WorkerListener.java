package io.tenure.sharding;

import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.scope.TenureException;

/**
 * Is told what happens to a worker, one call after the other, in order, on a thread of the worker's
 * own that does nothing else. What it throws is logged.
 */
public interface WorkerListener {

  /** The worker's state has changed. */
  default void stateChanged(WorkerState state) {}

  /** The worker leads a shard. */
  default void elected(String shard, Lease lease) {}

  /** The worker no longer leads a shard. */
  default void ended(String shard, Ended how) {}

  /**
   * Something went wrong with one shard: its task threw, its znodes cannot be read. The others go
   * on; this one is tried again after a while.
   */
  default void failed(String shard, Throwable cause) {}

  /**
   * Something went wrong with the worker as a whole: it cannot register, which it goes on trying;
   * or its id is in use by a later process, and it has closed itself.
   */
  default void refused(TenureException cause) {}

  /** The worker's utilization has risen over the threshold; told again after it had fallen. */
  default void overloaded(Utilization utilization) {}
}
