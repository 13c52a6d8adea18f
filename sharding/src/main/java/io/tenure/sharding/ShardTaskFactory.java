package io.tenure.sharding;

/** Makes the task of a shard. Called on threads of the worker's pool; thread-safe. */
@FunctionalInterface
public interface ShardTaskFactory {

  /** A new task for one tenure of the shard, or for getting ready for one. */
  ShardTask taskFor(String shard) throws Exception;
}
