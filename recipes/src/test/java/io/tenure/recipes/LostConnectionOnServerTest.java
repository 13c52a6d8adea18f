package io.tenure.recipes;

import static io.tenure.testing.ZooKeeperFixture.trail;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.scope.Transition;
import io.tenure.scope.UnsupportedServerException;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What becomes of transitions, epochs and leases when the connection is lost at the worst moment.
 */
@Timeout(90)
class LostConnectionOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";

  /** When the connection is cut, seen from a transaction. */
  enum Cut {
    /** The server never gets it. */
    BEFORE,
    /** It is sent, and the proxy does not wait for its outcome. */
    DURING,
    /** It is applied, and the client never hears of it. */
    AFTER;

    FaultProxy.Fault arm(FaultProxy proxy, String event) {
      var body = FaultProxy.whenBodyContains("\"event\":\"" + event + "\"");
      return switch (this) {
        case BEFORE -> proxy.cutBeforeForwarding(OpCode.multi, 1, body);
        case DURING -> proxy.cutWhileInFlight(OpCode.multi, 1, body);
        case AFTER -> proxy.cutAfterForwardingBeforeReply(OpCode.multi, 1, body);
      };
    }
  }

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private FaultProxy proxy;
  private CuratorFramework operator;
  private LeaderElection election;

  @BeforeEach
  void connect() throws Exception {
    proxy = zk.proxy();
    operator = zk.client();
    // Long enough for the client's own second of waiting before it connects again, and then some.
    CuratorFramework client = zk.client(proxy.connectString(), Duration.ofMillis(4000));
    election =
        zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).candidateId("w-1").build());
  }

  private void assertTrail(String... names) throws Exception {
    assertThat(trail(operator, SCOPE)).containsExactly(names);
    assertThat(AuditLog.of(operator, SCOPE).verify()).isEmpty();
  }

  private static Ended end(Lease lease) throws Exception {
    return lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.EnumSource(Cut.class)
  void anElectionIsCommittedOnceWhereverTheConnectionIsLost(Cut cut) throws Exception {
    FaultProxy.Fault fault = cut.arm(proxy, "elected");
    Lease lease = election.acquire();
    assertThat(fault.fired()).isTrue();
    assertThat(lease.epoch()).isEqualTo(1);
    assertThat(lease.isHeld()).isTrue();
    assertTrail("0000000001-elected-w-1");
  }

  static Stream<Arguments> endsAndCuts() {
    return Stream.of(Cut.values())
        .flatMap(
            cut -> Stream.of("resigned", "lapsed", "revoked").map(end -> Arguments.of(end, cut)));
  }

  @ParameterizedTest
  @MethodSource("endsAndCuts")
  void anEndIsCommittedOnceWhereverTheConnectionIsLost(String end, Cut cut) throws Exception {
    Lease lease = election.acquire();
    FaultProxy.Fault fault = cut.arm(proxy, end);
    switch (end) {
      case "resigned" -> lease.close();
      case "revoked" -> operator.setData().forPath(SCOPE + "/leader", "revoke".getBytes());
      default -> {} // no thread renews
    }
    assertThat(end(lease).end().word()).isEqualTo(end);
    assertThat(fault.awaitFired(Duration.ofSeconds(20))).isTrue();
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertTrail("0000000001-elected-w-1", "0000000002-" + end + "-w-1"));
    assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull();
    assertThat(election.acquire().epoch()).isEqualTo(2);
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.EnumSource(Cut.class)
  void lostAndElectedAreCommittedOnceWhereverTheConnectionIsLost(Cut cut) throws Exception {
    CuratorFramework doomed = zk.client();
    LeaderElection before =
        zk.closeLater(LeaderElection.builder(zk.monitor(doomed), SCOPE).candidateId("w-0").build());
    before.acquire();
    FaultProxy.Fault fault = cut.arm(proxy, "lost");
    zk.endSession(doomed);
    Lease lease = election.acquire();
    assertThat(fault.fired()).isTrue();
    assertThat(lease.epoch()).isEqualTo(2);
    assertThat(lease.predecessor().orElseThrow().end()).isInstanceOf(Transition.Lost.class);
    assertTrail("0000000001-elected-w-0", "0000000002-lost-w-0", "0000000003-elected-w-1");
  }

  @Test
  void aBlipThatEndsWithinTheBoundsKeepsTheTenureAndItsEpoch() throws Exception {
    Lease lease = election.acquire();
    proxy.dropConnections();
    // Without a connection, renewing waits for nothing and the lease goes on.
    assertThat(lease.renew()).isPositive();
    await()
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofSeconds(30))
        .until(() -> lease.renew().compareTo(Duration.ofMillis(2500)) > 0);
    assertThat(lease.epoch()).isEqualTo(1);
    assertThat(lease.isHeld()).isTrue();
    lease.checkpoint(new byte[] {1});
    assertTrail("0000000001-elected-w-1");
  }

  @Test
  void aConnectionThatIsGoneForTooLongEndsTheLeaseBeforeTheServerEndsTheSession() throws Exception {
    LeaderElection standby =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(operator), SCOPE).candidateId("w-2").build());
    Lease lease = election.acquire();
    CompletableFuture<Boolean> heldWhenTakenOver = new CompletableFuture<>();
    Thread other =
        new Thread(
            () -> {
              try {
                standby.acquire();
                heldWhenTakenOver.complete(lease.isHeld());
              } catch (Exception e) {
                heldWhenTakenOver.completeExceptionally(e);
              }
            });
    other.start();
    proxy.blackhole(true); // half open: neither side is told
    assertThat(heldWhenTakenOver.get(60, TimeUnit.SECONDS)).isFalse();
    assertThat(lease.isHeld()).isFalse();
    assertTrail("0000000001-elected-w-1", "0000000002-lost-w-1", "0000000003-elected-w-2");
    proxy.blackhole(false);
    other.join();
  }

  @Test
  void anAttemptThatTheUserGaveUpDoesNotLeaveTheOfficeOccupied() throws Exception {
    FaultProxy.Fault fault = Cut.AFTER.arm(proxy, "elected");
    CompletableFuture<Boolean> acquired = new CompletableFuture<>();
    Thread waiting =
        new Thread(
            () -> {
              try {
                acquired.complete(election.acquire().isHeld());
              } catch (Exception e) {
                acquired.completeExceptionally(e);
              }
            });
    waiting.start();
    assertThat(fault.awaitFired(Duration.ofSeconds(20))).isTrue();
    waiting.interrupt();
    assertThatThrownBy(() -> acquired.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertTrail("0000000001-elected-w-1", "0000000002-resigned-w-1"));
    assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull();
  }

  @Test
  void aCandidateThatGaveUpWithoutAConnectionDoesNotQueueWhenItIsBack() throws Exception {
    LeaderElection other =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(operator), SCOPE).candidateId("w-2").build());
    election.acquire().close();
    proxy.refuse(true);
    proxy.dropConnections();
    assertThat(election.tryAcquire(Duration.ofMillis(300))).isEmpty();
    proxy.refuse(false);
    Lease lease = other.acquire();
    await()
        .pollInterval(Duration.ofMillis(50))
        .during(ZooKeeperFixture.SESSION_TIMEOUT)
        .atMost(Duration.ofSeconds(30))
        .until(() -> lease.renew().toNanos() > 0 && other.candidates().size() == 1);
    lease.close();
    assertThat(election.acquire().epoch()).isEqualTo(3);
  }

  @Test
  void aSessionThatEndsWhileTheElectionIsCommittedDoesNotLeaveTheUserWaiting() throws Exception {
    CuratorFramework client = zk.client(proxy.connectString());
    LeaderElection fresh =
        zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).candidateId("w-3").build());
    Cut.AFTER.arm(proxy, "elected");
    CompletableFuture<Long> epoch = new CompletableFuture<>();
    Thread waiting =
        new Thread(
            () -> {
              try {
                epoch.complete(fresh.acquire().epoch());
              } catch (Exception e) {
                epoch.completeExceptionally(e);
              }
            });
    waiting.start();
    await().until(() -> operator.checkExists().forPath(SCOPE + "/leader") != null);
    client.getZookeeperClient().getZooKeeper().getTestable().injectSessionExpiration();
    assertThat(epoch.get(30, TimeUnit.SECONDS)).isEqualTo(2L);
    assertTrail("0000000001-elected-w-3", "0000000002-lost-w-3", "0000000003-elected-w-3");
  }

  @Test
  void aCheckpointIsSentAgainAfterALostConnection() throws Exception {
    Lease lease = election.acquire();
    FaultProxy.Fault fault =
        proxy.cutAfterForwardingBeforeReply(
            OpCode.multi, 1, FaultProxy.whenBodyContains("/checkpoint"));
    lease.checkpoint("half-way".getBytes());
    assertThat(fault.fired()).isTrue();
    assertThat(operator.getData().forPath(SCOPE + "/checkpoint")).asString().isEqualTo("half-way");
    assertThat(lease.isHeld()).isTrue();
  }

  @Test
  void aTransactionWithoutAnAnswerSaysThatItsOutcomeIsUnknown() throws Exception {
    Lease lease = election.acquire();
    operator.create().forPath("/total", new byte[] {0});
    FaultProxy.Fault fault =
        proxy.cutAfterForwardingBeforeReply(OpCode.multi, 1, FaultProxy.whenBodyContains("/total"));
    assertThatThrownBy(
            () ->
                lease.inTransaction(
                    List.of(operator.transactionOp().setData().forPath("/total", new byte[] {1}))))
        .isInstanceOf(OutcomeUnknownException.class);
    assertThat(fault.fired()).isTrue();
    assertThat(operator.getData().forPath("/total")).containsExactly(1);
  }

  @Test
  void renewalSendsOneQuorumOperationForAllLeasesOfTheClient() throws Exception {
    CuratorFramework client = zk.client(proxy.connectString());
    SessionMonitor monitor = zk.monitor(client);
    List<Lease> leases = new java.util.ArrayList<>();
    for (int i = 0; i < 20; i++) {
      leases.add(
          zk.closeLater(LeaderElection.builder(monitor, "/many/s" + i).candidateId("w-1").build())
              .acquire());
    }
    long acknowledged = proxy.requestsSeen(OpCode.multi);
    long start = System.nanoTime();
    long interval = ZooKeeperFixture.SESSION_TIMEOUT.toNanos() / 6;
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              for (Lease lease : leases) {
                lease.renew();
              }
              return proxy.requestsSeen(OpCode.multi) - acknowledged >= 6;
            });
    long sent = proxy.requestsSeen(OpCode.multi) - acknowledged;
    long intervals = (System.nanoTime() - start) / interval + 1;
    assertThat(sent)
        .as("at most two in each ack interval that went by, whatever the number of leases")
        .isLessThanOrEqualTo(2 * intervals + 2);
  }

  @Test
  void aServerWithoutTransactionsIsRefusedInPlainWords() throws Exception {
    // Before ZooKeeper 3.4 a server answers a transaction with "unimplemented".
    for (int i = 1; i <= 50; i++) {
      proxy.replaceError(OpCode.multi, i, Code.UNIMPLEMENTED.intValue());
    }
    assertThatThrownBy(election::acquire)
        .isInstanceOf(UnsupportedServerException.class)
        .hasMessageContaining("3.6");
    assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull();
  }

  @Test
  void aClientThatIsClosedUnderItsLeaseEndsItBeforeItsSession() throws Exception {
    CuratorFramework client = zk.client();
    LeaderElection own =
        zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).candidateId("w-2").build());
    Lease lease = own.acquire();
    assertThat(lease.isHeld()).isTrue();
    client.close();
    assertThat(lease.isHeld()).isFalse();
    assertThat(end(lease).end().word()).isEqualTo("lost");
  }
}
