package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Groups that are large, on a server with its default jute.maxbuffer. */
@Timeout(180)
class ManyShardsTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  /** Tasks that have nothing to do: their steps are not what is tested here. */
  static ShardWorker.Builder idle(Workers workers, String id, ShardWorker.Builder builder) {
    return builder.tasks(
        shard ->
            workers.new Watched(id, shard) {
              @Override
              public NextStep step(Lease lease) {
                return NextStep.after(Duration.ofHours(1));
              }
            });
  }

  @Test
  void tenThousandShardsAreLedMovedAndTakenOver() throws Exception {
    assertThat(System.getProperty("jute.maxbuffer")).isNull();
    Workers workers = new Workers(zk, "/many");
    ShardSet shards = ShardSet.numbered(10_000);
    workers.start("w-1", b -> idle(workers, "w-1", b).shards(shards).movesInFlight(2_000));
    workers.awaitLoadsWhileTheyChange(Map.of("w-1", 10_000));
    Workers.Member second = workers.start("w-2", b -> idle(workers, "w-2", b));
    workers.awaitLoadsWhileTheyChange(Map.of("w-1", 5_000, "w-2", 5_000));
    second.crash();
    workers.awaitLoadsWhileTheyChange(Map.of("w-1", 10_000));
    assertThat(workers.violations).isEmpty();
    for (int shard = 0; shard < 10_000; shard += 997) {
      assertThat(AuditLog.of(workers.observer(), "/many/shards/" + shard).verify()).isEmpty();
    }
  }

  @Test
  void thousandsOfLongNamesFitAsWell() throws Exception {
    Workers workers = new Workers(zk, "/names");
    List<String> names =
        IntStream.range(0, 2_500).mapToObj(i -> "tenant-" + i + "-" + "x".repeat(80)).toList();
    workers.start("w-1", b -> idle(workers, "w-1", b).shards(ShardSet.named(names)));
    workers.awaitLoadsWhileTheyChange(Map.of("w-1", 2_500));
    Workers.Member second = workers.start("w-2", b -> idle(workers, "w-2", b));
    workers.awaitLoadsWhileTheyChange(Map.of("w-1", 1_250, "w-2", 1_250));
    second.crash();
    workers.awaitLoadsWhileTheyChange(Map.of("w-1", 2_500));
    assertThat(workers.violations).isEmpty();
  }
}
