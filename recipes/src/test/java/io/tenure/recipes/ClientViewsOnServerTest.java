package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.tenure.audit.AuditLog;
import io.tenure.audit.AuditTrails;
import io.tenure.lease.Lease;
import io.tenure.scope.Candidate;
import io.tenure.scope.ClientClosedException;
import io.tenure.scope.CoordinationException;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Views of a client, namespaces and chroots: each works, or says what to do. */
@Timeout(60)
class ClientViewsOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private LeaderElection candidate(CuratorFramework client, String id) {
    return zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).candidateId(id).build());
  }

  private CuratorFramework namespaced(String namespace) {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(zk.server().getConnectString())
            .sessionTimeoutMs((int) ZooKeeperFixture.SESSION_TIMEOUT.toMillis())
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .namespace(namespace)
            .build();
    client.start();
    return zk.closeLater(client);
  }

  @Test
  void aViewWithANamespaceIsAsGoodAsAClientWithIt() throws Exception {
    CuratorFramework client = zk.client();
    CuratorFramework view = client.usingNamespace("app");
    LeaderElection first = candidate(view, "w-1");
    Lease lease = first.acquire();
    lease.checkpoint("so far".getBytes(StandardCharsets.UTF_8));
    lease.renew();

    assertThat(client.checkExists().forPath("/app" + SCOPE + "/leader")).isNotNull();
    assertThat(candidate(namespaced("app"), "w-2").candidates())
        .extracting(Candidate::id)
        .containsExactly("w-1");
    lease.resign("done");
    assertThat(candidate(namespaced("app"), "w-2").acquire().lastCheckpoint()).isPresent();
    assertThat(AuditLog.of(view, SCOPE).verify()).isEmpty();
    assertThat(AuditTrails.read(view, List.of(SCOPE))).hasSize(1);
  }

  @Test
  void aLeaseOverAViewEndsWithTheSessionOfItsClient() throws Exception {
    CuratorFramework client = zk.client();
    Lease lease = candidate(client.usingNamespace("app"), "w-1").acquire();
    client.close();
    assertThat(lease.isHeld()).isFalse();
  }

  @Test
  void aViewThatRemovesItsWatchersIsAsGoodAsAClient() throws Exception {
    CuratorFramework view = zk.client().newWatcherRemoveCuratorFramework();
    assertThat(candidate(view, "w-1").acquire().epoch()).isEqualTo(1);
    CuratorFramework both = zk.client().usingNamespace("app").newWatcherRemoveCuratorFramework();
    assertThat(candidate(both, "w-1").acquire().epoch()).isEqualTo(1);
  }

  @Test
  void aViewThatHidesItsClientIsRefusedWithWhatToGiveInstead() {
    CuratorFramework view = zk.client().usingNamespace("app");
    CuratorFramework hiding =
        (CuratorFramework)
            Proxy.newProxyInstance(
                CuratorFramework.class.getClassLoader(),
                new Class<?>[] {CuratorFramework.class},
                (self, method, arguments) -> {
                  if (method.getName().equals("getCuratorListenable")) {
                    throw new UnsupportedOperationException("not from a view");
                  }
                  return method.invoke(view, arguments);
                });
    assertThatThrownBy(() -> LeaderElection.builder(hiding, SCOPE).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"app\"")
        .hasMessageContaining("CuratorFrameworkFactory.builder().namespace");
  }

  @Test
  void aNamespaceThatWasDeletedIsMadeAgain() throws Exception {
    CuratorFramework client = namespaced("prod/app");
    client.checkExists().forPath("/"); // Curator makes the namespace, once.
    zk.client().delete().forPath("/prod/app");
    zk.client().delete().forPath("/prod");

    assertThat(candidate(client, "w-1").tryAcquire(Duration.ofSeconds(20))).isPresent();
    assertThat(zk.client().checkExists().forPath("/prod/app" + SCOPE)).isNotNull();
  }

  @Test
  void aTransactionTellsThePathsOfWhatItMadeWithoutNamespaceAndChroot() throws Exception {
    zk.client().create().creatingParentsIfNeeded().forPath("/prod/app/made");
    CuratorFramework view =
        zk.client(zk.server().getConnectString() + "/prod").usingNamespace("app");
    Lease lease = candidate(view, "w-1").acquire();
    CuratorOp sequential =
        view.transactionOp()
            .create()
            .withMode(CreateMode.PERSISTENT_SEQUENTIAL)
            .forPath("/made/n-");
    assertThat(lease.inTransaction(List.of(sequential)))
        .extracting(CuratorTransactionResult::getResultPath)
        .containsExactly("/made/n-0000000000");
  }

  @Test
  void aChrootThatNobodyHasMadeIsNamed() {
    LeaderElection election =
        candidate(zk.client(zk.server().getConnectString() + "/prod/app"), "w-1");
    assertThatThrownBy(() -> election.tryAcquire(Duration.ofSeconds(20)))
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining("/billing")
        .hasMessageContaining("chroot /prod/app of the connection string")
        .hasMessageContaining("does not exist");
  }

  @Test
  void aChrootThatSomebodyMakesLaterIsGoodEnough() throws Exception {
    LeaderElection election =
        candidate(zk.client(zk.server().getConnectString() + "/prod/app"), "w-1");
    assertThatThrownBy(() -> election.tryAcquire(Duration.ofSeconds(20)))
        .isInstanceOf(CoordinationException.class);
    zk.client().create().creatingParentsIfNeeded().forPath("/prod/app", new byte[0]);
    assertThat(election.tryAcquire(Duration.ofSeconds(20))).isPresent();
  }

  @Test
  void aClientThatWasNeverStartedOrIsClosedIsRefusedEachInItsOwnWords() {
    CuratorFramework latent =
        CuratorFrameworkFactory.newClient(zk.server().getConnectString(), new RetryNTimes(3, 50));
    assertThatThrownBy(() -> LeaderElection.builder(latent, SCOPE).build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the client is LATENT: start it before the election is built");
    CuratorFramework closed = zk.client();
    closed.close();
    assertThatThrownBy(() -> LeaderElection.builder(closed, SCOPE).build())
        .isInstanceOf(ClientClosedException.class)
        .hasMessageContaining("was closed")
        .message()
        .doesNotContain("start it");
  }

  @Test
  void whatIsReadThroughAClosedClientNamesTheClient() {
    CuratorFramework client = zk.client();
    LeaderElection election = candidate(client, "w-1");
    client.close();
    assertThatThrownBy(election::leader).isInstanceOf(ClientClosedException.class);
    assertThatThrownBy(election::candidates).isInstanceOf(ClientClosedException.class);
    assertThatThrownBy(() -> AuditLog.of(client, SCOPE).entries())
        .isInstanceOf(ClientClosedException.class);
    assertThatThrownBy(() -> AuditTrails.read(client, List.of(SCOPE)))
        .isInstanceOf(ClientClosedException.class);
  }

  @Test
  void aClientThatIsClosedFirstCostsEachElectionOneLineWithoutStackTrace() throws Exception {
    CuratorFramework client = zk.client();
    LeaderElection leader = candidate(client, "w-1");
    LeaderElection waiting =
        zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).candidateId("w-2").build());
    Lease lease = leader.acquire();
    CompletableFuture<Void> acquiring =
        CompletableFuture.runAsync(
            () -> assertThatThrownBy(waiting::acquire).isInstanceOf(ClientClosedException.class));
    await().atMost(Duration.ofSeconds(20)).until(() -> waiting.candidates().size() == 2);

    try (LogLines lines = LogLines.of("io.tenure")) {
      client.close();
      acquiring.get(20, TimeUnit.SECONDS);
      lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS);
      waiting.close();
      leader.close();

      assertThat(lines.atLeast(Level.WARN)).hasSizeLessThanOrEqualTo(2);
      assertThat(lines.atLeast(Level.WARN))
          .allSatisfy(line -> assertThat(line.getThrowableProxy()).isNull());
    }
  }
}
