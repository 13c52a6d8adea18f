package io.tenure.sharding;

import static io.tenure.testing.ZooKeeperFixture.trail;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.internal.AuditFormat;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.testing.LogLines;
import io.tenure.testing.Roles;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Znodes in the trails of shards that no transition made. */
@Timeout(90)
class ForgedEntriesOnServerTest {

  private static final String GROUP = "/orders";
  private static final int SHARDS = 12;
  private static final int FORGED = 8;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final Map<String, Long> epochs = new ConcurrentHashMap<>();

  private ShardWorker worker(CuratorFramework client, String id) throws Exception {
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(zk.monitor(client), GROUP)
                .workerId(id)
                .shards(ShardSet.numbered(SHARDS))
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(
                    shard ->
                        new ShardTask() {
                          @Override
                          public void prepare(Lease lease) {
                            epochs.put(shard, lease.epoch());
                          }

                          @Override
                          public NextStep step(Lease lease) {
                            return NextStep.after(Duration.ofHours(1));
                          }
                        })
                .build());
    worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return worker;
  }

  /** Every name that the next entry of most shards could have. */
  private static void forgeNext(CuratorFramework client, int index, String id) throws Exception {
    for (int shard = 0; shard < FORGED; shard++) {
      for (String event : List.of("elected", "resigned", "failed", "lapsed", "revoked", "lost")) {
        client
            .create()
            .forPath(
                scope(shard) + "/audit/" + AuditFormat.indexText(index) + "-" + event + "-" + id,
                "forged".getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static String scope(int shard) {
    return GROUP + "/shards/" + shard;
  }

  private void awaitEpoch(long epoch) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(epochs)
                    .hasSize(SHARDS)
                    .allSatisfy((shard, led) -> assertThat(led).isEqualTo(epoch)));
  }

  @Test
  void theyKeepNoShardFromBeingLedAndNoEndFromBeingRecordedUnderAppendOnlyAcls() throws Exception {
    Roles roles = new Roles(zk);
    CuratorFramework client = roles.worker();
    ShardWorker first = worker(client, "w-1");
    awaitEpoch(1);
    forgeNext(client, 2, "w-1");
    try (LogLines log = LogLines.of("io.tenure.sharding")) {
      first.close();
      assertThat(log.warnings())
          .filteredOn(line -> line.contains("tenure audit quarantine "))
          .as("said once for each shard")
          .hasSize(FORGED);
    }
    for (int shard = 0; shard < SHARDS; shard++) {
      String suffix = shard < FORGED ? "~[0-9a-f]{12}" : "";
      assertThat(trail(client, scope(shard)))
          .as("shard %s", shard)
          .anyMatch(name -> name.matches("0000000002-resigned-w-1" + suffix));
    }
    forgeNext(client, 3, "w-2");
    worker(roles.worker(), "w-2");
    awaitEpoch(2);
    assertThat(IntStream.range(0, FORGED))
        .allSatisfy(
            shard ->
                assertThat(client.checkExists().forPath(scope(shard) + "/quarantine")).isNotNull());
  }
}
