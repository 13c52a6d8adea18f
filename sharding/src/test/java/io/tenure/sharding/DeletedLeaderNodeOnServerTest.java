package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A leader node that is deleted by hand while its leader, with a long session, hears nothing. */
@Timeout(120)
class DeletedLeaderNodeOnServerTest {

  private static final String GROUP = "/orders";
  private static final Duration LONG = ZooKeeperFixture.TICK_TIME.multipliedBy(20);
  private static final Duration SHORT = ZooKeeperFixture.TICK_TIME.multipliedBy(4);

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private ShardWorker worker(CuratorFramework client, String id, ShardTask task) throws Exception {
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(zk.monitor(client), GROUP)
                .workerId(id)
                .shards(ShardSet.numbered(1))
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(shard -> task)
                .build());
    worker.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    return worker;
  }

  @Test
  void aLeaderWithALongerSessionIsWaitedForByAStandbyWithAShorterOne() throws Exception {
    FaultProxy proxy = zk.proxy();
    AtomicReference<Lease> first = new AtomicReference<>();
    worker(
        zk.client(proxy.connectString(), LONG),
        "w-1",
        lease -> {
          first.set(lease);
          return NextStep.after(Duration.ofMillis(20));
        });
    await().atMost(Duration.ofSeconds(30)).until(() -> first.get() != null);
    CuratorFramework observer = zk.client();
    String registration = observer.getChildren().forPath(GROUP + "/workers").get(0);
    assertThat(
            new String(
                observer.getData().forPath(GROUP + "/workers/" + registration),
                StandardCharsets.UTF_8))
        .contains("\"sessionTimeout\":" + LONG.toMillis());

    AtomicLong leftOfTheFirst = new AtomicLong(-1);
    worker(
        zk.client(zk.server().getConnectString(), SHORT),
        "w-2",
        lease -> {
          leftOfTheFirst.compareAndSet(-1, first.get().remaining().toNanos());
          return NextStep.after(Duration.ofMillis(20));
        });
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> ShardGroup.of(observer, GROUP).status().isSettled());
    proxy.blackhole(true);
    observer.delete().forPath(GROUP + "/shards/0/leader");

    await().atMost(Duration.ofSeconds(60)).until(() -> leftOfTheFirst.get() >= 0);
    assertThat(leftOfTheFirst.get()).isZero();
  }
}
