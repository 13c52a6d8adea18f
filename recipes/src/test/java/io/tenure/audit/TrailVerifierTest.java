package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tenure.audit.Finding.Rule;
import io.tenure.internal.AuditFormat;
import io.tenure.internal.EntryChain;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrimMarker;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Candidate;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Scope;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;

/**
 * Each finding of a verification alone: what yields it, where, and what is next to it and sound.
 */
class TrailVerifierTest {

  private static final Scope SCOPE = new Scope("/s");
  private static final Candidate W = new Candidate("w", "h", 1, Optional.empty());
  private static final Transition ELECTED = new Transition.Elected("head");
  private static final Transition RESIGNED = new Transition.Resigned("done");
  private static final long FIRST_ZXID = 100;

  /** A trail as its transitions leave it, to be changed by hand. */
  private static final class Tree {
    final List<RecordedEntry> history = new ArrayList<>();
    final TreeMap<String, Znode> nodes = new TreeMap<>();
    String digest = ScopeRecord.GENESIS;
    long epoch;
    boolean led;
    long first = 1;
    long recordZxid;
    int quarantined;
    TrimMarker marker = TrimMarker.none();
    Stat parent = new Stat();

    /** What is read of the record after the entries, where that is something else. */
    Optional<Long> nextAfter = Optional.empty();

    Tree tenures(int count) {
      for (int i = 0; i < count; i++) {
        add(ELECTED, epoch + 1).add(RESIGNED, epoch);
      }
      return this;
    }

    Tree add(Transition transition, long of) {
      long index = history.size() + 1;
      AuditEntry entry =
          new AuditEntry(
              index,
              transition,
              of,
              W,
              "0x1",
              Instant.EPOCH,
              Optional.empty(),
              Optional.empty(),
              digest);
      byte[] data = AuditFormat.bytes(entry);
      Stat stat = new Stat();
      stat.setCzxid(FIRST_ZXID + index);
      stat.setCtime(1_000 * index);
      Znode node = node(AuditFormat.name(entry), data, stat);
      nodes.put(AuditFormat.name(entry), node);
      history.add(AuditLog.recorded(entry, node));
      digest = AuditFormat.digest(data);
      epoch = of;
      led = transition instanceof Transition.Elected;
      recordZxid = stat.getCzxid();
      parent.setCversion(parent.getCversion() + 1);
      return this;
    }

    static Znode node(String name, byte[] data, Stat stat) {
      return new Znode(SCOPE.auditPath() + "/" + name, data, stat);
    }

    String name(int index) {
      return AuditFormat.name(history.get(index - 1).entry());
    }

    String path(int index) {
      return history.get(index - 1).path();
    }

    /** Retention deletes what is older, and the record says so. */
    Tree from(int index) {
      delete(index);
      first = index;
      return this;
    }

    /** What is older was archived and taken out, and the parent says so. */
    Tree trimmed(int index) {
      delete(index);
      marker = marker.from(index, history.get(index - 2).digest());
      return this;
    }

    private void delete(int below) {
      for (int i = (int) first; i < below; i++) {
        if (nodes.remove(name(i)) != null) {
          parent.setCversion(parent.getCversion() + 1);
        }
      }
    }

    /** Something else stands in the place of an entry. */
    Tree replace(int index, byte[] data) {
      Znode was = nodes.get(name(index));
      nodes.put(name(index), node(name(index), data, was.stat()));
      return this;
    }

    Tree put(String name, String data) {
      nodes.put(name, node(name, data.getBytes(StandardCharsets.UTF_8), new Stat()));
      return this;
    }

    List<Finding> verify() {
      return verify(archive(List.of()));
    }

    List<Finding> verify(ArchivedTrail archived) {
      return verify(archived, Set.of());
    }

    List<Finding> verify(ArchivedTrail archived, Set<String> denied) {
      return new TrailVerifier(SCOPE, reading(denied), quarantined).verify(archived);
    }

    private TrailReading reading(Set<String> denied) {
      parent.setNumChildren(nodes.size());
      TrailVerifier.Bounds before = bounds(history.size() + 1L);
      TrailVerifier.Bounds after = bounds(nextAfter.orElse(history.size() + 1L));
      List<Read<Znode>> reads = new ArrayList<>();
      nodes.forEach(
          (name, node) -> {
            if (AuditFormat.index(name).isPresent()) {
              reads.add(
                  denied.contains(name)
                      ? new Read<>(node.path(), Optional.empty(), true)
                      : new Read<>(node.path(), Optional.of(node), false));
            }
          });
      List<EntryChain.Anchor> anchors = new ArrayList<>();
      for (TrailVerifier.Bounds bounds : List.of(before, after)) {
        anchors.add(new EntryChain.Anchor(bounds.record().auditNext(), bounds.record().digest()));
      }
      return new TrailReading(
          Optional.of(before),
          Optional.of(after),
          List.copyOf(nodes.keySet()),
          reads,
          EntryChain.tell(TrailReading.links(reads), before.first(), anchors));
    }

    private TrailVerifier.Bounds bounds(long next) {
      ScopeRecord record =
          new ScopeRecord(
              epoch,
              Optional.of(new Incumbent(W, "0x1", "nonce", Instant.EPOCH)),
              led ? Optional.empty() : Optional.of(new Transition.Resigned("done")),
              first,
              next,
              next == history.size() + 1L ? digest : "digest of a later one",
              ScopeRecord.empty().unknown());
      Stat stat = new Stat();
      stat.setMzxid(recordZxid);
      return new TrailVerifier.Bounds(
          new TrailReader.Recorded(record, stat),
          new TrailReader.Parent(marker, Optional.of(parent)));
    }
  }

  private static ArchivedTrail archive(List<RecordedEntry> entries) {
    return new ArchivedTrail(SCOPE.path(), entries, List.of(), List.of(), List.of());
  }

  private static RecordedEntry withDigest(RecordedEntry entry, String digest) {
    return new RecordedEntry(entry.entry(), entry.path(), entry.serverTime(), entry.zxid(), digest);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Finding finding(String path, Rule rule, String detail) {
    return new Finding(path, rule, detail);
  }

  // ---------------------------------------------------------------- sound ones

  @Test
  void whatTransitionsRetentionAndTheArchiverLeaveBreaksNoRule() {
    assertThat(new Tree().tenures(3).verify()).isEmpty();
    assertThat(new Tree().tenures(3).add(ELECTED, 4).verify()).isEmpty();
    assertThat(new Tree().tenures(3).from(3).verify()).isEmpty();
    assertThat(new Tree().tenures(3).from(4).verify()).isEmpty();
    assertThat(new Tree().tenures(3).trimmed(4).verify()).isEmpty();
    assertThat(new Tree().tenures(3).trimmed(7).verify()).isEmpty();
    Tree trimmed = new Tree().tenures(3).trimmed(4);
    assertThat(trimmed.verify(archive(trimmed.history.subList(0, 3)))).isEmpty();
    assertThat(trimmed.verify(archive(trimmed.history.subList(0, 5)))).isEmpty();
    assertThat(trimmed.verify(archive(trimmed.history.subList(1, 3)))).isEmpty();
  }

  @Test
  void aFindingIsOneLine() {
    assertThat(finding("/s", Rule.ADDED_ONCE, "more")).hasToString("/s: ADDED_ONCE: more");
  }

  // ---------------------------------------------------------------- each znode

  @Test
  void aNameThatIsNoEntrysIsFound() {
    assertThat(new Tree().tenures(1).put("note", "by hand").verify())
        .contains(
            finding(
                "/s/audit/note",
                Rule.ENTRY_READABLE,
                "is no entry's name; Tenure did not write it"));
  }

  @Test
  void aZnodeThatTheRecordDoesNotCountIsFoundAndNotParsed() {
    assertThat(new Tree().tenures(1).put("0000000009-elected-w", "x").verify())
        .extracting(Finding::rule, Finding::detail)
        .contains(tuple(Rule.INDEXES_DENSE, "the record does not count it: no transition made it"))
        .noneMatch(found -> found.toList().get(0).equals(Rule.ENTRY_READABLE));
  }

  @Test
  void anEntryThatMayNotBeReadEndsTheVerification() {
    Tree tree = new Tree().tenures(2);
    assertThatThrownBy(() -> tree.verify(archive(List.of()), Set.of(tree.name(2))))
        .isInstanceOf(PermissionDeniedException.class)
        .hasMessageContaining(tree.path(2));
  }

  @Test
  void oneThatCameMeanwhileAndMayNotBeReadDoesNot() {
    Tree tree = new Tree().tenures(2);
    tree.nextAfter = Optional.of(6L);
    String later = "0000000005-elected-w";
    tree.put(later, "x");
    assertThat(tree.verify(archive(List.of()), Set.of(later))).isEmpty();
  }

  @Test
  void anEntryThatCannotBeReadIsFoundWithWhatIsWrong() {
    Tree tree = new Tree().tenures(2).replace(2, bytes("by hand"));
    assertThat(tree.verify())
        .anySatisfy(
            found -> {
              assertThat(found.path()).isEqualTo(tree.path(2));
              assertThat(found.rule()).isEqualTo(Rule.ENTRY_READABLE);
              assertThat(found.detail()).contains("by hand");
            });
  }

  @Test
  void dataUnderTheNameOfAnotherEntryIsFound() {
    Tree tree = new Tree().tenures(2);
    Znode last = tree.nodes.remove(tree.name(4));
    tree.nodes.put("0000000004-lost-w", Tree.node("0000000004-lost-w", last.data(), last.stat()));
    assertThat(tree.verify())
        .containsExactly(
            finding(
                "/s/audit/0000000004-lost-w",
                Rule.ENTRY_READABLE,
                "its data belongs to 0000000004-resigned-w"));
  }

  @Test
  void anEntryThatWasWrittenAgainIsFoundAlsoWithTheSameBytes() {
    Tree tree = new Tree().tenures(2);
    tree.nodes.get(tree.name(3)).stat().setVersion(2);
    assertThat(tree.verify())
        .containsExactly(finding(tree.path(3), Rule.ENTRY_IMMUTABLE, "was rewritten 2 times"));
  }

  @Test
  void entriesThatCameOrWentMeanwhileAreNoFindings() {
    Tree tree = new Tree().tenures(2);
    tree.nextAfter = Optional.of(6L);
    tree.put("0000000005-elected-w", "not even JSON");
    assertThat(tree.verify()).isEmpty();
    Tree trimmedMeanwhile = new Tree().tenures(2).trimmed(3);
    Tree whole = new Tree().tenures(2);
    TrailReading late = whole.reading(Set.of());
    TrailReading reading =
        new TrailReading(
            late.before(),
            trimmedMeanwhile.reading(Set.of()).after(),
            late.names(),
            late.reads(),
            late.told());
    assertThat(new TrailVerifier(SCOPE, reading, 0).verify(archive(List.of()))).isEmpty();
  }

  // ---------------------------------------------------------------- what was taken out

  @Test
  void theOldestEntryRepeatsTheDigestOfTheLastThatWasTakenOut() {
    Tree tree = new Tree().tenures(3).trimmed(4);
    tree.marker = tree.marker.from(4, "of another");
    assertThat(tree.verify())
        .containsExactly(
            finding(
                tree.path(4),
                Rule.DIGESTS_CHAINED,
                "it does not repeat the digest of the entry before it, which was taken out, as"
                    + " /s/audit has it"));
    tree.from(5);
    assertThat(tree.verify()).as("retention has deleted what the marker told of").isEmpty();
    assertThat(tree.from(7).verify()).isEmpty();
  }

  @Test
  void whereNothingWasTakenOutTheMarkerSaysNothing() {
    Tree tree = new Tree().tenures(2);
    tree.marker = tree.marker.from(1, "of none");
    assertThat(tree.verify()).isEmpty();
  }

  // ---------------------------------------------------------------- the archive

  @Test
  void anEntryThatIsArchivedWithAnotherDigestIsFound() {
    Tree tree = new Tree().tenures(2);
    RecordedEntry was = withDigest(tree.history.get(1), "another");
    assertThat(tree.verify(archive(List.of(was))))
        .containsExactly(
            finding(
                tree.path(2),
                Rule.ARCHIVE_AGREES,
                "another entry is archived under its index: " + was));
  }

  @Test
  void anArchivedEntryThatTheRecordDoesNotCountIsFound() {
    Tree longer = new Tree().tenures(3);
    Tree tree = new Tree().tenures(2);
    Finding uncounted =
        finding(
            longer.path(5), Rule.ARCHIVE_AGREES, "is archived, but the record does not count it");
    assertThat(tree.verify(archive(longer.history.subList(3, 5)))).containsExactly(uncounted);
    tree.epoch = 7;
    assertThat(tree.verify(archive(longer.history.subList(3, 5))))
        .as("and the record is held against the last entry that it counts")
        .contains(uncounted)
        .extracting(Finding::rule)
        .containsExactly(Rule.ARCHIVE_AGREES, Rule.RECORD_MATCHES);
  }

  @Test
  void anotherTrailThatIsArchivedUnderThePathIsFound() {
    Tree tree = new Tree().tenures(1);
    ArchivedTrail archived =
        new ArchivedTrail("/s", List.of(), new Tree().tenures(2).history, List.of(), List.of());
    assertThat(tree.verify(archived))
        .containsExactly(
            finding(
                "/s/audit",
                Rule.ARCHIVE_AGREES,
                "4 entries of another trail that stood here are archived, the last of"
                    + " 1970-01-01T00:00:04Z: the scope was deleted and made anew, or its trail was"
                    + " put in place of that one"));
  }

  @Test
  void aLineOfTheArchiveThatCannotBeReadIsFound() {
    ArchivedTrail archived =
        new ArchivedTrail(
            "/s",
            List.of(),
            List.of(),
            List.of(),
            List.of(new AuditTrail.Unreadable("file:3", "is damaged")));
    assertThat(new Tree().tenures(1).verify(archived))
        .containsExactly(finding("file:3", Rule.ARCHIVE_AGREES, "is damaged"));
  }

  @Test
  void theChainGoesOnFromTheArchiveIntoWhatIsKept() {
    Tree tree = new Tree().tenures(3).from(4);
    List<RecordedEntry> archived = new ArrayList<>(tree.history.subList(0, 3));
    archived.set(2, withDigest(archived.get(2), "something else"));
    assertThat(tree.verify(archive(archived)))
        .containsExactly(
            finding(
                tree.path(4),
                Rule.DIGESTS_CHAINED,
                "it repeats digest "
                    + tree.history.get(2).digest().substring(0, 12)
                    + "…, but that of "
                    + tree.path(3)
                    + " is something el…"));
  }

  @Test
  void whatIsMissingBetweenTheArchiveAndWhatIsKeptIsFound() {
    Tree tree = new Tree().tenures(3).from(4);
    assertThat(tree.verify(archive(tree.history.subList(0, 2))))
        .contains(finding("/s/audit/0000000003", Rule.INDEXES_DENSE, "is missing"));
  }

  @Test
  void whereBothHaveAnEntryTheOneThatIsKeptIsHeldAgainstItsNeighbors() {
    Tree tree = new Tree().tenures(2);
    List<RecordedEntry> archived = new ArrayList<>(tree.history);
    archived.set(1, withDigest(archived.get(1), "another"));
    assertThat(tree.verify(archive(archived)))
        .extracting(Finding::rule)
        .containsExactly(Rule.ARCHIVE_AGREES);
  }

  // ---------------------------------------------------------------- tenures

  @Test
  void anEpochThatIsLeftOutIsFound() {
    Tree tree = new Tree().tenures(1).add(ELECTED, 3);
    assertThat(tree.verify())
        .containsExactly(
            finding(tree.path(3), Rule.EPOCHS_DENSE, "its epoch is 3 where 2 follows"));
    Tree end = new Tree().add(ELECTED, 1).add(RESIGNED, 2);
    assertThat(end.verify())
        .containsExactly(finding(end.path(2), Rule.EPOCHS_DENSE, "its epoch is 2 where 1 follows"));
  }

  @Test
  void aTenureThatBeginsBeforeTheEndOfAnotherIsFound() {
    Tree tree = new Tree().add(ELECTED, 1).add(ELECTED, 2);
    assertThat(tree.verify())
        .containsExactly(
            finding(
                tree.path(2),
                Rule.TENURES_ALTERNATE,
                "a tenure begins before the end of epoch 1 is recorded"));
  }

  @Test
  void aTenureThatEndsTwiceIsFound() {
    Tree tree = new Tree().tenures(1).add(RESIGNED, 1);
    assertThat(tree.verify())
        .containsExactly(
            finding(
                tree.path(3),
                Rule.TENURES_ALTERNATE,
                "a tenure ends that had ended or never began"));
  }

  @Test
  void theFirstEntryIsTheElectionOfEpochOne() {
    String wrong = "the first entry is not the election of epoch 1";
    Tree second = new Tree().add(ELECTED, 2);
    assertThat(second.verify()).containsExactly(finding(second.path(1), Rule.EPOCHS_DENSE, wrong));
    Tree end = new Tree().add(RESIGNED, 1);
    assertThat(end.verify()).containsExactly(finding(end.path(1), Rule.EPOCHS_DENSE, wrong));
    assertThat(new Tree().tenures(3).from(2).verify()).as("it is no longer kept").isEmpty();
    assertThat(new Tree().tenures(3).from(3).verify()).as("it is no longer kept").isEmpty();
  }

  // ---------------------------------------------------------------- the record

  @Test
  void aRecordThatTellsOfAnotherTenureThanTheLastEntryIsFound() {
    Tree epoch = new Tree().tenures(2);
    epoch.epoch = 7;
    assertThat(epoch.verify())
        .containsExactly(
            finding(
                "/s",
                Rule.RECORD_MATCHES,
                "the record tells of epoch 7, vacant; the last entry of epoch 2, vacant"));
    Tree led = new Tree().tenures(1);
    led.led = true;
    assertThat(led.verify())
        .containsExactly(
            finding(
                "/s",
                Rule.RECORD_MATCHES,
                "the record tells of epoch 1, led; the last entry of epoch 1, vacant"));
    Tree vacant = new Tree().add(ELECTED, 1);
    vacant.led = false;
    assertThat(vacant.verify())
        .containsExactly(
            finding(
                "/s",
                Rule.RECORD_MATCHES,
                "the record tells of epoch 1, vacant; the last entry of epoch 1, led"));
  }

  @Test
  void aRecordOrAnEntryThatWasWrittenAnewIsFound() {
    Tree tree = new Tree().tenures(1);
    tree.recordZxid = 0x77;
    assertThat(tree.verify())
        .containsExactly(
            finding(
                "/s",
                Rule.RECORD_MATCHES,
                "was last written by transaction 0x77, and the last entry by 0x66: one of them was"
                    + " written anew"));
  }

  @Test
  void whereTheLastEntryIsMissingNothingIsSaidOfTheRecord() {
    Tree tree = new Tree().tenures(2);
    tree.nodes.remove(tree.name(4));
    tree.parent.setCversion(5);
    tree.recordZxid = 0x77;
    assertThat(tree.verify())
        .containsExactly(finding("/s/audit/0000000004", Rule.INDEXES_DENSE, "is missing"));
    Tree none = new Tree().tenures(1);
    none.nodes.clear();
    none.parent.setCversion(4);
    assertThat(none.verify())
        .containsExactly(
            finding(
                "/s/audit/0000000001", Rule.INDEXES_DENSE, "and all up to index 2 are missing"));
  }

  // ---------------------------------------------------------------- how many were made

  @Test
  void moreChildrenThanTransitionsAreFoundAlsoWhereNoneOfThemIsLeft() {
    Tree tree = new Tree().tenures(2);
    tree.parent.setCversion(tree.parent.getCversion() + 4); // two more, made and deleted
    assertThat(tree.verify())
        .containsExactly(
            finding(
                "/s/audit",
                Rule.ADDED_ONCE,
                "6 children were made in it, and the record counts 4 entries: 2 came from somewhere"
                    + " else, or took the place of deleted ones"));
    tree.quarantined = 1;
    assertThat(tree.verify())
        .extracting(Finding::detail)
        .singleElement()
        .asString()
        .contains(": 1 came");
    tree.quarantined = 2;
    assertThat(tree.verify()).as("what is in quarantine is known").isEmpty();
    tree.quarantined = 3;
    assertThat(tree.verify()).as("the parent was made again").isEmpty();
  }

  @Test
  void whatTheRecordCountsSinceIsCounted() {
    Tree tree = new Tree().tenures(2);
    tree.parent.setCversion(tree.parent.getCversion() + 2);
    tree.nextAfter = Optional.of(6L);
    assertThat(tree.verify()).isEmpty();
  }

  // ---------------------------------------------------------------- the reading

  @Test
  void ofWhatWasReadOnlyWhatIsAnEntryCounts() {
    Tree tree = new Tree().tenures(2).put("note", "x").put("0000000003-elected-x", "x");
    String denied = tree.name(2);
    TrailReading reading = tree.reading(Set.of(denied));
    assertThat(reading.entries())
        .extracting(Read::path)
        .containsExactly(tree.path(1), tree.path(2), tree.path(3), tree.path(4));
    List<Read<Znode>> gone = new ArrayList<>(reading.reads());
    gone.set(0, new Read<>(tree.path(1), Optional.empty(), false));
    TrailReading later =
        new TrailReading(reading.before(), reading.after(), reading.names(), gone, reading.told());
    assertThat(later.entries())
        .as("retention was faster")
        .extracting(Read::path)
        .containsExactly(tree.path(2), tree.path(3), tree.path(4));
    assertThat(TrailReading.links(gone))
        .extracting(EntryChain.Link::path, EntryChain.Link::index, EntryChain.Link::zxid)
        .containsExactly(
            tuple(tree.path(2), 2L, Long.MAX_VALUE),
            tuple(tree.path(3), 3L, FIRST_ZXID + 3),
            tuple("/s/audit/0000000003-elected-x", 3L, 0L),
            tuple(tree.path(4), 4L, FIRST_ZXID + 4));
  }
}
