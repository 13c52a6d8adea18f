package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Shards whose records were emptied or set back by hand. */
@Timeout(60)
class RecordSetBackOnServerTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final Map<String, Long> epochs = new ConcurrentHashMap<>();

  private ShardWorker worker(String id) throws Exception {
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(zk.monitor(zk.client()), GROUP)
                .workerId(id)
                .shards(ShardSet.numbered(3))
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

  private void lead(String id) throws Exception {
    epochs.clear();
    ShardWorker worker = worker(id);
    await().untilAsserted(() -> assertThat(epochs).hasSize(3));
    worker.close();
  }

  @Test
  void aLeaderNodeThatGoesWithNoSessionIsNamedWithTheRemedyAndHoldsUpNoOtherShard()
      throws Exception {
    CuratorFramework operator = zk.client();
    lead("w-1");
    String node = GROUP + "/shards/0/leader";
    operator.create().forPath(node, "restored".getBytes(StandardCharsets.UTF_8));
    epochs.clear();
    try (LogLines log = LogLines.of("io.tenure.sharding")) {
      worker("w-2");
      await()
          .untilAsserted(
              () ->
                  assertThat(log.warnings())
                      .filteredOn(line -> line.contains("delete " + node))
                      .hasSize(1));
    }
    await().untilAsserted(() -> assertThat(epochs).isEqualTo(Map.of("1", 2L, "2", 2L)));
    operator.delete().forPath(node);
    await().untilAsserted(() -> assertThat(epochs).containsEntry("0", 2L));
  }

  @Test
  void giveNoEpochOutTwiceAndAreSaidWithTheRemedyWhileTheOthersAreLed() throws Exception {
    CuratorFramework operator = zk.client();
    lead("w-1");
    byte[] older = operator.getData().forPath(GROUP + "/shards/1");
    lead("w-1");
    operator.setData().forPath(GROUP + "/shards/0", new byte[0]);
    operator.setData().forPath(GROUP + "/shards/1", older);
    epochs.clear();

    try (LogLines log = LogLines.of("io.tenure.sharding")) {
      worker("w-2");
      for (int shard = 0; shard < 2; shard++) {
        String set = "set " + GROUP + "/shards/" + shard + " '";
        await()
            .untilAsserted(() -> assertThat(log.warnings()).anyMatch(line -> line.contains(set)));
        String line =
            log.warnings().stream().filter(said -> said.contains(set)).findFirst().orElseThrow();
        String data = line.substring(line.indexOf(set) + set.length(), line.lastIndexOf('\''));
        assertThat(epochs).doesNotContainKey(Integer.toString(shard));
        operator
            .setData()
            .forPath(GROUP + "/shards/" + shard, data.getBytes(StandardCharsets.UTF_8));
      }
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(epochs).isEqualTo(Map.of("0", 3L, "1", 3L, "2", 3L)));
    for (int shard = 0; shard < 3; shard++) {
      assertThat(AuditLog.of(operator, GROUP + "/shards/" + shard).verify()).isEmpty();
    }
  }
}
