package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.RecordCheck.Counts;
import io.tenure.internal.RecordCheck.Seen;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Retention;
import io.tenure.scope.Scope;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Which records are older than their trail, told by transactions, indexes, epochs and digests. */
class RecordCheckTest {

  private static final Scope SCOPE = new Scope("/s");
  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00.123Z");

  /** What transitions have left: the record after each, and the entries. */
  private static final class History {
    final InMemoryScope scope = new InMemoryScope();
    final List<ScopeRecord> records = new ArrayList<>(List.of(ScopeRecord.empty()));

    /** Entry i was made by transaction 10 * i, which wrote record i as well. */
    final List<Seen> entries = new ArrayList<>();

    History(int transitions) {
      this(transitions, "w");
    }

    History(int transitions, String id) {
      for (int i = 0; i < transitions; i++) {
        Incumbent by =
            new Incumbent(
                new io.tenure.scope.Candidate(id, "h", 1, Optional.empty()), "0x1", "n" + i, NOW);
        Commit commit =
            i % 2 == 0
                ? CommitProtocol.elect(scope.read(), by, "head", Retention.KEEP_ALL, NOW)
                : CommitProtocol.end(
                    scope.read(), new Transition.Resigned("done"), Retention.KEEP_ALL, NOW);
        assertThat(scope.apply(commit, 1)).isTrue();
        records.add(commit.after().record());
        String name = scope.audit.lastKey();
        entries.add(new Seen(name, scope.audit.get(name), 10L * (i + 1)));
      }
    }

    ScopeRecord record(int transitions) {
      return records.get(transitions);
    }

    Seen entry(int index) {
      return entries.get(index - 1);
    }

    /** The entries from an index on. */
    List<Seen> from(int index) {
      return entries.subList(index - 1, entries.size());
    }
  }

  private static Seen at(Seen seen, long zxid) {
    return new Seen(seen.name(), seen.data(), zxid);
  }

  private static Optional<String> older(ScopeRecord record, long zxid, List<Seen> entries) {
    return RecordCheck.older(SCOPE, record, zxid, entries).map(ForeignDataException::getMessage);
  }

  private static String newest(Seen seen) {
    return "its newest entry /s/audit/" + seen.name();
  }

  // ---------------------------------------------------------------- when to look

  @Example
  void aTrailIsLookedAtWhereItWasChangedByAnotherTransactionThanTheRecord() {
    assertThat(RecordCheck.isSuspect(7, 8, 1)).isTrue();
    assertThat(RecordCheck.isSuspect(8, 7, 1)).isTrue();
    assertThat(RecordCheck.isSuspect(7, 7, 1)).isFalse();
    assertThat(RecordCheck.isSuspect(7, 8, 0)).isFalse();
  }

  @Example
  void aRecordThatItsLastEntrysTransactionWroteIsTheLatest() {
    History history = new History(3);
    Seen last = history.entry(3);
    assertThat(RecordCheck.isOfLastTransition(history.record(3), 30, last)).isTrue();
    assertThat(RecordCheck.isOfLastTransition(history.record(3), 31, last)).isFalse();
    assertThat(RecordCheck.isOfLastTransition(history.record(2), 30, last)).isFalse();
  }

  @Example
  void theNamesToBeReadBeginWithTheRecordsLastEntry() {
    List<String> names =
        List.of("0000000004-b", "0000000002-a", "note", "0000000003-a", "0000000001-a");
    assertThat(RecordCheck.notBefore(new History(3).record(3), names))
        .containsExactly("0000000003-a", "0000000004-b");
    assertThat(RecordCheck.notBefore(ScopeRecord.empty(), names))
        .as("before the first transition each entry is unknown")
        .containsExactly("0000000001-a", "0000000002-a", "0000000003-a", "0000000004-b");
  }

  // ---------------------------------------------------------------- older records

  @Property
  void aRecordThatWasSetBackIsOlderAndOneThatIsTheLastIsNot(
      @ForAll @IntRange(min = 1, max = 8) int transitions, @ForAll @IntRange(max = 8) int back) {
    History history = new History(transitions);
    assertThat(older(history.record(transitions), 10L * transitions, history.from(transitions)))
        .isEmpty();
    int kept = Math.min(back, transitions);
    long byHand = 10L * transitions + 1;
    Optional<String> error = older(history.record(kept), byHand, history.from(Math.max(1, kept)));
    if (kept == transitions) {
      assertThat(error).as("written by hand, as it was").isEmpty();
    } else {
      assertThat(error.orElseThrow())
          .startsWith(
              "the record in /s tells of epoch "
                  + history.record(kept).epoch()
                  + " and next index "
                  + (kept + 1)
                  + ", but "
                  + newest(history.entry(transitions))
                  + " has index "
                  + transitions
                  + " and epoch "
                  + (transitions + 1) / 2
                  + ". ");
    }
  }

  @Example
  void theRecordToSetIsTheOneThatTheNewestTransitionWrote() {
    History history = new History(5);
    for (int last : new int[] {4, 5}) {
      String error = older(history.record(3), 99, history.entries.subList(2, last)).orElseThrow();
      String json = error.substring(error.indexOf("set /s '") + 8, error.indexOf("'. If"));
      ScopeRecord mended = ScopeRecord.parse("/s", json.getBytes(StandardCharsets.UTF_8));
      ScopeRecord right = history.record(last);
      assertThat(mended.epoch()).isEqualTo(right.epoch());
      assertThat(mended.isLed()).isEqualTo(right.isLed());
      assertThat(mended.auditFirst()).isEqualTo(1);
      assertThat(mended.auditNext()).isEqualTo(right.auditNext());
      assertThat(mended.digest()).isEqualTo(right.digest());
      assertThat(mended.incumbent().orElseThrow().nonce()).isEqualTo("mended-by-hand");
      assertThat(mended.lastEntryName()).contains(history.entry(last).name());
      assertThat(error)
          .endsWith(
              "If no transition made that entry, `tenure audit quarantine /s --by WHO REASON` moves"
                  + " it aside, with --record-is-right");
    }
    String cut = older(history.record(1), 99, history.from(3)).orElseThrow();
    assertThat(cut)
        .as("from the first of those that follow on each other")
        .contains("\"auditFirst\":3,");
  }

  @Example
  void anEntryThatIsYoungerThanTheRecordWasMadeByNoTransition() {
    History history = new History(4);
    assertThat(older(history.record(3), 30, List.of(history.entry(3), at(history.entry(4), 31))))
        .as("the record is as its last transition wrote it")
        .isEmpty();
    List<Seen> young = List.of(history.entry(3), at(history.entry(4), 50));
    assertThat(older(history.record(3), 50, young)).isEmpty();
    assertThat(older(history.record(3), 49, young)).isEmpty();
    assertThat(older(history.record(3), 51, young)).isPresent();
  }

  @Example
  void whereTheTreeWasCopiedAgeSaysNothing() {
    History history = new History(4);
    List<Seen> copied = List.of(at(history.entry(3), 200), at(history.entry(4), 201));
    assertThat(older(history.record(3), 199, copied).orElseThrow()).contains(newest(copied.get(1)));
    assertThat(older(history.record(4), 199, copied.subList(1, 2))).isEmpty();
    assertThat(older(history.record(3), 199, copied.subList(1, 2)))
        .as("without the record's own entry, which shows that it was copied")
        .isEmpty();
  }

  @Example
  void beyondTheRecordsOwnEntryOnlyWhatFollowsOnItCounts() {
    History history = new History(5);
    History other = new History(6, "x");
    assertThat(older(history.record(3), 99, List.of(history.entry(3), other.entry(4)))).isEmpty();
    assertThat(older(history.record(3), 99, List.of(history.entry(3), history.entry(5))))
        .as("one is missing between them")
        .isEmpty();
    assertThat(
            older(
                    history.record(3),
                    99,
                    List.of(history.entry(3), history.entry(4), other.entry(5), history.entry(5)))
                .orElseThrow())
        .contains(newest(history.entry(5)));
    assertThat(older(history.record(3), 99, List.of(history.entry(3), other.entry(3)))).isEmpty();
  }

  @Example
  void withoutTheRecordsOwnEntryAnyEntryAheadOfItCounts() {
    History history = new History(6);
    assertThat(older(history.record(3), 99, history.from(5)).orElseThrow())
        .contains(newest(history.entry(6)));
    assertThat(older(history.record(3), 99, List.of(history.entry(6))).orElseThrow())
        .contains(newest(history.entry(6)));
    History other = new History(6, "x");
    assertThat(older(history.record(3), 99, List.of(other.entry(3))))
        .as("of an index and an epoch that the record knows")
        .isEmpty();
    assertThat(older(history.record(3), 99, List.of(other.entry(1)))).isEmpty();
    assertThat(older(ScopeRecord.empty(), 99, List.of(other.entry(1)))).isPresent();
  }

  @Example
  void anEntryOfAKnownIndexAndALaterEpochCountsWhereNoneIsTheRecordsOwn() {
    History history = new History(5);
    ScopeRecord counted =
        new ScopeRecord(
            1,
            history.record(1).incumbent(),
            Optional.empty(),
            1,
            9,
            "of none that is there",
            ScopeRecord.empty().unknown());
    assertThat(older(counted, 99, history.from(4)).orElseThrow())
        .contains(newest(history.entry(5)));
    assertThat(older(counted, 99, history.entries.subList(0, 2))).isEmpty();
  }

  @Example
  void ofSeveralChainsTheLongestTellsAndOfEquallyLongOnesTheLast() {
    History history = new History(6);
    History other = new History(6, "x");
    List<Seen> entries =
        List.of(history.entry(4), other.entry(4), history.entry(5), other.entry(6));
    assertThat(older(history.record(2), 99, entries).orElseThrow())
        .contains(newest(history.entry(5)));
    assertThat(
            older(history.record(2), 99, List.of(history.entry(4), other.entry(4))).orElseThrow())
        .contains(newest(other.entry(4)));
  }

  @Example
  void whatCannotBeReadOrHasTheNameOfAnotherProvesNothing() {
    History history = new History(4);
    Seen fourth = history.entry(4);
    Seen damaged = new Seen(fourth.name(), new byte[] {'x'}, fourth.zxid());
    Seen renamed = new Seen("0000000004-lost-w", fourth.data(), fourth.zxid());
    assertThat(older(history.record(3), 99, List.of(history.entry(3), damaged))).isEmpty();
    assertThat(older(history.record(3), 99, List.of(history.entry(3), renamed))).isEmpty();
    assertThat(older(history.record(3), 99, List.of(history.entry(3), fourth))).isPresent();
  }

  // ---------------------------------------------------------------- by counts

  private static Optional<String> counted(ScopeRecord record, int entries, int made, int aside) {
    // As the server counts: what was made and deleted, of what is left.
    Counts counts = Counts.of(entries, 2 * made - entries, aside);
    assertThat(counts.made()).isEqualTo(made);
    return RecordCheck.older(SCOPE, record, 99, Optional.empty(), counts)
        .map(ForeignDataException::getMessage);
  }

  @Example
  void ofATrailThatCannotBeListedTheNumberOfEntriesTells() {
    ScopeRecord record = new History(5).record(5);
    assertThat(counted(record, 5, 5, 0)).isEmpty();
    assertThat(counted(record, 4, 5, 0)).as("one was deleted").isEmpty();
    assertThat(counted(record, 5, 3, 0)).as("the parent was made again").isEmpty();
    assertThat(counted(record, 6, 3, 0)).isPresent();
    assertThat(counted(record, 6, 6, 0).orElseThrow())
        .startsWith(
            "the record in /s tells of epoch 3 and next index 6 and knows of 5 entries, but"
                + " /s/audit has 6, and 6 were ever made there. ")
        .contains("larger -Djute.maxbuffer")
        .contains("`tenure audit quarantine /s --by WHO REASON` moves it aside");
  }

  @Example
  void wasMoreEverMadeThanTheRecordCountsThenItIsOlderHoweverManyAreLeft() {
    ScopeRecord record = new History(5).record(5);
    assertThat(counted(record, 5, 6, 0)).isPresent();
    assertThat(counted(record, 1, 6, 0)).isPresent();
    assertThat(counted(record, 5, 6, 1)).as("it was moved aside").isEmpty();
    assertThat(counted(record, 5, 7, 1)).isPresent();
  }

  @Example
  void theRecordsOwnEntryTellsOfALoweredEpochAlsoWithoutTheList() {
    History history = new History(5);
    ScopeRecord lowered =
        new ScopeRecord(
            1,
            history.record(5).incumbent(),
            Optional.empty(),
            1,
            6,
            history.record(5).digest(),
            ScopeRecord.empty().unknown());
    Counts counts = Counts.of(5, 5, 0);
    assertThat(
            RecordCheck.older(SCOPE, lowered, 99, Optional.of(history.entry(5)), counts)
                .orElseThrow())
        .hasMessageContaining(newest(history.entry(5)));
    assertThat(RecordCheck.older(SCOPE, lowered, 99, Optional.empty(), counts)).isEmpty();
  }

  @Example
  void aPlaceThatIsTakenIsSaidWithTheWayOut() {
    assertThat(ForgedEntry.taken("/s", "/s/audit/0000000001-elected-w"))
        .startsWith(
            "/s/audit/0000000001-elected-w stands where the next entry of the trail belongs")
        .endsWith("`tenure audit quarantine /s --by WHO REASON` moves it aside");
  }

  @Example
  void aRecordWhoseNumbersWereChangedIsHeldAgainstItsOwnEntry() {
    History history = new History(5);
    ScopeRecord lowered =
        new ScopeRecord(
            1,
            history.record(3).incumbent(),
            Optional.empty(),
            1,
            9,
            history.record(3).digest(),
            ScopeRecord.empty().unknown());
    assertThat(older(lowered, 99, history.from(3)).orElseThrow())
        .contains(newest(history.entry(3)));
  }
}
