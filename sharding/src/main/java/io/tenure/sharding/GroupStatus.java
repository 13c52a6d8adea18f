package io.tenure.sharding;

import io.tenure.audit.AuditTrail;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * A group as operators see it: who leads what, who is there, what is planned and what is on the
 * move. Not at one instant: each znode as it stood when it was read. Immutable.
 *
 * @param settings what all workers agree on; empty if they cannot be read, which {@code unreadable}
 *     tells
 * @param planVersion counts the plans; 0 before the first
 * @param planReason what the last plan was for
 * @param unplaced shards that no worker has room for
 * @param unplacedReason why, where it is not only their number; may be empty
 * @param coordinator the tenure of the worker that coordinates; empty if no worker does
 * @param workers by id; of two registrations with one id the later
 * @param shards every shard of the group, in the order of its set; while the settings cannot be
 *     read, those of the plan
 * @param directives what operators want, by the names of the znodes
 * @param refused workers that the group refuses, because they were told other settings for example
 * @param unreadable the znodes that cannot be read: damaged, of a newer format, or denied
 */
public record GroupStatus(
    Optional<GroupSettings> settings,
    long planVersion,
    String planReason,
    List<String> unplaced,
    String unplacedReason,
    Optional<Tenure> coordinator,
    List<Worker> workers,
    List<Shard> shards,
    List<String> directives,
    List<Refused> refused,
    List<AuditTrail.Unreadable> unreadable) {

  /**
   * A worker that cannot join. It tries again, unless it was refused when it was started.
   *
   * @param worker its id
   * @param host where it runs
   * @param pid its process
   * @param why what it was told
   */
  public record Refused(String worker, String host, long pid, String why) {}

  /**
   * A worker.
   *
   * @param info what it says of itself
   * @param drained why an operator took it out, if one did; may be empty text
   * @param setCapacity what an operator has set its capacity to
   * @param leads how many shards it leads
   * @param planned how many it should lead
   * @param takesOver how many it gets ready for
   * @param standsBy for how many it stands by, first in line
   * @param damped that its sessions keep ending soon after they began, if they do
   */
  public record Worker(
      WorkerInfo info,
      Optional<String> drained,
      OptionalDouble setCapacity,
      int leads,
      int planned,
      int takesOver,
      int standsBy,
      Optional<Damped> damped) {

    /** Whether it hands over everything, or has: because it wants to, or an operator does. */
    public boolean isDraining() {
      return info.draining() || drained.isPresent();
    }

    /** The capacity that counts. */
    public double capacity() {
      return setCapacity.orElse(info.capacity());
    }
  }

  /**
   * A shard.
   *
   * @param leader the tenure in office; empty if no worker leads it
   * @param lastEnd how the last tenure ended, if no worker leads it and the end is recorded
   * @param lastEpoch the last tenure's number; 0 if no worker ever led it, or the number cannot be
   *     read
   * @param planned the worker that should lead it
   * @param movesTo the worker that gets ready to take it over
   * @param standbys who stands by, first in line first
   * @param pinnedTo the worker that an operator has tied it to
   */
  public record Shard(
      String shard,
      Optional<ShardLeader> leader,
      Optional<Transition.End> lastEnd,
      long lastEpoch,
      Optional<String> planned,
      Optional<String> movesTo,
      List<String> standbys,
      Optional<String> pinnedTo) {

    /** Whether it is as the plan wants it, for good. */
    public boolean isSettled() {
      return movesTo.isEmpty() && planned.equals(leader.map(ShardLeader::workerId));
    }
  }

  /** Copies the lists. */
  public GroupStatus {
    unplaced = List.copyOf(unplaced);
    workers = List.copyOf(workers);
    shards = List.copyOf(shards);
    directives = List.copyOf(directives);
    refused = List.copyOf(refused);
    unreadable = List.copyOf(unreadable);
  }

  /** The shards that no worker leads. */
  public List<Shard> vacant() {
    return shards.stream().filter(shard -> shard.leader().isEmpty()).toList();
  }

  /**
   * The shards that are in no worker's part of the plan, although the plan does not say that no
   * worker has room for them: before the first plan all, and later none, unless the plan was
   * changed by hand.
   */
  public List<String> unplanned() {
    Set<String> known = Set.copyOf(unplaced);
    return shards.stream()
        .filter(shard -> shard.planned().isEmpty() && !known.contains(shard.shard()))
        .map(Shard::shard)
        .toList();
  }

  /** Whether there is a plan, and it has each shard. */
  public boolean isPlanWhole() {
    return planVersion > 0 && unplanned().isEmpty();
  }

  /**
   * Whether there is a plan, every shard is led by the worker that should lead it, and none is on
   * the move.
   */
  public boolean isSettled() {
    return planVersion > 0 && shards.stream().allMatch(Shard::isSettled);
  }
}
