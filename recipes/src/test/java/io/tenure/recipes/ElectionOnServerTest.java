package io.tenure.recipes;

import static io.tenure.testing.ZooKeeperFixture.trail;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.scope.Candidate;
import io.tenure.scope.DuplicateCandidateException;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.LeaseTermsException;
import io.tenure.scope.NotLeaderException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Retention;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every transition, operators' hands, and bad input, on a real server. */
@Timeout(60)
class ElectionOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private CuratorFramework client;
  private CuratorFramework operator;

  @BeforeEach
  void connect() {
    client = zk.client();
    operator = zk.client();
  }

  private LeaderElection.Builder candidate(String id) {
    return LeaderElection.builder(zk.monitor(client), SCOPE).candidateId(id);
  }

  private LeaderElection.Builder candidateInOwnSession(String id) {
    return LeaderElection.builder(zk.monitor(zk.client()), SCOPE).candidateId(id);
  }

  private LeaderElection open(LeaderElection.Builder builder) {
    return zk.closeLater(builder.build());
  }

  private static Ended end(Lease lease) throws Exception {
    return lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private List<String> trailOf() throws Exception {
    return List.copyOf(trail(operator, SCOPE));
  }

  private void assertClean() throws Exception {
    assertThat(AuditLog.of(operator, SCOPE).verify()).isEmpty();
  }

  @Test
  void electedAndResignedStandInTheTrailOnceEach() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    assertThat(lease.epoch()).isEqualTo(1);
    assertThat(lease.isHeld()).isTrue();
    assertThat(lease.predecessor()).isEmpty();
    assertThat(election.leader()).map(Tenure::epoch).contains(1L);
    assertThat(election.candidates()).extracting(Candidate::id).containsExactly("w-1");

    lease.resign("done for today");

    assertThat(lease.isHeld()).isFalse();
    assertThat(end(lease))
        .isEqualTo(new Ended(lease.tenure(), new Transition.Resigned("done for today"), true));
    assertThat(trailOf()).containsExactly("0000000001-elected-w-1", "0000000002-resigned-w-1");
    assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull();
    assertThat(election.leader()).isEmpty();
    assertClean();
  }

  @Test
  void aSuccessorLearnsHowTheTenureBeforeEnded() throws Exception {
    LeaderElection first = open(candidate("w-1"));
    LeaderElection second = open(candidateInOwnSession("w-2"));
    first.acquire().resign("planned");
    Lease lease = second.acquire();
    assertThat(lease.epoch()).isEqualTo(2);
    assertThat(lease.predecessor().orElseThrow().candidateId()).isEqualTo("w-1");
    assertThat(lease.predecessor().orElseThrow().end())
        .isEqualTo(new Transition.Resigned("planned"));
    assertThat(lease.predecessor().orElseThrow().end().needsRecovery()).isFalse();
  }

  @Test
  void aLeaseThatNobodyRenewsLapsesWhileItsSessionLives() throws Exception {
    LeaderElection election = open(candidate("w-1").leaseDuration(Duration.ofMillis(300)));
    LeaderElection standby = open(candidateInOwnSession("w-2"));
    Lease lease = election.acquire();
    CompletableFuture<Lease> next = acquireAsync(standby);

    assertThat(end(lease).end()).isInstanceOf(Transition.Lapsed.class);
    assertThat(end(lease).recorded()).isTrue();
    assertThatThrownBy(lease::renew).isInstanceOf(NotLeaderException.class);
    assertThat(next.get(20, TimeUnit.SECONDS).predecessor().orElseThrow().end())
        .isInstanceOf(Transition.Lapsed.class);
    assertThat(trailOf())
        .containsExactly(
            "0000000001-elected-w-1", "0000000002-lapsed-w-1", "0000000003-elected-w-2");
    assertClean();
  }

  @Test
  void aSessionThatEndsInOfficeIsRecordedAsLostByTheSuccessor() throws Exception {
    CuratorFramework doomed = zk.client();
    LeaderElection election =
        open(LeaderElection.builder(zk.monitor(doomed), SCOPE).candidateId("w-1"));
    LeaderElection standby = open(candidate("w-2"));
    Lease lease = election.acquire();
    CompletableFuture<Lease> next = acquireAsync(standby);

    doomed.getZookeeperClient().getZooKeeper().getTestable().injectSessionExpiration();

    assertThat(end(lease).end()).isInstanceOf(Transition.Lost.class);
    assertThat(lease.isHeld()).isFalse();
    Lease successor = next.get(30, TimeUnit.SECONDS);
    assertThat(successor.epoch()).isEqualTo(2);
    assertThat(successor.predecessor().orElseThrow().end()).isInstanceOf(Transition.Lost.class);
    assertThat(trailOf())
        .containsExactly("0000000001-elected-w-1", "0000000002-lost-w-1", "0000000003-elected-w-2");
    assertClean();
  }

  @Test
  void revokeWrittenIntoTheLeaderNodeEndsTheTenure() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    operator
        .setData()
        .forPath(SCOPE + "/leader", "revoke for maintenance".getBytes(StandardCharsets.UTF_8));
    assertThat(end(lease).end())
        .isEqualTo(new Transition.Revoked("revoked by an operator: for maintenance"));
    assertThat(trailOf()).containsExactly("0000000001-elected-w-1", "0000000002-revoked-w-1");
    assertClean();
  }

  @Test
  void otherTextInTheLeaderNodeIsIgnored() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    operator.setData().forPath(SCOPE + "/leader", "hello".getBytes(StandardCharsets.UTF_8));
    assertThat(election.leader()).map(Tenure::epoch).contains(1L);
    // The watch is set anew after each change: the second word is heard as well.
    operator.setData().forPath(SCOPE + "/leader", "revoke".getBytes(StandardCharsets.UTF_8));
    assertThat(end(lease).end()).isInstanceOf(Transition.Revoked.class);
  }

  @Test
  void theLeaderNodeDeletedByHandRevokes() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    operator.delete().forPath(SCOPE + "/leader");
    assertThat(end(lease).end()).isInstanceOf(Transition.Revoked.class);
    assertThat(end(lease).recorded()).isTrue();
    assertThat(trailOf()).containsExactly("0000000001-elected-w-1", "0000000002-revoked-w-1");
    assertThat(election.acquire().epoch()).isEqualTo(2);
    assertClean();
  }

  @Test
  void theLatchNodeDeletedByHandDoesNotEndTheTenureAndNobodyElseGetsIn() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    LeaderElection standby = open(candidateInOwnSession("w-2"));
    Lease lease = election.acquire();
    CompletableFuture<Lease> next = acquireAsync(standby);
    await().until(() -> election.candidates().size() == 2);
    String first =
        operator.getChildren().forPath(SCOPE + "/latch").stream()
            .min(java.util.Comparator.comparing(n -> n.substring(n.length() - 10)))
            .orElseThrow();
    operator.delete().forPath(SCOPE + "/latch/" + first);

    await()
        .pollInterval(Duration.ofMillis(50))
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(10))
        .until(() -> lease.renew().toNanos() > 0 && !next.isDone());
    lease.close();
    assertThat(next.get(20, TimeUnit.SECONDS).epoch()).isEqualTo(2);
    assertClean();
  }

  @Test
  void aScopeDeletedUnderALeaderEndsTheTenureAndStartsAnew() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    deleteAtOnce(SCOPE);
    Ended ended = end(lease);
    assertThat(ended.end()).isEqualTo(new Transition.Lost("the scope was deleted"));
    assertThat(ended.recorded()).isFalse();
    assertThat(lease.isHeld()).isFalse();
    Lease again = election.acquire();
    assertThat(again.epoch()).isEqualTo(1);
    assertClean();
  }

  @Test
  void aScopeDeletedUnderACandidateThatWaitsIsMadeAnew() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    LeaderElection standby = open(candidateInOwnSession("w-2"));
    Lease lease = election.acquire();
    CompletableFuture<Lease> next = acquireAsync(standby);
    await().until(() -> election.candidates().size() == 2);
    deleteAtOnce(SCOPE);
    assertThat(next.get(30, TimeUnit.SECONDS).epoch()).isEqualTo(1);
    assertThat(lease.isHeld()).isFalse();
    assertClean();
  }

  @Test
  void theAuditParentDeletedByHandIsMadeAnewAndTheTenureStillEnds() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    operator.delete().deletingChildrenIfNeeded().forPath(SCOPE + "/audit");
    lease.close();
    assertThat(end(lease).recorded()).isTrue();
    assertThat(trailOf()).containsExactly("0000000002-resigned-w-1");
  }

  @Test
  void aCheckpointReachesTheSuccessorAndAStaleOneIsRefused() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease first = election.acquire();
    assertThat(first.lastCheckpoint()).isEmpty();
    first.checkpoint(new byte[] {1});
    first.checkpoint(new byte[] {2});
    first.close();
    assertThatThrownBy(() -> first.checkpoint(new byte[] {3}))
        .isInstanceOf(NotLeaderException.class);
    Lease second = election.acquire();
    assertThat(second.lastCheckpoint().orElseThrow()).containsExactly(2);
  }

  @Test
  void aCheckpointOverTheSizeLimitIsRefusedWithTheNumbers() throws Exception {
    Lease lease = open(candidate("w-1")).acquire();
    assertThatThrownBy(() -> lease.checkpoint(new byte[2_000_000]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2000000 bytes")
        .hasMessageContaining("jute.maxbuffer");
    assertThat(lease.isHeld()).isTrue();
    lease.checkpoint(new byte[900_000]);
  }

  @Test
  void aTransactionOfALeaderCommitsOnlyWhileNoLaterTenureHasBegun() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    operator.create().creatingParentsIfNeeded().forPath("/data/total", new byte[] {0});
    assertThat(
            lease.inTransaction(
                List.of(client.transactionOp().setData().forPath("/data/total", new byte[] {7}))))
        .hasSize(1)
        .first()
        .satisfies(result -> assertThat(result.getResultStat().getVersion()).isEqualTo(1));

    // An operator changes the record behind the lease's back: locally it still looks held.
    operator.setData().forPath(SCOPE, operator.getData().forPath(SCOPE));
    assertThat(lease.isHeld()).isTrue();
    assertThatThrownBy(
            () ->
                lease.inTransaction(
                    List.of(
                        client.transactionOp().setData().forPath("/data/total", new byte[] {8}))))
        .isInstanceOf(NotLeaderException.class);
    assertThat(operator.getData().forPath("/data/total")).containsExactly(7);
    assertThat(lease.isHeld()).isFalse();
  }

  @Test
  void aFailingOperationOfATransactionIsNamedAndNothingIsApplied() throws Exception {
    Lease lease = open(candidate("w-1")).acquire();
    assertThatThrownBy(
            () ->
                lease.inTransaction(
                    List.of(
                        client.transactionOp().create().forPath("/fresh"),
                        client.transactionOp().delete().forPath("/missing"))))
        .isInstanceOfSatisfying(
            KeeperException.NoNodeException.class,
            e -> assertThat(e.getPath()).isEqualTo("/missing"));
    assertThat(operator.checkExists().forPath("/fresh")).isNull();
    assertThat(lease.isHeld()).isTrue();
  }

  @Test
  void retentionKeepsTheLastEntriesAndTheTrailStaysClean() throws Exception {
    LeaderElection election = open(candidate("w-1").retention(Retention.last(5)));
    for (int i = 0; i < 10; i++) {
      election.acquire().close();
    }
    assertThat(trailOf()).hasSize(5).first().isEqualTo("0000000016-resigned-w-1");
    assertClean();
  }

  @Test
  void tryAcquireGivesUpAndLeavesNothingBehind() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    LeaderElection standby = open(candidateInOwnSession("w-2"));
    Lease lease = election.acquire();
    assertThat(standby.tryAcquire(Duration.ofMillis(300))).isEmpty();
    await().until(() -> operator.getChildren().forPath(SCOPE + "/latch").size() == 1);
    lease.close();
    assertThat(standby.tryAcquire(Duration.ofSeconds(20))).isPresent();
  }

  @Test
  void anInterruptEndsTheWaitingAndLeavesNothingBehind() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    LeaderElection standby = open(candidateInOwnSession("w-2"));
    Lease lease = election.acquire();
    BlockingQueue<Object> outcome = new LinkedBlockingQueue<>();
    Thread waiting =
        new Thread(
            () -> {
              try {
                outcome.add(standby.acquire());
              } catch (Exception e) {
                outcome.add(e);
              }
            });
    waiting.start();
    await().until(() -> election.candidates().size() == 2);
    waiting.interrupt();
    assertThat(outcome.poll(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    await().until(() -> operator.getChildren().forPath(SCOPE + "/latch").size() == 1);
    assertThat(lease.isHeld()).isTrue();
    assertThat(trailOf()).containsExactly("0000000001-elected-w-1");
  }

  @Test
  void oneTenureAtATime() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    assertThatThrownBy(election::acquire)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("already leads " + SCOPE);
    assertThat(lease.isHeld()).isTrue();
  }

  @Test
  void closeResignsAndClosingTwiceIsHarmless() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    election.close();
    election.close();
    lease.close();
    assertThat(end(lease).end()).isEqualTo(new Transition.Resigned("election closed"));
    assertThat(operator.getChildren().forPath(SCOPE + "/latch")).isEmpty();
    assertThatThrownBy(election::acquire).isInstanceOf(ElectionClosedException.class);
  }

  @Test
  void closeEndsAWaitingAcquire() throws Exception {
    Lease lease = open(candidate("w-1")).acquire();
    LeaderElection standby = open(candidateInOwnSession("w-2"));
    CompletableFuture<Lease> next = acquireAsync(standby);
    await().until(() -> standby.candidates().size() == 2);
    standby.close();
    assertThatThrownBy(() -> next.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ElectionClosedException.class);
    assertThat(lease.isHeld()).isTrue();
  }

  @Test
  void listenersRunInOrderAndWhatTheyThrowGoesNoFurther() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    LeaderElection election =
        open(
            candidate("w-1")
                .listener(
                    new ElectionListener() {
                      @Override
                      public void elected(Lease lease) {
                        heard.add("elected " + lease.epoch());
                        throw new IllegalStateException("a listener that throws");
                      }

                      @Override
                      public void ended(Ended ended) {
                        heard.add(ended.end().word() + " " + ended.tenure().epoch());
                      }
                    }));
    election.acquire().close();
    election.acquire().close();
    for (String expected : List.of("elected 1", "resigned 1", "elected 2", "resigned 2")) {
      assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(expected);
    }
  }

  @Test
  void closeFromAListenerIsHarmless() throws Exception {
    CompletableFuture<LeaderElection> self = new CompletableFuture<>();
    CompletableFuture<Ended> heard = new CompletableFuture<>();
    LeaderElection election =
        open(
            candidate("w-1")
                .listener(
                    new ElectionListener() {
                      @Override
                      public void elected(Lease lease) {
                        self.join().close();
                        lease.close();
                      }

                      @Override
                      public void ended(Ended ended) {
                        heard.complete(ended);
                      }
                    }));
    self.complete(election);
    election.acquire();
    assertThat(heard.get(20, TimeUnit.SECONDS).end()).isInstanceOf(Transition.Resigned.class);
  }

  @Test
  void aRecordThatIsNotOursIsRefusedAndLeftUntouched() throws Exception {
    operator
        .create()
        .creatingParentsIfNeeded()
        .forPath(SCOPE, "someone else's".getBytes(StandardCharsets.UTF_8));
    LeaderElection election = open(candidate("w-1"));
    assertThatThrownBy(election::acquire)
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining(SCOPE + " is not Tenure's");
    assertThat(operator.getData().forPath(SCOPE)).asString().isEqualTo("someone else's");
    assertThat(operator.getChildren().forPath(SCOPE)).isEmpty();
  }

  @Test
  void aRecordOfANewerFormatIsRefusedAndLeftUntouched() throws Exception {
    operator
        .create()
        .creatingParentsIfNeeded()
        .forPath(SCOPE, "{\"format\":2}".getBytes(StandardCharsets.UTF_8));
    LeaderElection election = open(candidate("w-1"));
    assertThatThrownBy(election::acquire)
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining(SCOPE + " has format 2");
    assertThat(operator.getData().forPath(SCOPE)).asString().isEqualTo("{\"format\":2}");
  }

  @Test
  void aForeignZnodeInTheEntrysPlaceIsNamedAndLeftUntouched() throws Exception {
    open(candidate("w-1")).acquire().close();
    String inTheWay = SCOPE + "/audit/0000000003-elected-w-2";
    operator.create().forPath(inTheWay, new byte[] {1});
    try (LogLines log = LogLines.of("io.tenure")) {
      assertThat(open(candidate("w-2")).acquire().epoch()).isEqualTo(2);
      assertThat(log.warnings()).singleElement().asString().contains(inTheWay);
    }
    assertThat(operator.getData().forPath(inTheWay)).containsExactly(1);
  }

  @Test
  void aZnodeThatWasCreatedEmptyAsAParentIsTakenOver() throws Exception {
    operator.create().creatingParentsIfNeeded().forPath(SCOPE, new byte[0]);
    assertThat(open(candidate("w-1")).acquire().epoch()).isEqualTo(1);
    assertClean();
  }

  @Test
  void znodesWithoutDataAreAsGoodAsEmptyOnes() throws Exception {
    operator.create().creatingParentsIfNeeded().forPath("/billing");
    createWithoutData(SCOPE);
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    assertThat(lease.epoch()).isEqualTo(1);
    createWithoutData(SCOPE + "/checkpoint");
    assertThat(lease.lastCheckpoint()).hasValueSatisfying(data -> assertThat(data).isEmpty());
    lease.close();
    createWithoutData(SCOPE + "/leader");
    assertThat(election.leader()).isEmpty();
    operator.delete().forPath(SCOPE + "/leader");
    assertClean();
  }

  private void createWithoutData(String path) throws Exception {
    operator
        .getZookeeperClient()
        .getZooKeeper()
        .create(path, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
  }

  @Test
  void termsThatLeaveNoTimeToActAreRefusedWithTheNumbers() throws Exception {
    LeaderElection election = open(candidate("w-1").safetyMargin(Duration.ofMillis(2900)));
    assertThatThrownBy(election::acquire)
        .isInstanceOf(LeaseTermsException.class)
        .hasMessageContaining("session timeout 3000 ms")
        .hasMessageContaining("safety margin 2900 ms")
        .hasMessageContaining("ack interval 500 ms");
    LeaderElection unsafe = open(candidate("w-1").safetyMargin(Duration.ofMillis(100)));
    assertThatThrownBy(unsafe::acquire)
        .isInstanceOf(LeaseTermsException.class)
        .hasMessageContaining("safety margin 100 ms is less than");
    assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull();
  }

  @Test
  void theNegotiatedSessionTimeoutCountsAndNotTheOneAskedFor() throws Exception {
    // The server allows 20 ticks at most.
    Duration asked = ZooKeeperFixture.TICK_TIME.multipliedBy(100);
    CuratorFramework hopeful = zk.client(zk.server().getConnectString(), asked);
    LeaderElection election =
        open(LeaderElection.builder(zk.monitor(hopeful), SCOPE).candidateId("w-1"));
    Lease lease = election.acquire();
    assertThat(lease.remaining()).isLessThan(ZooKeeperFixture.TICK_TIME.multipliedBy(20));
  }

  @Test
  void aSecondCandidateWithTheSameIdInTheSameSessionIsRefused() throws Exception {
    SessionMonitor monitor = zk.monitor(client);
    LeaderElection first = open(LeaderElection.builder(monitor, SCOPE).candidateId("twin"));
    LeaderElection second = open(LeaderElection.builder(monitor, SCOPE).candidateId("twin"));
    Lease lease = first.acquire();
    assertThatThrownBy(second::acquire)
        .isInstanceOf(DuplicateCandidateException.class)
        .hasMessageContaining("candidate id twin of scope " + SCOPE + " is in use by");
    assertThat(lease.isHeld()).isTrue();
    // The caller hears of the refusal before the node in the queue is gone.
    await().untilAsserted(() -> assertThat(first.candidates()).hasSize(1));
  }

  @Test
  void aSecondCandidateWithTheSameIdInAnotherLiveSessionIsRefused() throws Exception {
    LeaderElection first = open(candidate("twin"));
    LeaderElection second = open(candidateInOwnSession("twin"));
    Lease lease = first.acquire();
    CompletableFuture<Lease> refused = acquireAsync(second);
    await()
        .pollInterval(Duration.ofMillis(100))
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              lease.renew();
              return refused.isDone();
            });
    assertThatThrownBy(refused::get).hasCauseInstanceOf(DuplicateCandidateException.class);
    assertThat(lease.isHeld()).isTrue();
  }

  @Test
  void aRestartedProcessGetsInWhileItsOldSessionLingers() throws Exception {
    var proxy = zk.proxy();
    CuratorFramework old = zk.client(proxy.connectString());
    LeaderElection before =
        open(LeaderElection.builder(zk.monitor(old), SCOPE).candidateId("twin"));
    before.acquire();
    proxy.blackhole(true); // the old process is gone; its session is still there
    LeaderElection after = open(candidateInOwnSession("twin"));
    Lease lease = after.acquire();
    assertThat(lease.epoch()).isEqualTo(2);
    assertThat(lease.predecessor().orElseThrow().end()).isInstanceOf(Transition.Lost.class);
    proxy.blackhole(false);
  }

  @Test
  void deniedPermissionsAreNamedWhenTheCandidateJoins() throws Exception {
    operator.create().creatingParentsIfNeeded().forPath("/billing");
    operator.create().forPath(SCOPE, new byte[0]);
    operator.create().forPath(SCOPE + "/audit", new byte[0]);
    operator.create().forPath(SCOPE + "/latch", new byte[0]);
    record Case(String path, int permissions, String message) {}
    int all = Perms.ALL;
    for (Case c :
        List.of(
            new Case(SCOPE, all & ~Perms.CREATE, "denies create on " + SCOPE + ":"),
            new Case(SCOPE, all & ~Perms.DELETE, "denies delete on " + SCOPE + ":"),
            new Case(SCOPE, all & ~Perms.WRITE, "denies write on " + SCOPE + ":"),
            new Case(SCOPE, all & ~Perms.READ, "denies read on " + SCOPE + ":"),
            new Case(
                SCOPE + "/audit", all & ~Perms.CREATE, "denies create on " + SCOPE + "/audit:"),
            new Case(
                SCOPE + "/latch", all & ~Perms.CREATE, "denies create on " + SCOPE + "/latch:"),
            new Case(
                SCOPE + "/latch", all & ~Perms.DELETE, "denies delete on " + SCOPE + "/latch:"))) {
      operator
          .setACL()
          .withACL(List.of(new ACL(c.permissions(), Ids.ANYONE_ID_UNSAFE)))
          .forPath(c.path());
      try (LeaderElection election = candidate("w-1").build()) {
        assertThatThrownBy(election::acquire)
            .as(c.toString())
            .isInstanceOf(PermissionDeniedException.class)
            .hasMessageContaining(c.message());
      }
      operator.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(c.path());
    }
    assertThat(operator.getChildren().forPath(SCOPE + "/audit")).isEmpty();
    assertThat(open(candidate("w-1")).acquire().epoch()).isEqualTo(1);
  }

  @Test
  void namespacesAndAclProvidersOfTheClientApply() throws Exception {
    CuratorFramework spaced =
        CuratorFrameworkFactory.builder()
            .connectString(zk.server().getConnectString())
            .namespace("team")
            .sessionTimeoutMs(3000)
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .build();
    spaced.start();
    zk.closeLater(spaced);
    Lease lease =
        open(LeaderElection.builder(zk.monitor(spaced), SCOPE).candidateId("w-1")).acquire();
    lease.checkpoint(new byte[] {1});
    assertThat(operator.checkExists().forPath("/team" + SCOPE + "/leader")).isNotNull();
    assertThat(AuditLog.of(spaced, SCOPE).verify()).isEmpty();
  }

  @Test
  void aPlainParticipantOfTheSameLatchIsShownAndWaitedFor() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    var latch =
        new org.apache.curator.framework.recipes.leader.LeaderLatch(
            operator, SCOPE + "/latch", "plain");
    latch.start();
    zk.closeLater(latch);
    await().until(() -> election.candidates().size() == 2);
    assertThat(election.candidates()).extracting(Candidate::id).containsExactly("w-1", "plain");
    assertThat(election.candidates().get(1).host()).isEqualTo("unknown");
    assertThat(lease.isHeld()).isTrue();
  }

  /**
   * In one transaction: a recursive delete goes node by node, and a leader would have time to
   * answer.
   */
  private void deleteAtOnce(String path) throws Exception {
    List<CuratorOp> deletes = new ArrayList<>();
    collectDeletes(path, deletes);
    operator.transaction().forOperations(deletes);
  }

  private void collectDeletes(String path, List<CuratorOp> deletes) throws Exception {
    for (String child : operator.getChildren().forPath(path)) {
      collectDeletes(path + "/" + child, deletes);
    }
    deletes.add(operator.transactionOp().delete().forPath(path));
  }

  private static CompletableFuture<Lease> acquireAsync(LeaderElection election) {
    CompletableFuture<Lease> future = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                future.complete(election.acquire());
              } catch (Throwable e) {
                future.completeExceptionally(e);
              }
            },
            "acquire");
    thread.setDaemon(true);
    thread.start();
    return future;
  }
}
