package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.ZooKeeperFixture;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Workers of one group on a real server: who gets what, and what becomes of it. */
@Timeout(120)
class GroupOnServerTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private static ShardWorker.Builder twelve(ShardWorker.Builder builder) {
    return builder.shards(ShardSet.numbered(12));
  }

  @Test
  void oneWorkerLeadsEveryShard() throws Exception {
    Workers workers = new Workers(zk, "/apps/orders");
    workers.start("w-1", GroupOnServerTest::twelve);
    workers.awaitHeld(12);
    assertThat(workers.loads()).isEqualTo(Map.of("w-1", 12));
    assertThat(workers.trail("7")).isEqualTo(List.of("elected w-1 (first placement)"));
    workers.verify();
  }

  @Test
  void aWorkerThatJoinsTakesItsShareAsPlannedMoves() throws Exception {
    Workers workers = new Workers(zk, "/orders");
    workers.start("w-1", GroupOnServerTest::twelve);
    workers.awaitHeld(12);
    workers.start("w-2", GroupOnServerTest::twelve);
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    String moved =
        workers.held().keySet().stream()
            .filter(shard -> workers.holder(shard).orElse("").equals("w-2"))
            .findFirst()
            .orElseThrow();
    assertThat(workers.trail(moved))
        .isEqualTo(
            List.of(
                "elected w-1 (first placement)",
                "resigned w-1 (handoff: rebalance after w-2 joined)",
                "elected w-2 (rebalance after w-2 joined)"));
    assertThat(workers.events).contains("warmUp " + moved + " w-2");
    workers.verify();
  }

  @Test
  void aCrashedWorkersShardsAreTakenOverByThoseWhoStandBy() throws Exception {
    Workers workers = new Workers(zk, "/orders");
    for (String id : List.of("w-1", "w-2", "w-3")) {
      workers.start(id, GroupOnServerTest::twelve);
    }
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    Workers.Member crashed = workers.start("w-4", GroupOnServerTest::twelve);
    workers.awaitLoads(Map.of("w-1", 3, "w-2", 3, "w-3", 3, "w-4", 3));
    String shard =
        workers.held().keySet().stream()
            .filter(s -> workers.holder(s).orElse("").equals("w-4"))
            .findFirst()
            .orElseThrow();
    crashed.worker().close();
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    assertThat(workers.trail(shard)).anyMatch(line -> line.startsWith("resigned w-4"));
    workers.verify();
  }

  @Test
  void aWorkerThatDrainsHandsEverythingOver() throws Exception {
    Workers workers = new Workers(zk, "/orders");
    Workers.Member first = workers.start("w-1", GroupOnServerTest::twelve);
    workers.start("w-2", GroupOnServerTest::twelve);
    workers.awaitLoads(Map.of("w-1", 6, "w-2", 6));
    first.worker().drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(first.worker().isDrained()).isTrue();
    assertThat(first.worker().state()).isEqualTo(WorkerState.DRAINING);
    workers.awaitLoads(Map.of("w-2", 12));
    workers.verify();
  }
}
