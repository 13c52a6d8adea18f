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
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
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
    Map<String, Stat> before = znodes();
    FaultProxy proxy = zk.proxy();
    ShardDirectory directory = open(zk.client(proxy.connectString()));
    complete(directory);
    workers.await(() -> assertThat(directory.isCurrent()).isTrue());
    assertThat(znodes()).isEqualTo(before);
    directory.close();
  }

  private Map<String, Stat> znodes() throws Exception {
    Map<String, Stat> all = new HashMap<>();
    ZooKeeper handle = workers.observer().getZookeeperClient().getZooKeeper();
    for (String path : ZKUtil.listSubTreeBFS(handle, "/apps")) {
      all.put(path, handle.exists(path, false));
    }
    return all;
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

  /**
   * A quorum leader that was deposed answers a {@code sync} for a while; only what takes a place in
   * the order of all transactions tells that none is missed.
   */
  @Test
  void itIsTrustedForWhatTheQuorumHasConfirmedAlsoIfItMayNotReadTheRoot() throws Exception {
    Workers.Member member = start("w-1");
    workers.awaitHeld(12);
    CuratorFramework observer = workers.observer();
    CuratorFramework client = zk.client();
    observer.create().forPath("/known");
    ShardDirectory directory = open(client);
    complete(directory);
    member.client().close();
    workers.await(
        () -> assertThat(observer.getChildren().forPath("/apps/orders/workers")).isEmpty());
    observer
        .setACL()
        .withACL(List.of(new ACL(Perms.WRITE | Perms.CREATE, Ids.ANYONE_ID_UNSAFE)))
        .forPath("/");
    long first = zxid(observer);
    AtomicLong own = new AtomicLong();
    workers.await(
        () -> {
          long others = zxid(observer) - first - own.incrementAndGet();
          assertThat(others).as("transactions of the directory").isGreaterThanOrEqualTo(3);
        });
    assertThat(directory.isCurrent()).isTrue();
    long left = directory.trustedFor().toNanos();
    workers.await(() -> assertThat(directory.trustedFor().toNanos()).isGreaterThan(left));
  }

  private static long zxid(CuratorFramework client) throws Exception {
    return client.setData().forPath("/known").getMzxid();
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
