package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.Retention;
import io.tenure.testing.LogLines;
import io.tenure.testing.LongTrail;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Shards whose trails are longer, alone or together, than what fits into a reply. */
@Timeout(120)
class LongTrailsOnServerTest {

  private static final String GROUP = "/orders";
  private static final String ID =
      "candidate-with-a-rather-long-name-as-kubernetes-gives-them-7f9c";
  private static final int SHARDS = 40;
  private static final int LONG = 400;
  private static final int USUAL = 60;
  private static final int KEPT = 20;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final CountingTasks tasks = new CountingTasks();

  private static final class CountingTasks {
    private final AtomicInteger led = new AtomicInteger();

    ShardTask task(String shard) {
      return new ShardTask() {
        @Override
        public void prepare(Lease lease) {
          led.incrementAndGet();
        }

        @Override
        public NextStep step(Lease lease) {
          return NextStep.after(Duration.ofHours(1));
        }
      };
    }
  }

  private ShardWorker worker(CuratorFramework client, String id) throws Exception {
    SessionMonitor monitor = zk.monitor(client);
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(monitor, GROUP)
                .workerId(id)
                .shards(ShardSet.numbered(SHARDS))
                .retention(Retention.last(KEPT))
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(tasks::task)
                .build());
    worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return worker;
  }

  private void awaitLed(int count) {
    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(() -> assertThat(tasks.led).hasValueGreaterThanOrEqualTo(count));
  }

  private static String shard(int number) {
    return GROUP + "/shards/" + number;
  }

  @Test
  void theyAreLedAndTrimmedWhereTheListFitsAndTheConnectionStays() throws Exception {
    CuratorFramework client = zk.client();
    AtomicInteger losses = new AtomicInteger();
    ShardWorker first = worker(client, ID);
    awaitLed(SHARDS);
    first.close();
    for (int i = 0; i < SHARDS; i++) {
      LongTrail.lengthen(client, shard(i), ID, i == 0 ? LONG : USUAL);
    }
    tasks.led.set(0);

    try (LogLines log = LogLines.of("io.tenure.sharding")) {
      ShardWorker second = worker(LongTrail.smallClient(zk, losses), "w-2");
      awaitLed(SHARDS);
      assertThat(losses).hasValue(0);
      second.close();
      assertThat(losses).hasValue(0);
      assertThat(log.warnings())
          .filteredOn(line -> line.contains("jute.maxbuffer"))
          .singleElement()
          .satisfies(line -> assertThat(line).contains(shard(0) + "/audit has 400 entries"));
    }
    assertThat(ZooKeeperFixture.trail(client, shard(0))).hasSize(LONG + 2);
    for (int i = 1; i < SHARDS; i++) {
      assertThat(ZooKeeperFixture.trail(client, shard(i))).as("shard %s", i).hasSize(KEPT);
    }
  }

  @Test
  void aRecordThatWasSetBackGivesNoEpochOutTwiceWhereTheTrailCannotBeListed() throws Exception {
    CuratorFramework client = zk.client();
    AtomicInteger losses = new AtomicInteger();
    ShardWorker first = worker(client, ID);
    awaitLed(SHARDS);
    first.close();
    for (int i = 0; i < 2; i++) {
      LongTrail.lengthen(client, shard(i), ID, LONG);
      List<String> names = List.copyOf(ZooKeeperFixture.trail(client, shard(i)));
      for (String name : names.subList(0, 2)) {
        client.delete().forPath(shard(i) + "/audit/" + name);
      }
    }
    // As many entries are there as the older record knows.
    String newest = new String(client.getData().forPath(shard(0)), StandardCharsets.UTF_8);
    String older = newest.replace("\"auditNext\":" + (LONG + 1), "\"auditNext\":" + (LONG - 1));
    client.setData().forPath(shard(0), older.getBytes(StandardCharsets.UTF_8));
    client.setData().forPath(shard(1), client.getData().forPath(shard(1)));
    tasks.led.set(0);

    try (LogLines log = LogLines.of("io.tenure.sharding")) {
      worker(LongTrail.smallClient(zk, losses), "w-2");
      awaitLed(SHARDS - 1);
      await()
          .untilAsserted(
              () ->
                  assertThat(log.warnings())
                      .anySatisfy(
                          line ->
                              assertThat(line).contains(shard(0), LONG + " were ever made there")));
      assertThat(tasks.led).as("all but the first").hasValue(SHARDS - 1);
    }
    assertThat(client.getData().forPath(shard(0))).asString().isEqualTo(older);
    assertThat(losses).hasValue(0);
  }
}
