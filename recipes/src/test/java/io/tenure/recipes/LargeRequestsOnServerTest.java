package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.lease.Lease;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ZKConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Requests and replies that do not fit into a packet are named, and cost no lease. */
@Timeout(60)
class LargeRequestsOnServerTest {

  /** More than servers take by default. */
  private static final int TOO_LARGE = 2 * 1024 * 1024;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final AtomicInteger cuts = new AtomicInteger();

  /** A client whose own limit differs from the server's. */
  private CuratorFramework client(int packetBytes) {
    ZKClientConfig config = new ZKClientConfig();
    config.setProperty(ZKConfig.JUTE_MAXBUFFER, Integer.toString(packetBytes));
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(zk.server().getConnectString())
            .sessionTimeoutMs(4000)
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .zkClientConfig(config)
            .build();
    client
        .getConnectionStateListenable()
        .addListener(
            (curator, state) -> {
              if (state == ConnectionState.SUSPENDED) {
                cuts.incrementAndGet();
              }
            });
    client.start();
    return zk.closeLater(client);
  }

  private Lease acquire(SessionMonitor monitor, String scope) throws Exception {
    return zk.closeLater(
            LeaderElection.builder(monitor, scope)
                .candidateId("w-1")
                .leaseDuration(Duration.ofMinutes(1))
                .build())
        .acquire();
  }

  @Test
  void aCheckpointThatTheServersFindTooLargeIsNamedAndCostsNoLease() throws Exception {
    SessionMonitor monitor = zk.monitor(client(2 * TOO_LARGE));
    Lease lease = acquire(monitor, "/jobs/large");
    Lease other = acquire(monitor, "/jobs/other");

    assertThatThrownBy(() -> lease.checkpoint(new byte[TOO_LARGE]))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasMessageContaining("/jobs/large")
        .hasMessageContaining("jute.maxbuffer");
    assertThat(lease.isHeld()).isTrue();
    assertThat(other.isHeld()).isTrue();
    // The last cut is told on another thread.
    await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(cuts).hasValue(3));

    assertThatThrownBy(() -> lease.checkpoint(new byte[TOO_LARGE]))
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining("was not sent");
    assertThat(cuts).hasValue(3);

    lease.checkpoint(new byte[100_000]);
    assertThat(lease.lastCheckpoint().orElseThrow()).hasSize(100_000);
  }

  @Test
  void aTransactionThatIsTooLargeAgainAndAgainIsNamed() throws Exception {
    CuratorFramework client = client(2 * TOO_LARGE);
    SessionMonitor monitor = zk.monitor(client);
    Lease lease = acquire(monitor, "/jobs/large");
    zk.client().create().forPath("/data", new byte[0]);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> write(client, lease))
          .isInstanceOf(OutcomeUnknownException.class)
          .hasMessageContaining("no answer came");
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () ->
                  monitor.acknowledge().get()
                      && lease.remaining().compareTo(Duration.ofMillis(2500)) > 0);
    }
    assertThatThrownBy(() -> write(client, lease))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasMessageContaining("jute.maxbuffer");
    assertThat(lease.isHeld()).isTrue();
  }

  private static void write(CuratorFramework client, Lease lease) throws Exception {
    lease.inTransaction(
        List.of(client.transactionOp().setData().forPath("/data", new byte[TOO_LARGE])));
  }

  @Test
  void aCheckpointThatTheClientCannotReadIsNamedAndCostsNoConnection() throws Exception {
    Lease writer = acquire(zk.monitor(zk.client()), "/jobs/large");
    writer.checkpoint(new byte[300_000]);
    writer.resign("done");

    Lease reader = acquire(zk.monitor(client(100_000)), "/jobs/large");
    assertThatThrownBy(reader::lastCheckpoint)
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining("/jobs/large/checkpoint has 300000 bytes")
        .hasMessageContaining("jute.maxbuffer 100000");
    assertThat(cuts).hasValue(0);
  }

  @Test
  void aRequestThatTheClientFindsTooLargeIsRefusedWithTheRoomThatThereIs() throws Exception {
    Lease lease = acquire(zk.monitor(client(100_000)), "/jobs/large");
    assertThatThrownBy(() -> lease.checkpoint(new byte[200_000]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 98976 fit")
        .hasMessageContaining("jute.maxbuffer of the client is 100000");

    Lease tiny = acquire(zk.monitor(client(1_000)), "/jobs/tiny");
    assertThatThrownBy(() -> tiny.checkpoint(new byte[10]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 0 fit");
  }

  @Test
  void aListThatTheClientCannotReadIsToldFromALostConnection() throws Exception {
    CuratorFramework observer = zk.client();
    observer.create().forPath("/wide", new byte[0]);
    for (int i = 0; i < 200; i++) {
      observer.create().forPath("/wide/" + "a-long-name-".repeat(10) + i, new byte[0]);
    }
    SessionMonitor sessions = zk.monitor(client(20_000));
    acquire(sessions, "/jobs/other"); // Whose acknowledgements are answered.
    Monitor monitor = sessions.internal();
    List<Boolean> suspect = new ArrayList<>();
    while (suspect.size() < 3) {
      await().atMost(Duration.ofSeconds(20)).until(() -> sessions.acknowledge().get());
      Reply reply = monitor.read(monitor.sessionId(), List.of(Op.getChildren("/wide"))).get();
      assertThat(reply.code()).isEqualTo(Code.CONNECTIONLOSS);
      suspect.add(reply.suspect());
      if (reply.suspect()) {
        assertThatThrownBy(() -> ServerErrors.requireUnsuspected(reply, "/wide"))
            .isInstanceOf(CoordinationException.class)
            .hasMessageContaining("/wide")
            .hasMessageContaining("jute.maxbuffer");
      }
    }
    assertThat(suspect).containsExactly(false, false, true);
  }
}
