package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.Candidate;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;

/**
 * A group as its coordinator sees it, in memory: who is registered, what operators want, and what
 * was written, as bytes at their paths. The coordinator's machine is fed from it; every decision is
 * held against what must be true of any, and then carried out.
 */
final class CoordinatedGroup {

  static final GroupPaths PATHS = new GroupPaths("/orders");
  static final Duration READY_LIMIT = Duration.ofSeconds(30);

  /** One registration. */
  static final class Registered {
    final String id;
    final long incarnation;
    double capacity = 1;
    int maxShards = Integer.MAX_VALUE;
    int fits = Integer.MAX_VALUE;
    String zone = "";
    boolean draining;
    int utilization;
    final Set<String> ready = new TreeSet<>();
    final Set<String> tookOver = new TreeSet<>();
    final Set<String> unable = new TreeSet<>();
    final Set<String> failing = new TreeSet<>();

    Registered(String id, long incarnation) {
      this.id = id;
      this.incarnation = incarnation;
    }

    private CoordinatorMachine.Worker asRead(boolean numbered) {
      WorkerNode node =
          new WorkerNode(
              new Candidate(id, "host-" + incarnation, 4711, Optional.empty()),
              "nonce-" + incarnation,
              new WorkerNode.Offer(zone, capacity, maxShards, fits),
              draining,
              new WorkerNode.OfShards(
                  List.copyOf(ready),
                  List.copyOf(tookOver),
                  List.copyOf(unable),
                  List.copyOf(failing),
                  List.of()),
              utilization,
              0);
      String path = PATHS.workerPrefix(id) + String.format(Locale.ROOT, "%010d", incarnation);
      WorkerNode read = WorkerNode.parse(path, node.bytes(numbered));
      return new CoordinatorMachine.Worker(read, GroupPaths.incarnation(path));
    }
  }

  GroupSettings settings;
  final List<Registered> registered = new ArrayList<>();
  final Map<String, byte[]> directives = new TreeMap<>();
  final Map<String, byte[]> written = new TreeMap<>();
  byte[] summary = new byte[0];
  long nowNanos = 5_000_000_000L;

  /** How many planned moves have begun. */
  int begun;

  DoubleSupplier lot = () -> 0;
  private CoordinatorMemory memory = new CoordinatorMemory(lot);
  CoordinatorMachine machine;
  private long incarnations;
  private long epochs;

  private CoordinatedGroup(GroupSettings settings) {
    this.settings = settings;
    this.machine = rebuilt();
  }

  /** A group without workers: no settle window, no standbys, any number of moves at a time. */
  static CoordinatedGroup of(ShardSet shards) {
    GroupSettings usual = GroupSettings.of(shards);
    CoordinatedGroup group =
        new CoordinatedGroup(
            new GroupSettings(
                shards, 0, Duration.ZERO, 100, READY_LIMIT, usual.retention(), Optional.empty()));
    assertThat(group.decide().isEmpty()).isTrue();
    return group;
  }

  /** A group with these workers, whose shards are dealt out. */
  static CoordinatedGroup led(int shards, String... ids) {
    return led(shards, 0, ids);
  }

  static CoordinatedGroup led(int shards, int standbys, String... ids) {
    CoordinatedGroup group = of(ShardSet.numbered(shards));
    group.standbys(standbys);
    group.join(ids);
    group.decide();
    return group;
  }

  // ---------------------------------------------------------------- what it is

  CoordinatedGroup settle(Duration window) {
    return change(settings.standbys(), window, settings.movesInFlight(), settings.readyLimit());
  }

  CoordinatedGroup standbys(int standbys) {
    return change(
        standbys, settings.settleWindow(), settings.movesInFlight(), settings.readyLimit());
  }

  CoordinatedGroup budget(int moves) {
    return change(settings.standbys(), settings.settleWindow(), moves, settings.readyLimit());
  }

  CoordinatedGroup readyLimit(Duration limit) {
    return change(settings.standbys(), settings.settleWindow(), settings.movesInFlight(), limit);
  }

  private CoordinatedGroup change(int standbys, Duration settle, int moves, Duration ready) {
    settings =
        new GroupSettings(
            settings.shards(),
            standbys,
            settle,
            moves,
            ready,
            settings.retention(),
            settings.loadBalancing());
    return this;
  }

  CoordinatedGroup balancing(Optional<LoadBalancing> balancing) {
    settings =
        new GroupSettings(
            settings.shards(),
            settings.standbys(),
            settings.settleWindow(),
            settings.movesInFlight(),
            settings.readyLimit(),
            settings.retention(),
            balancing);
    return this;
  }

  CoordinatedGroup shards(ShardSet shards) {
    settings = settings.withShards(shards);
    return this;
  }

  // ---------------------------------------------------------------- who is there

  /** Workers register, also with an id whose older registration still lingers. */
  CoordinatedGroup join(String... ids) {
    for (String id : ids) {
      registered.add(new Registered(id, ++incarnations));
    }
    return this;
  }

  /** Their registrations are gone. */
  CoordinatedGroup crash(String... ids) {
    for (String id : ids) {
      assertThat(registered.removeIf(one -> one.id.equals(id))).as(id).isTrue();
    }
    return this;
  }

  /** The latest registration of an id. */
  Registered worker(String id) {
    return registered.stream()
        .filter(one -> one.id.equals(id))
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  CoordinatedGroup ready(String id, String... shards) {
    worker(id).ready.addAll(List.of(shards));
    return this;
  }

  // ---------------------------------------------------------------- what operators want

  CoordinatedGroup directive(String name, String data) {
    directives.put(PATHS.directives() + "/" + name, data.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  CoordinatedGroup noDirective(String name) {
    assertThat(directives.remove(PATHS.directives() + "/" + name)).as(name).isNotNull();
    return this;
  }

  boolean hasDirective(String name) {
    return directives.containsKey(PATHS.directives() + "/" + name);
  }

  // ---------------------------------------------------------------- the coordinator

  CoordinatedGroup pass(Duration time) {
    nowNanos += time.toNanos();
    return this;
  }

  /** The coordinator is another one, which knows what is written. */
  CoordinatedGroup replaceCoordinator() {
    memory = new CoordinatorMemory(lot);
    machine = rebuilt();
    return this;
  }

  /** While no worker coordinates, a worker's part of the plan is lost, and its tenures go on. */
  CoordinatedGroup losePart(String id) {
    Map<String, String> leaders = new HashMap<>();
    planOf(id).orElseThrow().leads().forEach(shard -> leaders.put(shard, id));
    written.remove(PATHS.plan(id));
    replaceCoordinator();
    machine.foundLeaders(leaders);
    return this;
  }

  private CoordinatorMachine rebuilt() {
    return new CoordinatorMachine("c-" + ++epochs, epochs, plan(), summary(), memory, nowNanos);
  }

  CoordinatorMachine.View view() {
    boolean numbered = settings.shards().isNumbered();
    return new CoordinatorMachine.View(
        GroupSettings.parse(PATHS.group(), settings.bytes()),
        registered.stream().map(one -> one.asRead(numbered)).toList(),
        Directives.parse(
            directives.entrySet().stream()
                .map(entry -> new Directives.Written(entry.getKey(), entry.getValue()))
                .toList()));
  }

  CoordinatorMachine.Decision decideAfter(Duration time) {
    return pass(time).decide();
  }

  /** Decides and writes; then deciding again, with the same view at the same time, is vain. */
  CoordinatorMachine.Decision decide() {
    CoordinatorMachine.View view = view();
    CoordinatorMachine.Decision decision = decide(view);
    write(decision);
    assertThat(written.keySet())
        .isEqualTo(machine.plans.keySet().stream().map(PATHS::plan).collect(Collectors.toSet()));
    if (settings.loadBalancing().isPresent() && decision.nanosToWait().equals(Optional.of(1L))) {
      return decision; // Moves that have just ended were waited for: it is to decide again at once.
    }
    CoordinatorMachine.Decision again = machine.decide(view, nowNanos);
    boolean unable = view.workers().stream().anyMatch(one -> !one.node().unable().isEmpty());
    for (int i = 0; unable && i < 3 && !again.writes().isEmpty(); i++) {
      // A shard that only some workers can lead is placed first, and differently while it moves.
      writePlans(again.writes());
      again.summary().ifPresent(next -> summary = next.bytes(isNumbered()));
      again = machine.decide(view, nowNanos);
    }
    assertThat(again.writes()).as("again after %s", decision).isEmpty();
    assertThat(again.removals()).as("again after %s", decision).isEmpty();
    assertThat(again.summary()).as("again after %s", decision).isEmpty();
    return decision;
  }

  /** Decides, and leaves it to the test what is written. */
  CoordinatorMachine.Decision decideOnly() {
    return decide(view());
  }

  private CoordinatorMachine.Decision decide(CoordinatorMachine.View view) {
    Map<String, MovesInFlight.Move> moves = new HashMap<>();
    machine.moves.all().forEach(entry -> moves.put(entry.getKey(), entry.getValue()));
    Map<String, PlanNode> before = Map.copyOf(machine.plans);
    long version = machine.summary.version();
    CoordinatorMachine.Decision decision = machine.decide(view, nowNanos);
    decision.writes().forEach(node -> begun += newMoves(node, before));
    assertThat(machine.moves.size())
        .as("moves in flight")
        .isLessThanOrEqualTo(Math.max(settings.movesInFlight(), moves.size()));
    check(decision, before, version);
    if (machine.wanted.isPresent()) { // Else it waits yet, and the plan is what others have made.
      checkPlan(view, before);
    }
    return decision;
  }

  private int newMoves(PlanNode node, Map<String, PlanNode> before) {
    Set<String> takesOver = new HashSet<>(node.takesOver());
    Optional.ofNullable(before.get(node.workerId()))
        .ifPresent(old -> takesOver.removeAll(old.takesOver()));
    return takesOver.size();
  }

  /** What is true of every decision. */
  private void check(
      CoordinatorMachine.Decision decision, Map<String, PlanNode> before, long version) {
    boolean plans = !decision.writes().isEmpty() || !decision.removals().isEmpty();
    if (plans) {
      assertThat(decision.summary()).isPresent();
    }
    decision
        .summary()
        .ifPresent(
            next -> {
              assertThat(next.version()).isEqualTo(version + 1);
              assertThat(next.coordinatorEpoch()).isEqualTo(epochs);
              assertThat(PlanSummary.parse(PATHS.plans(), next.bytes(isNumbered())))
                  .isEqualTo(next);
            });
    for (PlanNode node : decision.writes()) {
      assertThat(node.saysTheSameAs(before.get(node.workerId()))).as("%s", node).isFalse();
      String path = PATHS.plan(node.workerId());
      assertThat(sorted(PlanNode.parse(path, node.bytes(isNumbered())))).isEqualTo(sorted(node));
    }
    decision.nanosToWait().ifPresent(nanos -> assertThat(nanos).isNotNegative());
  }

  private static PlanNode sorted(PlanNode node) {
    Map<String, List<String>> reasons = new TreeMap<>();
    node.reasons().forEach((why, shards) -> reasons.put(why, shards.stream().sorted().toList()));
    return new PlanNode(
        node.workerId(),
        node.incarnation(),
        node.draining(),
        node.leads(),
        node.takesOver(),
        node.standsBy(),
        reasons);
  }

  /** What is true of every plan, regardless of the plan before it. */
  private void checkPlan(CoordinatorMachine.View view, Map<String, PlanNode> before) {
    Map<String, String> leaders = new TreeMap<>();
    Map<String, Set<String>> others = new TreeMap<>();
    Collection<PlanNode> plan = machine.plans.values();
    for (PlanNode node : plan) {
      for (String shard : node.leads()) {
        assertThat(leaders.put(shard, node.workerId())).as("another leads %s", shard).isNull();
      }
    }
    for (PlanNode node : plan) {
      List<List<String>> lists = new ArrayList<>(node.standsBy());
      lists.add(node.takesOver());
      for (List<String> list : lists) {
        for (String shard : list) {
          assertThat(others.computeIfAbsent(shard, any -> new HashSet<>()).add(node.workerId()))
              .as("%s is in two lists of %s", shard, node)
              .isTrue();
          assertThat(leaders.get(shard)).as("%s in %s", shard, node).isNotEqualTo(node.workerId());
        }
      }
      assertThat(node.takesOver()).allSatisfy(shard -> assertThat(leaders).containsKey(shard));
      assertThat(node.standsBy()).hasSizeLessThanOrEqualTo(GroupSettings.MAX_STANDBYS);
    }
    for (PlanNode node : plan) {
      assertThat(node.reasons().values().stream().flatMap(List::stream)).doesNotHaveDuplicates();
      Optional.ofNullable(before.get(node.workerId()))
          .filter(old -> node.draining().isPresent())
          .ifPresent(old -> checkNothingNew(view, node, old));
    }
  }

  private static void checkNothingNew(CoordinatorMachine.View view, PlanNode node, PlanNode old) {
    Set<String> leads = new HashSet<>(node.leads());
    leads.removeAll(old.leads());
    view.workers().forEach(worker -> worker.node().tookOver().forEach(leads::remove));
    assertThat(leads).as("%s drains", node).isEmpty();
    assertThat(node.takesOver()).as("%s drains", node).isEmpty();
    assertThat(node.standsBy()).as("%s drains", node).isEmpty();
  }

  // ---------------------------------------------------------------- what is written

  boolean isNumbered() {
    return settings.shards().isNumbered();
  }

  /** Carries out a decision. */
  void write(CoordinatorMachine.Decision decision) {
    writePlans(decision.writes());
    writeRest(decision);
  }

  void writePlans(List<PlanNode> nodes) {
    nodes.forEach(node -> written.put(PATHS.plan(node.workerId()), node.bytes(isNumbered())));
  }

  void writeRest(CoordinatorMachine.Decision decision) {
    for (String id : decision.removals()) {
      assertThat(written.remove(PATHS.plan(id))).as("plan of %s", id).isNotNull();
    }
    for (String path : decision.movesDone()) {
      assertThat(directives.remove(path)).as(path).isNotNull();
    }
    decision.summary().ifPresent(next -> summary = next.bytes(isNumbered()));
  }

  List<PlanNode> plan() {
    return written.entrySet().stream()
        .map(entry -> PlanNode.parse(entry.getKey(), entry.getValue()))
        .toList();
  }

  PlanSummary summary() {
    return summary.length == 0 ? PlanSummary.none() : PlanSummary.parse(PATHS.plans(), summary);
  }

  Optional<PlanNode> planOf(String id) {
    String path = PATHS.plan(id);
    return Optional.ofNullable(written.get(path)).map(data -> PlanNode.parse(path, data));
  }

  List<String> leads(String id) {
    return planOf(id).orElseThrow().leads();
  }

  List<String> takesOver(String id) {
    return planOf(id).orElseThrow().takesOver();
  }

  /** Who leads a shard by the plan; empty if no worker does. */
  String leader(String shard) {
    return plan().stream()
        .filter(node -> node.leads().contains(shard))
        .map(PlanNode::workerId)
        .findFirst()
        .orElse("");
  }

  /** Who gets ready for a shard; empty if no worker does. */
  String successor(String shard) {
    return plan().stream()
        .filter(node -> node.takesOver().contains(shard))
        .map(PlanNode::workerId)
        .findFirst()
        .orElse("");
  }

  /** Who stands by for a shard, by rank. */
  List<String> standbys(String shard) {
    Map<Integer, String> ranks = new TreeMap<>();
    for (PlanNode node : plan()) {
      for (int rank = 0; rank < node.standsBy().size(); rank++) {
        if (node.standsBy().get(rank).contains(shard)) {
          assertThat(ranks.put(rank, node.workerId())).isNull();
        }
      }
    }
    return List.copyOf(ranks.values());
  }

  /** Why a shard came to a worker or went from it, as its plan says; empty if it does not. */
  String reason(String id, String shard) {
    return planOf(id).orElseThrow().reasons().entrySet().stream()
        .filter(entry -> entry.getValue().contains(shard))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("");
  }

  /** How many shards each worker leads by the plan. */
  Map<String, Integer> loads() {
    Map<String, Integer> loads = new TreeMap<>();
    plan().forEach(node -> loads.put(node.workerId(), node.leads().size()));
    return loads;
  }

  // ---------------------------------------------------------------- workers that do as they should

  /** Every worker is ready for what it is to take over, and is in office where it should lead. */
  CoordinatedGroup obey() {
    for (Registered one : registered) {
      one.ready.clear();
      planOf(one.id)
          .ifPresent(
              node -> {
                node.takesOver().stream()
                    .filter(s -> !one.unable.contains(s))
                    .forEach(one.ready::add);
                one.tookOver.clear();
              });
    }
    return this;
  }

  /** All workers obey until the coordinator has nothing left to write. */
  CoordinatedGroup calm() {
    for (int round = 0; round < 1000; round++) {
      obey();
      boolean quiet = decide().isEmpty();
      if (quiet && machine.moves.size() == 0) {
        assertThat(plan()).allSatisfy(node -> assertThat(node.takesOver()).isEmpty());
        return this;
      }
    }
    throw new AssertionError("still moves after 1000 rounds: " + plan());
  }
}
