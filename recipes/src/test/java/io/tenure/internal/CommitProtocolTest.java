package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.AuditEntry;
import io.tenure.scope.Candidate;
import io.tenure.scope.Predecessor;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;

/** The operations of each transition, one by one, and what they leave behind. */
class CommitProtocolTest {

  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00.123Z");
  private static final Retention SEVEN = Retention.last(7);
  private static final EntryNaming SUFFIX = EntryNaming.of("5f0c2a9b-e1d3-4e11");

  private final InMemoryScope scope = new InMemoryScope();

  private static Incumbent by(String id, String nonce) {
    return new Incumbent(new Candidate(id, "h", 1, Optional.empty()), "0x1", nonce, NOW);
  }

  private Commit elect(String id, Retention retention) {
    return CommitProtocol.elect(scope.read(), by(id, "n-" + id), "head of queue", retention, NOW);
  }

  private void apply(Commit commit) {
    assertThat(scope.apply(commit, 1)).isTrue();
    assertThat(commit.after().record()).isEqualTo(scope.read().record());
    assertThat(commit.after().version()).isEqualTo(scope.read().version());
    assertThat(commit.after().leader().isPresent()).isEqualTo(scope.leader.isPresent());
    assertThat(commit.after().entryNames())
        .containsExactlyInAnyOrderElementsOf(scope.read().entryNames());
  }

  private void resign(Retention retention) {
    apply(CommitProtocol.end(scope.read(), new Transition.Resigned("done"), retention, NOW));
  }

  private void transitions(int pairs) {
    for (int i = 0; i < pairs; i++) {
      apply(elect("w", Retention.KEEP_ALL));
      resign(Retention.KEEP_ALL);
    }
  }

  private static List<Class<? extends ScopeOp>> kinds(Commit commit) {
    List<Class<? extends ScopeOp>> kinds = new ArrayList<>();
    commit.ops().forEach(op -> kinds.add(op.getClass()));
    return kinds;
  }

  @Example
  void anElectionSetsTheRecordMakesTheLeaderNodeAndTellsWhy() {
    Commit commit = elect("w-1", SEVEN);
    assertThat(kinds(commit))
        .containsExactly(
            ScopeOp.SetRecord.class, ScopeOp.CreateLeader.class, ScopeOp.CreateEntry.class);
    apply(commit);
    AuditEntry entry = scope.history.get(0);
    assertThat(entry.transition()).isEqualTo(new Transition.Elected("head of queue"));
    assertThat(entry.epoch()).isEqualTo(1);
    assertThat(entry.predecessor()).isEmpty();
    assertThat(entry.recordedBy()).isEmpty();
    assertThat(entry.leaderTime()).isEqualTo(NOW);
    assertThat(LeaderNode.parse("leader", scope.leader.orElseThrow().data()))
        .isEqualTo(new LeaderNode(1, by("w-1", "n-w-1")));
  }

  @Example
  void anElectionAfterATenureWithoutAnEndRecordsThatFirst() {
    apply(elect("w-1", SEVEN));
    scope.leader = Optional.empty(); // its session ended
    Commit commit = elect("w-2", SEVEN);
    assertThat(kinds(commit))
        .containsExactly(
            ScopeOp.SetRecord.class,
            ScopeOp.CreateLeader.class,
            ScopeOp.CreateEntry.class,
            ScopeOp.CreateEntry.class);
    apply(commit);
    AuditEntry lost = scope.history.get(1);
    assertThat(lost.transition())
        .isEqualTo(new Transition.Lost("leader node of session 0x1 is gone"));
    assertThat(lost.epoch()).isEqualTo(1);
    assertThat(lost.candidate().id()).isEqualTo("w-1");
    assertThat(lost.recordedBy()).contains("w-2");
    assertThat(scope.history.get(2).predecessor())
        .contains(
            new Predecessor("w-1", 1, new Transition.Lost("leader node of session 0x1 is gone")));
    scope.check();
  }

  @Example
  void anElectionAfterAnEndTellsThatEndAndWritesItNoSecondTime() {
    apply(elect("w-1", SEVEN));
    resign(SEVEN);
    apply(elect("w-2", SEVEN));
    assertThat(scope.history).hasSize(3);
    assertThat(scope.history.get(2).predecessor())
        .contains(new Predecessor("w-1", 1, new Transition.Resigned("done")));
  }

  @Example
  void anEndDeletesTheLeaderNodeUnlessAnOperatorHasDoneSo() {
    apply(elect("w-1", SEVEN));
    Transition.End end = new Transition.Revoked("by hand");
    assertThat(kinds(CommitProtocol.end(scope.read(), end, SEVEN, NOW)))
        .containsExactly(
            ScopeOp.SetRecord.class, ScopeOp.DeleteLeader.class, ScopeOp.CreateEntry.class);
    scope.leader = Optional.empty();
    assertThat(kinds(CommitProtocol.end(scope.read(), end, SEVEN, NOW)))
        .containsExactly(ScopeOp.SetRecord.class, ScopeOp.CreateEntry.class);
  }

  @Example
  void foundingMakesTheScopeWithItsTrailInsteadOfSettingTheRecord() {
    InMemoryScope absent = InMemoryScope.absent();
    Commit commit = CommitProtocol.found(by("w", "n"), "first", SEVEN, NOW);
    assertThat(kinds(commit))
        .containsExactly(
            ScopeOp.CreateScope.class,
            ScopeOp.CreateAudit.class,
            ScopeOp.CreateLeader.class,
            ScopeOp.CreateEntry.class);
    assertThat(absent.apply(commit, 1)).isTrue();
    assertThat(commit.after().version()).isEqualTo(absent.read().version());
    absent.check();
  }

  @Example
  void aLostTrailIsMadeAgainRightAfterTheRecordIsSet() {
    scope.deleteAudit();
    Commit commit = elect("w", SEVEN);
    assertThat(scope.obstacle(commit)).isPresent();
    Commit mended = CommitProtocol.withAudit(commit);
    assertThat(kinds(mended))
        .containsExactly(
            ScopeOp.SetRecord.class,
            ScopeOp.CreateAudit.class,
            ScopeOp.CreateLeader.class,
            ScopeOp.CreateEntry.class);
    apply(mended);
  }

  @Example
  void aSuffixIsInTheNamesInTheEntriesAndInTheRecord() {
    Commit elect = CommitProtocol.elect(scope.read(), by("w", "n"), "h", SEVEN, NOW, SUFFIX);
    apply(elect);
    assertThat(scope.audit).containsOnlyKeys("0000000001-elected-w~5f0c2a9be1d3");
    assertThat(scope.history.get(0).suffix()).contains("5f0c2a9be1d3");
    assertThat(scope.read().record().suffix()).contains("5f0c2a9be1d3");
    apply(CommitProtocol.end(scope.read(), new Transition.Resigned("done"), SEVEN, NOW, SUFFIX));
    assertThat(scope.audit).containsKey("0000000002-resigned-w~5f0c2a9be1d3");
    apply(elect("w", SEVEN));
    assertThat(scope.read().record().suffix()).isEmpty();

    Commit found = CommitProtocol.found(by("w", "n"), "h", SEVEN, NOW, SUFFIX);
    assertThat(found.after().entryNames()).containsExactly("0000000001-elected-w~5f0c2a9be1d3");
  }

  @Example
  void entryNamesAreNeededFromThreeEntriesBeforeTheLimitOn() {
    transitions(2);
    assertThat(scope.read().record().auditNext()).isEqualTo(5);
    assertThat(CommitProtocol.needsEntryNames(scope.read().record(), SEVEN)).isFalse();
    apply(elect("w", SEVEN));
    assertThat(CommitProtocol.needsEntryNames(scope.read().record(), SEVEN)).isTrue();
  }

  @Example
  void withoutTheNamesNothingIsDeletedAndTheTrailBeginsWhereItBegan() {
    transitions(10);
    ScopeView found = scope.read();
    ScopeView unlisted = new ScopeView(found.record(), found.version(), found.leader(), List.of());
    Commit commit = CommitProtocol.elect(unlisted, by("w", "n"), "h", SEVEN, NOW);
    assertThat(kinds(commit)).doesNotContain(ScopeOp.DeleteEntry.class);
    assertThat(commit.after().record().auditFirst()).isEqualTo(1);
    assertThat(commit.after().entryNames())
        .as("nothing is known of the names, not even that the new one is the only one")
        .isEmpty();
  }

  @Example
  void retentionDeletesWhatIsBeyondItAndNotOneMore() {
    transitions(3);
    apply(elect("w", SEVEN));
    assertThat(scope.audit).hasSize(7);
    assertThat(scope.read().record().auditFirst()).isEqualTo(1);
    resign(SEVEN);
    assertThat(scope.audit).hasSize(7).doesNotContainKey("0000000001-elected-w");
    assertThat(scope.read().record().auditFirst()).isEqualTo(2);
  }

  @Example
  void whileLoweredRetentionIsCaughtUpTheRecordCountsEachEntryThatIsStillThere() {
    transitions(40);
    long first = 1;
    while (scope.audit.size() > 7) {
      apply(elect("w", SEVEN));
      ScopeRecord record = scope.read().record();
      assertThat(scope.audit.firstKey()).startsWith(AuditFormat.indexText(record.auditFirst()));
      assertThat(record.auditFirst()).isBetween(first + 1, first + CommitProtocol.MAX_DELETES);
      first = record.auditFirst();
      resign(SEVEN);
      first = Math.max(first, scope.read().record().auditFirst());
    }
    assertThat(first).isEqualTo(scope.read().record().auditNext() - 7);
  }

  @Example
  void whatTheRecordDoesNotCountIsDeletedAfterWhatItCounts() {
    transitions(40);
    for (int i = 0; i < 3; i++) {
      apply(elect("w", SEVEN));
      resign(SEVEN);
    }
    long first = scope.read().record().auditFirst();
    assertThat(first).isGreaterThan(40);
    for (int i = 1; i <= 2 * CommitProtocol.MAX_DELETES; i++) {
      scope.audit.put(AuditFormat.indexText(i % 40) + "-elected-x" + i, new byte[0]);
    }
    apply(elect("w", SEVEN));
    assertThat(scope.read().record().auditFirst()).isEqualTo(first + 1);
    assertThat(scope.audit).doesNotContainKey(AuditFormat.indexText(first) + "-elected-w");
  }

  @Example
  void manyZnodesWithTheIndexOfTheFirstEntryDoNotPushTheRecordPastThatEntry() {
    transitions(4);
    for (int i = 0; i <= CommitProtocol.MAX_DELETES; i++) {
      scope.audit.put(AuditFormat.indexText(1) + "-aaa-x" + (100 + i), new byte[0]);
    }
    apply(elect("w", SEVEN));
    assertThat(scope.audit).containsKey("0000000001-elected-w");
    assertThat(scope.read().record().auditFirst()).isEqualTo(1);
    resign(SEVEN);
    assertThat(scope.audit).doesNotContainKey("0000000001-elected-w");
  }
}
