package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AppendOnlyAcl;
import io.tenure.audit.AuditLog;
import io.tenure.lease.NextStep;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Retention;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A group that the scheme names: workers lead, coordinators plan, operators steer, and real servers
 * let none of them do the work of another.
 */
@Timeout(120)
class RolesKeptApartOnServerTest {

  private static final String GROUP = "/orders";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private AppendOnlyAcl scheme;

  @BeforeEach
  void scheme() throws Exception {
    scheme =
        AppendOnlyAcl.builder()
            .workers(id("worker"))
            .coordinators(id("coordinator"))
            .operators(id("operator"))
            .archivers(id("archiver"))
            .readers(id("reader"))
            .groups(GROUP)
            .build();
  }

  private static Id id(String user) throws Exception {
    return new Id("digest", DigestAuthenticationProvider.generateDigest(user + ":secret"));
  }

  private CuratorFramework client(String user) {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(zk.server().getConnectString())
            .sessionTimeoutMs((int) ZooKeeperFixture.SESSION_TIMEOUT.toMillis())
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .authorization("digest", (user + ":secret").getBytes(StandardCharsets.UTF_8))
            .aclProvider(scheme)
            .namespace("team")
            .build();
    client.start();
    return zk.closeLater(client);
  }

  private ShardWorker worker(String user, String id) throws Exception {
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(client(user), GROUP)
                .workerId(id)
                .shards(ShardSet.numbered(4))
                .retention(Retention.KEEP_ALL)
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(200)))
                .build());
    worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return worker;
  }

  private static void awaitLed(Map<ShardWorker, Integer> shards) {
    await()
        .atMost(Workers.PATIENCE)
        .untilAsserted(
            () -> {
              for (Map.Entry<ShardWorker, Integer> worker : shards.entrySet()) {
                assertThat(worker.getKey().snapshot().led()).hasSize(worker.getValue());
              }
            });
  }

  @Test
  void aWorkerThatMayNotCoordinateMakesTheGroupAndLeadsAndAnotherIdCoordinates() throws Exception {
    try (LogLines log = LogLines.of(Coordinator.class.getName())) {
      ShardWorker first = worker("worker", "w-1");
      await()
          .atMost(Workers.PATIENCE)
          .until(() -> log.warnings().stream().anyMatch(line -> line.contains("w-1")));
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains("this worker cannot coordinate", "/orders/coordinator", "less and less often");
      ShardWorker second = worker("coordinator", "w-2");
      awaitLed(Map.of(first, 2, second, 2));
      ShardGroup group = ShardGroup.of(client("reader"), GROUP);
      assertThat(group.plan().coordinator()).isEqualTo("w-2");
      second.close();
      awaitLed(Map.of(first, 4)); // It stood by for them, and needs no coordinator.
      assertThat(log.warnings()).hasSize(1);
    }
  }

  @Test
  void operatorsSteerSuchAGroupAndItsTrailsCanBeVerified() throws Exception {
    ShardWorker first = worker("coordinator", "w-1");
    ShardWorker second = worker("worker", "w-2");
    awaitLed(Map.of(first, 2, second, 2));
    ShardGroup group = ShardGroup.of(client("operator"), GROUP);
    group.drain("w-1", "new version");
    awaitLed(Map.of(first, 0, second, 4));
    assertThat(group.undrain("w-1")).isTrue();
    awaitLed(Map.of(first, 2, second, 2));
    String moved = second.snapshot().led().get(0).shard();
    group.move(moved, "w-1", "");
    CuratorFramework reader = client("reader");
    await()
        .atMost(Workers.PATIENCE)
        .until(() -> reader.getChildren().forPath(GROUP + "/directives").isEmpty());
    group.change(SettingsChange.none().withStandbys(0), "");
    group.resize(5);
    await()
        .atMost(Workers.PATIENCE)
        .until(() -> first.snapshot().led().size() + second.snapshot().led().size() == 5);
    group.apply(new GroupChange.Revoke("0", "slow"));
    await()
        .atMost(Workers.PATIENCE)
        .until(
            () ->
                AuditLog.of(reader, GROUP + "/shards/0").trail().entries().stream()
                    .anyMatch(entry -> entry.entry().transition().word().equals("revoked")));
    ShardGroup seen = ShardGroup.of(reader, GROUP);
    assertThat(seen.verifyOperations()).isEmpty();
    assertThat(seen.operations().operations()).hasSize(6);
    assertThat(AuditLog.of(reader, GROUP + "/coordinator").verify()).isEmpty();
    assertThatThrownBy(() -> seen.drain("w-1", "")).isInstanceOf(PermissionDeniedException.class);
  }

  private static void assertDenied(ThrowingCallable... calls) {
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call).isInstanceOf(KeeperException.NoAuthException.class);
    }
  }

  @Test
  void aWorkersCredentialIsNeitherACoordinatorsNorAnOperators() throws Exception {
    worker("coordinator", "w-1");
    ShardWorker second = worker("worker", "w-2");
    await().atMost(Workers.PATIENCE).until(() -> !second.snapshot().led().isEmpty());
    ShardGroup.of(client("operator"), GROUP).drain("w-1", "");
    CuratorFramework worker = client("worker");
    byte[] none = new byte[0];
    Map<String, String> registrations = new TreeMap<>();
    for (String name : worker.getChildren().forPath(GROUP + "/workers")) {
      registrations.put(name.substring(0, 3), GROUP + "/workers/" + name);
    }
    assertDenied(
        () -> worker.setData().forPath(GROUP, none),
        () -> worker.setData().forPath(GROUP + "/plan", none),
        () -> worker.create().forPath(GROUP + "/plan/w-9"),
        () -> worker.setData().forPath(GROUP + "/plan/w-1", none),
        () -> worker.delete().forPath(GROUP + "/plan/w-1"),
        () -> worker.create().forPath(GROUP + "/directives/drain-w-2"),
        () -> worker.setData().forPath(GROUP + "/directives/drain-w-1", none),
        () -> worker.delete().forPath(GROUP + "/directives/drain-w-1"),
        () -> worker.setData().forPath(GROUP + "/audit", none),
        () -> worker.create().forPath(GROUP + "/audit/0000000002-pin-0"),
        () -> worker.setData().forPath(GROUP + "/coordinator/leader", none),
        () -> worker.delete().forPath(GROUP + "/coordinator/leader"),
        () -> worker.setData().forPath(GROUP + "/coordinator", none),
        () -> worker.create().forPath(GROUP + "/coordinator/latch/x"),
        () -> worker.create().forPath(GROUP + "/coordinator/audit/0000000002-resigned-w-1"),
        () -> worker.setData().forPath(registrations.get("w-1"), none));
    worker // Its own role's.
        .setData()
        .forPath(registrations.get("w-2"), worker.getData().forPath(registrations.get("w-2")));
    CuratorFramework coordinator = client("coordinator");
    assertDenied(
        () -> coordinator.create().forPath(GROUP + "/directives/drain-w-2"),
        () -> coordinator.setData().forPath(GROUP + "/directives/drain-w-1", none),
        () -> coordinator.create().forPath(GROUP + "/audit/0000000002-pin-0"),
        () -> coordinator.setData().forPath(registrations.get("w-2"), none));
    CuratorFramework operator = client("operator");
    for (String trail : List.of("/coordinator/audit", "/shards/0/audit")) {
      assertDenied(() -> operator.create().forPath(GROUP + trail + "/0000000009-lost-w-1"));
    }
    assertDenied(
        () -> operator.setData().forPath(registrations.get("w-2"), none),
        () -> operator.delete().forPath(GROUP + "/audit/0000000001-drain-w-1"));
  }
}
