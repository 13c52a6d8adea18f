package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.EntryChain;
import io.tenure.internal.session.ZnodeReader.Znode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;

/** What a look at a trail takes of a list that was read while the trail moved on. */
class TrailStateTest {

  private static final Znode AUDIT = new Znode("/a/audit", new byte[0], new Stat());

  private static final List<String> LISTED =
      List.of(
          "0000000001-elected-w-1",
          "0000000002-resigned-w-1",
          "0000000003-elected-w-2",
          "0000000004-resigned-w-2",
          "0000000005-elected-w-3",
          "0000000006-elected-w-3");

  private static Optional<Znode> record(long next) {
    String data = "{\"format\":1,\"auditNext\":" + next + ",\"digest\":\"d" + (next - 1) + "\"}";
    return Optional.of(new Znode("/a", data.getBytes(StandardCharsets.UTF_8), new Stat()));
  }

  private static TrailState state(Optional<Znode> before, Optional<Znode> after) {
    return TrailState.of(
        "/a", new TrailState.Earlier(Optional.of(AUDIT), before), LISTED, AUDIT, after);
  }

  @Test
  void whatIsCountedOnlySinceTheListWasReadIsLeftToAnotherLook() {
    TrailState state = state(record(4), record(6));
    assertThat(state.names).isEqualTo(LISTED.subList(0, 3));
    assertThat(state.uncounted).isEqualTo(LISTED.subList(5, 6));
    assertThat(state.movedOn).isTrue();
    assertThat(state.isTooEarly()).isFalse();
    TrailState later = state(record(6), record(6));
    assertThat(later.names).isEqualTo(LISTED.subList(0, 5));
    assertThat(later.movedOn).isFalse();
  }

  @Test
  void nothingIsTakenOfATrailThatBeganMeanwhile() {
    TrailState state = state(Optional.empty(), record(3));
    assertThat(state.names).isEmpty();
    assertThat(state.isTooEarly()).isTrue();
  }

  @Test
  void withoutARecordEveryEntryIsTaken() {
    TrailState state = state(Optional.empty(), Optional.empty());
    assertThat(state.names).isEqualTo(LISTED);
    assertThat(state.movedOn).isFalse();
  }

  // ---------------------------------------------------------------- names

  private static Znode node(String path, String data, long created, long written) {
    Stat stat = new Stat();
    stat.setCzxid(created);
    stat.setMzxid(written);
    return new Znode(path, data.getBytes(StandardCharsets.UTF_8), stat);
  }

  private static String counts(long first, long next) {
    return "{\"format\":1,\"auditFirst\":"
        + first
        + ",\"auditNext\":"
        + next
        + ",\"digest\":\"d\"}";
  }

  private static TrailState state(List<String> names, Znode audit, Optional<Znode> parent) {
    return TrailState.of(
        "/a", new TrailState.Earlier(Optional.of(audit), parent), names, audit, parent);
  }

  private static TrailState scope(long first, long next) {
    return state(LISTED, AUDIT, Optional.of(node("/a", counts(first, next), 1, 1)));
  }

  @Test
  void whatIsOlderThanTheFirstThatIsCountedIsNoEntry() {
    assertThat(scope(3, 6).names).isEqualTo(LISTED.subList(2, 5));
    assertThat(scope(3, 6).uncounted)
        .containsExactlyInAnyOrder(LISTED.get(0), LISTED.get(1), LISTED.get(5));
    TrailState trimmed =
        state(
            LISTED,
            node("/a/audit", "{\"format\":1,\"first\":4,\"previous\":\"x\"}", 1, 1),
            Optional.of(node("/a", counts(3, 6), 1, 1)));
    assertThat(trimmed.names).isEqualTo(LISTED.subList(3, 5));
    TrailState group = state(LISTED, node("/a/audit", counts(2, 4), 1, 1), record(7));
    assertThat(group.names).as("the record in the trail itself").isEqualTo(LISTED.subList(1, 3));
    assertThat(group.ownsRecord).isTrue();
    assertThat(scope(3, 6).ownsRecord).isFalse();
  }

  @Test
  void namesAreInTheOrderOfTheirIndexesAndOfTheirTexts() {
    List<String> names =
        List.of("0000000002-b", "note", "0000000001-b", "0000000002-a", "0000000001-a");
    TrailState state = state(names, AUDIT, Optional.empty());
    assertThat(state.names)
        .containsExactly("0000000001-a", "0000000001-b", "0000000002-a", "0000000002-b");
    assertThat(state.at(2)).containsExactly("0000000002-a", "0000000002-b");
    assertThat(state.at(3)).isEmpty();
    assertThat(state.firstShared()).hasValue(1);
    assertThat(state.path("x")).isEqualTo("/a/audit/x");
    assertThat(scope(1, 7).firstShared()).isEmpty();
    assertThat(state(List.of("0000000001-a"), AUDIT, Optional.empty()).firstShared()).isEmpty();
    TrailState late =
        state(List.of("0000000001-a", "0000000002-a", "0000000002-b"), AUDIT, Optional.empty());
    assertThat(late.firstShared()).hasValue(2);
  }

  @Test
  void whatTurnsOutToBeNoEntryIsLeftOut() {
    TrailState state = scope(1, 7);
    state.leaveOut(Set.of("/a/audit/" + LISTED.get(1), "/b/audit/" + LISTED.get(2)));
    assertThat(state.names).hasSize(5).doesNotContain(LISTED.get(1));
    assertThat(state.uncounted).containsExactly(LISTED.get(1));
  }

  @Test
  void whatIsDueBeginsWithTheExpectedOne() {
    TrailState state = scope(1, 7);
    assertThat(state.due()).isEqualTo(LISTED);
    state.expected = 5;
    assertThat(state.due()).isEqualTo(LISTED.subList(4, 6));
  }

  @Test
  void theAnchorsAreWhatTheRecordSaidBeforeAndAfter() {
    TrailState state = state(record(4), record(6));
    assertThat(state.anchors())
        .containsExactly(new EntryChain.Anchor(4, "d3"), new EntryChain.Anchor(6, "d5"));
    assertThat(state(Optional.empty(), record(6)).anchors())
        .containsExactly(new EntryChain.Anchor(6, "d5"));
    Znode withoutDigest = node("/a", "{\"format\":1,\"auditNext\":4}", 1, 1);
    assertThat(state(LISTED, AUDIT, Optional.of(withoutDigest)).anchors()).isEmpty();
    Znode group = node("/a/audit", counts(1, 5), 1, 1);
    assertThat(state(LISTED, group, record(9)).anchors())
        .as("of the trail's own record")
        .containsExactly(new EntryChain.Anchor(5, "d"), new EntryChain.Anchor(5, "d"));
    for (String unreadable : List.of("", "x", "{\"format\":1}", "{\"format\":1,\"auditNext\":0}")) {
      TrailState damaged = state(LISTED, AUDIT, Optional.of(node("/a", unreadable, 1, 1)));
      assertThat(damaged.anchors()).as(unreadable).isEmpty();
      assertThat(damaged.next()).as(unreadable).isEmpty();
      assertThat(damaged.names).as(unreadable).isEqualTo(LISTED);
    }
  }

  @Test
  void aListIsOfTheLifeWhoseParentWasReadBefore() {
    Znode made = node("/a/audit", "", 7, 7);
    assertThat(new TrailState.Earlier(Optional.of(made), Optional.empty()).isOf(7)).isTrue();
    assertThat(new TrailState.Earlier(Optional.of(made), Optional.empty()).isOf(8)).isFalse();
    assertThat(new TrailState.Earlier(Optional.empty(), Optional.empty()).isOf(7)).isFalse();
  }

  // ---------------------------------------------------------------- lives

  /** A scope that was made by a transaction, with a trail of another. */
  private static TrailState begun(long scopeMade, long auditMade, long next) {
    return state(
        LISTED.subList(0, (int) Math.max(0, Math.min(6, next - 1))),
        node("/a/audit", "", auditMade, auditMade),
        Optional.of(node("/a", counts(1, next), scopeMade, 0x50)));
  }

  private static ArchivePosition position(long auditMade, long index, long zxid) {
    return new ArchivePosition(Lives.of(auditMade), index, zxid, "digest");
  }

  @Test
  void aTrailOfWhichNothingWasReadBeginsItsFirstLife() {
    TrailState state = begun(0x10, 0x20, 7);
    assertThat(state.begin(null)).isEqualTo(TrailState.Life.FIRST);
    assertThat(state.life).isEqualTo("0x20");
    assertThat(state.expected).isEqualTo(1);
  }

  @Test
  void theSameTrailGoesOnAfterWhatWasRead() {
    TrailState state = begun(0x10, 0x20, 7);
    ArchivePosition replaced = new ArchivePosition("0x20+0x33", 4, 0x40, "digest");
    assertThat(state.begin(replaced)).isEqualTo(TrailState.Life.SAME);
    assertThat(state.life).isEqualTo("0x20+0x33");
    assertThat(state.expected).isEqualTo(5);
    assertThat(begun(0x10, 0x20, 7).begin(position(0x20, 6, 0x40))).isEqualTo(TrailState.Life.SAME);
  }

  @Test
  void aRecordThatCountsFewerEntriesThanWereReadWasSetBack() {
    TrailState state = begun(0x10, 0x20, 7);
    ArchivePosition position = position(0x20, 7, 0x40);
    assertThat(state.begin(position)).isEqualTo(TrailState.Life.SET_BACK);
    state.setBack(position);
    assertThat(state.life).as("by the transaction that wrote the record").isEqualTo("0x20+0x50");
    assertThat(state.expected).isEqualTo(1);
    TrailState without =
        state(LISTED.subList(2, 4), node("/a/audit", "", 0x20, 0x21), Optional.empty());
    assertThat(without.begin(position(0x20, 9, 0x40))).isEqualTo(TrailState.Life.SAME);
    without.setBack(position(0x20, 9, 0x40));
    assertThat(without.life).isEqualTo("0x20+0x21");
    assertThat(without.expected).as("the first that is there").isEqualTo(3);
    TrailState empty = state(List.of(), node("/a/audit", "", 0x20, 0x21), Optional.empty());
    empty.replaced(position(0x20, 9, 0x40), 0x60);
    assertThat(empty.expected).isEqualTo(1);
    assertThat(empty.life).isEqualTo("0x20+0x60");
  }

  @Test
  void aParentThatIsOlderThanTheOneThatWasReadIsOfAnotherEnsemble() {
    assertThat(begun(0x10, 0x20, 7).begin(position(0x21, 3, 0x40)))
        .isEqualTo(TrailState.Life.EARLIER);
  }

  @Test
  void whereOnlyTheParentWasMadeAnewTheRecordCountsOn() {
    TrailState state = begun(0x10, 0x60, 7);
    assertThat(state.begin(position(0x20, 4, 0x40)))
        .isEqualTo(TrailState.Life.SAME_WITH_NEW_PARENT);
    assertThat(state.life).isEqualTo("0x60");
    assertThat(state.expected).isEqualTo(5);
    assertThat(begun(0x40, 0x60, 7).begin(position(0x20, 6, 0x40)))
        .as("the scope was made by the transaction of the first entry")
        .isEqualTo(TrailState.Life.SAME_WITH_NEW_PARENT);
    assertThat(begun(0x10, 0x60, 7).begin(position(0x20, 7, 0x40)))
        .as("its record knows less")
        .isEqualTo(TrailState.Life.ANOTHER);
    assertThat(begun(0x41, 0x60, 7).begin(position(0x20, 4, 0x40)))
        .as("the scope is younger than what was read")
        .isEqualTo(TrailState.Life.ANOTHER);
  }

  @Test
  void whereNoRecordTellsTheEntriesThemselvesDo() {
    Znode parent = node("/a/audit", "", 0x60, 0x60);
    List<String> later = LISTED.subList(4, 6);
    assertThat(state(later, parent, Optional.empty()).begin(position(0x20, 4, 0x40)))
        .isEqualTo(TrailState.Life.SAME_WITH_NEW_PARENT);
    assertThat(state(later, parent, Optional.empty()).begin(position(0x20, 5, 0x40)))
        .isEqualTo(TrailState.Life.ANOTHER);
    assertThat(state(List.of(), parent, Optional.empty()).begin(position(0x20, 4, 0x40)))
        .isEqualTo(TrailState.Life.ANOTHER);
    Znode group = node("/a/audit", counts(5, 7), 0x60, 0x60);
    assertThat(
            state(later, group, Optional.of(node("/a", "", 0x10, 0x10)))
                .begin(position(0x20, 4, 0x40)))
        .as("the record went with the parent")
        .isEqualTo(TrailState.Life.SAME_WITH_NEW_PARENT);
    assertThat(
            state(LISTED, node("/a/audit", counts(1, 7), 0x60, 0x60), Optional.empty())
                .begin(position(0x20, 4, 0x40)))
        .isEqualTo(TrailState.Life.ANOTHER);
  }

  @Test
  void whereTheAgeOfWhatWasReadIsNotKnownTheEntriesTellAsWell() {
    assertThat(begun(0x10, 0x60, 7).begin(position(0x20, 4, 0)))
        .as("its first entry was read before")
        .isEqualTo(TrailState.Life.ANOTHER);
    TrailState later =
        state(
            LISTED.subList(4, 6),
            node("/a/audit", "", 0x60, 0x60),
            Optional.of(node("/a", counts(5, 7), 0x50, 0x50)));
    assertThat(later.begin(position(0x20, 4, 0))).isEqualTo(TrailState.Life.SAME_WITH_NEW_PARENT);
  }

  // ---------------------------------------------------------------- their names, and paths

  @Test
  void aLifeThatWasReplacedHasANameOfItsOwn() {
    assertThat(Lives.of(0x2a)).isEqualTo("0x2a");
    assertThat(Lives.replaced("0x2a", 0x2a, 0x90)).isEqualTo("0x2a+0x90");
    assertThat(Lives.replaced("0x2a+0x90", 0x2a, 0x90))
        .as("the same backup was restored twice")
        .isEqualTo("0x2a+0x90+0x90");
    assertThat(Lives.isReplaced("0x2a")).isFalse();
    assertThat(Lives.isReplaced("0x2a+0x90")).isTrue();
    assertThat(Lives.auditZxid("0x2a+0x90")).isEqualTo(0x2a);
    assertThat(Lives.auditZxid("0x2a")).isEqualTo(0x2a);
  }

  @Test
  void trailsAreFoundByTheirPaths() {
    assertThat(TrailPaths.entry("/a", "x")).isEqualTo("/a/audit/x");
    assertThat(TrailPaths.audit("/")).isEqualTo("/audit");
    assertThat(TrailPaths.ofAudit("/a/b/audit")).contains("/a/b");
    assertThat(TrailPaths.ofAudit("/audit")).contains("/");
    assertThat(TrailPaths.ofAudit("/a/b")).isEmpty();
    assertThat(TrailPaths.ofEntry("/a/audit/x")).contains("/a");
    assertThat(TrailPaths.ofEntry("/a/x")).isEmpty();
    assertThat(TrailPaths.ofEntry("/audit")).isEmpty();
    assertThat(TrailPaths.ofEntry("/audit/x")).contains("/");
    for (String none : List.of("latch", "leader", "audit", "checkpoint", "quarantine")) {
      assertThat(TrailPaths.mayHoldTrails("/a", none)).as(none).isFalse();
    }
    assertThat(TrailPaths.mayHoldTrails("/a", "b")).isTrue();
    assertThat(TrailPaths.mayHoldTrails("/", "zookeeper")).isFalse();
    assertThat(TrailPaths.mayHoldTrails("/a", "zookeeper")).isTrue();
  }
}
