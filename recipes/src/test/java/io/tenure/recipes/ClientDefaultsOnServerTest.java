package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Lease;
import io.tenure.scope.Candidate;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.DuplicateCandidateException;
import io.tenure.scope.TenureException;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
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
 * Tenure's znodes are the same for all defaults of the client that it is given, and a client that
 * cannot make them is named as the cause.
 */
@Timeout(60)
class ClientDefaultsOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";

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

  private LeaderElection candidate(CuratorFramework client, String scope, String id) {
    return zk.closeLater(LeaderElection.builder(zk.monitor(client), scope).candidateId(id).build());
  }

  /** With defaults that change each byte that Curator writes. */
  private CuratorFramework compressing() {
    return client(
        builder ->
            builder
                .enableCompression()
                .defaultData("the client's default".getBytes(StandardCharsets.UTF_8)));
  }

  private static void assertPlain(CuratorFramework observer, String path) throws Exception {
    byte[] data = observer.getData().forPath(path);
    assertThat(data.length == 0 || data[0] == '{' || data[0] == 'c')
        .as("%s holds %s", path, new String(data, StandardCharsets.UTF_8))
        .isTrue();
    for (String child : observer.getChildren().forPath(path)) {
      assertPlain(observer, ZKPaths.makePath(path, child));
    }
  }

  @Test
  void allZnodesArePlainThoughTheClientCompresses() throws Exception {
    String scope = "/plain" + SCOPE;
    LeaderElection election = candidate(compressing(), scope, "w-1");
    Lease lease = election.acquire();
    lease.checkpoint("checkpoint".getBytes(StandardCharsets.UTF_8));

    assertPlain(zk.client(), scope);
    assertThat(election.candidates()).extracting(Candidate::id).containsExactly("w-1");
    assertThat(candidate(zk.client(), scope, "w-2").candidates())
        .extracting(Candidate::id)
        .containsExactly("w-1");

    lease.resign("done");
    assertPlain(zk.client(), scope);
    assertThat(AuditLog.of(zk.client(), scope).verify()).isEmpty();
  }

  @Test
  void candidatesWithAndWithoutCompressionQueueForOneOffice() throws Exception {
    String scope = "/mixed" + SCOPE;
    LeaderElection compressed = candidate(compressing(), scope, "w-1");
    LeaderElection plain = candidate(zk.client(), scope, "w-2");
    compressed.acquire().resign("over to you");
    Lease second = plain.acquire();
    assertThat(second.predecessor().orElseThrow().candidateId()).isEqualTo("w-1");
    second.resign("and back");
    assertThat(compressed.acquire().epoch()).isEqualTo(3);
  }

  @Test
  void aDuplicateIsFoundThoughTheClientCompresses() throws Exception {
    String scope = "/twins" + SCOPE;
    SessionMonitor monitor = zk.monitor(compressing());
    LeaderElection first =
        zk.closeLater(LeaderElection.builder(monitor, scope).candidateId("twin").build());
    LeaderElection second =
        zk.closeLater(LeaderElection.builder(monitor, scope).candidateId("twin").build());
    first.acquire();
    assertThatThrownBy(() -> second.tryAcquire(Duration.ofSeconds(20)))
        .isInstanceOf(DuplicateCandidateException.class);
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

  private void assertRefused(String scope, ACLProvider acls, String... why) {
    LeaderElection election = candidate(client(builder -> builder.aclProvider(acls)), scope, "w-1");
    assertThatThrownBy(() -> election.tryAcquire(Duration.ofSeconds(20)))
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining(scope)
        .hasMessageContaining("ACL provider")
        .hasMessageContainingAll(why);
  }

  @Test
  void anAclProviderThatThrowsIsNamed() {
    assertRefused(
        "/acl-throws",
        acls(
            path -> {
              throw new IllegalStateException("no rule for it");
            }),
        "no rule for it");
  }

  @Test
  void anAclProviderThatThrowsAnErrorIsNamed() {
    assertRefused(
        "/acl-error",
        acls(
            path -> {
              throw new NoClassDefFoundError("com/acme/Rules");
            }),
        "com/acme/Rules");
  }

  @Test
  @SuppressWarnings("NullAway") // what is tested
  void anAclProviderThatGivesNoAclIsNamed() {
    assertRefused("/acl-null", acls(path -> null), "gives no ACL");
    assertRefused("/acl-empty", acls(path -> List.of()), "gives no ACL");
  }

  @Test
  void anAclThatTheServerRefusesIsNamed() {
    assertRefused("/acl-auth", acls(path -> Ids.CREATOR_ALL_ACL), "\"auth\"");
  }

  @Test
  void aLatchThatFailsOnceToMakeItsNodeIsReplaced() throws Exception {
    AtomicReference<RuntimeException> once =
        new AtomicReference<>(new IllegalStateException("not yet"));
    LeaderElection election =
        candidate(
            client(
                builder ->
                    builder.aclProvider(
                        acls(
                            path -> {
                              if (path.contains("latch-") && once.get() != null) {
                                throw once.getAndSet(null);
                              }
                              return Ids.OPEN_ACL_UNSAFE;
                            }))),
            "/acl-once",
            "w-1");

    assertThat(election.tryAcquire(Duration.ofSeconds(20))).isPresent();
    assertThat(once.get()).as("the latch has asked, and has failed").isNull();
  }

  @Test
  void anAclProviderThatFailsLaterCostsTheRecordOfTheEndAndNotTheOffice() throws Exception {
    String scope = "/acl-later";
    AtomicReference<RuntimeException> failure = new AtomicReference<>();
    LeaderElection election =
        candidate(
            client(
                builder ->
                    builder.aclProvider(
                        acls(
                            path -> {
                              if (failure.get() != null) {
                                throw failure.get();
                              }
                              return Ids.OPEN_ACL_UNSAFE;
                            }))),
            scope,
            "w-1");
    Lease lease = election.acquire();
    failure.set(new IllegalStateException("the vault is sealed"));

    assertThatThrownBy(() -> lease.checkpoint(new byte[1]))
        .isInstanceOf(TenureException.class)
        .hasMessageContaining("the vault is sealed");
    try (LogLines lines = LogLines.of("io.tenure.recipes")) {
      lease.resign("done");
      assertThat(lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS).recorded())
          .isFalse();
      assertThat(lines.warnings())
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("the end cannot be recorded")
                      .contains("the vault is sealed"));
    }

    Lease next = candidate(zk.client(), scope, "w-2").acquire();
    assertThat(next.epoch()).isEqualTo(2);
  }

  @Test
  void aSchemaThatForbidsTenuresZnodesIsNamed() {
    CuratorFramework strict = client(builder -> builder.schemaSet(new SchemaSet(List.of(), false)));
    LeaderElection election = candidate(strict, "/schema", "w-1");
    assertThatThrownBy(() -> election.tryAcquire(Duration.ofSeconds(20)))
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining("/schema")
        .hasMessageContaining("allow Tenure's znodes in its SchemaSet");
  }
}
