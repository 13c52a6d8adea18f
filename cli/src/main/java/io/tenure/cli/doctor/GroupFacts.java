package io.tenure.cli.doctor;

import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.Scope;
import io.tenure.sharding.GroupSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.zookeeper.data.Stat;

/**
 * One group as it was read: each znode as it stood when it was read, not all at one instant.
 * Immutable.
 *
 * @param path where
 * @param settings empty if they cannot be read
 * @param problem why not
 * @param workers their registrations
 * @param refused the notes of workers that cannot join
 * @param plan the nodes of workers' plans
 * @param summary the plan as a whole
 * @param directives what operators want
 * @param lists the parents of lists, for their sizes: names and what the server says of them
 * @param coordinator its scope
 * @param shards all scopes below {@code shards}, in the set or not, by name
 */
record GroupFacts(
    String path,
    Optional<GroupSettings> settings,
    String problem,
    List<Worker> workers,
    List<Znode> refused,
    List<Read<Znode>> plan,
    Read<Znode> summary,
    List<Read<Znode>> directives,
    Map<String, Listed> lists,
    ScopeFacts coordinator,
    Map<String, ScopeFacts> shards) {

  /**
   * One registration.
   *
   * @param id as its name says, which is there even if the data is damaged
   * @param incarnation of two with one id the higher counts
   * @param session that it belongs to; 0 if it is no ephemeral node
   * @param host empty if the data cannot be read
   * @param problem what is wrong with the data; empty if nothing is
   */
  record Worker(
      Read<Znode> read,
      String id,
      long incarnation,
      long session,
      Optional<String> host,
      String problem) {}

  /**
   * A list of children.
   *
   * @param bytes what its answer takes on the wire
   * @param whole whether it was read; a longer one than an answer may be cannot be
   */
  record Listed(Optional<Stat> stat, List<String> names, long bytes, boolean whole) {}

  Set<String> workerIds() {
    return workers.stream().map(Worker::id).collect(Collectors.toSet());
  }

  Set<Long> workerSessions() {
    return workers.stream().map(Worker::session).collect(Collectors.toSet());
  }

  boolean contains(String shard) {
    return settings.map(known -> known.shards().contains(shard)).orElse(false);
  }

  /** Scopes that are no longer in the set. */
  Map<String, ScopeFacts> removedShards() {
    Map<String, ScopeFacts> removed = new TreeMap<>(shards);
    removed.keySet().removeIf(this::contains);
    return settings.isEmpty() ? Map.of() : removed;
  }

  /** Shards of the set that nobody leads, in order. */
  List<String> vacantShards() {
    return settings.map(known -> known.shards().names()).orElse(List.of()).stream()
        .filter(
            shard -> !Optional.ofNullable(shards.get(shard)).filter(ScopeFacts::isLed).isPresent())
        .toList();
  }

  Scope shard(String name) {
    return new Scope(path + "/shards/" + name);
  }
}
