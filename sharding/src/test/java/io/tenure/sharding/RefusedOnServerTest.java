package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.tenure.scope.TenureException;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Workers that come back to a group that has changed, and znodes that people have written. */
@Timeout(120)
class RefusedOnServerTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, GROUP);
  }

  private ShardGroup group() {
    return ShardGroup.of(workers.observer(), GROUP);
  }

  @Test
  void aWorkerThatWasToldAnOlderSetTakesTheGroupsWhenItReturnsOrIsRestarted() throws Exception {
    Workers.Member first = workers.start("w-1", b -> b.shards(ShardSet.numbered(8)));
    workers.start("w-2", b -> b.shards(ShardSet.numbered(8)));
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    group().resize(12);
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    first.crash();
    workers.awaitLoads(Map.of("w-2", 12));
    first.heal();
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    workers.start("w-3", b -> b.shards(ShardSet.numbered(8)));
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    assertThat(group().status().refused()).isEmpty();
  }

  @Test
  void aWorkerWithAnotherKindOfSetIsRefusedWithANoteUntilTheGroupIsAsItWasTold() throws Exception {
    List<TenureException> told = new CopyOnWriteArrayList<>();
    WorkerListener listener =
        new WorkerListener() {
          @Override
          public void refused(TenureException cause) {
            told.add(cause);
          }
        };
    Workers.Member returning =
        workers.start("w-1", b -> b.shards(ShardSet.numbered(4)).listener(listener));
    workers.awaitHeld(4);
    returning.crash();
    workers.await(
        () -> assertThat(workers.observer().getChildren().forPath(GROUP + "/workers")).isEmpty());
    workers.observer().delete().deletingChildrenIfNeeded().forPath(GROUP);
    Workers.Member other = workers.start("w-2", b -> b.shards(ShardSet.named(List.of("eu", "us"))));
    workers.awaitLoads(Map.of("w-2", 2));
    try (LogLines lines = LogLines.of("io.tenure.sharding.WorkerDriver")) {
      returning.heal();
      workers.await(
          () ->
              assertThat(group().status().refused())
                  .singleElement()
                  .satisfies(
                      note -> {
                        assertThat(note.worker()).isEqualTo("w-1");
                        assertThat(note.why()).contains("shards 4", "here and");
                      }));
      workers.await(() -> assertThat(told).hasSizeGreaterThan(1));
      assertThat(told).first().isInstanceOf(GroupSettingsException.class);
      assertThat(lines.atLeast(Level.ERROR)).as("said once").hasSize(1);
    }
    other.worker().close();
    workers.observer().delete().deletingChildrenIfNeeded().forPath(GROUP);
    workers.start("w-3", b -> b.shards(ShardSet.numbered(4)));
    workers.awaitLoads(Map.of("w-1", 2, "w-3", 2));
    workers.await(() -> assertThat(group().status().refused()).isEmpty());
  }

  @Test
  void aPlanByHandThatNamesWhatCanBeNoShardIsSaidOnceAndPassedOver() throws Exception {
    Workers.Member only = workers.start("w-1", b -> b.shards(ShardSet.numbered(4)));
    workers.awaitHeld(4);
    try (LogLines lines = LogLines.of("io.tenure")) {
      workers
          .observer()
          .setData()
          .forPath(
              GROUP + "/plan/w-1",
              "{\"format\":1,\"worker\":\"w-1\",\"incarnation\":0,\"leads\":[\"audit\",\"1\"]}"
                  .getBytes(StandardCharsets.UTF_8));
      workers.await(() -> assertThat(lines.warnings()).isNotEmpty());
      only.proxy().dropConnections();
      workers.await(() -> assertThat(workers.held()).hasSize(4));
      assertThat(lines.warnings())
          .filteredOn(line -> line.contains("worker=w-1"))
          .singleElement()
          .asString()
          .contains(GROUP + "/plan/w-1", "audit", "Delete that node");
    }
    workers.observer().delete().forPath(GROUP + "/plan/w-1");
    workers.await(
        () ->
            assertThat(workers.observer().checkExists().forPath(GROUP + "/plan/w-1")).isNotNull());
    workers.awaitHeld(4);
    workers.verify();
  }

  @Test
  void aPlanThatTheWorkerMayNotReadIsSaidOnceAndItsShardsAreLedOn() throws Exception {
    Workers.Member only = workers.start("w-1", b -> b.shards(ShardSet.numbered(4)));
    workers.awaitHeld(4);
    String path = GROUP + "/plan/w-1";
    try (LogLines lines = LogLines.of("io.tenure.sharding.WorkerDriver")) {
      workers
          .observer()
          .setACL()
          .withACL(List.of(new ACL(ZooDefs.Perms.ADMIN, ZooDefs.Ids.ANYONE_ID_UNSAFE)))
          .forPath(path);
      for (int times = 0; times < 2; times++) {
        only.proxy().dropConnections();
        workers.await(() -> assertThat(lines.warnings()).isNotEmpty());
        workers.awaitHeld(4);
      }
      assertThat(lines.warnings()).singleElement().asString().contains(path, "the server denies");
    }
    workers.observer().setACL().withACL(ZooDefs.Ids.OPEN_ACL_UNSAFE).forPath(path);
    workers.verify();
  }

  @Test
  void aPersistentLeaderNodeIsSaidOnceAndKeepsOnlyItsShardVacant() throws Exception {
    String leader = GROUP + "/shards/3/leader";
    workers
        .observer()
        .create()
        .creatingParentsIfNeeded()
        .withMode(CreateMode.PERSISTENT)
        .forPath(leader, new byte[0]);
    try (LogLines lines = LogLines.of("io.tenure")) {
      Workers.Member only = workers.start("w-1", b -> b.shards(ShardSet.numbered(8)));
      workers.awaitHeld(7);
      workers.await(() -> assertThat(lines.warnings()).isNotEmpty());
      only.proxy().dropConnections();
      workers.awaitHeld(7);
      assertThat(lines.warnings())
          .filteredOn(line -> line.contains("persistent"))
          .singleElement()
          .asString()
          .contains("delete " + leader);
    }
    workers.observer().delete().forPath(leader);
    workers.awaitHeld(8);
  }
}
