package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.DuplicateCandidateException;
import io.tenure.scope.TenureException;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Workers of one group on a real server: who gets what, and what becomes of it. */
@Timeout(120)
class GroupOnServerTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, "/apps/orders");
  }

  private static ShardWorker.Builder twelve(ShardWorker.Builder builder) {
    return builder.shards(ShardSet.numbered(12));
  }

  private Workers.Member start(String id) throws Exception {
    return workers.start(id, GroupOnServerTest::twelve);
  }

  @Test
  void oneWorkerLeadsEveryShard() throws Exception {
    start("w-1");
    workers.awaitLoads(Map.of("w-1", 12));
    assertThat(workers.trail("7")).containsExactly("elected w-1 (first placement)");
    workers.verify();
  }

  @Test
  void aGroupOfOneShardLeavesTheOtherWorkersToStandBy() throws Exception {
    Workers.Member first = workers.start("w-1", b -> b.shards(ShardSet.numbered(1)));
    workers.awaitLoads(Map.of("w-1", 1));
    Workers.Member second = workers.start("w-2", b -> b.shards(ShardSet.numbered(1)));
    Workers.Member third = workers.start("w-3", b -> b.shards(ShardSet.numbered(1)));
    workers.await(
        () ->
            assertThat(second.worker().snapshot().standsBy() + third.worker().snapshot().standsBy())
                .isEqualTo(1));
    first.crash();
    workers.await(
        () ->
            assertThat(workers.holder("0"))
                .isPresent()
                .hasValueSatisfying(id -> assertThat(id).isNotEqualTo("w-1")));
    workers.verify();
  }

  @Test
  void aWorkerThatJoinsTakesItsShareAsPlannedMoves() throws Exception {
    start("w-1");
    workers.awaitHeld(12);
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    String moved = workers.heldBy("w-2").get(0);
    assertThat(workers.trail(moved))
        .containsExactly(
            "elected w-1 (first placement)",
            "resigned w-1 (handoff: rebalance after w-2 joined)",
            "elected w-2 (rebalance after w-2 joined)");
    assertThat(workers.events)
        .containsSubsequence(
            "warmUp " + moved + " w-2",
            "stop " + moved + " w-1 1 resigned",
            "prepare " + moved + " w-2 2");
    workers.verify();
  }

  @Test
  void theShardsOfALostWorkerAreTakenOverByThoseWhoStandByWithoutACoordinator() throws Exception {
    Workers.Member coordinator = start("w-1");
    workers.awaitHeld(12);
    start("w-2");
    start("w-3");
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    assertThat(coordinator.worker().snapshot().coordinator()).isTrue();
    // Their own watches are set by the time a session can have ended.
    List<String> orphans = workers.heldBy("w-1");
    coordinator.crash();
    workers.awaitLoads(Map.of("w-2", 6, "w-3", 6));
    for (String shard : orphans) {
      String heir = workers.holder(shard).orElseThrow();
      assertThat(workers.trail(shard))
          .endsWith(
              "elected w-1 (first placement)",
              "lost w-1 (leader node of session " + session(shard, 1) + " is gone)",
              "elected " + heir + " (stood by)");
    }
    workers.verify();
  }

  private String session(String shard, long epoch) throws Exception {
    return io.tenure.audit.AuditLog.of(workers.observer(), workers.group + "/shards/" + shard)
        .entries()
        .stream()
        .filter(entry -> entry.entry().epoch() == epoch)
        .findFirst()
        .orElseThrow()
        .entry()
        .session();
  }

  @Test
  void aWorkerThatDrainsHandsEverythingOverAndComesBack() throws Exception {
    Workers.Member first = start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    first.worker().drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(first.worker().isDrained()).isTrue();
    assertThat(first.worker().state()).isEqualTo(WorkerState.DRAINING);
    workers.awaitLoads(Map.of("w-2", 12));
    assertThat(workers.events.stream().filter(e -> e.startsWith("lost"))).isEmpty();
    first.worker().undrain();
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    assertThat(first.worker().isDrained()).isFalse();
    assertThat(first.worker().state()).isEqualTo(WorkerState.ACTIVE);
    workers.verify();
  }

  @Test
  void theLastWorkerDrainsToNobody() throws Exception {
    Workers.Member only = start("w-1");
    workers.awaitHeld(12);
    only.worker().drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(workers.held()).isEmpty();
    assertThat(workers.trail("3"))
        .endsWith("resigned w-1 (handoff: drain of w-1, and no other worker has room)");
    assertThat(ShardGroup.of(workers.observer(), workers.group).plan().unplaced()).hasSize(12);
    start("w-2");
    workers.awaitLoads(Map.of("w-2", 12));
    workers.verify();
  }

  @Test
  void aWorkerThatClosesLeavesItsShardsToTheOthersAtOnce() throws Exception {
    Workers.Member first = start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    first.worker().close();
    assertThat(first.worker().state()).isEqualTo(WorkerState.CLOSED);
    workers.awaitLoads(Map.of("w-2", 12));
    workers.verify();
  }

  @Test
  void everyDirectiveIsFollowed() throws Exception {
    start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    ShardGroup group = ShardGroup.of(workers.observer(), workers.group);
    String pinned = workers.heldBy("w-1").get(0);
    group.pin(pinned, "w-2", "near its data");
    workers.await(() -> assertThat(workers.holder(pinned)).contains("w-2"));
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    assertThat(workers.trail(pinned)).contains("elected w-2 (pinned to w-2 by an operator)");

    String moved = workers.heldBy("w-1").get(0);
    group.move(moved, "w-2", "");
    workers.await(() -> assertThat(workers.holder(moved)).contains("w-2"));
    workers.await(
        () ->
            assertThat(workers.observer().getChildren().forPath(workers.group + "/directives"))
                .containsExactly("pin-" + pinned));

    group.drain("w-2", "new version");
    workers.awaitLoads(Map.of("w-1", 12));
    assertThat(workers.trail(moved)).contains("resigned w-2 (handoff: drain of w-2 (new version))");
    assertThat(group.plan().workers().get("w-2").draining()).contains("drain of w-2 (new version)");
    assertThat(group.undrain("w-2")).isTrue();
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    workers.await(() -> assertThat(workers.holder(pinned)).contains("w-2"));

    group.capacity("w-2", 2, "a larger machine");
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 8));
    assertThat(group.resetCapacity("w-2")).isTrue();
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    assertThat(group.unpin(pinned)).isTrue();
    assertThat(group.unpin(pinned)).isFalse();
    workers.verify();
  }

  @Test
  void directivesCanBeWrittenByHandAndThoseThatMakeNoSenseArePassedOver() throws Exception {
    start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    String directives = workers.group + "/directives/";
    workers.observer().create().forPath(directives + "nonsense", new byte[0]);
    workers.observer().create().forPath(directives + "capacity-w-1", "much".getBytes());
    workers.observer().create().forPath(directives + "pin-99", "w-1".getBytes());
    workers.observer().create().forPath(directives + "drain-w-1", "for lunch".getBytes());
    workers.awaitLoads(Map.of("w-2", 12));
    workers.observer().delete().forPath(directives + "drain-w-1");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
  }

  @Test
  void whatOperatorsAskForMustExist() throws Exception {
    start("w-1");
    ShardGroup group = ShardGroup.of(workers.observer(), workers.group);
    assertThatThrownBy(() -> group.pin("12", "w-1", ""))
        .hasMessage("there is no shard \"12\" in /apps/orders: they are 0 to 11");
    assertThatThrownBy(() -> group.drain("w-9", ""))
        .hasMessage("there is no worker \"w-9\" in /apps/orders now; there are w-1");
    assertThatThrownBy(() -> group.capacity("w-1", 0, "")).hasMessageContaining("above 0");
    assertThatThrownBy(() -> ShardGroup.of(workers.observer(), "/nowhere").settings())
        .isInstanceOf(TenureException.class)
        .hasMessageContaining("there is no group at /nowhere");
    assertThatThrownBy(() -> group.addShards(List.of("x"))).hasMessageContaining("are numbered");
  }

  @Test
  void shardsAreAddedAndRemovedWhileWorkersRun() throws Exception {
    start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    ShardGroup group = ShardGroup.of(workers.observer(), workers.group);
    group.resize(16);
    workers.awaitLoads(Map.of("w-1", 8, "w-2", 8));
    group.resize(4);
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    assertThat(workers.trail("15").get(1)).endsWith("(handoff: the shard was removed)");
    group.resize(16);
    workers.awaitLoads(Map.of("w-1", 8, "w-2", 8));
    assertThat(workers.held().get("15")).isEqualTo(2);
    assertThatThrownBy(() -> join("w-3", ShardSet.named(List.of("a"))))
        .isInstanceOf(GroupSettingsException.class)
        .hasMessageContaining("shards 1 named shards (a) here and 16 numbered shards there");
    workers.start("w-3", b -> b.shards(ShardSet.numbered(12)));
    workers.await(() -> assertThat(workers.heldBy("w-3")).hasSize(5));
    workers.verify();
  }

  private void join(String id, ShardSet shards) throws Throwable {
    try {
      workers.start(id, b -> b.shards(shards));
    } catch (ExecutionException e) {
      throw e.getCause();
    }
  }

  @Test
  void namedShardsAreAddedAndRemovedByName() throws Exception {
    Workers named = new Workers(zk, "/tenants");
    ShardSet set = ShardSet.named(List.of("acme", "bolt & co", "zürich"));
    named.start("w-1", b -> b.shards(set));
    named.awaitLoads(Map.of("w-1", 3));
    ShardGroup group = ShardGroup.of(named.observer(), "/tenants");
    group.addShards(List.of("delta"));
    named.awaitHeld(4);
    group.removeShards(List.of("acme", "bolt & co"));
    named.await(() -> assertThat(named.held()).containsOnlyKeys("delta", "zürich"));
    assertThatThrownBy(() -> group.removeShards(List.of("acme")))
        .hasMessage("there is no shard \"acme\" in /tenants");
    assertThatThrownBy(() -> group.addShards(List.of("delta"))).hasMessageContaining("already");
    assertThatThrownBy(() -> group.resize(5)).hasMessageContaining("have names");
    named.verify();
  }

  @Test
  void aWorkerThatWasToldOtherSettingsIsRefusedWithBothValues() throws Exception {
    start("w-1");
    Workers.Member other =
        workers.make("w-2", b -> b.shards(ShardSet.numbered(12)).standbys(2).movesInFlight(7));
    assertThatThrownBy(() -> Workers.join(other))
        .cause()
        .isInstanceOf(GroupSettingsException.class)
        .hasMessageContaining("standbys 2 here and 1 there")
        .hasMessageContaining("movesInFlight 7 here and 100 there")
        .hasMessageNotContaining("settleWindow");
    assertThat(other.worker().state()).isEqualTo(WorkerState.CLOSED);
    Workers.Member nobody = new Workers(zk, "/nothing-yet").make("w-1", b -> b);
    assertThatThrownBy(() -> Workers.join(nobody))
        .cause()
        .hasMessageContaining("does not exist, and this worker was not told its shards");
  }

  @Test
  void aLaterProcessWithTheSameIdReplacesTheEarlierOne() throws Exception {
    CompletableFuture<TenureException> refused = new CompletableFuture<>();
    Workers.Member first =
        workers.start(
            "w-1",
            b ->
                twelve(b)
                    .listener(
                        new WorkerListener() {
                          @Override
                          public void refused(TenureException cause) {
                            refused.complete(cause);
                          }
                        }));
    workers.awaitHeld(12);
    start("w-1");
    assertThat(refused.get(20, TimeUnit.SECONDS)).isInstanceOf(DuplicateCandidateException.class);
    assertThat(first.worker().state()).isEqualTo(WorkerState.CLOSED);
    workers.await(
        () -> {
          assertThat(workers.held()).hasSize(12);
          assertThat(workers.held().values()).allMatch(epoch -> epoch >= 2);
        });
    workers.verify();
  }

  @Test
  void aRestartedWorkerRegistersAtOnceAndGetsItsShardsWhenItsOldSessionEnds() throws Exception {
    Workers.Member first = workers.start("w-1", b -> twelve(b).standbys(0));
    workers.awaitHeld(12);
    first.crash();
    workers.start("w-1", b -> twelve(b).standbys(0));
    assertThat(workers.observer().getChildren().forPath(workers.group + "/workers")).hasSize(2);
    workers.await(
        () -> {
          assertThat(workers.held()).hasSize(12);
          assertThat(workers.held().values()).allMatch(epoch -> epoch == 2);
        });
    workers.verify();
  }

  @Test
  void workersWhoseIdsDifferOnlyInEncodingAreDifferentWorkers() throws Exception {
    for (String id : List.of("a/b", "a%2Fb", "a%252Fb", ".", "..", "w-0000000001", "w")) {
      workers.start(id, b -> b.shards(ShardSet.numbered(14)));
    }
    workers.await(
        () ->
            assertThat(workers.loads())
                .hasSize(7)
                .allSatisfy((id, load) -> assertThat(load).isEqualTo(2)));
    workers.verify();
  }

  @Test
  void aPlainElectionOnAShardsScopeExcludesAndIsExcluded() throws Exception {
    LeaderElection plain =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(workers.observer()), workers.group + "/shards/3")
                .candidateId("plain")
                .build());
    Lease before = plain.acquire();
    start("w-1");
    workers.await(() -> assertThat(workers.held()).hasSize(11).doesNotContainKey("3"));
    before.close();
    workers.awaitHeld(12);
    assertThat(plain.tryAcquire(Duration.ofMillis(500))).isEmpty();
    assertThat(workers.held().get("3")).isEqualTo(2);
    workers.verify();
  }

  @Test
  void anOperatorRevokesAShardByHandAndAnotherWorkerTakesIt() throws Exception {
    start("w-1");
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    String shard = workers.heldBy("w-1").get(0);
    String other = workers.heldBy("w-2").get(0);
    workers
        .observer()
        .setData()
        .forPath(workers.group + "/shards/" + shard + "/leader", "revoke it is slow".getBytes());
    workers.await(() -> assertThat(workers.held().get(shard)).isGreaterThanOrEqualTo(2));
    assertThat(workers.trail(shard)).contains("revoked w-1 (revoked by an operator: it is slow)");
    workers.observer().delete().forPath(workers.group + "/shards/" + other + "/leader");
    workers.await(() -> assertThat(workers.held().get(other)).isGreaterThanOrEqualTo(2));
    // The first worker that sees it writes it down; a standby can only say that the node is gone.
    assertThat(workers.trail(other))
        .anyMatch(
            line ->
                line.equals("revoked w-2 (the leader node was deleted by an operator)")
                    || line.matches("lost w-2 \\(leader node of session .* is gone\\)"));
    workers.verify();
  }

  @Test
  void whatOperatorsDeleteByHandComesBack() throws Exception {
    Workers.Member first = start("w-1");
    Workers.Member second = start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    long before = first.worker().snapshot().incarnation();
    String registration =
        workers.observer().getChildren().forPath(workers.group + "/workers").stream()
            .filter(name -> name.startsWith("w-1-"))
            .findFirst()
            .orElseThrow();
    workers.observer().delete().forPath(workers.group + "/workers/" + registration);
    workers.await(
        () ->
            assertThat(first.worker().snapshot().incarnation())
                .isGreaterThan(Math.max(before, second.worker().snapshot().incarnation())));
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    workers.observer().delete().forPath(workers.group + "/plan/w-2");
    workers.await(
        () ->
            assertThat(workers.observer().checkExists().forPath(workers.group + "/plan/w-2"))
                .isNotNull());
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    workers.observer().delete().deletingChildrenIfNeeded().forPath(workers.group + "/shards/5");
    workers.awaitHeld(12);
    assertThat(workers.held().get("5")).isEqualTo(1);
  }

  @Test
  void capsAreKeptAndWhatNobodyHasRoomForIsNamedInThePlan() throws Exception {
    workers.start("w-1", b -> twelve(b).maxShards(3));
    workers.start("w-2", b -> twelve(b).maxShards(4));
    workers.awaitLoads(Map.of("w-1", 3, "w-2", 4));
    ShardGroup group = ShardGroup.of(workers.observer(), workers.group);
    workers.await(() -> assertThat(group.plan().unplaced()).hasSize(5));
    workers.start("w-3", b -> twelve(b).capacity(2.5));
    workers.await(() -> assertThat(workers.held()).hasSize(12));
    workers.verify();
  }

  @Test
  void standbysAreInAnotherZoneWhereThereIsOne() throws Exception {
    workers.start("a-1", b -> twelve(b).zone("a"));
    workers.start("a-2", b -> twelve(b).zone("a"));
    workers.start("b-1", b -> twelve(b).zone("b"));
    workers.awaitLoads(Map.of("a-1", 4, "a-2", 4, "b-1", 4));
    ShardGroup group = ShardGroup.of(workers.observer(), workers.group);
    workers.await(
        () -> {
          Map<String, PlanInfo.Part> parts = group.plan().workers();
          Set<String> ofA = new TreeSet<>(parts.get("a-1").leads());
          ofA.addAll(parts.get("a-2").leads());
          assertThat(parts.get("b-1").standsBy().get(0)).containsExactlyInAnyOrderElementsOf(ofA);
        });
  }

  @Test
  void aStuckShardLapsesAloneAndIsLedElsewhere() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Workers.Member first =
        workers.start(
            "w-1",
            b ->
                twelve(b)
                    .concurrency(2)
                    .leaseDuration(Duration.ofMillis(800))
                    .tasks(
                        shard ->
                            shard.equals("3")
                                ? stuck(release)
                                : workers.new Watched("w-1", shard)));
    workers.awaitHeld(12);
    start("w-2");
    workers.await(() -> assertThat(workers.holder("3")).contains("w-2"));
    assertThat(workers.trail("3")).anyMatch(line -> line.startsWith("lapsed w-1 (last renewal"));
    for (int shard = 0; shard < 12; shard++) {
      if (shard != 3) {
        assertThat(workers.trail("" + shard)).noneMatch(line -> line.startsWith("lapsed"));
      }
    }
    release.countDown();
    assertThat(first.worker().state()).isEqualTo(WorkerState.ACTIVE);
    workers.await(() -> assertThat(workers.events).anyMatch(e -> e.startsWith("lost 3 w-1")));
    workers.verify();
  }

  private Workers.Watched stuck(CountDownLatch release) {
    return workers.new Watched("w-1", "3") {
      @Override
      public NextStep step(Lease lease) throws Exception {
        release.await();
        return NextStep.again();
      }
    };
  }
}
