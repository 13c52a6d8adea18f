package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AppendOnlyAcl;
import io.tenure.audit.AuditLog;
import io.tenure.lease.NextStep;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Retention;
import io.tenure.testing.Roles;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A group whose workers may add to the trails of their shards, and not delete from them. */
@Timeout(120)
class AppendOnlyGroupTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private ShardWorker worker(Roles roles, String id) throws Exception {
    CuratorFramework client = zk.closeLater(roles.builder("worker").namespace("team").build());
    SessionMonitor monitor = zk.monitor(client);
    client.start();
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(monitor, GROUP)
                .workerId(id)
                .shards(ShardSet.numbered(6))
                .retention(Retention.last(2))
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(
                    shard ->
                        lease -> {
                          lease.checkpoint(new byte[] {1});
                          return NextStep.after(Duration.ofMillis(200));
                        })
                .build());
    worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return worker;
  }

  private static void awaitLed(ShardWorker worker, int shards) {
    await()
        .atMost(Workers.PATIENCE)
        .untilAsserted(() -> assertThat(worker.snapshot().led()).hasSize(shards));
  }

  @Test
  void aGroupIsLedAndSteeredAndRevokedByThoseWhoCannotRewriteItsHistory() throws Exception {
    Roles roles = new Roles(zk);
    CuratorFramework operator = roles.client("operator", "team");
    CuratorFramework reader = roles.client("reader", "team");
    ShardWorker w1 = worker(roles, "w-1");
    awaitLed(w1, 6);
    ShardWorker w2 = worker(roles, "w-2");
    awaitLed(w1, 3);
    awaitLed(w2, 3);

    ShardGroup group = ShardGroup.of(operator, GROUP);
    group.drain("w-1", "new version");
    awaitLed(w2, 6);
    group.undrain("w-1");
    awaitLed(w1, 3);
    group.resize(7);
    await()
        .atMost(Workers.PATIENCE)
        .until(() -> w1.snapshot().led().size() + w2.snapshot().led().size() == 7);
    String first = GROUP + "/shards/" + w1.snapshot().led().get(0).shard();
    operator.setData().forPath(first + "/leader", "revoke".getBytes());
    AuditLog trail = AuditLog.of(reader, first);
    await()
        .atMost(Workers.PATIENCE)
        .until(
            () ->
                trail.entries().stream()
                    .anyMatch(entry -> entry.entry().transition().word().equals("revoked")));

    for (String scope : scopes(reader)) {
      assertThat(AuditLog.of(reader, scope).verify()).as(scope).isEmpty();
      assertThat(AuditLog.of(reader, scope).entries())
          .as("all that ever was of %s", scope)
          .first()
          .satisfies(entry -> assertThat(entry.entry().index()).isEqualTo(1));
    }
    for (String path : tree(reader, GROUP, new ArrayList<>())) {
      assertThat(AppendOnlyAcl.risks(path, reader.getACL().forPath(path))).as(path).isEmpty();
    }
    ShardGroup seen = ShardGroup.of(reader, GROUP);
    assertThat(seen.plan().version()).isPositive();
    assertThatThrownBy(() -> seen.drain("w-1", "")).isInstanceOf(PermissionDeniedException.class);
  }

  private static List<String> scopes(CuratorFramework client) throws Exception {
    List<String> scopes = new ArrayList<>(List.of(GROUP + "/coordinator"));
    for (String shard : client.getChildren().forPath(GROUP + "/shards")) {
      scopes.add(GROUP + "/shards/" + shard);
    }
    return scopes;
  }

  private static List<String> tree(CuratorFramework client, String path, List<String> paths)
      throws Exception {
    paths.add(path);
    try {
      for (String child : client.getChildren().forPath(path)) {
        tree(client, path + "/" + child, paths);
      }
    } catch (KeeperException.NoNodeException e) {
      paths.remove(path); // A leader, who has just left.
    }
    return paths;
  }

  @Test
  void shardsWhoseEntriesMayNotBeDeletedAreLedOnAndKeepThemAndTheOthersAreTrimmed()
      throws Exception {
    Workers workers = new Workers(zk, GROUP);
    Workers.Member first = start(workers, "w-1");
    workers.awaitLoads(Map.of("w-1", 40));
    start(workers, "w-2");
    workers.awaitLoads(Map.of("w-1", 20, "w-2", 20));
    List<String> denied = workers.heldBy("w-1").subList(0, 10);
    for (String shard : denied) {
      workers
          .observer()
          .setACL()
          .withACL(List.of(new ACL(Perms.ALL & ~Perms.DELETE, Ids.ANYONE_ID_UNSAFE)))
          .forPath(GROUP + "/shards/" + shard + "/audit");
    }
    List<String> moved = workers.heldBy("w-1");
    first.worker().close();
    workers.awaitLoads(Map.of("w-2", 40));
    start(workers, "w-1");
    workers.awaitLoads(Map.of("w-1", 20, "w-2", 20));
    workers.verify();
    for (String shard : moved) {
      int kept = ZooKeeperFixture.trail(workers.observer(), GROUP + "/shards/" + shard).size();
      if (denied.contains(shard)) {
        assertThat(kept).as("entries of %s", shard).isGreaterThanOrEqualTo(3);
      }
    }
    for (String shard : workers.heldBy("w-2")) {
      if (!moved.contains(shard)) {
        assertThat(ZooKeeperFixture.trail(workers.observer(), GROUP + "/shards/" + shard))
            .as("entries of %s", shard)
            .hasSizeLessThanOrEqualTo(3);
      }
    }
  }

  private static Workers.Member start(Workers workers, String id) throws Exception {
    return workers.start(
        id, builder -> builder.shards(ShardSet.numbered(40)).retention(Retention.last(2)));
  }
}
