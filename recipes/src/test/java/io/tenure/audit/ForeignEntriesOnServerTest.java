package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.ScopeRecord;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Transition;
import io.tenure.testing.Roles;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What readers of a trail make of znodes that no transition made, and how these are moved aside.
 */
@Timeout(120)
class ForeignEntriesOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";
  private static final String AUDIT = SCOPE + "/audit";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Roles roles;
  private CuratorFramework worker;
  private AuditLog log;

  @BeforeEach
  void roles() {
    roles = new Roles(zk);
    worker = roles.worker();
    log = AuditLog.of(roles.reader(), SCOPE);
  }

  private void lead(String id) throws Exception {
    LeaderElection election =
        LeaderElection.builder(zk.monitor(worker), SCOPE).candidateId(id).build();
    election.acquire().close();
    election.close();
  }

  private void forge(String name, byte[] data) throws Exception {
    worker.create().forPath(AUDIT + "/" + name, data);
  }

  /** An entry under an index of another, which repeats the same digest and names another leader. */
  private void forgeBeside(int index) throws Exception {
    AuditEntry entry = log.entries().get(index - 1).entry();
    AuditEntry forged =
        new AuditEntry(
            entry.index(),
            new Transition.Lapsed("forged"),
            entry.epoch(),
            entry.candidate(),
            entry.session(),
            Instant.EPOCH,
            entry.recordedBy(),
            entry.predecessor(),
            entry.previousDigest());
    forge(AuditFormat.name(forged), AuditFormat.bytes(forged));
  }

  /** Two tenures, and forged znodes before, beside, between and after their entries. */
  private void historyWithForgedEntries() throws Exception {
    lead("w-1");
    for (String word : List.of("elected", "resigned", "failed")) {
      forge("0000000003-" + word + "-w-2", "forged".getBytes(StandardCharsets.UTF_8));
    }
    lead("w-2");
    forgeBeside(2);
    forgeBeside(4);
    byte[] copied = worker.getData().forPath(AUDIT + "/0000000001-elected-w-1");
    forge("0000000001-elected-w-1~copied", copied);
    forge("0000000005-elected-w-3", "{}".getBytes(StandardCharsets.UTF_8));
    forge("9999999999-elected-w-3", new byte[0]);
    forge("any-name", new byte[] {-1, 0});
    worker
        .create()
        .withACL(List.of(new ACL(Perms.WRITE, Ids.ANYONE_ID_UNSAFE)))
        .forPath(AUDIT + "/0000000002-revoked-w-1", new byte[0]);
  }

  private static final int FORGED = 10;

  private static List<String> transitions(List<RecordedEntry> entries) {
    return entries.stream()
        .map(
            recorded ->
                recorded.entry().index()
                    + " "
                    + recorded.entry().transition().word()
                    + " "
                    + recorded.entry().candidate().id())
        .toList();
  }

  private static final List<String> HISTORY =
      List.of("1 elected w-1", "2 resigned w-1", "3 elected w-2", "4 resigned w-2");

  @Test
  void noReaderTakesThemForHistoryAndVerifyNamesEachOfThem() throws Exception {
    historyWithForgedEntries();
    assertThat(transitions(log.entries())).isEqualTo(HISTORY);
    assertThat(transitions(log.trail().entries())).isEqualTo(HISTORY);
    assertThat(log.leaderAt(Instant.now())).isInstanceOf(LeaderAt.Nobody.class);
    List<ForeignEntry> foreign = log.foreign();
    assertThat(foreign).hasSize(FORGED);
    List<Finding> findings = log.verify();
    for (ForeignEntry one : foreign) {
      assertThat(findings).anyMatch(finding -> finding.path().equals(one.path()));
    }
    assertThat(findings)
        .filteredOn(finding -> foreign.stream().noneMatch(one -> one.path().equals(finding.path())))
        .extracting(Finding::rule)
        .as("besides, the server has counted them")
        .containsExactly(Finding.Rule.ADDED_ONCE);
  }

  @Test
  void neitherTheArchiveNorAFollowerTakesThemForHistoryAndTrimmingGoesOn() throws Exception {
    historyWithForgedEntries();
    MemorySink sink = new MemorySink();
    List<String> problems = new CopyOnWriteArrayList<>();
    ArchiveListener listener =
        new ArchiveListener() {
          @Override
          public void problem(String path, String problem) {
            problems.add(path + ": " + problem);
          }
        };
    for (int i = 0; i < 2; i++) {
      AuditArchiver.builder(roles.archiver(), SCOPE)
          .sink(sink)
          .listener(listener)
          .keep(2)
          .build()
          .once();
    }
    assertThat(sink.indexes(SCOPE)).containsExactly(1L, 2L, 3L, 4L);
    assertThat(sink.entries(SCOPE))
        .extracting(ArchivedEntry::name)
        .noneMatch(name -> name.contains("lapsed") || name.contains("copied"));
    assertThat(problems).anyMatch(problem -> problem.contains("tenure audit quarantine " + SCOPE));
    assertThat(transitions(log.entries())).as("trimmed").isEqualTo(HISTORY.subList(2, 4));

    List<RecordedEntry> followed = new CopyOnWriteArrayList<>();
    try (AuditLog.Following following = log.follow(followed::add)) {
      await()
          .untilAsserted(() -> assertThat(transitions(followed)).isEqualTo(HISTORY.subList(2, 4)));
      assertThat(following).isNotNull();
    }
  }

  /** An entry as the next transition would make it, under its index, with the right digest. */
  private void forgeNext(AuditEntry like) throws Exception {
    ScopeRecord record = ScopeRecord.parse(SCOPE, worker.getData().forPath(SCOPE));
    AuditEntry forged =
        new AuditEntry(
            record.auditNext(),
            new Transition.Lapsed("forged"),
            record.epoch(),
            like.candidate(),
            like.session(),
            Instant.EPOCH,
            like.recordedBy(),
            like.predecessor(),
            record.digest());
    try {
      forge(AuditFormat.name(forged), AuditFormat.bytes(forged));
    } catch (KeeperException.NodeExistsException e) {
      // Forged already; the record has not moved since.
    }
  }

  @Test
  void aFollowerThatReadsWhileEntriesAreForgedHearsEachTransitionOnceAndNothingElse()
      throws Exception {
    lead("w-1");
    AuditEntry like = log.entries().get(0).entry();
    List<RecordedEntry> heard = new CopyOnWriteArrayList<>();
    List<String> others = new CopyOnWriteArrayList<>();
    AuditFollower follower =
        new AuditFollower() {
          @Override
          public void entry(RecordedEntry entry) {
            heard.add(entry);
          }

          @Override
          public void gap(long first, long last) {
            others.add("gap " + first + " to " + last);
          }

          @Override
          public void newTrail(RecordedEntry last, String reason) {
            others.add("new trail: " + reason);
          }

          @Override
          public void failed(RuntimeException cause) {
            others.add("failed: " + cause);
          }
        };
    AtomicBoolean led = new AtomicBoolean();
    CompletableFuture<Integer> forger =
        CompletableFuture.supplyAsync(
            () -> {
              int forged = 0;
              while (!led.get()) {
                try {
                  forgeNext(like);
                  forged++;
                } catch (Exception e) {
                  throw new CompletionException(e);
                }
              }
              return forged;
            });
    try (AuditLog.Following following = log.follow(follower)) {
      for (int i = 0; i < 12; i++) {
        lead("w-" + i);
      }
      led.set(true);
      assertThat(forger.get(30, TimeUnit.SECONDS)).isGreaterThan(12);
      await().atMost(30, TimeUnit.SECONDS).until(() -> heard.size() >= 26);
      assertThat(transitions(heard)).isEqualTo(transitions(log.entries()));
      assertThat(heard)
          .extracting(entry -> entry.entry().transition().word())
          .containsOnly("elected", "resigned");
      assertThat(others).isEmpty();
    }
    assertThat(worker.getChildren().forPath(AUDIT)).hasSizeGreaterThan(26);
  }

  @Test
  void anArchiverMovesThemAsideWithWhoAndWhyAndVerifyFindsNothingMore() throws Exception {
    historyWithForgedEntries();
    assertThatThrownBy(() -> AuditLog.of(worker, SCOPE).quarantine("eve", "hide it", false))
        .isInstanceOf(PermissionDeniedException.class);
    List<Quarantined> moved =
        AuditLog.of(roles.archiver(), SCOPE).quarantine("ann@ops", "forged by a bot", false);
    assertThat(moved).hasSize(FORGED).allMatch(one -> one.path().isPresent());
    assertThat(log.verify()).isEmpty();
    assertThat(log.foreign()).isEmpty();
    assertThat(transitions(log.entries())).isEqualTo(HISTORY);
    assertThat(log.quarantined())
        .hasSize(FORGED)
        .allMatch(one -> one.by().equals("ann@ops") && one.reason().equals("forged by a bot"));
    assertThat(
            new String(
                worker.getData().forPath(SCOPE + "/quarantine/0000000005-elected-w-3"),
                StandardCharsets.UTF_8))
        .contains("\"text\":\"{}\"", AUDIT + "/0000000005-elected-w-3");
    lead("w-3");
    assertThat(log.verify()).isEmpty();
  }

  @Test
  void whereTheRecordWasSetBackNothingIsMovedUnlessToldThatTheRecordIsRight() throws Exception {
    CuratorFramework open = zk.client();
    LeaderElection election =
        zk.closeLater(LeaderElection.builder(zk.monitor(open), SCOPE).candidateId("w-1").build());
    election.acquire().close();
    byte[] older = open.getData().forPath(SCOPE);
    election.acquire().close();
    open.setData().forPath(SCOPE, older);
    AuditLog own = AuditLog.of(open, SCOPE);
    assertThatThrownBy(() -> own.quarantine("ann", "?", false))
        .hasMessageContaining("was emptied or set back by hand");
    assertThat(ZooKeeperFixture.trail(open, SCOPE)).hasSize(4);
    assertThat(own.quarantine("ann", "known to be forged", true)).hasSize(2);
    assertThat(ZooKeeperFixture.trail(open, SCOPE)).hasSize(2);
  }
}
