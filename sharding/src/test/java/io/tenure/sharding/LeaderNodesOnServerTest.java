package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tenure.testing.ZooKeeperFixture;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.KeeperException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The bound on the bytes of the leader nodes of one worker's session. */
@Timeout(120)
class LeaderNodesOnServerTest {

  private static final String GROUP = "/orders";
  private static final int FIVE = 5 * (4 + "/orders/shards/7/leader".length());

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;
  private ShardGroup group;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, GROUP);
    group = ShardGroup.of(workers.observer(), GROUP);
  }

  private Workers.Member start(String id) throws Exception {
    return workers.start(
        id,
        b ->
            b.shards(ShardSet.numbered(8))
                .standbys(1)
                .leaderNodeBytes(FIVE)
                .shardsNeedSeveralWorkers());
  }

  private int leaderNodes() throws Exception {
    int nodes = 0;
    for (String shard : workers.observer().getChildren().forPath(GROUP + "/shards")) {
      try {
        workers.observer().getData().forPath(GROUP + "/shards/" + shard + "/leader");
        nodes++;
      } catch (KeeperException.NoNodeException e) {
        // The shard has no leader.
      }
    }
    return nodes;
  }

  @Test
  void aWorkerAloneLeadsAsManyAsFitAndTheStatusSaysWhyTheOthersWait() throws Exception {
    start("w-1");
    workers.awaitHeld(5);
    assertThat(group.status().unplaced()).hasSize(3);
    assertThat(group.status().unplacedReason()).contains("w-1 has room for 5");
    Workers.Member second = start("w-2");
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    // A standby takes over without being told to: one more shard, and then no further one.
    second.crash();
    workers.await(() -> assertThat(workers.loads()).isEqualTo(Map.of("w-1", 5)));
    workers.await(() -> assertThat(group.status().unplaced()).hasSize(3));
    assertThat(leaderNodes()).isEqualTo(5);
    second.heal();
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    workers.verify();
  }

  @Test
  void aSetThatDoesNotFitOnOneWorkerIsRefusedUnlessItIsSaidThatThereAreSeveral() {
    List<String> words = List.of("leader nodes", "5 fit", "shardsNeedSeveralWorkers");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> workers.make("w-1", b -> b.shards(ShardSet.numbered(8)).leaderNodeBytes(FIVE)))
        .withMessageContainingAll(words.toArray(new String[0]));
  }
}
