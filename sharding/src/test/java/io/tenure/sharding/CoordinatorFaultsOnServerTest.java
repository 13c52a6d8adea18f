package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.audit.AuditLog;
import io.tenure.audit.RecordedEntry;
import io.tenure.scope.Transition;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Coordinators whose decisions fail: what becomes of the office, and of the thread. */
@Timeout(120)
class CoordinatorFaultsOnServerTest {

  private static final String GROUP = "/orders";
  private static final String OPERATOR = "operator:secret";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, GROUP);
  }

  @AfterEach
  void takePacketsOfAnySizeAgain() {
    System.clearProperty("jute.maxbuffer");
  }

  private Workers.Member start(String id, int shards) throws Exception {
    return workers.start(id, b -> b.shards(ShardSet.numbered(shards)));
  }

  /** How often a worker was elected coordinator. */
  private long offices(String id) throws InterruptedException {
    return AuditLog.of(workers.observer(), GROUP + "/coordinator").entries().stream()
        .map(RecordedEntry::entry)
        .filter(entry -> entry.transition() instanceof Transition.Elected)
        .filter(entry -> entry.candidate().id().equals(id))
        .count();
  }

  private List<String> ends() throws InterruptedException {
    return AuditLog.of(workers.observer(), GROUP + "/coordinator").entries().stream()
        .map(entry -> entry.entry().transition())
        .filter(transition -> !(transition instanceof Transition.Elected))
        .map(transition -> transition.word() + " " + transition.reason())
        .toList();
  }

  private void mayWriteThePlan(boolean everybody) throws Exception {
    Id operator = new Id("digest", DigestAuthenticationProvider.generateDigest(OPERATOR));
    List<ACL> acl =
        List.of(
            new ACL(
                everybody ? ZooDefs.Perms.ALL : ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE),
            new ACL(ZooDefs.Perms.ALL, operator));
    authenticate(workers.observer());
    for (String name : workers.observer().getChildren().forPath(GROUP + "/plan")) {
      workers.observer().setACL().withACL(acl).forPath(GROUP + "/plan/" + name);
    }
    workers.observer().setACL().withACL(acl).forPath(GROUP + "/plan");
  }

  private static void authenticate(org.apache.curator.framework.CuratorFramework client)
      throws Exception {
    client
        .getZookeeperClient()
        .getZooKeeper()
        .addAuthInfo("digest", OPERATOR.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aCoordinatorThatMayNotWriteThePlanResignsAndAnotherWorkerWritesIt() throws Exception {
    Workers.Member first = start("w-1", 8);
    Workers.Member second = start("w-2", 8);
    authenticate(second.client());
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    assertThat(first.worker().snapshot().coordinator()).isTrue();
    mayWriteThePlan(false);
    ShardGroup group = ShardGroup.of(workers.observer(), GROUP);
    group.drain("w-1", "");
    workers.awaitLoads(Map.of("w-2", 8));
    assertThat(group.plan().coordinator()).isEqualTo("w-2");
    assertThat(ends()).singleElement().asString().startsWith("resigned cannot coordinate");
    workers.verify();
  }

  @Test
  void ifNobodyMayWriteThePlanTheyTryLessAndLessOftenAndGoOnWhenTheyMay() throws Exception {
    Workers.Member only = start("w-1", 8);
    workers.awaitLoads(Map.of("w-1", 8));
    mayWriteThePlan(false);
    ShardGroup group = ShardGroup.of(workers.observer(), GROUP);
    long before = only.proxy().requestsSeen(OpCode.multi);
    group.drain("w-1", "");
    workers.await(() -> assertThat(offices("w-1")).isGreaterThanOrEqualTo(3));
    // Two whole offices and their rests: each has a handful of tries and an election and an end.
    assertThat(ends()).allMatch(end -> end.startsWith("resigned cannot coordinate"));
    assertThat(only.proxy().requestsSeen(OpCode.multi) - before).isLessThan(100);
    assertThat(workers.held()).as("leaders go on leading").hasSize(8);
    mayWriteThePlan(true);
    workers.await(() -> assertThat(workers.held()).isEmpty());
  }

  @Test
  void aPlanThatDoesNotFitIntoAPacketEndsNobodysThread() throws Exception {
    List<String> names =
        IntStream.range(0, 300).mapToObj(i -> "a-tenant-with-a-long-name-" + (1000 + i)).toList();
    ShardSet set = ShardSet.named(names);
    // The server, in this process, takes its limit with the first request of all.
    workers.observer().checkExists().forPath("/");
    // A client keeps the limit that it began with.
    System.setProperty("jute.maxbuffer", "14000");
    Workers.Member small = workers.start("w-1", b -> b.shards(set).standbys(0).maxShards(0));
    System.clearProperty("jute.maxbuffer");
    ShardGroup group = ShardGroup.of(workers.observer(), GROUP);
    workers.await(() -> assertThat(group.plan().coordinator()).isEqualTo("w-1"));
    workers.start("w-2", b -> b.shards(set).standbys(0));
    workers.awaitLoads(Map.of("w-2", 300));
    assertThat(group.plan().coordinator()).isEqualTo("w-2");
    assertThat(ends())
        .isNotEmpty()
        .allSatisfy(end -> assertThat(end).startsWith("resigned cannot coordinate"));
    assertThat(small.worker().state()).isEqualTo(WorkerState.ACTIVE);
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .contains("tenure-coordinator-w-1");
  }

  @Test
  void aListThatNobodyMayReadCostsFewEpochsAndChangedSettingsEndTheRest() throws Exception {
    start("w-1", 8);
    workers.awaitHeld(8);
    byte[] good = workers.observer().getData().forPath(GROUP);
    mayListTheWorkers(false);
    workers.observer().create().forPath(GROUP + "/directives/capacity-w-1", "2".getBytes());
    workers.await(() -> assertThat(offices("w-1")).isGreaterThanOrEqualTo(4));
    assertThat(restBefore(4)).isGreaterThan(Duration.ofMillis(1_900));
    workers.await(() -> assertThat(ends()).hasSize(4));
    // Now it rests for four seconds or more; settings that are written end the rest.
    mayListTheWorkers(true);
    workers.observer().setData().forPath(GROUP, good);
    ShardGroup.of(workers.observer(), GROUP).drain("w-1", "");
    workers.await(() -> assertThat(workers.held()).isEmpty());
    assertThat(restBefore(5)).isLessThan(Duration.ofMillis(3_900));
  }

  private void mayListTheWorkers(boolean may) throws Exception {
    int perms = may ? ZooDefs.Perms.ALL : ZooDefs.Perms.ALL & ~ZooDefs.Perms.READ;
    workers
        .observer()
        .setACL()
        .withACL(List.of(new ACL(perms, ZooDefs.Ids.ANYONE_ID_UNSAFE)))
        .forPath(GROUP + "/workers");
  }

  /** How long there was no coordinator before that epoch. */
  private Duration restBefore(long epoch) throws InterruptedException {
    List<RecordedEntry> trail = AuditLog.of(workers.observer(), GROUP + "/coordinator").entries();
    for (int i = 1; i < trail.size(); i++) {
      if (trail.get(i).entry().epoch() == epoch) {
        return Duration.between(trail.get(i - 1).serverTime(), trail.get(i).serverTime());
      }
    }
    throw new AssertionError("no epoch " + epoch + " in " + trail);
  }

  @Test
  void aCoordinatorThatMayNotListTheWorkersTakesNobodyForGone() throws Exception {
    Workers.Member first = start("w-1", 8);
    start("w-2", 8);
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    ShardGroup group = ShardGroup.of(workers.observer(), GROUP);
    long version = group.plan().version();
    for (boolean may : new boolean[] {false, true}) {
      mayListTheWorkers(may);
      if (!may) {
        // Something happens, so that it looks.
        workers.observer().create().forPath(GROUP + "/directives/capacity-w-1", "2".getBytes());
        workers.await(() -> assertThat(ends()).isNotEmpty());
        assertThat(ends().get(0)).contains("denies read on /orders/workers");
        assertThat(group.plan().version()).isEqualTo(version);
        assertThat(workers.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4));
      }
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(workers.heldBy("w-1")).hasSizeGreaterThan(4));
    assertThat(first.worker().state()).isEqualTo(WorkerState.ACTIVE);
  }
}
