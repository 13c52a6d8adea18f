package io.tenure.sharding;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * The workers that take part in a plan, by number as the {@link Placement} counts them: what they
 * say of themselves, and what operators say of them. Immutable.
 */
final class Members {

  private static final int NONE = Placement.NONE;

  private final List<CoordinatorMachine.Worker> workers;
  private final List<Placement.Member> members = new ArrayList<>();
  private final Map<String, Integer> indexes = new TreeMap<>();
  private final List<Set<String>> ready = new ArrayList<>();
  private final List<Set<String>> tookOver = new ArrayList<>();
  private final Map<Integer, Set<Integer>> unable = new TreeMap<>();

  Members(
      NavigableMap<String, CoordinatorMachine.Worker> byId,
      Directives directives,
      ShardSet shards) {
    this.workers = List.copyOf(byId.values());
    for (int i = 0; i < workers.size(); i++) {
      WorkerNode node = workers.get(i).node();
      String id = workers.get(i).id();
      indexes.put(id, i);
      ready.add(new HashSet<>(node.ready()));
      tookOver.add(new HashSet<>(node.tookOver()));
      for (String shard : node.unable()) {
        int index = shards.indexOf(shard);
        if (index >= 0) {
          unable.computeIfAbsent(i, any -> new TreeSet<>()).add(index);
        }
      }
      members.add(
          new Placement.Member(
              id,
              directives.capacities().getOrDefault(id, node.capacity()),
              node.maxShards(),
              node.zone(),
              node.draining() || directives.drains().containsKey(id)));
    }
  }

  int size() {
    return workers.size();
  }

  Set<String> ids() {
    return indexes.keySet();
  }

  /** The ids by number. */
  List<String> allIds() {
    return List.copyOf(indexes.keySet());
  }

  String id(int index) {
    return workers.get(index).id();
  }

  int indexOf(String id) {
    return indexes.getOrDefault(id, NONE);
  }

  CoordinatorMachine.Worker worker(int index) {
    return workers.get(index);
  }

  Placement.Member member(int index) {
    return members.get(index);
  }

  /** Whether there is such a worker, and it takes shards. */
  boolean isOpen(String id) {
    int index = indexOf(id);
    return index != NONE && !members.get(index).draining();
  }

  boolean isReady(int worker, String shard) {
    return ready.get(worker).contains(shard);
  }

  /** Whether it says that it leads a shard although it was not to. */
  boolean hasTakenOver(int worker, String shard) {
    return tookOver.get(worker).contains(shard);
  }

  boolean isUnable(int worker, int shard) {
    Set<Integer> shards = unable.get(worker);
    return shards != null && shards.contains(shard);
  }

  /** For each worker the shards that it cannot lead now. */
  Map<Integer, Set<Integer>> unable() {
    return unable;
  }

  /** The workers as the placement takes them, with capacities times their shares. */
  List<Placement.Member> placement(ToDoubleFunction<String> share) {
    return members.stream()
        .map(
            plain ->
                new Placement.Member(
                    plain.id(),
                    plain.capacity() * share.applyAsDouble(plain.id()),
                    plain.maxShards(),
                    plain.zone(),
                    plain.draining()))
        .toList();
  }
}
