package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.audit.AuditLog;
import io.tenure.audit.RecordedEntry;
import io.tenure.scope.Transition;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What people and tools do to the znodes of a group, and what its workers make of it. */
@Timeout(120)
class GroupByHandOnServerTest {

  private static final String GROUP = "/orders";
  private static final String PLAN = GROUP + "/plan";
  private static final String DRAIN = GROUP + "/directives/drain-w-1";
  private static final int SHARDS = 4;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;
  private CuratorFramework operator;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, GROUP);
    operator = workers.observer();
  }

  private Workers.Member start(String id) throws Exception {
    return workers.start(id, b -> b.shards(ShardSet.numbered(SHARDS)).standbys(0));
  }

  private void startTwo() throws Exception {
    start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
  }

  private ShardGroup group() {
    return ShardGroup.of(operator, GROUP);
  }

  private void set(String path, String data) throws Exception {
    operator.setData().forPath(path, data.getBytes(StandardCharsets.UTF_8));
  }

  private String data(String path) throws Exception {
    return new String(operator.getData().forPath(path), StandardCharsets.UTF_8);
  }

  /** How many offices of the coordinator there were. */
  private long offices() throws InterruptedException {
    return AuditLog.of(operator, GROUP + "/coordinator").entries().stream()
        .map(RecordedEntry::entry)
        .filter(entry -> entry.transition() instanceof Transition.Elected)
        .count();
  }

  private String registration(String id) throws Exception {
    return operator.getChildren().forPath(GROUP + "/workers").stream()
        .filter(name -> name.startsWith(id + "-"))
        .map(name -> GROUP + "/workers/" + name)
        .findFirst()
        .orElseThrow();
  }

  /** A worker's plan that has nothing in it, as a hand might write it. */
  private static String emptyPlan(String id) {
    return "{\"format\":1,\"worker\":\"" + id + "\",\"incarnation\":0}";
  }

  interface Hand {
    void touch(GroupByHandOnServerTest in) throws Exception;
  }

  private static Arguments hand(String what, String path, Hand hand) {
    return Arguments.of(what, path, hand);
  }

  static Stream<Arguments> handsOnThePlan() {
    return Stream.of(
        hand("a part without shards", PLAN + "/w-1", in -> in.set(PLAN + "/w-1", emptyPlan("w-1"))),
        hand("an emptied part", PLAN + "/w-1", in -> in.set(PLAN + "/w-1", "")),
        hand("a damaged part", PLAN + "/w-1", in -> in.set(PLAN + "/w-1", "{")),
        hand(
            "a part of a newer format",
            PLAN + "/w-1",
            in -> in.set(PLAN + "/w-1", "{\"format\":9}")),
        hand(
            "another worker's part",
            PLAN + "/w-1",
            in -> in.set(PLAN + "/w-1", in.data(PLAN + "/w-2"))),
        hand("a deleted part", PLAN + "/w-1", in -> in.operator.delete().forPath(PLAN + "/w-1")),
        hand("an emptied summary", PLAN, in -> in.set(PLAN, "")),
        hand("a damaged summary", PLAN, in -> in.set(PLAN, "hello")),
        hand(
            "a deleted plan",
            PLAN + "/*",
            in -> in.operator.delete().deletingChildrenIfNeeded().forPath(PLAN)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("handsOnThePlan")
  void thePlanIsWrittenAgainAsItWasAndThatIsSaidOnce(String what, String path, Hand hand)
      throws Exception {
    startTwo();
    Map<String, String> before = plan();
    long offices = offices();
    try (LogLines lines = LogLines.of("io.tenure.sharding.PlanKeeper")) {
      hand.touch(this);
      workers.await(() -> assertThat(plan()).isEqualTo(before));
      workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
      if (path.equals(PLAN + "/*")) {
        // A plan is deleted node by node, and written again meanwhile.
        assertThat(lines.warnings()).hasSizeBetween(1, 3);
      } else {
        assertThat(lines.warnings())
            .singleElement()
            .asString()
            .contains(path + " was ", "by zxid 0x", "The coordinator writes its plan again");
      }
    }
    assertThat(offices()).isEqualTo(offices);
    assertThat(group().status().unreadable()).isEmpty();
    workers.verify();
  }

  /** The plan's data by path; empty while it cannot be read. */
  private Map<String, String> plan() throws Exception {
    Map<String, String> plan = new TreeMap<>();
    try {
      plan.put(PLAN, data(PLAN));
      for (String name : operator.getChildren().forPath(PLAN)) {
        plan.put(name, data(PLAN + "/" + name));
      }
    } catch (KeeperException.NoNodeException e) {
      return Map.of(); // It is being made again.
    }
    return plan;
  }

  static Stream<Arguments> lossesBetweenCoordinators() {
    return Stream.of(
        hand("an emptied part", "", in -> in.set(PLAN + "/w-2", "")),
        hand("a damaged part", "", in -> in.set(PLAN + "/w-2", "{")),
        hand("a deleted part", "", in -> in.operator.delete().forPath(PLAN + "/w-2")),
        hand(
            "a deleted plan",
            "",
            in -> in.operator.delete().deletingChildrenIfNeeded().forPath(PLAN)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lossesBetweenCoordinators")
  void whatThePlanLostWhileNobodyCoordinatedIsPlannedForThoseWhoLead(
      String what, String path, Hand hand) throws Exception {
    Workers.Member first = workers.start("w-1", b -> b.shards(ShardSet.numbered(9)).standbys(0));
    workers.awaitHeld(9);
    for (String id : List.of("w-2", "w-3")) {
      workers.start(id, b -> b.shards(ShardSet.numbered(9)).standbys(0));
    }
    workers.awaitLoads(Map.of("w-1", 3, "w-2", 3, "w-3", 3));
    List<String> kept = workers.heldBy("w-2");
    Map<String, Long> epochs = workers.held();
    assertThat(first.worker().snapshot().coordinator()).isTrue();
    first.crash();
    workers.await(() -> assertThat(workers.heldBy("w-1")).isEmpty()); // It writes nothing now.
    hand.touch(this);
    workers.await(
        () ->
            assertThat(group().plan().workers().get("w-2"))
                .isNotNull()
                .satisfies(part -> assertThat(part.leads()).hasSizeGreaterThan(3)));
    assertThat(group().plan().workers().get("w-2").leads()).containsAll(kept);
    workers.await(() -> assertThat(workers.held()).hasSize(9));
    assertThat(workers.heldBy("w-2")).containsAll(kept);
    kept.forEach(shard -> assertThat(workers.held().get(shard)).isEqualTo(epochs.get(shard)));
    assertThat(data(PLAN + "/w-2")).doesNotContain("nobody leads it");
    workers.verify();
  }

  @Test
  void aPlanOfWhichAllIsEmptiedStopsNoShard() throws Exception {
    startTwo();
    for (String id : List.of("w-1", "w-2")) {
      set(PLAN + "/" + id, emptyPlan(id));
    }
    set(PLAN, "");
    workers.await(() -> assertThat(group().plan().workers().get("w-2").leads()).hasSize(2));
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    assertThat(group().plan().version()).isPositive();
    workers.verify();
  }

  @Test
  void aHandThatWritesAgainAndAgainIsMetLessAndLessOftenAndSaidOnce() throws Exception {
    Workers.Member only = start("w-1");
    workers.awaitHeld(SHARDS);
    String good = data(PLAN + "/w-1");
    try (LogLines lines = LogLines.of("io.tenure.sharding")) {
      for (int i = 0; i < 200; i++) {
        set(PLAN + "/w-1", "{\"round\":" + i + "}");
      }
      workers.await(() -> assertThat(data(PLAN + "/w-1")).isEqualTo(good));
      set(PLAN + "/w-1", "{\"last\":1}");
      workers.await(
          () ->
              assertThat(lines.warnings())
                  .filteredOn(line -> line.contains("again and again"))
                  .hasSize(1));
      assertThat(lines.warnings())
          .filteredOn(line -> line.contains("the plan is the coordinator's"))
          .hasSize(1);
      assertThat(lines.warnings()).hasSizeLessThan(8);
      workers.await(() -> assertThat(data(PLAN + "/w-1")).isEqualTo(good));
      assertThat(workers.held()).hasSize(SHARDS);
    }
    // One write for each repair, not for each of the 201.
    int version = operator.checkExists().forPath(PLAN + "/w-1").getVersion();
    assertThat(version - 201).isBetween(3, 8);
    assertThat(only.worker().snapshot().coordinator()).isTrue();
    workers.verify();
  }

  @Test
  void foreignChildrenOfThePlanAreSaidOnceAndLeftAlone() throws Exception {
    startTwo();
    try (LogLines lines = LogLines.of("io.tenure.sharding")) {
      operator.create().forPath(PLAN + "/notes", "hello".getBytes(StandardCharsets.UTF_8));
      workers.await(
          () ->
              assertThat(lines.warnings())
                  .singleElement()
                  .asString()
                  .contains(PLAN + "/notes was made by another client"));
      group().drain("w-1", "");
      workers.awaitLoads(Map.of("w-2", 4));
      assertThat(lines.warnings()).hasSize(1);
    }
    assertThat(data(PLAN + "/notes")).isEqualTo("hello");
  }

  @Test
  void aPlanWithAChildByHandKeepsNobodyFromPlanningWhenItsWorkerIsGone() throws Exception {
    startTwo();
    Workers.Member third = start("w-3");
    workers.await(() -> assertThat(workers.loads()).hasSize(3));
    operator.create().forPath(PLAN + "/w-3/note");
    long offices = offices();
    try (LogLines lines = LogLines.of("io.tenure.sharding.PlanWriter")) {
      third.worker().close();
      workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
      assertThat(lines.warnings())
          .singleElement()
          .asString()
          .contains(PLAN + "/w-3", "Delete that node with its children");
    }
    start("w-3");
    workers.await(() -> assertThat(workers.loads()).hasSize(3));
    assertThat(offices()).isEqualTo(offices);
    workers.verify();
  }

  static Stream<Arguments> damage() {
    return Stream.of(
        Arguments.of("damaged", "{"),
        Arguments.of("emptied", ""),
        Arguments.of("of a newer format", "{\"format\":9,\"shards\":4}"),
        Arguments.of("without shards", "{\"format\":1}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damage")
  void damagedSettingsLetTheCoordinatorGoOnWithThoseThatItKnows(String what, String data)
      throws Exception {
    startTwo();
    start("w-3");
    workers.await(() -> assertThat(workers.loads()).hasSize(3));
    String good = data(GROUP);
    long offices = offices();
    try (LogLines lines = LogLines.of("io.tenure.sharding.LastUnderstood")) {
      set(GROUP, data);
      operator.create().forPath(GROUP + "/directives/drain-w-3");
      workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
      assertThat(lines.warnings())
          .singleElement()
          .asString()
          .contains(GROUP, "zxid 0x", "set " + GROUP + " {\"format\":1,\"shards\":4");
    }
    assertThat(offices()).as("nobody resigned").isEqualTo(offices);
    assertThat(data(GROUP)).as("it is left alone").isEqualTo(data);
    set(GROUP, good.replace("\"shards\":4", "\"shards\":6"));
    workers.awaitLoads(Map.of("w-1", 3, "w-2", 3));
  }

  @Test
  void whileSettingsAreDamagedTheCoordinatorMayChangeAndSessionsMayEnd() throws Exception {
    Workers.Member first = start("w-1");
    Workers.Member second = start("w-2");
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    String good = data(GROUP);
    set(GROUP, "{");
    assertThat(first.worker().snapshot().coordinator()).isTrue();
    first.crash();
    workers.awaitLoads(Map.of("w-2", 4));
    workers.await(() -> assertThat(second.worker().snapshot().coordinator()).isTrue());
    long offices = offices();
    first.heal();
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    assertThat(offices()).isEqualTo(offices);
    Workers.Member third = workers.make("w-3", b -> b.shards(ShardSet.numbered(SHARDS)));
    assertThatThrownBy(() -> Workers.join(third))
        .hasStackTraceContaining("the settings of group " + GROUP + " cannot be read")
        .hasStackTraceContaining("Write them again");
    set(GROUP, good);
    start("w-3");
    workers.await(() -> assertThat(workers.loads()).hasSize(3));
    workers.verify();
  }

  @Test
  void emptiedSettingsOfAGroupWithAPlanAreNotMadeAnewByAWorkerThatStarts() throws Exception {
    Workers.Member only = start("w-1");
    workers.awaitHeld(SHARDS);
    group().resize(6);
    workers.awaitHeld(6);
    String good = data(GROUP);
    only.worker().close();
    set(GROUP, "");
    Workers.Member second = workers.make("w-2", b -> b.shards(ShardSet.numbered(SHARDS)));
    assertThatThrownBy(() -> Workers.join(second))
        .hasStackTraceContaining(GROUP + " is empty, although " + PLAN + " holds a plan");
    assertThat(data(GROUP)).isEmpty();
    set(GROUP, good);
    start("w-3");
    workers.awaitHeld(6);
  }

  static Stream<Arguments> handsOnARegistration() {
    return Stream.of(
        Arguments.of("emptied", ""),
        Arguments.of("damaged", "{"),
        Arguments.of("of a newer format", "{\"format\":9}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("handsOnARegistration")
  void aRegistrationThatIsOverwrittenIsWrittenAgainByItsWorkerAndMovesNothing(
      String what, String data) throws Exception {
    startTwo();
    String path = registration("w-2");
    String before = data(path);
    Map<String, Long> epochs = workers.held();
    long version = group().plan().version();
    try (LogLines lines = LogLines.of("io.tenure.sharding.Registration")) {
      set(path, data);
      workers.await(() -> assertThat(data(path)).isEqualTo(before));
      assertThat(lines.warnings()).singleElement().asString().contains(path, "zxid 0x");
    }
    group().pin("0", workers.holder("0").orElseThrow(), "so that it decides once more");
    workers.await(() -> assertThat(data(path)).isEqualTo(before));
    assertThat(workers.held()).isEqualTo(epochs);
    assertThat(group().plan().version()).isEqualTo(version);
    workers.verify();
  }

  @Test
  void aRegistrationMadePersistentByARestoreIsNoWorker() throws Exception {
    startTwo();
    String restored = data(registration("w-2")).replace("w-2", "w-9");
    String path = GROUP + "/workers/w-9-0000000900";
    try (LogLines lines = LogLines.of("io.tenure.sharding")) {
      operator
          .create()
          .withMode(CreateMode.PERSISTENT)
          .forPath(path, restored.getBytes(StandardCharsets.UTF_8));
      workers.await(
          () ->
              assertThat(lines.warnings())
                  .singleElement()
                  .asString()
                  .contains(path, "no ephemeral node", "Delete it"));
      group().drain("w-1", "");
      workers.awaitLoads(Map.of("w-2", 4));
      assertThat(lines.warnings()).hasSize(1);
    }
    assertThat(group().status().unreadable())
        .singleElement()
        .satisfies(bad -> assertThat(bad.path()).isEqualTo(path));
  }

  @Test
  void aDirectiveThatIsDamagedCountsAsItLastDid() throws Exception {
    startTwo();
    group().drain("w-1", "disk");
    workers.awaitLoads(Map.of("w-2", 4));
    String path = GROUP + "/directives/drain-w-1";
    try (LogLines lines = LogLines.of("io.tenure.sharding.LastUnderstood")) {
      set(path, "{");
      operator.create().forPath(GROUP + "/directives/capacity-w-2", "2".getBytes());
      workers.await(
          () ->
              assertThat(lines.warnings())
                  .singleElement()
                  .asString()
                  .contains(path, "counts as it last did"));
      start("w-3");
      workers.awaitLoads(Map.of("w-2", 3, "w-3", 1));
    }
    operator.delete().forPath(path);
    workers.await(() -> assertThat(workers.heldBy("w-1")).isNotEmpty());
  }

  static Stream<Arguments> damageToADrain() {
    return Stream.of(
        hand("no JSON", "", in -> in.set(DRAIN, "{")),
        hand("a newer format", "", in -> in.set(DRAIN, "{\"format\":9}")),
        hand(
            "a znode that the workers may not read",
            "",
            in ->
                in.operator
                    .setACL()
                    .withACL(List.of(new ACL(ZooDefs.Perms.ALL, new Id("ip", "192.0.2.1"))))
                    .forPath(DRAIN)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damageToADrain")
  void aDrainThatIsDamagedCountsAlsoForTheNextCoordinator(String what, String path, Hand hand)
      throws Exception {
    Workers.Member first = start("w-2");
    workers.awaitHeld(SHARDS);
    start("w-1");
    start("w-3");
    group().drain("w-1", "disk");
    workers.awaitLoads(Map.of("w-2", 2, "w-3", 2));
    try (LogLines lines = LogLines.of("io.tenure.sharding.LastUnderstood")) {
      hand.touch(this);
      // No watch tells of an ACL.
      operator.create().forPath(GROUP + "/directives/capacity-w-3", "1".getBytes());
      workers.await(() -> assertThat(lines.warnings()).isNotEmpty());
      assertThat(group().status().coordinator().orElseThrow().candidate().id()).isEqualTo("w-2");
      first.worker().close();
      workers.await(
          () ->
              assertThat(lines.warnings())
                  .anySatisfy(line -> assertThat(line).contains(DRAIN, "counts by its name")));
    }
    // Only a plan that a worker joined for could show that w-1 is a candidate again.
    start("w-4");
    workers.awaitLoads(Map.of("w-3", 2, "w-4", 2));
    GroupStatus.Worker drained = group().status().workers().get(0);
    assertThat(drained.info().id()).isEqualTo("w-1");
    assertThat(drained.isDraining()).isTrue();
    group().undrain("w-1");
    // The server tells no watcher of what becomes of a znode that it may not read.
    operator.delete().forPath(GROUP + "/directives/capacity-w-3");
    workers.await(() -> assertThat(workers.heldBy("w-1")).isNotEmpty());
  }

  static Stream<Arguments> handsOnTheRest() {
    List<Arguments> all = new ArrayList<>();
    all.add(
        hand("directives deleted", "", in -> in.operator.delete().forPath(GROUP + "/directives")));
    all.add(
        hand(
            "a foreign note of a refused worker",
            "",
            in ->
                in.operator
                    .create()
                    .creatingParentsIfNeeded()
                    .forPath(GROUP + "/refused/w-1", "{".getBytes())));
    all.add(
        hand(
            "a foreign registration",
            "",
            in -> in.operator.create().forPath(GROUP + "/workers/notes", "hello".getBytes())));
    all.add(
        hand(
            "a foreign directive",
            "",
            in -> in.operator.create().forPath(GROUP + "/directives/notes", "x".getBytes())));
    all.add(hand("the coordinator's record emptied", "", in -> in.set(GROUP + "/coordinator", "")));
    all.add(
        hand("the coordinator's record damaged", "", in -> in.set(GROUP + "/coordinator", "{")));
    all.add(
        hand(
            "the coordinator's leader node deleted",
            "",
            in -> in.operator.delete().forPath(GROUP + "/coordinator/leader")));
    all.add(
        hand(
            "the registrations deleted",
            "",
            in -> in.operator.delete().deletingChildrenIfNeeded().forPath(GROUP + "/workers")));
    return all.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("handsOnTheRest")
  void eachShardIsLedAllTheSame(String what, String path, Hand hand) throws Exception {
    startTwo();
    hand.touch(this);
    workers.awaitHeld(SHARDS);
    Workers.Member third = start("w-3");
    workers.awaitHeld(SHARDS);
    // No worker coordinates on a record that may give epochs out again, and the logs say so.
    if (!what.contains("record")) {
      workers.await(() -> assertThat(workers.loads()).hasSize(3));
      third.worker().close();
      workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    }
    assertThat(workers.violations).isEmpty();
  }
}
