package io.tenure.sharding;

import java.util.List;
import java.util.Optional;

/**
 * What a worker has said of itself when it registered, or since.
 *
 * @param id its id
 * @param incarnation the number of its registration; of two with one id the higher counts
 * @param host the machine it runs on
 * @param pid its process there
 * @param endpoint where it can be reached
 * @param zone where it runs; empty if it did not say
 * @param capacity how much of the load it takes, relative to others
 * @param maxShards how many shards it leads at most; {@link Integer#MAX_VALUE} if any number
 * @param draining it wants to hand over everything; an operator's wish is not shown here
 * @param failing shards that fail on it, and what with; where there are very many, those that have
 *     failed most often
 * @param utilization how busy it was a few seconds ago, from 0 to 1
 */
public record WorkerInfo(
    String id,
    long incarnation,
    String host,
    long pid,
    Optional<String> endpoint,
    String zone,
    double capacity,
    int maxShards,
    boolean draining,
    List<FailingShard> failing,
    double utilization) {

  /** Copies the list. */
  public WorkerInfo {
    failing = List.copyOf(failing);
  }

  static WorkerInfo of(WorkerNode node, long incarnation) {
    return new WorkerInfo(
        node.candidate().id(),
        incarnation,
        node.candidate().host(),
        node.candidate().pid(),
        node.candidate().endpoint(),
        node.zone(),
        node.capacity(),
        node.maxShards(),
        node.draining(),
        node.errors(),
        node.utilization() / 100.0);
  }
}
