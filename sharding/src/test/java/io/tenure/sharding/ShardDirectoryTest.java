package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A spectator on a real server. */
@Timeout(120)
class ShardDirectoryTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, "/apps/orders");
  }

  private ShardDirectory open(CuratorFramework client) {
    return zk.closeLater(ShardDirectory.of(client, "/apps/orders"));
  }

  private static void complete(ShardDirectory directory) throws Exception {
    directory.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Workers.Member start(String id) throws Exception {
    return workers.start(id, b -> b.shards(ShardSet.numbered(12)).endpoint(id + ".example:8080"));
  }

  @Test
  void itKnowsEachLeaderWithEndpointAndEpoch() throws Exception {
    start("w-1");
    workers.awaitHeld(12);
    ShardDirectory directory = open(workers.observer());
    complete(directory);
    assertThat(directory.isCurrent()).isTrue();
    assertThat(directory.shards()).hasSize(12);
    assertThat(directory.leaders()).hasSize(12);
    ShardLeader leader = directory.leaderOf("7").orElseThrow();
    assertThat(leader.workerId()).isEqualTo("w-1");
    assertThat(leader.endpoint()).contains("w-1.example:8080");
    assertThat(leader.epoch()).isEqualTo(1);
    assertThat(directory.leaderOf("12")).isEmpty();
  }

  @Test
  void itStreamsChangesInOrderAndAgreesWithThem() throws Exception {
    ShardDirectory directory = open(workers.observer());
    CompletableFuture<Void> complete = directory.start().toCompletableFuture();
    List<ShardChange> changes = new CopyOnWriteArrayList<>();
    directory.addListener(changes::add);
    assertThat(complete).isNotDone(); // There is no group yet.
    Workers.Member first = start("w-1");
    complete.get(20, TimeUnit.SECONDS);
    workers.await(() -> assertThat(directory.leaders()).hasSize(12));
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    first.worker().close();
    workers.await(
        () ->
            assertThat(directory.leaders().values())
                .hasSize(12)
                .allMatch(leader -> leader.workerId().equals("w-2")));
    Map<String, Optional<ShardLeader>> told = new HashMap<>();
    workers.await(
        () -> {
          told.clear();
          for (ShardChange change : new ArrayList<>(changes)) {
            assertThat(told.getOrDefault(change.shard(), Optional.empty()))
                .isEqualTo(change.before());
            told.put(change.shard(), change.after());
          }
          directory
              .leaders()
              .forEach((shard, leader) -> assertThat(told.get(shard)).contains(leader));
        });
  }

  @Test
  void itWritesNothing() throws Exception {
    Workers.Member first = start("w-1");
    workers.awaitHeld(12);
    first.worker().close();
    first.monitor().close();
    first.client().close();
    long before = lastTransaction();
    FaultProxy proxy = zk.proxy();
    ShardDirectory directory = open(zk.client(proxy.connectString()));
    complete(directory);
    long session = 1;
    assertThat(lastTransaction() - before).isEqualTo(1 + session);
    directory.close();
  }

  private long lastTransaction() throws Exception {
    return workers.observer().setData().forPath("/", new byte[0]).getMzxid();
  }

  @Test
  void withoutAConnectionItSaysWhatItKnewAndThatItIsOld() throws Exception {
    Workers.Member first = start("w-1");
    workers.awaitHeld(12);
    FaultProxy proxy = zk.proxy();
    ShardDirectory directory = open(zk.client(proxy.connectString()));
    complete(directory);
    proxy.refuse(true);
    proxy.dropConnections();
    workers.await(() -> assertThat(directory.isCurrent()).isFalse());
    start("w-2");
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    assertThat(directory.leaders().values())
        .hasSize(12)
        .allMatch(leader -> leader.workerId().equals("w-1"));
    proxy.refuse(false);
    workers.await(
        () -> {
          assertThat(directory.isCurrent()).isTrue();
          assertThat(
                  directory.leaders().values().stream()
                      .filter(leader -> leader.workerId().equals("w-2")))
              .hasSize(6);
        });
    first.worker().close();
    workers.await(
        () ->
            assertThat(directory.leaders().values())
                .hasSize(12)
                .allMatch(leader -> leader.workerId().equals("w-2")));
  }

  @Test
  void itSurvivesTheLossOfItsSessionAndShardsThatComeAndGo() throws Exception {
    start("w-1");
    workers.awaitHeld(12);
    FaultProxy proxy = zk.proxy();
    CuratorFramework client = zk.client(proxy.connectString());
    ShardDirectory directory = open(client);
    complete(directory);
    client.create().withMode(CreateMode.EPHEMERAL).forPath("/alive");
    proxy.refuse(true);
    proxy.dropConnections();
    workers.await(() -> assertThat(workers.observer().checkExists().forPath("/alive")).isNull());
    ShardGroup.of(workers.observer(), "/apps/orders").resize(14);
    workers.awaitHeld(14);
    proxy.refuse(false);
    workers.await(
        () -> {
          assertThat(directory.isCurrent()).isTrue();
          assertThat(directory.shards()).hasSize(14);
          assertThat(directory.leaders()).hasSize(14);
        });
    ShardGroup.of(workers.observer(), "/apps/orders").resize(3);
    workers.await(
        () -> {
          assertThat(directory.shards()).hasSize(3);
          assertThat(directory.leaders()).hasSize(3);
        });
  }

  /** The client itself notices a silent network after two thirds of its session timeout. */
  @Test
  void itIsTrustedForNoLongerThanALeaderMayBeInOfficeUnheard() throws Exception {
    Workers.Member leader = start("w-1");
    workers.awaitHeld(12);
    FaultProxy proxy = zk.proxy();
    ShardDirectory directory = open(zk.client(proxy.connectString()));
    complete(directory);
    ShardAnswer answer = directory.lookUp("7");
    assertThat(answer.isTrusted()).isTrue();
    assertThat(answer.trustedFor()).isLessThan(ZooKeeperFixture.SESSION_TIMEOUT);
    assertThat(answer.leader()).hasValueSatisfying(it -> assertThat(it.epoch()).isEqualTo(1));
    // Silence for all.
    proxy.blackhole(true);
    leader.proxy().blackhole(true);
    workers.await(
        () -> {
          boolean current = directory.isCurrent();
          assertThat(current).isFalse();
        });
    assertThat(directory.lookUp("7").isTrusted()).isFalse();
    assertThat(directory.leaderOf("7")).as("what it knew last").isPresent();
    proxy.blackhole(false);
    leader.proxy().blackhole(false);
    workers.await(() -> assertThat(directory.isCurrent()).isTrue());
  }

  /** Watched from the first moment of the silence to the end of the leases. */
  @Test
  void noLeaseOfALeaderItIsTrustedAboutRunsOutInAnOutage() throws Exception {
    Workers.Member leader = start("w-1");
    workers.awaitHeld(12);
    FaultProxy proxy = zk.proxy();
    ShardDirectory directory = open(zk.client(proxy.connectString()));
    complete(directory);
    proxy.blackhole(true);
    leader.proxy().blackhole(true);
    while (directory.isCurrent()) {
      Map<String, Long> held = workers.held();
      if (held.size() < 12 && directory.isCurrent()) {
        assertThat(held).as("leases held while the directory is trusted").hasSize(12);
      }
      Thread.onSpinWait();
    }
    proxy.blackhole(false);
    leader.proxy().blackhole(false);
  }
}
