package io.tenure.cli.serve;

import io.tenure.sharding.GroupStatus;
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

  /** The status of a group, as far as it is shown. */
  public static ServedStatus of(GroupStatus group) {
    List<String> vacant = group.vacant().stream().map(GroupStatus.Shard::shard).toList();
    return new ServedStatus(
        group.shards().size(),
        group.shards().size() - vacant.size(),
        vacant,
        group.coordinator().map(tenure -> tenure.candidate().id()),
        OptionalLong.of(group.planVersion()),
        group.workers().stream().map(ServedStatus::worker).toList());
  }

  private static Worker worker(GroupStatus.Worker worker) {
    return new Worker(
        worker.info().id(),
        Optional.of(worker.info().zone()).filter(zone -> !zone.isEmpty()),
        worker.isDraining() ? "draining" : "active",
        worker.drained().isPresent(),
        worker.leads(),
        worker.standsBy(),
        OptionalDouble.of(worker.capacity()),
        OptionalDouble.of(worker.info().utilization()));
  }
}
