package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Retention;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Reading, following and verifying a trail that a real election has written. */
@Timeout(60)
class AuditLogOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";
  private static final String AUDIT = SCOPE + "/audit/";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private CuratorFramework client;
  private CuratorFramework operator;
  private AuditLog log;

  @BeforeEach
  void connect() {
    client = zk.client();
    operator = zk.client();
    log = AuditLog.of(operator, SCOPE);
  }

  private LeaderElection candidate(CuratorFramework of, String id, Retention retention) {
    return zk.closeLater(
        LeaderElection.builder(zk.monitor(of), SCOPE).candidateId(id).retention(retention).build());
  }

  /** elected 1, resigned 1, elected 2, lost 2, elected 3; epoch 3 in office. */
  private Lease history() throws Exception {
    CuratorFramework doomed = zk.client();
    LeaderElection w1 = candidate(client, "w-1", Retention.DEFAULT);
    LeaderElection w2 = candidate(doomed, "w-2", Retention.DEFAULT);
    Lease first = w1.acquire();
    awaitNextMilli();
    first.close();
    awaitNextMilli();
    Lease lost = w2.acquire();
    awaitNextMilli();
    zk.endSession(doomed);
    lost.ended().toCompletableFuture().get(30, TimeUnit.SECONDS);
    Lease lease = w1.acquire();
    awaitNextMilli();
    return lease;
  }

  /** Times are the server's, in milliseconds: transitions must not share one. */
  private static void awaitNextMilli() {
    long now = System.currentTimeMillis();
    await().until(() -> System.currentTimeMillis() > now + 1);
  }

  private static String led(LeaderAt answer) {
    if (answer instanceof LeaderAt.Led led) {
      return "led " + led.tenure().epoch();
    }
    return answer instanceof LeaderAt.MayHaveLed may
        ? "may have led " + may.tenure().epoch()
        : answer.getClass().getSimpleName();
  }

  @Test
  void tenuresAreFoldedAndALostOneEndsAtOrBeforeItsEntry() throws Exception {
    history();
    List<PastTenure> tenures = log.tenures();
    assertThat(tenures).extracting(PastTenure::epoch).containsExactly(1L, 2L, 3L);
    assertThat(tenures.get(0).ending().orElseThrow().exact()).isTrue();
    assertThat(tenures.get(1).ending().orElseThrow().exact()).isFalse();
    assertThat(tenures.get(1).toString()).contains("to at or before", "(lost)");
    assertThat(tenures.get(2).ending()).isEmpty();
    assertThat(log.verify()).isEmpty();
  }

  @Test
  void whoLedIsToldForEveryTimeAndWithTheDoubtThatThereIs() throws Exception {
    Lease lease = history();
    List<RecordedEntry> entries = log.entries();
    Instant elected1 = entries.get(0).serverTime();
    Instant resigned1 = entries.get(1).serverTime();
    Instant elected2 = entries.get(2).serverTime();
    Instant lost2 = entries.get(3).serverTime();
    assertThat(led(log.leaderAt(elected1.minusMillis(1)))).isEqualTo("Nobody");
    assertThat(led(log.leaderAt(elected1))).isEqualTo("led 1");
    assertThat(led(log.leaderAt(resigned1.minusMillis(1)))).isEqualTo("led 1");
    assertThat(led(log.leaderAt(resigned1))).isEqualTo("Nobody");
    assertThat(led(log.leaderAt(elected2))).isEqualTo("may have led 2");
    assertThat(led(log.leaderAt(lost2.minusMillis(1)))).isEqualTo("may have led 2");
    assertThat(led(log.leaderAt(lost2))).isEqualTo("led 3");
    assertThat(led(log.leaderAt(Instant.now().plusSeconds(3600)))).isEqualTo("led 3");
    lease.close();
    awaitNextMilli();
    assertThat(led(log.leaderAt(Instant.now().plusSeconds(3600)))).isEqualTo("Nobody");
  }

  @Test
  void whatRetentionHasDeletedIsNotKnown() throws Exception {
    LeaderElection election = candidate(client, "w-1", Retention.last(3));
    Lease first = election.acquire();
    Instant early = log.entries().get(0).serverTime();
    first.close();
    for (int i = 0; i < 3; i++) {
      awaitNextMilli();
      election.acquire().close();
    }
    assertThat(led(log.leaderAt(early))).isEqualTo("NotKept");
    assertThat(log.tenures().get(0).from()).isEmpty();
    assertThat(log.verify()).isEmpty();
  }

  @Test
  void aScopeThatIsNotThereHasNoEntriesAndIsAFinding() throws Exception {
    assertThat(log.entries()).isEmpty();
    assertThat(led(log.leaderAt(Instant.now()))).isEqualTo("Nobody");
    assertThat(log.verify())
        .extracting(Finding::path, Finding::rule)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(SCOPE, Finding.Rule.RECORD_READABLE));
  }

  private void assertFound(String path, Finding.Rule rule) throws Exception {
    assertThat(log.verify())
        .as("%s breaks %s", path, rule)
        .anyMatch(finding -> finding.path().equals(path) && finding.rule() == rule);
  }

  @Test
  void aDeletedEntryIsFound() throws Exception {
    history();
    operator.delete().forPath(AUDIT + "0000000002-resigned-w-1");
    assertFound(AUDIT + "0000000002", Finding.Rule.INDEXES_DENSE);
    assertFound(AUDIT + "0000000003-elected-w-2", Finding.Rule.TENURES_ALTERNATE);
  }

  @Test
  void theLastEntryDeletedIsFound() throws Exception {
    history();
    operator.delete().forPath(AUDIT + "0000000005-elected-w-1");
    assertFound(AUDIT + "0000000005", Finding.Rule.INDEXES_DENSE);
  }

  @Test
  void aRewrittenEntryIsFoundByItsVersionAndByTheDigestOfTheNext() throws Exception {
    history();
    String path = AUDIT + "0000000002-resigned-w-1";
    byte[] forged =
        new String(operator.getData().forPath(path), StandardCharsets.UTF_8)
            .replace("closed", "forged")
            .getBytes(StandardCharsets.UTF_8);
    operator.setData().forPath(path, forged);
    assertFound(path, Finding.Rule.ENTRY_IMMUTABLE);
    assertFound(AUDIT + "0000000003-elected-w-2", Finding.Rule.DIGESTS_CHAINED);
  }

  @Test
  void anEntryThatWasReplacedIsFoundByDigestTransactionAndTime() throws Exception {
    history();
    String path = AUDIT + "0000000002-resigned-w-1";
    byte[] forged =
        new String(operator.getData().forPath(path), StandardCharsets.UTF_8)
            .replace("closed", "forged")
            .getBytes(StandardCharsets.UTF_8);
    operator.delete().forPath(path);
    operator.create().forPath(path, forged);
    assertFound(AUDIT + "0000000003-elected-w-2", Finding.Rule.DIGESTS_CHAINED);
    assertFound(AUDIT + "0000000003-elected-w-2", Finding.Rule.TIMES_IN_ORDER);
  }

  @Test
  void theLastEntryRewrittenIsFoundByTheDigestInTheRecord() throws Exception {
    history();
    String path = AUDIT + "0000000005-elected-w-1";
    byte[] data = operator.getData().forPath(path);
    operator.delete().forPath(path);
    operator.create().forPath(path, (new String(data, StandardCharsets.UTF_8) + " ").getBytes());
    assertFound(path, Finding.Rule.DIGESTS_CHAINED);
  }

  @Test
  void anEntryUnderAFalseNameIsFound() throws Exception {
    history();
    byte[] data = operator.getData().forPath(AUDIT + "0000000002-resigned-w-1");
    operator.delete().forPath(AUDIT + "0000000002-resigned-w-1");
    operator.create().forPath(AUDIT + "0000000002-lapsed-w-9", data);
    assertFound(AUDIT + "0000000002-lapsed-w-9", Finding.Rule.ENTRY_READABLE);
  }

  @Test
  void aSecondEntryWithTheSameIndexIsFound() throws Exception {
    history();
    byte[] data = operator.getData().forPath(AUDIT + "0000000002-resigned-w-1");
    operator.create().forPath(AUDIT + "0000000002-resigned-w-9", data);
    assertFound(AUDIT + "0000000002-resigned-w-9", Finding.Rule.INDEXES_DENSE);
  }

  @Test
  void anAlienChildAndDamagedDataAreFound() throws Exception {
    history();
    operator.create().forPath(AUDIT + "readme");
    operator.setData().forPath(AUDIT + "0000000003-elected-w-2", "{".getBytes());
    assertFound(AUDIT + "readme", Finding.Rule.ENTRY_READABLE);
    assertFound(AUDIT + "0000000003-elected-w-2", Finding.Rule.ENTRY_READABLE);
    assertThatThrownBy(log::entries)
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining("0000000003-elected-w-2");
  }

  @Test
  void aRecordThatWasEditedIsFound() throws Exception {
    history();
    String record = new String(operator.getData().forPath(SCOPE), StandardCharsets.UTF_8);
    operator.setData().forPath(SCOPE, record.replace("\"epoch\":3", "\"epoch\":7").getBytes());
    assertFound(SCOPE, Finding.Rule.RECORD_MATCHES);
    operator.setData().forPath(SCOPE, "text".getBytes());
    assertFound(SCOPE, Finding.Rule.RECORD_READABLE);
  }

  @Test
  void aForgedElectionIsFoundAsATenureThatBeganBeforeTheLastOneEnded() throws Exception {
    history();
    // Someone with stronger permissions adds an entry and counts it in the record.
    String forged =
        new String(
                operator.getData().forPath(AUDIT + "0000000005-elected-w-1"),
                StandardCharsets.UTF_8)
            .replace("\"index\":5", "\"index\":6")
            .replace("\"epoch\":3", "\"epoch\":9");
    operator.create().forPath(AUDIT + "0000000006-elected-w-1", forged.getBytes());
    String record = new String(operator.getData().forPath(SCOPE), StandardCharsets.UTF_8);
    operator
        .setData()
        .forPath(SCOPE, record.replace("\"auditNext\":6", "\"auditNext\":7").getBytes());
    assertFound(AUDIT + "0000000006-elected-w-1", Finding.Rule.TENURES_ALTERNATE);
    assertFound(AUDIT + "0000000006-elected-w-1", Finding.Rule.EPOCHS_DENSE);
  }

  @Test
  void aFollowerGetsEveryEntryOnceAndInOrderOverLostConnectionsAndSessions() throws Exception {
    FaultProxy proxy = zk.proxy();
    CuratorFramework follower = zk.client(proxy.connectString());
    List<Long> heard = new CopyOnWriteArrayList<>();
    AuditLog.Following following =
        zk.closeLater(
            AuditLog.of(follower, SCOPE)
                .follow(entry -> heard.add(entry.entry().index()))); // before there is a trail
    LeaderElection election = candidate(client, "w-1", Retention.KEEP_ALL);
    for (int i = 0; i < 12; i++) {
      election.acquire().close();
      if (i == 3) {
        proxy.dropConnections();
      } else if (i == 7) {
        follower.getZookeeperClient().getZooKeeper().getTestable().injectSessionExpiration();
      }
    }
    List<Long> all = log.entries().stream().map(entry -> entry.entry().index()).toList();
    await().untilAsserted(() -> assertThat(heard).isEqualTo(all));
    following.close();
    following.close();
    election.acquire().close();
    assertThat(heard).isEqualTo(all);
  }

  @Test
  void aFollowerIsToldWhatIsNoLongerThere() throws Exception {
    LeaderElection election = candidate(client, "w-1", Retention.last(2));
    for (int i = 0; i < 3; i++) {
      election.acquire().close();
    }
    List<String> heard = new CopyOnWriteArrayList<>();
    zk.closeLater(
        log.follow(
            new AuditFollower() {
              @Override
              public void entry(RecordedEntry entry) {
                heard.add("entry " + entry.entry().index());
              }

              @Override
              public void gap(long first, long last) {
                heard.add("gap " + first + "-" + last);
              }
            }));
    await().untilAsserted(() -> assertThat(heard).containsExactly("gap 1-4", "entry 5", "entry 6"));
  }

  @Test
  void aFollowerThatThrowsIsToldWhyItHearsNoMore() throws Exception {
    LeaderElection election = candidate(client, "w-1", Retention.DEFAULT);
    election.acquire().close();
    AtomicReference<RuntimeException> failed = new AtomicReference<>();
    List<Long> heard = new CopyOnWriteArrayList<>();
    zk.closeLater(
        log.follow(
            new AuditFollower() {
              @Override
              public void entry(RecordedEntry entry) {
                heard.add(entry.entry().index());
                throw new IllegalStateException("full");
              }

              @Override
              public void failed(RuntimeException cause) {
                failed.set(cause);
              }
            }));
    await().untilAsserted(() -> assertThat(failed.get()).hasMessage("full"));
    assertThat(heard).containsExactly(1L);
  }
}
