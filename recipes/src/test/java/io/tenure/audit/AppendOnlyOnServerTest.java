package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.internal.AuditFormat;
import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.Retention;
import io.tenure.testing.Roles;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Who can do what to an audit trail under {@link AppendOnlyAcl}, and what its verification finds.
 */
@Timeout(120)
class AppendOnlyOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";
  private static final String AUDIT = SCOPE + "/audit";
  private static final String FIRST = AUDIT + "/0000000001-elected-w-1";
  private static final String SECOND = AUDIT + "/0000000002-resigned-w-1";
  private static final String LAST = AUDIT + "/0000000003-elected-w-2";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Roles roles;
  private CuratorFramework worker;

  @BeforeEach
  void roles() {
    roles = new Roles(zk);
    worker = roles.worker();
  }

  private LeaderElection candidate(CuratorFramework client, String id, Retention retention) {
    return zk.closeLater(
        LeaderElection.builder(zk.monitor(client), SCOPE)
            .candidateId(id)
            .retention(retention)
            .build());
  }

  /** Epoch 1 resigned, epoch 2 in office. */
  private Lease history() throws Exception {
    LeaderElection first = candidate(worker, "w-1", Retention.DEFAULT);
    first.acquire().close();
    first.close();
    return candidate(roles.worker(), "w-2", Retention.DEFAULT).acquire();
  }

  private List<Finding> findings() throws Exception {
    return AuditLog.of(roles.reader(), SCOPE).verify();
  }

  @Test
  void aScopeIsLedAndRevokedAndHandedOnByThoseWhoCannotRewriteItsHistory() throws Exception {
    Lease lease = history();
    lease.checkpoint(new byte[] {1});
    lease.inTransaction(List.of());
    roles.operator().setData().forPath(SCOPE + "/leader", "revoke for maintenance".getBytes());
    assertThat(lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS).recorded()).isTrue();
    Lease next = candidate(worker, "w-3", Retention.last(2)).acquire();
    assertThat(next.epoch()).isEqualTo(3);
    assertThat(next.lastCheckpoint()).contains(new byte[] {1});
    next.close();
    assertThat(ZooKeeperFixture.trail(worker, SCOPE))
        .as("all entries, whatever retention the candidates have")
        .containsExactly(
            "0000000001-elected-w-1",
            "0000000002-resigned-w-1",
            "0000000003-elected-w-2",
            "0000000004-revoked-w-2",
            "0000000005-elected-w-3",
            "0000000006-resigned-w-3");
    assertThat(findings()).isEmpty();
    for (String path : tree("/billing", new ArrayList<>())) {
      assertThat(AppendOnlyAcl.risks(path, roles.reader().getACL().forPath(path))).isEmpty();
    }
  }

  private List<String> tree(String path, List<String> paths) throws Exception {
    paths.add(path);
    for (String child : worker.getChildren().forPath(path)) {
      tree(path + "/" + child, paths);
    }
    return paths;
  }

  private static void assertDenied(ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(KeeperException.NoAuthException.class);
  }

  private static void assertCannotRewrite(CuratorFramework client) {
    for (String entry : List.of(FIRST, SECOND, LAST)) {
      assertDenied(() -> client.setData().forPath(entry, new byte[0]));
      assertDenied(() -> client.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(entry));
      assertDenied(() -> client.create().forPath(entry + "/child", new byte[0]));
    }
    assertDenied(() -> client.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(AUDIT));
    assertDenied(() -> client.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(SCOPE));
  }

  @Test
  void aWorkersCredentialsCannotRewriteHistory() throws Exception {
    history();
    assertCannotRewrite(worker);
    for (String entry : List.of(FIRST, SECOND, LAST)) {
      assertDenied(() -> worker.delete().forPath(entry));
    }
    assertDenied(() -> worker.setData().forPath(AUDIT, new byte[0]));
    assertThatThrownBy(() -> worker.delete().forPath(AUDIT))
        .isInstanceOf(KeeperException.NotEmptyException.class);
    assertDenied(() -> worker.delete().deletingChildrenIfNeeded().forPath(AUDIT));
    assertThat(ZooKeeperFixture.trail(worker, SCOPE)).hasSize(3);
    worker.delete().forPath(SCOPE + "/leader");
    assertThatThrownBy(() -> worker.delete().forPath(SCOPE))
        .isInstanceOf(KeeperException.NotEmptyException.class);
    assertThat(ZooKeeperFixture.trail(worker, SCOPE)).hasSizeGreaterThanOrEqualTo(3);
  }

  @Test
  void anArchiversCredentialsCanTrimButNotAddOrRewrite() throws Exception {
    history();
    CuratorFramework archiver = roles.archiver();
    assertCannotRewrite(archiver);
    assertDenied(() -> archiver.create().forPath(AUDIT + "/0000000004-resigned-w-2"));
    assertDenied(() -> archiver.setData().forPath(SCOPE, new byte[0]));
    assertDenied(() -> archiver.setData().forPath(SCOPE + "/leader", "revoke".getBytes()));
    assertDenied(() -> archiver.delete().forPath(SCOPE + "/leader"));
    archiver
        .transaction()
        .forOperations(
            archiver.transactionOp().setData().forPath(AUDIT, "trimmed".getBytes()),
            archiver.transactionOp().delete().forPath(FIRST));
    assertThat(ZooKeeperFixture.trail(worker, SCOPE))
        .containsExactly("0000000002-resigned-w-1", "0000000003-elected-w-2");
  }

  @Test
  void aReadersCredentialsCanOnlyRead() throws Exception {
    history();
    CuratorFramework reader = roles.reader();
    assertCannotRewrite(reader);
    for (String path : List.of(SCOPE, SCOPE + "/leader", SCOPE + "/latch", AUDIT)) {
      assertDenied(() -> reader.create().forPath(path + "/child"));
      assertDenied(() -> reader.setData().forPath(path, new byte[0]));
    }
    assertDenied(() -> reader.delete().forPath(FIRST));
    assertThat(AuditLog.of(reader, SCOPE).entries()).hasSize(3);
    assertThatThrownBy(() -> AuditLog.of(zk.client(), SCOPE).entries())
        .hasMessageContaining("denies read on");
  }

  @Test
  void theNamespaceAndItsFoldersAreUnderTheSchemeAsWell() throws Exception {
    CuratorFramework spaced = roles.client("worker", "team");
    zk.closeLater(LeaderElection.builder(zk.monitor(spaced), SCOPE).candidateId("w-1").build())
        .acquire();
    assertThat(AuditLog.of(spaced, SCOPE).verify()).isEmpty();
    for (String path : tree("/team", new ArrayList<>())) {
      assertThat(AppendOnlyAcl.risks(path, roles.reader().getACL().forPath(path))).isEmpty();
    }
  }

  @Test
  void whereDeletingEntriesIsDeniedLaterElectionsGoOnAndKeepThem() throws Exception {
    CuratorFramework open = zk.client();
    LeaderElection election = candidate(open, "w-1", Retention.last(2));
    election.acquire().close();
    Lease lease = election.acquire();
    assertThat(ZooKeeperFixture.trail(open, SCOPE)).hasSize(2);
    open.setACL()
        .withACL(List.of(new ACL(Perms.ALL & ~Perms.DELETE, Ids.ANYONE_ID_UNSAFE)))
        .forPath(AUDIT);
    lease.close();
    assertThat(lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS).recorded()).isTrue();
    election.acquire().close();
    assertThat(ZooKeeperFixture.trail(open, SCOPE))
        .containsExactly(
            "0000000002-resigned-w-1",
            "0000000003-elected-w-1",
            "0000000004-resigned-w-1",
            "0000000005-elected-w-1",
            "0000000006-resigned-w-1");
    assertThat(AuditLog.of(open, SCOPE).verify()).isEmpty();
  }

  // ---- stronger credentials ----

  /** One who may change ACLs gives himself the rest. */
  private CuratorFramework almighty() throws Exception {
    CuratorFramework admin = roles.admin();
    for (String path : List.of(SCOPE, AUDIT, FIRST, SECOND, LAST)) {
      admin.setACL().withACL(Ids.OPEN_ACL_UNSAFE).forPath(path);
    }
    return admin;
  }

  private static byte[] forged(CuratorFramework client, String path) throws Exception {
    return new String(client.getData().forPath(path), StandardCharsets.UTF_8)
        .replaceAll("\"reason\":\"[^\"]*\"", "\"reason\":\"forged\"")
        .getBytes(StandardCharsets.UTF_8);
  }

  private void assertFound(String path, Finding.Rule rule) throws Exception {
    assertThat(findings())
        .anyMatch(finding -> finding.path().equals(path) && finding.rule() == rule);
  }

  /** The record with the digest of other bytes of the last entry. */
  private static byte[] recordOf(CuratorFramework client, byte[] last) throws Exception {
    return new String(client.getData().forPath(SCOPE), StandardCharsets.UTF_8)
        .replaceAll("\"digest\":\"[^\"]*\"", "\"digest\":\"" + AuditFormat.digest(last) + "\"")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void anEntryRewrittenOrReplacedWithStrongerCredentialsIsFound() throws Exception {
    history();
    CuratorFramework admin = almighty();
    byte[] before = admin.getData().forPath(SECOND);
    admin.setData().forPath(SECOND, before);
    assertFound(SECOND, Finding.Rule.ENTRY_IMMUTABLE); // Even with the same bytes.
    byte[] forged = forged(admin, SECOND);
    admin.delete().forPath(SECOND);
    admin.create().forPath(SECOND, forged);
    assertFound(LAST, Finding.Rule.DIGESTS_CHAINED);
    assertFound(LAST, Finding.Rule.TIMES_IN_ORDER);
    assertFound(AUDIT, Finding.Rule.ADDED_ONCE);
  }

  @Test
  void theLastEntryReplacedTogetherWithItsDigestIsFoundByTheTransactionOfTheRecord()
      throws Exception {
    history();
    CuratorFramework admin = almighty();
    byte[] forged = forged(admin, LAST);
    admin.delete().forPath(LAST);
    admin.create().forPath(LAST, forged);
    admin.setData().forPath(SCOPE, recordOf(admin, forged));
    assertThat(findings())
        .extracting(Finding::path, Finding::rule)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(SCOPE, Finding.Rule.RECORD_MATCHES),
            org.assertj.core.groups.Tuple.tuple(AUDIT, Finding.Rule.ADDED_ONCE));
  }

  @Test
  void theLastEntryReplacedInOneTransactionWithTheRecordIsFoundByTheServersCount()
      throws Exception {
    history();
    CuratorFramework admin = almighty();
    byte[] forged = forged(admin, LAST);
    List<CuratorOp> ops = new ArrayList<>();
    ops.add(admin.transactionOp().setData().forPath(SCOPE, recordOf(admin, forged)));
    ops.add(admin.transactionOp().delete().forPath(LAST));
    ops.add(admin.transactionOp().create().forPath(LAST, forged));
    admin.transaction().forOperations(ops);
    assertThat(findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.rule()).isEqualTo(Finding.Rule.ADDED_ONCE);
              assertThat(finding.detail())
                  .startsWith("4 children were made in it, and the record counts 3 entries: 1 ");
            });
  }

  @Test
  void whatAWorkerCanStillDoIsFound() throws Exception {
    history();
    // It adds what no transition made, and keeps the right to change it.
    String bogus = AUDIT + "/0000000004-resigned-w-2";
    worker.create().withACL(Ids.OPEN_ACL_UNSAFE).forPath(bogus, worker.getData().forPath(SECOND));
    assertFound(AUDIT, Finding.Rule.ADDED_ONCE);
    assertThat(AppendOnlyAcl.risks(bogus, roles.reader().getACL().forPath(bogus))).hasSize(1);
    // It writes the record, even as it was.
    Stat stat = new Stat();
    byte[] record = worker.getData().storingStatIn(stat).forPath(SCOPE);
    worker.setData().withVersion(stat.getVersion()).forPath(SCOPE, record);
    assertFound(SCOPE, Finding.Rule.RECORD_MATCHES);
  }
}
