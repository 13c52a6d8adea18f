package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.NextStep;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Workers whose connection string ends in a path. */
@Timeout(60)
class ChrootOnServerTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @Test
  void aWorkerBelowAChrootFindsItsOwnRegistration() throws Exception {
    CuratorFramework root = zk.client();
    root.create().forPath("/prod");
    CuratorFramework client = zk.client(zk.server().getConnectString() + "/prod");
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(client, "/orders")
                .workerId("w-1")
                .shards(ShardSet.numbered(2))
                .drainOnShutdown(Duration.ZERO)
                .tasks(shard -> lease -> NextStep.after(Duration.ofSeconds(1)))
                .build());
    worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    String registration = "/prod/orders/workers/w-1-0000000000";
    byte[] before = root.getData().forPath(registration);
    root.setData().forPath(registration, new byte[0]);
    await("it is written again")
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(root.getData().forPath(registration)).isEqualTo(before));
  }
}
