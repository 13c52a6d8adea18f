package io.tenure.cli.serve;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The table above the chart: what a group looks like now. Immutable.
 *
 * @param shards how many the group has
 * @param led how many of them have a leader
 * @param vacant the names of those that have none
 * @param coordinator the worker that writes the plan; empty if none does
 * @param planVersion the version of the plan; empty if it is not known
 * @param workers in the order in which they are shown
 */
public record ServedStatus(
    int shards,
    int led,
    List<String> vacant,
    Optional<String> coordinator,
    OptionalLong planVersion,
    List<Worker> workers) {

  /**
   * A worker.
   *
   * @param id what it is called
   * @param zone where it runs; empty if it does not say
   * @param state what it does, one word: active, draining, ...
   * @param drained whether an operator took it out
   * @param leads how many shards it leads
   * @param standsBy for how many it stands by
   * @param capacity its share, compared with others; empty if it is not known
   * @param utilization busy time over wall time, 0 to 1; empty if it is not known
   */
  public record Worker(
      String id,
      Optional<String> zone,
      String state,
      boolean drained,
      int leads,
      int standsBy,
      OptionalDouble capacity,
      OptionalDouble utilization) {}

  /** Copies the lists. */
  public ServedStatus {
    vacant = List.copyOf(vacant);
    workers = List.copyOf(workers);
  }
}
