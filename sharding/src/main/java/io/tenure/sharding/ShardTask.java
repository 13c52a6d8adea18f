package io.tenure.sharding;

import io.tenure.lease.LeaderTask;

/**
 * What a worker does for one shard. Its calls come one after the other, never two at a time, but
 * from changing threads of the worker's pool; each sees what the one before has written.
 *
 * <p>A shard gets its task when the worker is to lead it, or to be ready to. Then, at most once:
 * {@code warmUp}; and if the worker is elected: {@code prepare}, {@code step} again and again, and
 * one of {@code stop} and {@code lost}. A new tenure gets a new task.
 */
public interface ShardTask extends LeaderTask {

  /**
   * Gets ready to lead, without leading: in a planned move, while another worker still does. It may
   * read and load, and must have no effect that only a leader may have. The move waits for it, for
   * a limited time; then it is called off, and tried again later.
   */
  default void warmUp() throws Exception {}

  /** The worker will not lead the shard after all: undo {@code warmUp}. */
  default void coolDown() throws Exception {}
}
