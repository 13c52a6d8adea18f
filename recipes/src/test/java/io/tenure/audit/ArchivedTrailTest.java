package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.AuditFormat;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Candidate;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which lines of an archive are one trail, and what is told of those that are not. */
class ArchivedTrailTest {

  private static ArchivedEntry entry(String life, long index, String reason) {
    AuditEntry entry =
        new AuditEntry(
            index,
            new Transition.Elected(reason),
            index,
            new Candidate("w", "h", 1, Optional.empty()),
            "0x1",
            Instant.EPOCH,
            Optional.empty(),
            Optional.empty(),
            "");
    byte[] bytes = AuditFormat.bytes(entry);
    return new ArchivedEntry(
        "/s",
        life,
        index,
        AuditFormat.name(entry),
        Instant.EPOCH,
        index,
        AuditFormat.digest(bytes),
        bytes);
  }

  private static ArchivedEntry unreadable(long index) {
    byte[] bytes = {'x'};
    return new ArchivedEntry(
        "/s", "0x1", index, "n", Instant.EPOCH, 1, AuditFormat.digest(bytes), bytes);
  }

  private static ArchivedTrail trail(Archived... items) {
    ArchivedTrail.Collector collector = new ArchivedTrail.Collector("/s");
    for (Archived item : items) {
      collector.add(item);
    }
    return collector.trail(List.of(new AuditTrail.Unreadable("file:1", "is damaged")));
  }

  private static List<Long> indexes(List<RecordedEntry> entries) {
    return entries.stream().map(recorded -> recorded.entry().index()).toList();
  }

  @Test
  void entriesOfOneLifeAreOneTrailByTheirIndexes() {
    ArchivedTrail trail = trail(entry("0x1", 1, ""), entry("0x1", 3, ""), entry("0x1", 2, ""));
    assertThat(indexes(trail.entries())).containsExactly(1L, 2L, 3L);
    assertThat(trail.earlier()).isEmpty();
    assertThat(trail.unreadable())
        .extracting(AuditTrail.Unreadable::path)
        .containsExactly("file:1");
  }

  @Test
  void aScopeThatWasMadeAnewBeginsAnotherTrail() {
    ArchivedTrail trail =
        trail(entry("0x1", 1, ""), entry("0x1", 2, ""), entry("0x9", 1, ""), entry("0x9", 2, ""));
    assertThat(indexes(trail.earlier())).containsExactly(1L, 2L);
    assertThat(indexes(trail.entries())).containsExactly(1L, 2L);
    ArchivedTrail same = trail(entry("0x1", 1, ""), entry("0x1", 2, ""), entry("0x9", 2, "x"));
    assertThat(indexes(same.earlier())).containsExactly(1L, 2L);
    ArchivedTrail thrice =
        trail(entry("0x1", 5, ""), entry("0x9", 1, ""), entry("0xa", 2, ""), entry("0xb", 2, ""));
    assertThat(indexes(thrice.earlier())).containsExactly(5L, 1L, 2L);
    assertThat(indexes(thrice.entries())).containsExactly(2L);
  }

  @Test
  void oneThatOnlyLostTheParentOfItsEntriesGoesOn() {
    ArchivedTrail trail = trail(entry("0x1", 1, ""), entry("0x9", 2, ""));
    assertThat(indexes(trail.entries())).containsExactly(1L, 2L);
    ArchivedGap gap = new ArchivedGap("/s", "0x9", 2, 4);
    ArchivedTrail withGap = trail(entry("0x1", 1, ""), gap, entry("0x9", 5, ""));
    assertThat(indexes(withGap.entries())).containsExactly(1L, 5L);
    assertThat(withGap.gaps()).containsExactly(gap);
  }

  @Test
  void aGapThatBeginsWhereAnEntryIsArchivedIsOfAnotherTrail() {
    ArchivedTrail trail = trail(entry("0x1", 4, ""), new ArchivedGap("/s", "0x9", 1, 6));
    assertThat(indexes(trail.earlier())).containsExactly(4L);
    assertThat(trail(entry("0x1", 4, ""), new ArchivedGap("/s", "0x1", 1, 6)).earlier()).isEmpty();
    assertThat(
            trail(new ArchivedGap("/s", "0x1", 1, 6), entry("0x9", 6, ""), entry("0x9", 7, ""))
                .entries())
        .hasSize(2);
  }

  @Test
  void anotherEntryUnderAnIndexIsToldAndTheFirstStays() {
    ArchivedTrail trail =
        trail(entry("0x1", 1, ""), entry("0x1", 1, "another"), entry("0x1", 1, ""));
    assertThat(trail.entries())
        .singleElement()
        .satisfies(kept -> assertThat(kept.entry().transition().reason()).isEmpty());
    assertThat(trail.unreadable())
        .contains(
            new AuditTrail.Unreadable(
                "/s/audit/0000000001-elected-w",
                "was found in place of /s/audit/0000000001-elected-w, which is archived"))
        .hasSize(2);
    assertThat(trail(entry("0x1", 1, ""), entry("0x1", 1, "")).unreadable())
        .as("the same entry, archived twice")
        .hasSize(1);
  }

  @Test
  void whatIsNoEntryIsTold() {
    assertThat(trail(unreadable(1)).unreadable())
        .anySatisfy(
            what -> {
              assertThat(what.path()).isEqualTo("/s/audit/n");
              assertThat(what.problem()).contains("is no JSON object");
            });
  }
}
