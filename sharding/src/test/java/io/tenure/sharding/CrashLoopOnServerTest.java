package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.ZooKeeperFixture;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A worker that dies again and again, and one that is restarted again and again. */
@Timeout(120)
class CrashLoopOnServerTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;
  private ShardGroup group;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, GROUP);
    group = ShardGroup.of(workers.observer(), GROUP);
  }

  private Workers.Member start(String id) throws Exception {
    return workers.start(id, b -> b.shards(ShardSet.numbered(8)));
  }

  private Optional<Damped> damped(String id) throws InterruptedException {
    return group.status().workers().stream()
        .filter(worker -> worker.info().id().equals(id))
        .findFirst()
        .flatMap(GroupStatus.Worker::damped);
  }

  @Test
  void sessionsThatEndWithoutAGoodbyeHoldShardsBackAndTheStatusSaysUntilWhen() throws Exception {
    start("w-1");
    start("w-3");
    workers.awaitLoads(Map.of("w-1", 4, "w-3", 4));
    for (int death = 0; death < 2; death++) {
      Workers.Member loop = start("w-2");
      workers.await(() -> assertThat(workers.heldBy("w-2")).isNotEmpty());
      loop.client().close(); // Its session ends without a goodbye.
      workers.await(() -> assertThat(workers.loads()).isEqualTo(Map.of("w-1", 4, "w-3", 4)));
    }
    start("w-2");
    workers.await(() -> assertThat(damped("w-2").flatMap(Damped::until)).isPresent());
    assertThat(damped("w-2").orElseThrow().deaths()).isEqualTo(2);
    assertThat(workers.heldBy("w-2")).isEmpty();
    workers.await(() -> assertThat(workers.heldBy("w-2")).isNotEmpty());
    assertThat(damped("w-2").flatMap(Damped::until)).isEmpty();
    workers.verify();
  }

  @Test
  void restartsWithAGoodbyeHoldNothingBack() throws Exception {
    start("w-1");
    start("w-3");
    for (int restart = 0; restart < 4; restart++) {
      Workers.Member restarted = start("w-2");
      workers.await(() -> assertThat(workers.heldBy("w-2")).isNotEmpty());
      assertThat(damped("w-2")).isEmpty();
      restarted.worker().close();
      workers.await(() -> assertThat(workers.held()).hasSize(8));
    }
    workers.verify();
  }
}
