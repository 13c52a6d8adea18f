package io.tenure.recipes;

import static io.tenure.testing.ZooKeeperFixture.trail;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Retention;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What people and tools leave in the tree of a scope, and what elections do about it. */
@Timeout(60)
class TreeByHandOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private CuratorFramework operator;

  @BeforeEach
  void connect() {
    operator = zk.client();
  }

  private LeaderElection.Builder candidate(String id) {
    return LeaderElection.builder(zk.monitor(zk.client()), SCOPE).candidateId(id);
  }

  private LeaderElection open(LeaderElection.Builder builder) {
    return zk.closeLater(builder.build());
  }

  private static CompletableFuture<Lease> acquire(LeaderElection election) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return election.acquire();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void anEntryWithAChildIsKeptAndSaidOnceAndElectionsGoOn() throws Exception {
    LeaderElection election = open(candidate("w-1").retention(Retention.last(4)));
    election.acquire().close();
    String kept = "0000000001-elected-w-1";
    operator.create().forPath(SCOPE + "/audit/" + kept + "/note");
    try (LogLines log = LogLines.of("io.tenure")) {
      for (int i = 0; i < 5; i++) {
        election.acquire().close();
      }
      assertThat(log.warnings()).hasSize(1).first().asString().contains(SCOPE + "/audit/" + kept);
    }
    assertThat(trail(operator, SCOPE))
        .hasSize(5)
        .startsWith(kept)
        .endsWith("0000000012-resigned-w-1");
  }

  @Test
  void anEndThatCannotBeRecordedFreesAnOfficeWhoseNodeWasOverwritten() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    Lease lease = election.acquire();
    operator.setData().forPath(SCOPE + "/leader", "hello".getBytes(StandardCharsets.UTF_8));
    String audit = SCOPE + "/audit";
    ACL withoutCreate = new ACL(Perms.ALL & ~Perms.CREATE, Ids.ANYONE_ID_UNSAFE);
    operator.setACL().withACL(List.of(withoutCreate)).forPath(audit);
    lease.close();
    Ended how = lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(how.recorded()).isFalse();
    await()
        .untilAsserted(
            () -> assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull());
    operator.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(audit);
    assertThat(open(candidate("w-2")).acquire().epoch()).isEqualTo(2);
  }

  @Test
  void aLeaderNodeWhoseDeletionLosesTheConnectionIsDeletedOnTheNextOne() throws Exception {
    FaultProxy proxy = zk.proxy();
    zk.limitSessions(ZooKeeperFixture.PATIENT_SESSION);
    CuratorFramework client = zk.client(proxy.connectString(), ZooKeeperFixture.PATIENT_SESSION);
    LeaderElection election = open(LeaderElection.builder(zk.monitor(client), SCOPE));
    Lease lease = election.acquire();
    FaultProxy.Fault cut =
        proxy.cutBeforeForwarding(
            ZooDefs.OpCode.multi, 1, FaultProxy.whenBodyContains(SCOPE + "/leader"));
    operator.setData().forPath(SCOPE, new byte[0]);
    operator.setData().forPath(SCOPE + "/leader", "hello".getBytes(StandardCharsets.UTF_8));
    assertThat(cut.awaitFired(Duration.ofSeconds(20))).isTrue();
    assertThat(lease.isHeld()).isFalse();
    await()
        .atMost(20, TimeUnit.SECONDS)
        .untilAsserted(
            () -> assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull());
  }

  @Test
  void aCandidateWhoseNodeInTheQueueIsDeletedByHandEntersTheQueueAgain() throws Exception {
    LeaderElection first = open(candidate("w-1"));
    Lease lease = first.acquire();
    CompletableFuture<Lease> waiting = acquire(open(candidate("w-2")));
    await().untilAsserted(() -> assertThat(first.candidates()).hasSize(2));
    for (String name : operator.getChildren().forPath(SCOPE + "/latch")) {
      byte[] candidate = operator.getData().forPath(SCOPE + "/latch/" + name);
      if (new String(candidate, StandardCharsets.UTF_8).contains("w-2")) {
        operator.delete().forPath(SCOPE + "/latch/" + name);
      }
    }
    await()
        .atMost(20, TimeUnit.SECONDS)
        .untilAsserted(
            () -> {
              lease.renew();
              assertThat(first.candidates())
                  .extracting(Candidate::id)
                  .containsExactly("w-1", "w-2");
            });
    lease.close();
    assertThat(waiting.get(20, TimeUnit.SECONDS).epoch()).isEqualTo(2);
  }

  @Test
  void aLeaderNodeThatGoesWithNoSessionIsNamedWithTheRemedyOnce() throws Exception {
    open(candidate("w-1")).acquire().close();
    operator.create().forPath(SCOPE + "/leader", "restored".getBytes(StandardCharsets.UTF_8));
    try (LogLines log = LogLines.of("io.tenure")) {
      CompletableFuture<Lease> waiting = acquire(open(candidate("w-2")));
      await()
          .untilAsserted(
              () ->
                  assertThat(log.warnings())
                      .hasSize(1)
                      .first()
                      .asString()
                      .contains("delete " + SCOPE + "/leader"));
      operator.setData().forPath(SCOPE + "/leader", "again".getBytes(StandardCharsets.UTF_8));
      operator.delete().forPath(SCOPE + "/leader");
      assertThat(waiting.get(20, TimeUnit.SECONDS).epoch()).isEqualTo(2);
      assertThat(log.warnings()).hasSize(1);
    }
  }

  /** At one instant: where one node goes after the other, Curator's latch may notice. */
  private void deleteScopeAtOnce() throws Exception {
    List<CuratorOp> deletes = new ArrayList<>();
    for (String path : List.of(SCOPE + "/latch", SCOPE + "/audit", SCOPE)) {
      for (String name : operator.getChildren().forPath(path)) {
        if (!name.equals("latch") && !name.equals("audit")) {
          deletes.add(operator.transactionOp().delete().forPath(path + "/" + name));
        }
      }
    }
    for (String path : List.of(SCOPE + "/latch", SCOPE + "/audit", SCOPE)) {
      deletes.add(operator.transactionOp().delete().forPath(path));
    }
    operator.transaction().forOperations(deletes);
  }

  @Test
  void aCandidateWhoseScopeIsDeletedWhileItWaitsEntersTheQueueAgain() throws Exception {
    Lease lease = open(candidate("w-1")).acquire();
    LeaderElection waits = open(candidate("w-2"));
    CompletableFuture<Lease> waiting = acquire(waits);
    await().until(() -> waits.candidates().size() == 2);
    deleteScopeAtOnce();
    assertThat(lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS).recorded()).isFalse();
    assertThat(waiting.get(20, TimeUnit.SECONDS).epoch()).isEqualTo(1);
  }

  @Test
  void aNodeInTheQueueThatGoesWithNoSessionIsNamedWithTheRemedyOnce() throws Exception {
    open(candidate("w-1")).acquire().close();
    String head = SCOPE + "/latch/_c_restored-latch-0000000000";
    operator
        .create()
        .creatingParentsIfNeeded()
        .forPath(head, "w-9".getBytes(StandardCharsets.UTF_8));
    try (LogLines log = LogLines.of("io.tenure")) {
      CompletableFuture<Lease> waiting = acquire(open(candidate("w-2")));
      await()
          .untilAsserted(
              () ->
                  assertThat(log.warnings())
                      .hasSize(1)
                      .first()
                      .asString()
                      .contains("delete " + head));
      operator.delete().forPath(head);
      assertThat(waiting.get(20, TimeUnit.SECONDS).epoch()).isEqualTo(2);
    }
  }

  private void leadTwice() throws Exception {
    LeaderElection election = open(candidate("w-1").retention(Retention.last(3)));
    election.acquire().close();
    election.acquire().close();
    election.close();
  }

  /** The command that the message gives, carried out as zkCli would. */
  private void mend(String message) throws Exception {
    String start = "set " + SCOPE + " '";
    String data =
        message.substring(message.indexOf(start) + start.length(), message.lastIndexOf('\''));
    operator.setData().forPath(SCOPE, data.getBytes(StandardCharsets.UTF_8));
  }

  private void assertRefusedUntilMended() throws Exception {
    byte[] before = operator.getData().forPath(SCOPE);
    LeaderElection election = open(candidate("w-2"));
    assertThatThrownBy(election::acquire)
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining(SCOPE + "/audit/0000000004-resigned-w-1")
        .satisfies(e -> mend(e.getMessage()));
    assertThat(before).isNotEqualTo(operator.getData().forPath(SCOPE));
    Lease lease = election.acquire();
    assertThat(lease.epoch()).isEqualTo(3);
    assertThat(lease.predecessor().orElseThrow().end().word()).isEqualTo("resigned");
    assertThat(AuditLog.of(operator, SCOPE).verify()).isEmpty();
  }

  @Test
  void aRecordThatWasEmptiedByHandGivesNoEpochOutTwice() throws Exception {
    leadTwice();
    operator.setData().forPath(SCOPE, new byte[0]);
    assertRefusedUntilMended();
  }

  @Test
  void aRecordThatWasSetBackToAnOlderCopyGivesNoEpochOutTwice() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    election.acquire().close();
    byte[] older = operator.getData().forPath(SCOPE);
    election.close();
    LeaderElection second = open(candidate("w-1").retention(Retention.last(2)));
    second.acquire().close();
    second.close();
    operator.setData().forPath(SCOPE, older);
    assertRefusedUntilMended();
  }

  @Test
  void aRecordThatIsEmptiedUnderACandidateThatWaitsGivesNoEpochOutTwice() throws Exception {
    LeaderElection leads = open(candidate("w-1"));
    Lease lease = leads.acquire();
    LeaderElection waits = open(candidate("w-2"));
    CompletableFuture<Lease> waiting = acquire(waits);
    await().until(() -> waits.candidates().size() == 2);
    operator.setData().forPath(SCOPE, new byte[0]);
    operator.delete().forPath(SCOPE + "/leader");
    assertThat(lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS).recorded()).isFalse();
    assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ForeignDataException.class);
    assertThat(trail(operator, SCOPE)).containsExactly("0000000001-elected-w-1");
  }

  @Test
  void aRecordThatIsEmptiedOrSetBackUnderALeaderDoesNotKeepItsLeaderNode() throws Exception {
    LeaderElection election = open(candidate("w-1"));
    election.acquire().close();
    byte[] older = operator.getData().forPath(SCOPE);
    for (byte[] overwritten : List.of(new byte[0], older)) {
      for (boolean revoked : new boolean[] {true, false}) {
        Lease lease = election.acquire();
        byte[] good = operator.getData().forPath(SCOPE);
        operator.setData().forPath(SCOPE, overwritten);
        if (revoked) {
          operator.setData().forPath(SCOPE + "/leader", "revoke".getBytes(StandardCharsets.UTF_8));
        } else {
          lease.close();
        }
        lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS);
        await()
            .untilAsserted(
                () -> assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull());
        operator.setData().forPath(SCOPE, good);
      }
    }
    assertThat(open(candidate("w-2")).acquire().epoch()).isEqualTo(6);
  }

  @Test
  void aTrailThatWasTrimmedOrTouchedByHandIsNoReasonToRefuse() throws Exception {
    leadTwice();
    operator.setData().forPath(SCOPE, operator.getData().forPath(SCOPE)); // written by hand
    operator.delete().forPath(SCOPE + "/audit/0000000002-resigned-w-1");
    operator.create().forPath(SCOPE + "/audit/readme");
    assertThat(open(candidate("w-2")).acquire().epoch()).isEqualTo(3);
  }
}
