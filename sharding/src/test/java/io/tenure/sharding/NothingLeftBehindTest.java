package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.ClientConnection;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.Map;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A client lives for months: neither its reconnects nor the workers and directories that come and
 * go on it leave a watcher behind. Its session is long: another one would begin with no watcher.
 */
@Timeout(180)
class NothingLeftBehindTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, GROUP, ZooKeeperFixture.PATIENT_SESSION);
  }

  /** It coordinates, leads, stands by and looks up, all on one client. */
  @Test
  void aHundredReconnectsInOneSessionAddNoWatcherAndNoRequests() throws Exception {
    Workers.Member one = workers.start("w-1", b -> b.shards(ShardSet.numbered(8)));
    workers.awaitHeld(8);
    ClientConnection connection = new ClientConnection(one.client(), one.proxy());
    workers.start("w-2", b -> b.shards(ShardSet.numbered(8)));
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    ShardDirectory directory = zk.closeLater(ShardDirectory.of(one.monitor(), GROUP));
    directory.start().toCompletableFuture().get();
    long readsAtFirst = readsOfReconnects(one.proxy(), connection, 5);
    connection.loseAndReturn(90);
    long readsAtLast = readsOfReconnects(one.proxy(), connection, 5);
    Map<String, Integer> watchers = connection.watchers();
    // Worker, coordinator and directory watch the group's settings, worker and directory the
    // offices, and Curator's latch has its own.
    assertThat(watchers)
        .allSatisfy(
            (path, count) ->
                assertThat(count)
                    .as(path)
                    .isLessThanOrEqualTo(
                        path.contains("/latch/") ? 30 : path.equals(GROUP) ? 3 : 2));
    assertThat(readsAtLast).isLessThan(2 * readsAtFirst);
    assertThat(workers.held().values()).as("the tenures go on").allMatch(epoch -> epoch <= 2);
    workers.verify();
  }

  private static long readsOfReconnects(FaultProxy proxy, ClientConnection connection, int times)
      throws Exception {
    long before = reads(proxy);
    connection.loseAndReturn(times);
    return reads(proxy) - before;
  }

  private static long reads(FaultProxy proxy) {
    return proxy.requestsSeen(OpCode.exists) + proxy.requestsSeen(OpCode.multiRead);
  }

  @Test
  void workersAndDirectoriesThatComeAndGoLeaveNoWatcherWithTheClient() throws Exception {
    workers.start("other", b -> b.shards(ShardSet.numbered(8)));
    FaultProxy proxy = zk.proxy();
    CuratorFramework client =
        zk.closeLater(
            CuratorFrameworkFactory.newClient(
                proxy.connectString(),
                (int) ZooKeeperFixture.PATIENT_SESSION.toMillis(),
                5_000,
                new RetryNTimes(3, 50)));
    client.start();
    client.blockUntilConnected();
    ClientConnection connection = new ClientConnection(client, proxy);
    Map<String, Integer> before = connection.watchers();
    for (int i = 0; i < 5; i++) {
      try (ShardDirectory directory = ShardDirectory.of(client, GROUP);
          ShardWorker worker =
              ShardWorker.builder(client, GROUP)
                  .workerId("w-1")
                  .drainOnShutdown(Duration.ZERO)
                  .tasks(shard -> workers.new Watched("w-1", shard))
                  .build()) {
        worker.start().toCompletableFuture().get();
        directory.start().toCompletableFuture().get();
        workers.awaitLoads(Map.of("other", 4, "w-1", 4));
      }
    }
    workers.await(() -> assertThat(connection.watchers()).isEqualTo(before));
  }
}
