package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.audit.AuditTrail;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a group's status tells of a real group, whole or damaged. */
class GroupStatusOnServerTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;
  private CuratorFramework client;
  private ShardGroup group;
  private final List<Workers.Member> members = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    workers = new Workers(zk, GROUP);
    client = workers.observer();
    group = ShardGroup.of(client, GROUP);
    for (String id : new String[] {"w-1", "w-2"}) {
      members.add(
          workers.start(
              id, how -> how.shards(ShardSet.numbered(4)).settleWindow(Duration.ofMillis(300))));
    }
    Awaitility.await().atMost(Workers.PATIENCE).until(() -> group.status().isSettled());
  }

  @Test
  void whoLeadsWhoStandsByAndWhatOperatorsWantIsTold() throws Exception {
    GroupStatus status = group.status();
    assertThat(status.vacant()).isEmpty();
    assertThat(status.coordinator()).isPresent();
    assertThat(status.planVersion()).isPositive();
    assertThat(status.workers()).extracting(GroupStatus.Worker::leads).containsExactly(2, 2);
    assertThat(status.workers()).extracting(GroupStatus.Worker::standsBy).containsExactly(2, 2);
    assertThat(status.shards())
        .allSatisfy(
            shard -> {
              assertThat(shard.planned()).contains(shard.leader().orElseThrow().workerId());
              assertThat(shard.standbys())
                  .hasSize(1)
                  .doesNotContain(shard.leader().get().workerId());
            });

    group.drain("w-1", "new version");
    group.capacity("w-2", 3, "");
    group.pin("0", "w-2", "");
    Awaitility.await()
        .atMost(Workers.PATIENCE)
        .until(() -> group.status().workers().get(0).leads() == 0);
    GroupStatus drained = group.status();
    assertThat(drained.workers().get(0).drained()).contains("new version");
    assertThat(drained.workers().get(0).isDraining()).isTrue();
    assertThat(drained.workers().get(1).capacity()).isEqualTo(3);
    assertThat(drained.workers().get(1).leads()).isEqualTo(4);
    assertThat(drained.shards().get(0).pinnedTo()).contains("w-2");
    assertThat(drained.directives()).containsExactly("capacity-w-2", "drain-w-1", "pin-0");
  }

  @Test
  void znodesThatOthersMadeHideNeitherThePlanNorTheWorkers() throws Exception {
    byte[] junk = "junk".getBytes(StandardCharsets.UTF_8);
    client.create().forPath(GROUP + "/plan/note", junk);
    client.create().forPath(GROUP + "/workers/note", junk);
    assertThat(group.plan().workers()).containsOnlyKeys("w-1", "w-2");
    assertThat(group.workers()).extracting(WorkerInfo::id).containsExactly("w-1", "w-2");
    assertThat(group.status().unreadable())
        .extracting(AuditTrail.Unreadable::path)
        .contains(GROUP + "/plan/note", GROUP + "/workers/note");
  }

  @Test
  void whatCannotBeReadIsListedAndHidesNothingElse() throws Exception {
    byte[] newer = "{\"format\":2}".getBytes(StandardCharsets.UTF_8);
    // One that no worker mends: a worker writes its own registration again.
    String worker = GROUP + "/workers/w-9-0000000900";
    client.create().withMode(CreateMode.EPHEMERAL).forPath(worker, newer);
    client.create().forPath(GROUP + "/plan/w-9", "?".getBytes(StandardCharsets.UTF_8));
    client.setData().forPath(GROUP + "/shards/3", newer);
    GroupStatus status = group.status();
    assertThat(status.unreadable())
        .extracting(bad -> bad.path())
        .contains(worker, GROUP + "/plan/w-9");
    assertThat(status.workers()).hasSize(2);
    assertThat(status.shards()).hasSize(4);
  }

  @Test
  void aShardThatNobodyLeadsTellsHowTheLastTenureEnded() throws Exception {
    members.forEach(member -> member.worker().close());
    GroupStatus status = group.status();
    assertThat(status.vacant()).hasSize(4);
    assertThat(status.coordinator()).isEmpty();
    assertThat(status.workers()).isEmpty();
    assertThat(status.shards())
        .allSatisfy(
            shard -> {
              assertThat(shard.lastEpoch()).isPositive();
              assertThat(shard.lastEnd().orElseThrow().word()).isEqualTo("resigned");
            });
  }
}
