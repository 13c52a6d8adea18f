package io.tenure.sharding;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

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
  private final Set<String> damped;
  private final List<BitSet> unable = new ArrayList<>();
  private final List<BitSet> failing = new ArrayList<>();

  Members(
      NavigableMap<String, CoordinatorMachine.Worker> byId,
      Directives directives,
      ShardSet shards) {
    this(byId, directives, shards, Set.of());
  }

  /**
   * Takes part.
   *
   * @param damped workers that get nothing because they keep dying
   */
  Members(
      NavigableMap<String, CoordinatorMachine.Worker> byId,
      Directives directives,
      ShardSet shards,
      Set<String> damped) {
    this.damped = Set.copyOf(damped);
    this.workers = List.copyOf(byId.values());
    for (int i = 0; i < workers.size(); i++) {
      WorkerNode node = workers.get(i).node();
      String id = workers.get(i).id();
      indexes.put(id, i);
      ready.add(new HashSet<>(node.ready()));
      tookOver.add(new HashSet<>(node.tookOver()));
      unable.add(indexes(node.unable(), shards));
      failing.add(indexes(node.failing(), shards));
      members.add(
          new Placement.Member(
              id,
              directives.capacities().getOrDefault(id, node.capacity()),
              node.mayLead(),
              node.zone(),
              node.draining() || directives.drains().containsKey(id) || damped.contains(id)));
    }
  }

  private static BitSet indexes(List<String> names, ShardSet shards) {
    BitSet indexes = new BitSet();
    names.stream().mapToInt(shards::indexOf).filter(index -> index >= 0).forEach(indexes::set);
    return indexes;
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

  /** Whether it gets nothing only because it keeps dying. */
  boolean isDamped(int worker) {
    return damped.contains(id(worker));
  }

  /** The workers that would take more shards if their leader nodes took fewer bytes. */
  List<String> boundByBytes() {
    return workers.stream()
        .filter(worker -> worker.node().fits() < worker.node().maxShards())
        .map(worker -> worker.id() + " has room for " + worker.node().fits())
        .toList();
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

  /** Whether it says that it cannot lead a shard now. */
  boolean isUnable(int worker, int shard) {
    return unable.get(worker).get(shard);
  }

  /** Whether a shard failed in office there, so that another worker should rather lead it. */
  boolean isFailing(int worker, int shard) {
    return failing.get(worker).get(shard);
  }

  /**
   * The shards that have failed in office somewhere, or that their leaders cannot lead now.
   *
   * @param leaders for each shard its leader, or {@link Placement#NONE}
   * @param displaced shards that failed: until every worker can lead them, they count as failing
   */
  BitSet failing(int[] leaders, BitSet displaced) {
    BitSet all = new BitSet();
    unable.forEach(all::or);
    all.and(displaced);
    failing.forEach(all::or);
    for (int shard = 0; shard < leaders.length; shard++) {
      if (leaders[shard] != NONE && isUnable(leaders[shard], shard)) {
        all.set(shard);
      }
    }
    return all;
  }

  /** For each worker the shards that it cannot lead now, without some. */
  Map<Integer, Set<Integer>> unableBut(BitSet some) {
    Map<Integer, Set<Integer>> all = new TreeMap<>();
    for (int worker = 0; worker < unable.size(); worker++) {
      BitSet others = (BitSet) unable.get(worker).clone();
      others.andNot(some);
      if (!others.isEmpty()) {
        all.put(worker, others.stream().boxed().collect(Collectors.toSet()));
      }
    }
    return all;
  }

  /** On how many workers a shard failed in office. */
  int timesFailing(int shard) {
    return (int) failing.stream().filter(shards -> shards.get(shard)).count();
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
