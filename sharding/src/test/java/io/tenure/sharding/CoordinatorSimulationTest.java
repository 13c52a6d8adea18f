package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.ZnodeName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Groups under a coordinator and its successors, with workers that come, crash, restart and hang,
 * and operators who want this and that: in all of that, every plan is sound (see {@link
 * CoordinatedGroup}), and when it ends, the group comes to rest as it should be.
 */
class CoordinatorSimulationTest {

  private static final String[] IDS = {"w-1", "w-2", "a/b", "a%2Fb", "w-0000000001", "..", "w-7"};

  // ---------------------------------------------------------------- anything may happen

  @Property(tries = 250)
  void whateverHappensTheGroupComesToRestAsThePlacementWantsIt(@ForAll long seed) {
    Random random = new Random(seed);
    SimulatedWorld world = world(random, 1 + random.nextInt(24));
    int steps = random.nextInt(250);
    for (int i = 0; i < steps; i++) {
      disturb(world);
      world.step(Duration.ofMillis(random.nextInt(10) == 0 ? 5000 : random.nextInt(500)));
      if (random.nextInt(3) > 0) {
        world.coordinate();
      }
    }
    String what = "seed " + seed;
    world.calm(what);
    world.checkOffices(what);
    checkPlan(world.group, what);
  }

  private static SimulatedWorld world(Random random, int shards) {
    ShardSet set =
        random.nextBoolean() ? ShardSet.numbered(shards) : ShardSet.named(names(0, shards));
    CoordinatedGroup group =
        CoordinatedGroup.of(set)
            .standbys(random.nextInt(4))
            .settle(Duration.ofSeconds(random.nextInt(4)))
            .budget(random.nextBoolean() ? 100 : 1 + random.nextInt(3))
            // No move waits, or it waits long enough for each successor that gets ready at all.
            .readyLimit(Duration.ofSeconds(random.nextInt(4) == 0 ? 0 : 5 + random.nextInt(5)));
    if (random.nextInt(3) == 0) {
      group.balancing(Optional.of(new LoadBalancing(Duration.ofSeconds(10), 0.1, 2)));
    }
    SimulatedWorld world = new SimulatedWorld(random, group);
    for (int i = random.nextInt(5); i > 0; i--) {
      start(world);
    }
    return world;
  }

  private static List<String> names(int from, int count) {
    List<String> names = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      names.add("shard " + (char) ('a' + i % 26) + i);
    }
    return names;
  }

  private static void start(SimulatedWorld world) {
    Random random = world.random;
    String id = IDS[random.nextInt(IDS.length)];
    if (world.group.registered.stream().noneMatch(one -> one.id.equals(id))) {
      CoordinatedGroup.Registered registration = world.start(id);
      registration.zone = "zone-" + random.nextInt(2);
      registration.capacity = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
      registration.maxShards = random.nextInt(8) == 0 ? random.nextInt(12) : Integer.MAX_VALUE;
    }
  }

  private static void disturb(SimulatedWorld world) {
    Random random = world.random;
    CoordinatedGroup group = world.group;
    String shard = group.settings.shards().name(random.nextInt(group.settings.shards().size()));
    String id = world.anyId().orElse("nobody");
    switch (random.nextInt(90)) {
      case 0, 1, 2, 3 -> start(world);
      case 4, 5 -> world.crashOne();
      case 6 -> world.closeOne();
      case 7 -> world.restartOne();
      case 8 -> world.duplicateOne();
      case 9, 10 -> group.directive(name(Directives.DRAIN, id), "new version");
      case 11, 12, 13 -> undo(random, group, Directives.DRAIN);
      case 14 -> group.directive(name(Directives.PIN, shard), id);
      case 15 -> undo(random, group, Directives.PIN);
      case 16, 17 -> group.directive(name(Directives.MOVE, shard), id);
      case 18 -> undo(random, group, Directives.MOVE);
      case 19 -> group.directive(name(Directives.CAPACITY, id), "" + (1 + random.nextInt(4)));
      case 20 -> undo(random, group, Directives.CAPACITY);
      case 21 -> group.directive(name(Directives.PIN, "no such shard"), id);
      case 22 -> group.shards(changed(random, group.settings.shards()));
      case 23, 24 -> group.replaceCoordinator();
      case 25 -> toggleDraining(world);
      default -> {}
    }
  }

  private static String name(String kind, String subject) {
    return kind + ZnodeName.encode(subject);
  }

  private static void undo(Random random, CoordinatedGroup group, String kind) {
    List<String> all =
        group.directives.keySet().stream().filter(path -> path.contains("/" + kind)).toList();
    if (!all.isEmpty()) {
      group.directives.remove(all.get(random.nextInt(all.size())));
    }
  }

  private static ShardSet changed(Random random, ShardSet set) {
    int count = 1 + random.nextInt(24);
    return set.isNumbered()
        ? ShardSet.numbered(count)
        : ShardSet.named(names(random.nextInt(9), count));
  }

  private static void toggleDraining(SimulatedWorld world) {
    world.anyId().map(world.group::worker).ifPresent(one -> one.draining = !one.draining);
  }

  // ---------------------------------------------------------------- one worker joins

  @Property(tries = 120)
  void oneWorkerThatJoinsACalmGroupCausesItsShareOfMovesAndNoMore(@ForAll long seed) {
    Random random = new Random(seed);
    int shards = 1 + random.nextInt(40);
    int workers = 1 + random.nextInt(6);
    CoordinatedGroup group =
        CoordinatedGroup.of(ShardSet.numbered(shards))
            .standbys(random.nextInt(4))
            .budget(1 + random.nextInt(5));
    SimulatedWorld world = new SimulatedWorld(random, group);
    for (int w = 0; w < workers; w++) {
      world.start("w-" + w);
    }
    // A history, so that any worker may be the one that has one shard more than others.
    for (int i = random.nextInt(60); i > 0; i--) {
      switch (random.nextInt(20)) {
        case 0 -> world.crashOne();
        case 1 -> world.start("x-" + i);
        case 2 -> group.directive(name(Directives.DRAIN, world.anyId().orElse("-")), "");
        default -> {}
      }
      world.step(Duration.ofMillis(500));
      world.coordinate();
    }
    group.directives.clear();
    if (world.size() == 0) {
      world.start("w-9");
    }
    String what = "seed " + seed;
    world.calm(what);
    int before = world.size();
    assertThat(group.loads()).as(what).hasSize(before);
    group.begun = 0;
    world.start("new");
    world.calm(what);
    world.checkOffices(what);
    checkPlan(group, what);
    assertThat(group.begun).as("moves, %s", what).isEqualTo(shards / (before + 1));
    assertThat(group.loads().get("new")).as(what).isEqualTo(shards / (before + 1));
  }

  // ---------------------------------------------------------------- some shards always fail

  /**
   * In five minutes, a worker tries a shard ten times at most: after 1, 2, 4 ... 60 s, half of them
   * at least. And only where it fails last; elsewhere, for as long as it takes to move on.
   */
  private static final int MAX_TRIES = 14;

  @Property(tries = 25)
  void shardsThatAlwaysFailAreTriedLessAndLessOftenAndNoOtherIsElectedAgain(@ForAll long seed) {
    Random random = new Random(seed);
    int shards = 2 + random.nextInt(40);
    int workers = 1 + random.nextInt(6);
    CoordinatedGroup group =
        CoordinatedGroup.of(ShardSet.numbered(shards)).standbys(random.nextInt(3));
    SimulatedWorld world = new SimulatedWorld(random, group);
    for (int w = 0; w < workers; w++) {
      world.start("w-" + w);
    }
    String what = "seed " + seed;
    world.calm(what);
    Map<String, Integer> before = Map.copyOf(world.elections);
    Map<String, List<String>> leads = new HashMap<>();
    group.plan().forEach(node -> leads.put(node.workerId(), node.leads()));
    long version = group.summary().version();

    List<String> names = new ArrayList<>(group.settings.shards().names());
    java.util.Collections.shuffle(names, random);
    int poison = 1 + random.nextInt(Math.min(4, shards - 1));
    // Often all of them are one worker's.
    List<String> any = random.nextBoolean() ? names : group.leads("w-0");
    any.stream().limit(poison).forEach(world.poison::add);
    for (int i = 0; i < 5 * 60 * 4; i++) {
      world.step(Duration.ofMillis(250));
      group.decide();
      if (random.nextInt(300) == 0) {
        group.replaceCoordinator();
      }
    }
    int tries = 0;
    for (String shard : group.settings.shards().names()) {
      int times = world.elections.getOrDefault(shard, 0) - before.getOrDefault(shard, 0);
      assertThat(times)
          .as("elections of %s, %s", shard, what)
          .isBetween(0, world.poison.contains(shard) ? workers * MAX_TRIES : 0);
      tries += times;
    }
    assertThat(tries).as("tries of %s, %s", world.poison, what).isPositive();
    assertThat(group.summary().version() - version)
        .as("plan versions for %s tries, %s", tries, what)
        .isLessThanOrEqualTo(tries);

    // They are mended: when that they failed is forgotten, all workers lead as many as before.
    world.poison.clear();
    for (int i = 0; i < 7 * 60 / 2; i++) {
      world.step(Duration.ofSeconds(2));
      group.decide();
    }
    world.calm(what);
    world.checkOffices(what);
    checkPlan(group, what);
    for (String shard : group.settings.shards().names()) {
      if (!any.subList(0, Math.min(poison, any.size())).contains(shard)) {
        assertThat(world.elections.get(shard))
            .as("elections of %s in the end, %s", shard, what)
            .isEqualTo(before.get(shard));
      }
    }
    assertThat(group.plan())
        .allSatisfy(
            node ->
                assertThat(node.leads())
                    .as("%s, %s", node.workerId(), what)
                    .hasSize(leads.get(node.workerId()).size()));
  }

  // ---------------------------------------------------------------- what a plan at rest is

  private static void checkPlan(CoordinatedGroup group, String what) {
    CoordinatorMachine.View view = group.view();
    TreeMap<String, CoordinatorMachine.Worker> byId = new TreeMap<>();
    for (CoordinatorMachine.Worker worker : view.workers()) {
      byId.merge(worker.id(), worker, (a, b) -> a.incarnation() > b.incarnation() ? a : b);
    }
    ShardSet shards = group.settings.shards();
    Members members = new Members(byId, view.directives(), shards);
    assertThat(group.loads().keySet()).as(what).isEqualTo(members.ids());
    for (PlanNode node : group.plan()) {
      assertThat(node.takesOver()).as(what).isEmpty();
      assertThat(node.incarnation())
          .as("%s, %s", node, what)
          .isEqualTo(members.worker(members.indexOf(node.workerId())).incarnation());
      assertThat(node.draining().isPresent())
          .as("%s, %s", node, what)
          .isEqualTo(!members.isOpen(node.workerId()));
    }
    Placement.Request request = request(group, members, view.directives());
    Placement.Result wanted = Placement.compute(request);
    assertThat(wanted.moves()).as("moves that are still wanted, %s", what).isEmpty();
    assertThat(wanted.standbys()).as(what).isDeepEqualTo(request.standbys());
    checkLoads(group, members, request, what);
    long open = request.members().stream().filter(member -> !member.draining()).count();
    for (int shard = 0; shard < shards.size(); shard++) {
      String name = shards.name(shard);
      boolean led = request.leaders()[shard] != Placement.NONE;
      if (group.summary().version() > 0) {
        assertThat(group.summary().unplaced().contains(name))
            .as("%s is unplaced, %s", name, what)
            .isEqualTo(!led);
      }
      assertThat(group.standbys(name))
          .as("standbys of %s, %s", name, what)
          .hasSize(led ? (int) Math.min(group.settings.standbys(), open - 1) : 0);
    }
    if (group.summary().version() > 0) {
      checkDirectives(group, members, view.directives(), what);
    }
  }

  private static Placement.Request request(
      CoordinatedGroup group, Members members, Directives directives) {
    ShardSet shards = group.settings.shards();
    int[] leaders = new int[shards.size()];
    int[][] standbys = new int[group.settings.standbys()][shards.size()];
    for (int shard = 0; shard < shards.size(); shard++) {
      leaders[shard] = members.indexOf(group.leader(shards.name(shard)));
      List<String> by = group.standbys(shards.name(shard));
      for (int rank = 0; rank < standbys.length; rank++) {
        standbys[rank][shard] = rank < by.size() ? members.indexOf(by.get(rank)) : Placement.NONE;
      }
    }
    Map<Integer, Integer> pins = new HashMap<>();
    directives
        .pins()
        .forEach(
            (shard, to) -> {
              if (shards.contains(shard) && members.isOpen(to)) {
                pins.put(shards.indexOf(shard), members.indexOf(to));
              }
            });
    return new Placement.Request(
        members.placement(id -> group.summary().shares().getOrDefault(id, 1.0)),
        leaders,
        standbys,
        standbys.length,
        new BitSet(),
        new BitSet(),
        pins,
        Map.of(),
        new BitSet());
  }

  /** Loads against an obvious computation of the exact shares. */
  private static void checkLoads(
      CoordinatedGroup group, Members members, Placement.Request request, String what) {
    double[] exact = ExhaustivePlacement.exact(request);
    int placed = 0;
    for (int w = 0; w < members.size(); w++) {
      int load = group.loads().getOrDefault(members.id(w), 0);
      placed += load;
      assertThat(Math.abs(load - exact[w]))
          .as("load of %s: %s of %s, %s", members.id(w), load, Arrays.toString(exact), what)
          .isLessThan(1 + 1e-6);
    }
    assertThat(placed)
        .as("placed, %s", what)
        .isEqualTo((int) Math.min(request.shards(), ExhaustivePlacement.caps(request.members())));
  }

  /** Of moves only those are left that cannot be: each is said to be passed over. */
  private static void checkDirectives(
      CoordinatedGroup group, Members members, Directives directives, String what) {
    CoordinatorMachine.Decision decision = group.decide();
    directives
        .moves()
        .keySet()
        .forEach(
            shard ->
                assertThat(decision.ignored())
                    .as("move of %s, %s", shard, what)
                    .containsKey(directives.paths().get(Directives.MOVE + shard)));
    Optional<String> pinned =
        new TreeSet<>(directives.pins().keySet())
            .stream()
                .filter(shard -> !group.leader(shard).equals(directives.pins().get(shard)))
                .filter(
                    shard ->
                        !decision
                            .ignored()
                            .containsKey(directives.paths().get(Directives.PIN + shard)))
                .findFirst();
    assertThat(pinned).as("pinned and elsewhere of %s, %s", members.ids(), what).isEmpty();
  }
}
