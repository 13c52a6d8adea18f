package io.tenure.internal;

import io.tenure.scope.ForeignDataException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Tells the entries that transitions made from what others have put into a trail. The record has
 * the digest of the last entry, and each entry that of the one before. So of several znodes under
 * one index it is known which one is the entry, from the newest down to the first that is missing
 * or was rewritten. What stands outside of the indexes that the record counts is no entry.
 *
 * <p>Where the record moved on during the reading, see {@link CountedIndexes}, only what its last
 * digest leads down to is an entry under the indexes that it counts since. The digest of an entry
 * before proves nothing: anyone can repeat it.
 *
 * <p>Pure; used for one reading.
 */
public final class EntryChain {

  /**
   * A znode of the trail whose name begins with an index.
   *
   * @param digest SHA-256 of its bytes; empty if they may not be read
   * @param previous the digest that it repeats; empty if there is none to be read
   * @param zxid the transaction that made it
   */
  public record Link(String path, long index, String digest, String previous, long zxid) {

    /** A znode that was read. */
    public static Link of(String path, long index, byte[] data, long zxid) {
      String previous;
      try {
        previous = ZnodeJson.parse(path, data).optionalText("previous").orElse("");
      } catch (ForeignDataException e) {
        previous = "";
      }
      return new Link(path, index, AuditFormat.digest(data), previous, zxid);
    }

    /** A znode that may not be read. */
    public static Link unreadable(String path, long index) {
      return new Link(path, index, "", "", Long.MAX_VALUE);
    }
  }

  /** What a record says: the index of the next entry, and the digest of the last. */
  public record Anchor(long next, String digest) {}

  /**
   * The outcome.
   *
   * @param foreign why a znode is no entry of a transition, by path
   * @param doubtful paths of those that share an index, and no digest tells which one is the entry
   * @param unsettled paths under indexes that were given away during the reading, where only
   *     another reading can tell
   */
  public record Told(Map<String, String> foreign, List<String> doubtful, Set<String> unsettled) {

    /** Whether a znode is part of the history. */
    public boolean isEntry(String path) {
      return !foreign.containsKey(path) && !doubtful.contains(path) && !unsettled.contains(path);
    }
  }

  private final NavigableMap<Long, List<Link>> byIndex = new TreeMap<>();
  private final Map<Long, String> digests = new HashMap<>();
  private final Map<String, String> foreign = new HashMap<>();
  private final List<String> doubtful = new ArrayList<>();
  private final Set<String> unsettled = new HashSet<>();

  private final CountedIndexes counted;

  private EntryChain(CountedIndexes counted) {
    this.counted = counted;
  }

  /**
   * Tells them apart.
   *
   * @param first the index of the oldest entry that is counted
   * @param anchors what was read of the record, before the znodes were listed and then after; none
   *     if it cannot be read
   */
  public static Told tell(List<Link> links, long first, List<Anchor> anchors) {
    EntryChain chain =
        new EntryChain(
            CountedIndexes.of(
                first,
                anchors.stream().mapToLong(Anchor::next).findFirst(),
                anchors.stream().mapToLong(Anchor::next).max()));
    anchors.forEach(anchor -> chain.digests.put(anchor.next() - 1, anchor.digest()));
    links.forEach(chain::take);
    chain.walk();
    return new Told(
        Map.copyOf(chain.foreign), List.copyOf(chain.doubtful), Set.copyOf(chain.unsettled));
  }

  private void take(Link link) {
    if (counted.contains(link.index())) {
      byIndex.computeIfAbsent(link.index(), any -> new ArrayList<>()).add(link);
    } else {
      foreign.put(
          link.path(),
          counted.isDeleted(link.index())
              ? "is older than the oldest that the record counts"
              : "the record does not count it");
    }
  }

  /** From the newest down. */
  private void walk() {
    Optional<String> expected = Optional.empty();
    long below = Long.MIN_VALUE;
    for (Map.Entry<Long, List<Link>> place : byIndex.descendingMap().entrySet()) {
      if (place.getKey() != below) {
        expected = Optional.empty(); // One is missing.
      }
      String known = digests.get(place.getKey());
      Optional<Link> entry = entry(place.getValue(), known == null ? expected : Optional.of(known));
      expected = entry.map(Link::previous).filter(previous -> !previous.isEmpty());
      below = place.getKey() - 1;
    }
  }

  private Optional<Link> entry(List<Link> some, Optional<String> expected) {
    // A client that copies an entry copies it later.
    Optional<Link> entry =
        some.stream()
            .filter(link -> expected.filter(link.digest()::equals).isPresent())
            .min(Comparator.comparingLong(Link::zxid));
    if (entry.isPresent()) {
      some.stream()
          .filter(link -> !link.equals(entry.get()))
          .forEach(link -> foreign.put(link.path(), "stands beside " + entry.get().path()));
      return entry;
    }
    if (!counted.isListed(some.get(0).index())) {
      some.forEach(link -> unsettled.add(link.path()));
      return Optional.empty();
    }
    if (some.size() == 1) {
      return Optional.of(some.get(0)); // Where it does not fit, its neighbors say so.
    }
    some.forEach(link -> doubtful.add(link.path()));
    return Optional.empty();
  }
}
