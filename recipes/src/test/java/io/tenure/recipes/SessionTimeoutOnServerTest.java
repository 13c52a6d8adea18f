package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.Lease;
import io.tenure.scope.NotLeaderException;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEventType;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One session on connections with different session timeouts. */
@Timeout(60)
class SessionTimeoutOnServerTest {

  private static final String SCOPE = "/timeouts/one";
  private static final Duration SHORT = Duration.ofSeconds(4);
  private static final Duration LONG = Duration.ofSeconds(12);

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private FaultProxy proxy;
  private CuratorFramework client;

  /** A client of a long session; made by {@link #leadPatiently}. */
  private CuratorFramework patient;

  private SessionMonitor monitor;

  @BeforeEach
  void connect() throws Exception {
    zk.limitSessions(LONG);
    proxy = zk.proxy();
    client = zk.client(proxy.connectString(), LONG);
    monitor = zk.monitor(client);
  }

  /** As if the client came to a server of the ensemble that has another limit. */
  private void reconnectWithLimit(Duration limit) throws Exception {
    zk.limitSessions(limit);
    long session = client.getZookeeperClient().getZooKeeper().getSessionId();
    proxy.dropConnections();
    await()
        .until(
            () ->
                client.getZookeeperClient().getZooKeeper().getSessionTimeout() == limit.toMillis()
                    && monitor.acknowledge().get());
    assertThat(client.getZookeeperClient().getZooKeeper().getSessionId()).isEqualTo(session);
  }

  private LeaderElection.Builder election() {
    return LeaderElection.builder(monitor, SCOPE).leaseDuration(Duration.ofMinutes(1));
  }

  @Test
  void aLeaseIsOverBeforeASessionThatTheNextServerKeepsForLess() throws Exception {
    Lease lease = zk.closeLater(election().build()).acquire();
    reconnectWithLimit(SHORT);
    lease.renew();
    LeaderElection other =
        zk.closeLater(LeaderElection.builder(zk.monitor(zk.client()), SCOPE).build());
    proxy.refuse(true);
    proxy.blackhole(true);

    CompletableFuture<Duration> left =
        CompletableFuture.supplyAsync(
            () -> {
              try (Lease next = other.acquire()) {
                assertThat(next.epoch()).isEqualTo(lease.epoch() + 1);
                return lease.remaining();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(left.get()).isZero();
    proxy.blackhole(false);
    proxy.refuse(false);
  }

  @Test
  void aLongerTimeoutOfTheConnectionAfterThatCountsAgain() throws Exception {
    Lease lease = zk.closeLater(election().build()).acquire();
    reconnectWithLimit(SHORT);
    assertThat(lease.renew()).isPositive().isLessThan(SHORT);
    await().until(() -> lease.renew().compareTo(SHORT.dividedBy(2)) > 0);
    reconnectWithLimit(LONG);
    await().until(() -> lease.renew().compareTo(SHORT.plusSeconds(2)) > 0);
    assertThat(lease.epoch()).isEqualTo(1);
  }

  @Test
  void aShorterTimeoutCountsAlsoWhereNothingWasAnsweredOnItsConnection() throws Exception {
    Lease lease = leadPatiently();
    bounceUnanswered();
    assertThat(lease.remaining()).isLessThan(SHORT);
  }

  /**
   * While the local removal of a watch has no answer, as Curator removes watches, ZooKeeper's
   * client (3.9) tells its default watcher nothing of the loss of a connection: the event of the
   * removal passes for that news.
   */
  @Test
  void aShorterTimeoutCountsAlsoWhereTheClientDoesNotTellOfTheLoss() throws Exception {
    Lease lease = leadPatiently();
    List<Watcher.Event.KeeperState> told = new CopyOnWriteArrayList<>();
    patient
        .getCuratorListenable()
        .addListener(
            (any, event) -> {
              if (event.getType() == CuratorEventType.WATCHED) {
                told.add(event.getWatchedEvent().getState());
              }
            });
    Watcher watcher = event -> {};
    ZooKeeper handle = patient.getZookeeperClient().getZooKeeper();
    handle.exists("/zookeeper", watcher);
    FaultProxy.Fault removal =
        proxy.holdBeforeForwarding(ZooDefs.OpCode.checkWatches, 1, body -> true);
    handle.removeWatches(
        "/zookeeper", watcher, Watcher.WatcherType.Any, true, (rc, path, context) -> {}, null);
    assertThat(removal.awaitFired(Duration.ofSeconds(20))).isTrue();

    bounceUnanswered();

    assertThat(told).first().isEqualTo(Watcher.Event.KeeperState.SyncConnected);
    assertThat(lease.remaining()).isLessThan(SHORT);
  }

  private Lease leadPatiently() throws Exception {
    zk.limitSessions(ZooKeeperFixture.PATIENT_SESSION);
    patient = zk.client(proxy.connectString(), ZooKeeperFixture.PATIENT_SESSION);
    Lease lease =
        zk.closeLater(LeaderElection.builder(zk.monitor(patient), SCOPE).build()).acquire();
    client.close();
    return lease;
  }

  /**
   * A connection has a shorter timeout and is lost before an answer comes; the next one has the old
   * timeout.
   */
  private void bounceUnanswered() throws Exception {
    ZooKeeper handle = patient.getZookeeperClient().getZooKeeper();
    proxy.refuse(true);
    proxy.dropConnections();
    await().until(() -> handle.getState() == ZooKeeper.States.CONNECTING);
    FaultProxy.Fault unanswered =
        proxy.holdBeforeForwarding(ZooDefs.OpCode.exists, 1, body -> true);
    zk.limitSessions(SHORT);
    proxy.refuse(false);
    assertThat(unanswered.awaitFired(Duration.ofSeconds(20))).isTrue();
    assertThat(handle.getSessionTimeout()).isEqualTo((int) SHORT.toMillis());
    zk.limitSessions(ZooKeeperFixture.PATIENT_SESSION);
    proxy.dropConnections();
    await().until(() -> handle.getSessionTimeout() == ZooKeeperFixture.PATIENT_SESSION.toMillis());
  }

  @Test
  void aTimeoutBelowTheMarginEndsTheTenureWithThatReason() throws Exception {
    Lease lease = zk.closeLater(election().safetyMargin(SHORT.plusSeconds(1)).build()).acquire();
    reconnectWithLimit(SHORT);
    assertThat(lease.isHeld()).isFalse();
    assertThatThrownBy(lease::renew).isInstanceOf(NotLeaderException.class);
    assertThat(lease.ended().toCompletableFuture().get().end().reason())
        .contains("the session timeout is 4000 ms and not 12000 ms")
        .contains("no more than the safety margin 5000 ms");
  }
}
