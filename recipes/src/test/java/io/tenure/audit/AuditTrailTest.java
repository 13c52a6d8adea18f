package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.AuditEntry;
import io.tenure.scope.Candidate;
import io.tenure.scope.Scope;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a trail with holes says: less, never something else. */
class AuditTrailTest {

  private static final RecordedEntry ELECTED_1 = entry(1, 1, new Transition.Elected("first"));
  private static final RecordedEntry RESIGNED_1 = entry(2, 1, new Transition.Resigned("done"));
  private static final RecordedEntry ELECTED_2 = entry(3, 2, new Transition.Elected("next"));
  private static final RecordedEntry LOST_2 = entry(4, 2, new Transition.Lost("gone"));
  private static final RecordedEntry ELECTED_3 = entry(5, 3, new Transition.Elected("next"));

  @Test
  void aHoleAfterAnElectionMakesTheAnswerUncertainAndAHoleAfterAnEndMakesItUnknown() {
    AuditTrail trail = trail(true, 6, ELECTED_1, ELECTED_2, ELECTED_3);
    assertThat(trail.leaderAt(at(1))).isInstanceOf(LeaderAt.MayHaveLed.class);
    assertThat(trail.leaderAt(at(3))).isInstanceOf(LeaderAt.MayHaveLed.class);
    assertThat(trail.leaderAt(at(5))).isInstanceOf(LeaderAt.Led.class);
    assertThat(trail(true, 6, ELECTED_1, RESIGNED_1, LOST_2, ELECTED_3).leaderAt(at(3)))
        .isInstanceOf(LeaderAt.NotKept.class);
  }

  @Test
  void entriesThatAreMissingAtTheEndLeaveTheLastTenureUncertain() {
    assertThat(trail(true, 6, ELECTED_1, RESIGNED_1, ELECTED_2).leaderAt(at(9)))
        .isInstanceOf(LeaderAt.MayHaveLed.class);
    assertThat(trail(true, 6, ELECTED_1, RESIGNED_1).leaderAt(at(9)))
        .isInstanceOf(LeaderAt.NotKept.class);
    assertThat(trail(false, 3, ELECTED_1, RESIGNED_1).leaderAt(at(9)))
        .isInstanceOf(LeaderAt.Nobody.class);
  }

  @Test
  void ofALostTenureOnlyTheBoundIsKnown() {
    AuditTrail trail = trail(true, 6, ELECTED_1, RESIGNED_1, ELECTED_2, LOST_2, ELECTED_3);
    assertThat(trail.leaderAt(at(1))).isInstanceOf(LeaderAt.Led.class);
    assertThat(trail.leaderAt(at(3))).isInstanceOf(LeaderAt.MayHaveLed.class);
    assertThat(trail.evidenceAt(at(3))).containsExactly(ELECTED_2, LOST_2);
    assertThat(trail.evidenceAt(at(0))).containsExactly(ELECTED_1);
    assertThat(trail.evidenceAt(at(1))).containsExactly(ELECTED_1, RESIGNED_1);
    assertThat(trail.evidenceAt(at(9))).containsExactly(ELECTED_3);
  }

  @Test
  void whatIsKeptElsewhereFillsWhatRetentionTook() {
    AuditTrail live = trail(true, 6, LOST_2, ELECTED_3);
    assertThat(live.leaderAt(at(1))).isInstanceOf(LeaderAt.NotKept.class);
    AuditTrail whole = live.withArchived(List.of(ELECTED_1, RESIGNED_1, ELECTED_2, LOST_2));
    assertThat(whole.entries())
        .containsExactly(ELECTED_1, RESIGNED_1, ELECTED_2, LOST_2, ELECTED_3);
    assertThat(whole.leaderAt(at(1))).isInstanceOf(LeaderAt.Led.class);
    assertThat(whole.leaderAt(at(0))).isInstanceOf(LeaderAt.Nobody.class);
  }

  @Test
  void whatAnArchiveThatLagsKeepsOfAnEarlierTrailIsLeftOut() {
    AuditTrail anew = trail(true, 2, new RecordedEntry(ELECTED_1.entry(), "", at(20), 20, ""));
    AuditTrail joined = anew.withArchived(List.of(ELECTED_1, RESIGNED_1, ELECTED_2));
    assertThat(joined.entries()).isEqualTo(anew.entries());
    assertThat(joined.leaderAt(at(30))).isInstanceOf(LeaderAt.Led.class);
  }

  @Test
  void aScopeThatIsNotThereWasLedByNobodyAndOneThatCannotBeReadMayHaveBeen() {
    assertThat(trail(false, 0).leaderAt(at(1))).isInstanceOf(LeaderAt.Nobody.class);
    AuditTrail denied =
        new AuditTrail(
            new Scope("/s"),
            List.of(),
            List.of(new AuditTrail.Unreadable("/s", "denied")),
            false,
            0);
    assertThat(denied.leaderAt(at(1))).isInstanceOf(LeaderAt.NotKept.class);
  }

  private static AuditTrail trail(boolean led, long next, RecordedEntry... entries) {
    return new AuditTrail(new Scope("/s"), List.of(entries), List.of(), led, next);
  }

  private static Instant at(long index) {
    return Instant.ofEpochSecond(1_000 + index);
  }

  private static RecordedEntry entry(long index, long epoch, Transition transition) {
    AuditEntry entry =
        new AuditEntry(
            index,
            transition,
            epoch,
            new Candidate("w-" + epoch, "host", 1, Optional.empty()),
            "0x1",
            at(index),
            Optional.empty(),
            Optional.empty(),
            "");
    return new RecordedEntry(entry, "/s/audit/" + index, at(index), index, "");
  }

  @Test
  void anArchivedEntryOfTheTransactionThatMadeTheOneBeforeIsOfTheSameTrail() {
    RecordedEntry electedToo =
        new RecordedEntry(
            ELECTED_3.entry(), ELECTED_3.path(), LOST_2.serverTime(), LOST_2.zxid(), "");
    AuditTrail live = trail(true, 6, ELECTED_2, LOST_2);
    assertThat(live.withArchived(List.of(electedToo)).entries())
        .containsExactly(ELECTED_2, LOST_2, electedToo);
  }

  @Test
  void tenuresAreToldOldestFirstAndOnOneLineEach() {
    AuditTrail trail = trail(true, 6, RESIGNED_1, ELECTED_2, LOST_2, ELECTED_3);
    assertThat(trail.tenures())
        .extracting(PastTenure::toString)
        .containsExactly(
            "epoch 1 w-1 from ? to 1970-01-01T00:16:42Z (resigned)",
            "epoch 2 w-2 from 1970-01-01T00:16:43Z to at or before 1970-01-01T00:16:44Z (lost)",
            "epoch 3 w-3 from 1970-01-01T00:16:45Z on");
  }

  @Test
  void oneIsThereThatHasARecordAnEntryOrAnythingThatCannotBeRead() {
    assertThat(trail(false, 0).exists()).isFalse();
    assertThat(trail(false, 1).exists()).isTrue();
    assertThat(trail(false, 0, ELECTED_1).exists()).isTrue();
  }
}
