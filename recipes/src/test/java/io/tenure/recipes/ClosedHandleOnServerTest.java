package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.audit.AuditTrails;
import io.tenure.scope.ClientClosedException;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.TenureException;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the application does to a client behind Curator's back is named as the cause. */
@Timeout(90)
class ClosedHandleOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  /** What user code closes below a client that it leaves open. */
  enum Closed {
    HANDLE {
      @Override
      void close(CuratorFramework client) throws Exception {
        client.getZookeeperClient().getZooKeeper().close();
      }
    },
    CURATORS_CLIENT {
      @Override
      void close(CuratorFramework client) {
        client.getZookeeperClient().close();
      }
    };

    abstract void close(CuratorFramework client) throws Exception;
  }

  private static CompletableFuture<Long> acquire(LeaderElection election) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return election.acquire().epoch();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /**
   * Curator makes a new handle for a closed one after a while, so the candidate waits; its inner
   * client does not come back, so there is nothing to wait for.
   */
  private static void assertTold(Closed closed, CompletableFuture<Long> acquiring, LogLines log)
      throws Exception {
    if (closed == Closed.CURATORS_CLIENT) {
      assertThatThrownBy(() -> acquiring.get(40, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ClientClosedException.class)
          .hasMessageContaining("getZookeeperClient() of the ZooKeeper client was closed");
      return;
    }
    assertThat(acquiring.get(60, TimeUnit.SECONDS)).isPositive();
    assertThat(log.warnings())
        .filteredOn(line -> line.contains("ms so far"))
        .singleElement()
        .asString()
        .contains("handle was closed", SCOPE);
  }

  @ParameterizedTest
  @EnumSource
  void aCandidateThatCannotEnterTheQueueNamesTheClosedHandle(Closed closed) throws Exception {
    CuratorFramework client = zk.client();
    LeaderElection election =
        zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).build());
    election.acquire().close();
    closed.close(client);
    try (LogLines log = LogLines.of("io.tenure")) {
      assertTold(closed, acquire(election), log);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCandidateThatIsBuiltAfterwardsNamesTheClosedHandle(Closed closed) throws Exception {
    CuratorFramework client = zk.client();
    client.blockUntilConnected();
    closed.close(client);
    try (LogLines log = LogLines.of("io.tenure")) {
      SessionMonitor monitor = zk.monitor(client);
      CompletableFuture<Long> acquiring =
          CompletableFuture.supplyAsync(
                  () -> zk.closeLater(LeaderElection.builder(monitor, SCOPE).build()))
              .thenCompose(ClosedHandleOnServerTest::acquire);
      assertTold(closed, acquiring, log); // Building on the monitor may already say so.
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCandidateInTheQueueNamesTheClosedHandle(Closed closed) throws Exception {
    LeaderElection leads =
        zk.closeLater(LeaderElection.builder(zk.monitor(zk.client()), SCOPE).build());
    leads.acquire();
    CuratorFramework client = zk.client();
    LeaderElection waits =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(client), SCOPE).candidateId("waits").build());
    CompletableFuture<Long> acquiring = acquire(waits);
    await().until(() -> leads.candidates().size() == 2);
    try (LogLines log = LogLines.of("io.tenure")) {
      closed.close(client);
      assertTold(closed, acquiring, log);
    }
  }

  @ParameterizedTest
  @EnumSource
  void readersNameTheClosedHandle(Closed closed) throws Exception {
    assertNamed(closed, (election, client) -> election.leader());
    assertNamed(closed, (election, client) -> election.candidates());
    assertNamed(closed, (election, client) -> AuditLog.of(client, SCOPE).entries());
  }

  private interface Reading {
    void read(LeaderElection election, CuratorFramework client) throws Exception;
  }

  /** Of a client of its own: Curator may replace the handle while the first reading fails. */
  private void assertNamed(Closed closed, Reading reading) throws Exception {
    CuratorFramework client = zk.client();
    LeaderElection election =
        zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).build());
    election.acquire().close();
    closed.close(client);
    assertThatThrownBy(() -> reading.read(election, client))
        .isInstanceOf(TenureException.class)
        .hasMessageContaining("was closed");
  }

  @Test
  void readersOfAChrootThatNobodyMadeFailAsAcquireDoes() throws Exception {
    CuratorFramework client = zk.client(zk.server().getConnectString() + "/nobody-made");
    LeaderElection election =
        zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).build());
    AuditLog log = AuditLog.of(client, SCOPE);
    List<ThrowingCallable> readings =
        List.of(
            election::acquire,
            election::leader,
            election::candidates,
            log::entries,
            log::tenures,
            log::trail,
            log::verify,
            () -> log.leaderAt(Instant.now()),
            () -> AuditTrails.read(client, List.of(SCOPE, "/other")));
    for (ThrowingCallable reading : readings) {
      assertThatThrownBy(reading)
          .isInstanceOf(CoordinationException.class)
          .hasMessageContainingAll("/nobody-made", "does not exist", "Make it");
    }
    zk.client().create().forPath("/nobody-made");
    assertThat(election.leader()).isEmpty();
    assertThat(election.candidates()).isEmpty();
    assertThat(log.entries()).isEmpty();
  }

  @Test
  void anAbsentNamespaceIsAnAbsentScopeAndNoError() throws Exception {
    CuratorFramework client = zk.client().usingNamespace("absent");
    assertThat(AuditLog.of(client, SCOPE).entries()).isEmpty();
  }
}
