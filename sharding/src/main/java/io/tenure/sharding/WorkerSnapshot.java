package io.tenure.sharding;

import java.time.Duration;
import java.util.List;

/**
 * A worker at one instant, for people and dashboards.
 *
 * @param workerId its id
 * @param incarnation the number of its registration; -1 if it is not registered now
 * @param state where it stands
 * @param coordinator whether it coordinates the group, as far as it knows
 * @param led the shards that it leads, in the order of their names
 * @param standsBy for how many shards it stands by
 * @param waiting how many shards it should lead and does not yet
 * @param utilization of the worker as a whole
 */
public record WorkerSnapshot(
    String workerId,
    long incarnation,
    WorkerState state,
    boolean coordinator,
    List<LedShard> led,
    int standsBy,
    int waiting,
    Utilization utilization) {

  static WorkerSnapshot ofNothing(String workerId, WorkerState state) {
    return new WorkerSnapshot(
        workerId, -1, state, false, List.of(), 0, 0, new Utilization(Duration.ZERO, Duration.ZERO));
  }

  /**
   * One led shard.
   *
   * @param shard its name
   * @param epoch of the tenure
   * @param remaining what is left of the lease
   * @param utilization of the shard's steps
   */
  public record LedShard(String shard, long epoch, Duration remaining, Utilization utilization) {}
}
