package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.EntryChain.Anchor;
import io.tenure.internal.EntryChain.Link;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Which znodes of a trail are entries of transitions. */
class EntryChainTest {

  private static Link entry(long index) {
    return new Link("/e" + index, index, "d" + index, "d" + (index - 1), index);
  }

  private static Link forged(String name, long index, String previous) {
    return new Link("/" + name, index, "digest of " + name, previous, 1);
  }

  @Property
  void whateverIsPutBesideAndAroundTheEntriesIsToldFromThem(@ForAll long seed) {
    Random random = new Random(seed);
    int first = 1 + random.nextInt(5);
    int next = first + 1 + random.nextInt(12);
    List<Link> links = new ArrayList<>();
    for (int index = first; index < next; index++) {
      links.add(entry(index));
    }
    Set<String> foreign = new HashSet<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      int index = Math.max(1, first - 3 + random.nextInt(next - first + 6));
      Link one = forged("f" + i, index, "d" + (index - 1));
      links.add(one);
      foreign.add(one.path());
    }
    Collections.shuffle(links, random);
    EntryChain.Told told =
        EntryChain.tell(links, first, List.of(new Anchor(next, "d" + (next - 1))));
    assertThat(told.foreign().keySet()).isEqualTo(foreign);
    assertThat(told.doubtful()).isEmpty();
  }

  @Example
  void aChainOfForgedEntriesThatFollowOnEachOtherIsNoneBesideTheRecords() {
    Link second = forged("second", 2, "d1");
    Link third = forged("third", 3, second.digest());
    EntryChain.Told told =
        EntryChain.tell(
            List.of(entry(1), entry(2), entry(3), second, third), 1, List.of(new Anchor(4, "d3")));
    assertThat(told.foreign().keySet()).containsExactlyInAnyOrder("/second", "/third");
  }

  @Example
  void aCopyOfAnEntryIsTheOneThatWasMadeLater() {
    Link copy = new Link("/copy", 1, "d1", "d0", 9);
    EntryChain.Told told =
        EntryChain.tell(List.of(copy, entry(1)), 1, List.of(new Anchor(2, "d1")));
    assertThat(told.foreign().keySet()).containsExactly("/copy");
  }

  @Example
  void whereTheChainIsBrokenSingleEntriesStayAndSharedIndexesAreDoubtful() {
    Link rewritten = new Link("/e3", 3, "another", "d2", 3);
    Link beside = forged("beside", 2, "d1");
    EntryChain.Told told =
        EntryChain.tell(
            List.of(entry(1), entry(2), beside, entry(4)), 1, List.of(new Anchor(5, "d4")));
    assertThat(told.doubtful()).containsExactlyInAnyOrder("/e2", "/beside");
    assertThat(told.isEntry("/e1")).isTrue();
    EntryChain.Told whole =
        EntryChain.tell(
            List.of(entry(1), entry(2), beside, rewritten, entry(4)),
            1,
            List.of(new Anchor(5, "d4")));
    assertThat(whole.foreign().keySet())
        .as("what it repeats tells all the same")
        .containsExactly("/beside");
    assertThat(whole.isEntry("/e3")).isTrue();
  }

  @Example
  void withoutARecordNothingIsForeign() {
    assertThat(EntryChain.tell(List.of(entry(1), entry(7)), 0, List.of()).foreign()).isEmpty();
  }

  private static final List<Anchor> MOVED_ON = List.of(new Anchor(4, "d3"), new Anchor(6, "d5"));

  @Example
  void forgedOnesInThePlacesOfEntriesThatCameAfterTheListAreNoEntries() {
    Link fourth = forged("fourth", 4, "");
    Link fifth = forged("fifth", 5, "");
    EntryChain.Told told =
        EntryChain.tell(List.of(entry(1), entry(2), entry(3), fourth, fifth), 1, MOVED_ON);
    assertThat(told.isEntry("/e3")).isTrue();
    assertThat(told.isEntry("/fourth")).isFalse();
    assertThat(told.isEntry("/fifth")).isFalse();
    assertThat(told.foreign()).as("another reading tells what they are").isEmpty();
    Link follows = forged("follows", 4, "d3");
    Link followsThat = forged("followsThat", 5, follows.digest());
    told = EntryChain.tell(List.of(entry(3), follows, followsThat), 1, MOVED_ON);
    assertThat(told.isEntry("/follows")).as("anyone can repeat the digest").isFalse();
    assertThat(told.isEntry("/followsThat")).isFalse();
  }

  @Property
  void ofATrailThatMovedOnOnlyWhatTheRecordOrItsChainConfirmsIsAnEntry(@ForAll long seed) {
    Random random = new Random(seed);
    int before = 2 + random.nextInt(6);
    int after = before + random.nextInt(6);
    Set<Integer> missed = new HashSet<>();
    List<Link> links = new ArrayList<>();
    for (int index = 1; index < after; index++) {
      if (index >= before && random.nextInt(4) == 0) {
        missed.add(index);
      } else {
        links.add(entry(index));
      }
      if (random.nextBoolean()) {
        links.add(forged("f" + index, index, random.nextBoolean() ? "" : "d" + (index - 1)));
      }
    }
    Collections.shuffle(links, random);
    int confirmed = after; // The least index from which on all were listed.
    while (confirmed > before && !missed.contains(confirmed - 1)) {
      confirmed--;
    }
    EntryChain.Told told =
        EntryChain.tell(
            links,
            1,
            List.of(new Anchor(before, "d" + (before - 1)), new Anchor(after, "d" + (after - 1))));
    for (Link link : links) {
      boolean genuine = link.path().startsWith("/e");
      boolean tellable = link.index() < before || link.index() >= confirmed;
      assertThat(told.isEntry(link.path())).as(link.path()).isEqualTo(genuine && tellable);
      assertThat(told.foreign().containsKey(link.path()))
          .as(link.path())
          .isEqualTo(!genuine && tellable);
    }
    assertThat(told.doubtful()).isEmpty();
  }

  @Example
  void anEntryWithoutADigestToRepeatLeadsToNoEntryBelowIt() {
    Link first = new Link("/e2", 2, "d2", "", 2);
    EntryChain.Told told =
        EntryChain.tell(
            List.of(Link.unreadable("/hidden", 1), entry(1), first),
            1,
            List.of(new Anchor(3, "d2")));
    assertThat(told.doubtful()).containsExactlyInAnyOrder("/hidden", "/e1");
    assertThat(told.foreign()).isEmpty();
  }
}
