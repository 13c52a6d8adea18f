package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.CoordinationException;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.curator.framework.schema.SchemaSet;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.utils.ZKPaths;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A group's znodes are the same for all defaults and views of the client, and the error says what
 * the client cannot do.
 */
@Timeout(60)
class ClientDefaultsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @RegisterExtension static final ZooKeeperFixture zk = new ZooKeeperFixture();

  private CuratorFramework client(UnaryOperator<CuratorFrameworkFactory.Builder> how) {
    CuratorFramework client =
        how.apply(
                CuratorFrameworkFactory.builder()
                    .connectString(zk.server().getConnectString())
                    .sessionTimeoutMs((int) ZooKeeperFixture.SESSION_TIMEOUT.toMillis())
                    .connectionTimeoutMs(1000)
                    .retryPolicy(new RetryNTimes(3, 50)))
            .build();
    client.start();
    return zk.closeLater(client);
  }

  private CuratorFramework compressing() {
    return client(
        builder ->
            builder
                .enableCompression()
                .defaultData("the client's default".getBytes(StandardCharsets.UTF_8)));
  }

  private static ShardWorker.Builder worker(CuratorFramework client, String group) {
    return ShardWorker.builder(client, group)
        .workerId("w-1")
        .shards(ShardSet.numbered(4))
        .settleWindow(Duration.ZERO)
        .drainOnShutdown(Duration.ZERO)
        .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(50)));
  }

  private ShardWorker start(ShardWorker.Builder builder) throws Exception {
    ShardWorker worker = zk.closeLater(builder.build());
    worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return worker;
  }

  private static void awaitLed(ShardWorker worker, int shards) {
    await().atMost(PATIENCE).until(() -> worker.snapshot().led().size() == shards);
  }

  private static void assertPlain(CuratorFramework observer, String path) throws Exception {
    byte[] data = observer.getData().forPath(path);
    String text = new String(data, StandardCharsets.UTF_8);
    assertThat(data.length == 0 || data[0] == '{' || text.startsWith("op"))
        .as("%s holds %s", path, text)
        .isTrue();
    for (String child : observer.getChildren().forPath(path)) {
      assertPlain(observer, ZKPaths.makePath(path, child));
    }
  }

  @Test
  void allZnodesOfAGroupArePlainThoughItsClientsCompress() throws Exception {
    String group = "/plain/orders";
    ShardWorker worker = start(worker(compressing(), group));
    awaitLed(worker, 4);
    ShardGroup operator = ShardGroup.of(compressing(), group).by("op");
    operator.pin("1", "w-1", "op: tries");
    operator.resize(6);
    awaitLed(worker, 6);

    assertPlain(zk.client(), group);
    assertThat(ShardGroup.of(zk.client(), group).status().unreadable()).isEmpty();
    assertThat(ShardGroup.of(zk.client(), group).verifyOperations()).isEmpty();
  }

  @Test
  void anAclProviderThatBlocksForAGroupHoldsUpNoOtherElectionOfTheClient() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CompletableFuture<Void> answer = new CompletableFuture<>();
    CuratorFramework client =
        client(
            builder ->
                builder.aclProvider(
                    acls(
                        path -> {
                          if (path.startsWith("/acl-blocks/shards/")) {
                            asked.countDown();
                            answer.join();
                          }
                          return Ids.OPEN_ACL_UNSAFE;
                        })));
    SessionMonitor monitor = zk.monitor(client);
    ShardWorker worker =
        start(
            ShardWorker.builder(monitor, "/acl-blocks")
                .workerId("w-1")
                .shards(ShardSet.numbered(4))
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(shard -> lease -> NextStep.after(Duration.ofMillis(50))));
    try {
      assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
      try (LeaderElection free = LeaderElection.builder(monitor, "/acl-free").build()) {
        assertThat(free.tryAcquire(PATIENCE)).isPresent();
      }
      assertThat(worker.snapshot().led()).isEmpty();
    } finally {
      answer.complete(null);
    }
    awaitLed(worker, 4);
  }

  private static ACLProvider acls(Function<String, List<ACL>> of) {
    return new ACLProvider() {
      @Override
      public List<ACL> getDefaultAcl() {
        return of.apply("");
      }

      @Override
      public List<ACL> getAclForPath(String path) {
        return of.apply(path);
      }
    };
  }

  private void assertRefused(CuratorFramework client, String group, String... why) {
    ShardWorker worker = zk.closeLater(worker(client, group).build());
    assertThat(worker.start().toCompletableFuture())
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(CoordinationException.class)
        .satisfies(cause -> assertThat(cause).hasMessageContaining(group))
        .satisfies(cause -> assertThat(cause).hasMessageContainingAll(why));
  }

  private CuratorFramework withAcls(Function<String, List<ACL>> acls) {
    return client(builder -> builder.aclProvider(acls(acls)));
  }

  @Test
  @SuppressWarnings("NullAway") // what is tested
  void anAclProviderThatFailsIsNamed() {
    assertRefused(
        withAcls(
            path -> {
              throw new IllegalStateException("no rule for it");
            }),
        "/acl-throws",
        "ACL provider",
        "no rule for it");
    assertRefused(withAcls(path -> null), "/acl-null", "ACL provider", "gives no ACL");
  }

  @Test
  void anOperatorWhoseAclProviderFailsIsTold() throws Exception {
    String group = "/acl-operator";
    awaitLed(start(worker(zk.client(), group)), 4);
    ShardGroup operator =
        ShardGroup.of(
            withAcls(
                path -> {
                  throw new IllegalStateException("no rule for it");
                }),
            group);
    assertThatThrownBy(() -> operator.drain("w-1", "tries"))
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining("no rule for it");
  }

  @Test
  void anAclProviderThatFailsForOneShardCostsThatShardAlone() throws Exception {
    AtomicReference<String> bad = new AtomicReference<>("/shards/2");
    ShardWorker worker =
        start(
            worker(
                withAcls(
                    path -> {
                      String failing = bad.get();
                      if (!failing.isEmpty() && path.contains(failing)) {
                        throw new IllegalStateException("no rule for it");
                      }
                      return Ids.OPEN_ACL_UNSAFE;
                    }),
                "/acl-one"));
    awaitLed(worker, 3);
    bad.set("");
    awaitLed(worker, 4);
  }

  @Test
  void anAclProviderThatFailsForTheGoodbyeKeepsNoWorkerFromLeaving() throws Exception {
    ShardWorker worker =
        start(
            worker(
                withAcls(
                    path -> {
                      if (path.contains("goodbye")) {
                        throw new IllegalStateException("no rule for it");
                      }
                      return Ids.OPEN_ACL_UNSAFE;
                    }),
                "/acl-leaving"));
    awaitLed(worker, 4);

    CompletableFuture<Void> closed = CompletableFuture.runAsync(worker::close);

    assertThat(closed).succeedsWithin(PATIENCE);
    assertThat(zk.client().getChildren().forPath("/acl-leaving/workers")).isEmpty();
  }

  @Test
  void aViewWithANamespaceIsAsGoodAsAClient() throws Exception {
    CuratorFramework view = zk.client().usingNamespace("app");
    ShardWorker worker = start(worker(view, "/orders"));
    awaitLed(worker, 4);
    ShardDirectory directory = zk.closeLater(ShardDirectory.of(view, "/orders"));
    directory.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    await().atMost(PATIENCE).until(() -> directory.leaders().size() == 4);
    assertThat(ShardGroup.of(view, "/orders").status().shards()).hasSize(4);
    assertThat(zk.client().getChildren().forPath("/app/orders/shards")).hasSize(4);
  }

  @Test
  void aDirectoryThatWaitsForAGroupSaysSoOnce() throws Exception {
    try (LogLines lines = LogLines.of(ShardDirectory.class.getName())) {
      ShardDirectory directory = zk.closeLater(ShardDirectory.of(zk.client(), "/no-such"));
      CompletableFuture<Void> complete = directory.start().toCompletableFuture();
      await().atMost(PATIENCE).until(() -> !lines.warnings().isEmpty());

      assertThat(lines.warnings())
          .singleElement()
          .satisfies(line -> assertThat(line).contains("group=/no-such", "there is no group"));
      start(worker(zk.client(), "/no-such"));
      assertThat(complete).succeedsWithin(PATIENCE);
    }
  }

  @Test
  void aChrootThatNobodyHasMadeIsNamed() {
    assertRefused(
        zk.client(zk.server().getConnectString() + "/prod/app"),
        "/apps",
        "chroot /prod/app of the connection string");
  }

  @Test
  void aNamespaceThatWasDeletedIsMadeAgain() throws Exception {
    CuratorFramework client = client(builder -> builder.namespace("gone/app"));
    client.checkExists().forPath("/"); // Curator makes the namespace, once.
    zk.client().delete().forPath("/gone/app");
    zk.client().delete().forPath("/gone");
    awaitLed(start(worker(client, "/orders")), 4);
  }

  @Test
  void aWorkerAndADirectoryWithoutServersSayWhyTheyWaitOnceEach() throws Exception {
    FaultProxy proxy = zk.proxy();
    proxy.refuse(true);
    try (LogLines lines = LogLines.of("io.tenure.sharding")) {
      CuratorFramework client = zk.client(proxy.connectString());
      ShardWorker worker = zk.closeLater(worker(client, "/apps/orders").build());
      CompletableFuture<Void> joined = worker.start().toCompletableFuture();
      ShardDirectory directory = zk.closeLater(ShardDirectory.of(client, "/apps/orders"));
      directory.start();
      await().atMost(PATIENCE).until(() -> lines.warnings().size() >= 2);
      assertThat(lines.warnings())
          .hasSize(2)
          .allSatisfy(
              line ->
                  assertThat(line).contains("group=/apps/orders", proxy.connectString(), "quorum"));
      proxy.refuse(false);
      joined.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aSchemaThatForbidsAChangeOfAGroupIsNamedAndHowToAllowIt() throws Exception {
    String group = "/strict";
    start(worker(zk.client(), group));
    ShardGroup strict =
        ShardGroup.of(client(builder -> builder.schemaSet(new SchemaSet(List.of(), false))), group);
    assertThatThrownBy(() -> strict.drain("w-1", "why"))
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining("the client's schema forbids")
        .hasMessageContaining(group + "/")
        .hasMessageContaining("allow Tenure's znodes in its SchemaSet");
  }
}
