package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.scope.ForeignDataException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lost connections, sessions and answers, and shards that cannot be led. */
@Timeout(120)
class FaultsOnServerTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, GROUP);
  }

  private Workers.Member start(String id, int shards) throws Exception {
    return workers.start(id, b -> b.shards(ShardSet.numbered(shards)));
  }

  private void leadOnce(int shards) throws Exception {
    Workers.Member once = start("w-1", shards);
    workers.awaitHeld(shards);
    once.worker().close();
  }

  @Test
  void aBlipThatEndsWithinTheBoundsKeepsEveryTenure() throws Exception {
    Workers.Member only = start("w-1", 30);
    workers.awaitHeld(30);
    only.proxy().dropConnections();
    workers.await(() -> assertThat(only.client().getZookeeperClient().isConnected()).isTrue());
    workers.await(
        () -> {
          assertThat(workers.held()).hasSize(30);
          assertThat(workers.held().values()).allMatch(epoch -> epoch == 1);
        });
    assertThat(only.worker().state()).isEqualTo(WorkerState.ACTIVE);
    workers.verify();
  }

  @Test
  void aWorkerThatLosesItsSessionComesBackAndGetsItsShareAgain() throws Exception {
    Workers.Member first = start("w-1", 12);
    start("w-2", 12);
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    first.crash();
    workers.awaitLoads(Map.of("w-2", 12));
    first.heal();
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    assertThat(workers.events).anyMatch(event -> event.startsWith("lost") && event.contains("w-1"));
    workers.verify();
  }

  @Test
  void anOutageOfEverybodyEndsWithTheSamePlanAndFewTransactions() throws Exception {
    List<Workers.Member> members =
        List.of(
            workers.start("w-1", b -> numbered(b, 300)),
            workers.start("w-2", b -> numbered(b, 300)),
            workers.start("w-3", b -> numbered(b, 300)));
    workers.awaitLoads(Map.of("w-1", 100, "w-2", 100, "w-3", 100));
    List<String> its = workers.heldBy("w-2");
    Map<String, Long> before = workers.held();
    members.forEach(Workers.Member::crash);
    workers.await(() -> assertThat(workers.held()).isEmpty());
    workers.await(
        () -> assertThat(workers.observer().getChildren().forPath(GROUP + "/workers")).isEmpty());
    long zxid = zxid();
    members.forEach(Workers.Member::heal);
    workers.awaitLoads(Map.of("w-1", 100, "w-2", 100, "w-3", 100));
    assertThat(workers.heldBy("w-2")).isEqualTo(its);
    assertThat(workers.held())
        .allSatisfy((shard, epoch) -> assertThat(epoch).isEqualTo(before.get(shard) + 1));
    assertThat(zxid() - zxid).as("transactions for 300 shards").isLessThan(100);
    workers.verify();
  }

  private static ShardWorker.Builder numbered(ShardWorker.Builder builder, int shards) {
    // A standby would take over from the workers that are back a little later.
    return builder
        .shards(ShardSet.numbered(shards))
        .standbys(0)
        .settleWindow(Duration.ofSeconds(3));
  }

  private long zxid() throws Exception {
    return workers.observer().setData().forPath("/", new byte[0]).getMzxid();
  }

  @Test
  void aRestartOfTheServerKeepsTheTenuresOrRenewsThemAll() throws Exception {
    start("w-1", 40);
    start("w-2", 40);
    workers.awaitLoads(Map.of("w-1", 20, "w-2", 20));
    zk.server().restart();
    workers.await(
        () -> {
          assertThat(workers.held()).hasSize(40);
          assertThat(workers.observer().getChildren().forPath(GROUP + "/workers")).hasSize(2);
        });
    workers.awaitLoads(Map.of("w-1", 20, "w-2", 20));
    workers.verify();
  }

  /** When the connection is cut, seen from a transaction. */
  enum Cut {
    BEFORE,
    DURING,
    AFTER;

    FaultProxy.Fault arm(FaultProxy proxy, int nth, String... words) {
      var body = FaultProxy.whenBodyContains(words[0]);
      for (String word : words) {
        body = body.and(FaultProxy.whenBodyContains(word));
      }
      return switch (this) {
        case BEFORE -> proxy.cutBeforeForwarding(OpCode.multi, nth, body);
        case DURING -> proxy.cutWhileInFlight(OpCode.multi, nth, body);
        case AFTER -> proxy.cutAfterForwardingBeforeReply(OpCode.multi, nth, body);
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Cut.class)
  void aBatchOfElectionsIsCommittedOnceWhereverTheConnectionIsLost(Cut cut) throws Exception {
    Workers.Member only = workers.make("w-1", b -> b.shards(ShardSet.numbered(250)));
    FaultProxy.Fault fault = cut.arm(only.proxy(), 2, "elected", "/shards/");
    Workers.join(only);
    workers.awaitHeld(250);
    assertThat(fault.fired()).isTrue();
    assertThat(workers.held().values()).allMatch(epoch -> epoch == 1);
    workers.verify();
  }

  @ParameterizedTest
  @EnumSource(Cut.class)
  void aBatchOfResignationsIsCommittedOnceWhereverTheConnectionIsLost(Cut cut) throws Exception {
    Workers.Member only = start("w-1", 120);
    workers.awaitHeld(120);
    FaultProxy.Fault fault = cut.arm(only.proxy(), 1, "resigned", "/shards/");
    only.worker().close();
    assertThat(fault.fired()).isTrue();
    for (int shard = 0; shard < 120; shard++) {
      assertThat(workers.trail("" + shard))
          .containsExactly("elected w-1 (first placement)", "resigned w-1 (worker closed)");
    }
    workers.verify();
  }

  @ParameterizedTest
  @EnumSource(Cut.class)
  void aWorkerIsRegisteredOnceWhereverTheConnectionIsLost(Cut cut) throws Exception {
    start("w-1", 4);
    Workers.Member second = workers.make("w-2", b -> b.shards(ShardSet.numbered(4)));
    FaultProxy.Fault fault = cut.arm(second.proxy(), 1, "/workers/w-2-");
    Workers.join(second);
    assertThat(fault.fired()).isTrue();
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    assertThat(workers.observer().getChildren().forPath(GROUP + "/workers")).hasSize(2);
    workers.verify();
  }

  @Test
  void aLeaderNodeThatIsDeletedByHandMakesRoomWhenItsLeaderKnows() throws Exception {
    Workers.Member first = start("w-1", 8);
    Workers.Member second = start("w-2", 8);
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    List<String> shards = workers.heldBy("w-1");
    Map<String, Long> before = workers.held();
    // It hears of that when others have long seen it.
    first.proxy().delayReplies(Duration.ofMillis(500));
    for (String shard : shards) {
      workers.observer().delete().forPath(GROUP + "/shards/" + shard + "/leader");
    }
    workers.await(
        () -> {
          Map<String, Long> now = workers.held();
          assertThat(shards)
              .allSatisfy(shard -> assertThat(now).containsEntry(shard, before.get(shard) + 1));
        });
    first.proxy().delayReplies(Duration.ZERO);
    for (String shard : shards) {
      assertThat(workers.trail(shard))
          .contains("revoked w-1 (the leader node was deleted by an operator)");
    }
    assertThat(second.worker().state()).isEqualTo(WorkerState.ACTIVE);
    workers.verify();
  }

  @Test
  void aShardThatCannotBeReadIsSetAsideAndTheOthersAreLed() throws Exception {
    workers.observer().create().creatingParentsIfNeeded().forPath(GROUP + "/shards/5", json("no"));
    Map<String, Throwable> failed = new ConcurrentHashMap<>();
    workers.start("w-1", b -> b.shards(ShardSet.numbered(150)).listener(failures(failed)));
    workers.await(() -> assertThat(workers.held()).hasSize(149).doesNotContainKey("5"));
    workers.await(() -> assertThat(failed).containsOnlyKeys("5"));
    assertThat(failed.get("5"))
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining(GROUP + "/shards/5");
    workers.observer().delete().forPath(GROUP + "/shards/5");
    workers.awaitHeld(150);
    workers.verify();
  }

  private static byte[] json(String text) {
    return ("\"" + text + "\"").getBytes();
  }

  private static WorkerListener failures(Map<String, Throwable> failed) {
    return new WorkerListener() {
      @Override
      public void failed(String shard, Throwable cause) {
        failed.putIfAbsent(shard, cause);
      }
    };
  }

  @Test
  void shardsThatWereChangedUnderTheirFeetAreElectedAllTheSame() throws Exception {
    leadOnce(120);
    for (int shard = 0; shard < 120; shard += 7) {
      String scope = GROUP + "/shards/" + shard;
      workers.observer().setData().forPath(scope, workers.observer().getData().forPath(scope));
    }
    workers.observer().delete().deletingChildrenIfNeeded().forPath(GROUP + "/shards/50/audit");
    workers
        .observer()
        .create()
        .forPath(GROUP + "/shards/51/audit/0000000003-elected-w-1", json("not ours"));
    Map<String, Throwable> failed = new ConcurrentHashMap<>();
    workers.start("w-1", b -> b.shards(ShardSet.numbered(120)).listener(failures(failed)));
    workers.awaitHeld(120);
    assertThat(failed).isEmpty();
    assertThat(workers.observer().getChildren().forPath(GROUP + "/shards/51/audit"))
        .as("the entry is beside the znode in its place, which is nobody's to change")
        .contains("0000000003-elected-w-1")
        .anyMatch(name -> name.matches("0000000003-elected-w-1~[0-9a-f]{12}"));
  }

  @Test
  void aShardWithoutPermissionIsSetAsideAndSaysSo() throws Exception {
    leadOnce(60);
    List<ACL> readOnly = List.of(new ACL(ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE));
    Set<String> denied = Set.of("3", "17", "18", "44");
    for (String shard : denied) {
      workers.observer().setACL().withACL(readOnly).forPath(GROUP + "/shards/" + shard);
    }
    Map<String, Throwable> failed = new ConcurrentHashMap<>();
    long zxid = zxid();
    workers.start("w-1", b -> b.shards(ShardSet.numbered(60)).listener(failures(failed)));
    workers.await(
        () -> {
          assertThat(workers.held()).hasSize(56);
          assertThat(failed.keySet()).isEqualTo(denied);
        });
    assertThat(zxid() - zxid).isLessThan(60);
    assertThat(failed.get("17"))
        .isInstanceOf(PermissionDeniedException.class)
        .hasMessageContaining("denies write on /orders/shards/17");
  }

  @Test
  void aWorkerThatMayNotListTheWorkersDoesNotJoin() throws Exception {
    leadOnce(8);
    mayBeListed(false);
    assertThatThrownBy(() -> start("w-2", 8))
        .cause()
        .isInstanceOf(PermissionDeniedException.class)
        .hasMessageContaining("denies read on /orders/workers");
  }

  /**
   * Whether the leader that the record tells of lives, cannot be found out: so its office is not
   * taken, and that is said.
   */
  @Test
  void aStandbyThatMayListTheWorkersNoMoreTakesNoOffice() throws Exception {
    Workers.Member leader = start("w-1", 8);
    workers.awaitHeld(8);
    Map<String, Throwable> failed = new ConcurrentHashMap<>();
    workers.start("w-2", b -> b.shards(ShardSet.numbered(8)).listener(failures(failed)));
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    List<String> its = workers.heldBy("w-1");
    mayBeListed(false);
    leader.crash();
    workers.await(() -> assertThat(failed.keySet()).containsAll(its));
    assertThat(workers.held()).hasSize(4);
    assertThat(failed.get(its.get(0)))
        .isInstanceOf(PermissionDeniedException.class)
        .hasMessageContaining("denies read on /orders/workers");
    mayBeListed(true);
    workers.await(() -> assertThat(workers.heldBy("w-2")).hasSize(8));
  }

  private void mayBeListed(boolean may) throws Exception {
    int all = ZooDefs.Perms.ALL;
    workers
        .observer()
        .setACL()
        .withACL(
            List.of(new ACL(may ? all : all & ~ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE)))
        .forPath(GROUP + "/workers");
  }

  @Test
  void aDeposedCoordinatorWritesNoPlan() throws Exception {
    Workers.Member first = workers.start("w-1", b -> b.shards(ShardSet.numbered(8)));
    workers.awaitHeld(8);
    workers.start("w-2", b -> b.shards(ShardSet.numbered(8)));
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    assertThat(first.worker().snapshot().coordinator()).isTrue();
    ShardGroup group = ShardGroup.of(workers.observer(), GROUP);
    FaultProxy.Fault held =
        first
            .proxy()
            .holdBeforeForwarding(
                OpCode.multi,
                1,
                FaultProxy.whenBodyContains(GROUP + "/plan")
                    .and(FaultProxy.whenBodyContains("takesOver")));
    String shard = workers.heldBy("w-1").get(0);
    group.move(shard, "w-2", "");
    assertThat(held.awaitFired(Workers.PATIENCE)).isTrue();
    // Its plan is on the way. Another worker coordinates before it arrives.
    workers.observer().delete().forPath(GROUP + "/coordinator/leader");
    for (String name : workers.observer().getChildren().forPath(GROUP + "/coordinator/latch")) {
      byte[] data = workers.observer().getData().forPath(GROUP + "/coordinator/latch/" + name);
      if (new String(data).contains("\"w-1\"")) {
        workers.observer().delete().forPath(GROUP + "/coordinator/latch/" + name);
      }
    }
    workers.await(() -> assertThat(group.plan().coordinatorEpoch()).isEqualTo(2));
    assertThat(group.plan().coordinator()).isEqualTo("w-2");
    long version = group.plan().version();
    Set<Long> epochs = new HashSet<>();
    held.release();
    workers.await(() -> assertThat(workers.holder(shard)).contains("w-2"));
    workers.await(
        () -> {
          PlanInfo plan = group.plan();
          epochs.add(plan.coordinatorEpoch());
          assertThat(plan.version()).isGreaterThanOrEqualTo(version);
          assertThat(plan.workers().get("w-2").takesOver()).isEmpty();
        });
    assertThat(epochs).allMatch(epoch -> epoch >= 2);
    workers.verify();
  }
}
