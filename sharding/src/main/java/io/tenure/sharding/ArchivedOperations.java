package io.tenure.sharding;

import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.Finding;
import io.tenure.audit.Finding.Rule;
import io.tenure.internal.TrailRules;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is archived of a group's trail, held against what stands in ZooKeeper. Where two entries are
 * archived under one index, because history was rewritten, the one that was archived first counts.
 *
 * <p>Confined to one verification.
 */
final class ArchivedOperations {

  private final String auditPath;
  private final List<Finding> findings = new ArrayList<>();
  private final SortedMap<Long, ArchivedEntry> entries = new TreeMap<>();
  private final List<ArchivedEntry> earlier = new ArrayList<>();

  /**
   * Archived entries.
   *
   * @param all in the order in which they were archived
   */
  ArchivedOperations(String auditPath, List<ArchivedEntry> all) {
    this.auditPath = auditPath;
    String life = "";
    for (ArchivedEntry entry : all) {
      boolean begins = !entries.isEmpty() && entry.index() <= entries.lastKey();
      if (begins && !entry.life().equals(life)) {
        earlier.addAll(entries.values());
        entries.clear();
      }
      life = entry.life();
      ArchivedEntry first = entries.putIfAbsent(entry.index(), entry);
      if (first != null && !first.digest().equals(entry.digest())) {
        find(entry.path(), "was found in place of " + first.path() + ", which is archived");
      }
    }
  }

  /**
   * Adds the archived entries to those that stand in ZooKeeper. Where an entry is in both, the one
   * in ZooKeeper is held against its neighbors.
   *
   * @param next one more than the index of the last that the record counts
   */
  List<TrailRules.Link> join(List<TrailRules.Link> live, long next) {
    Map<Long, TrailRules.Link> standing = new HashMap<>();
    live.forEach(link -> standing.putIfAbsent(link.index(), link));
    List<TrailRules.Link> all = new ArrayList<>(live);
    for (ArchivedEntry was : entries.values()) {
      TrailRules.Link is = standing.get(was.index());
      if (was.index() >= next) {
        find(was.path(), "is archived, but the record does not count it");
      } else if (is == null) {
        link(was).ifPresent(all::add);
      } else if (!is.digest().equals(was.digest())) {
        find(
            is.path(),
            "another entry is archived under its index: " + was.name() + " of " + was.serverTime());
      }
    }
    all.sort(Comparator.comparingLong(TrailRules.Link::index));
    return all;
  }

  private Optional<TrailRules.Link> link(ArchivedEntry entry) {
    try {
      return Optional.of(
          new TrailRules.Link(
              entry.path(),
              entry.index(),
              entry.digest(),
              OperationEntry.parse(entry.path(), entry.bytes()).previous(),
              entry.serverTime(),
              entry.zxid()));
    } catch (TenureException e) {
      find(entry.path(), String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /** What does not agree. */
  List<Finding> findings() {
    List<Finding> all = new ArrayList<>(findings);
    if (!earlier.isEmpty()) {
      all.add(
          new Finding(
              auditPath,
              Rule.ARCHIVE_AGREES,
              earlier.size()
                  + " entries of another trail that stood here are archived, the last of "
                  + earlier.get(earlier.size() - 1).serverTime()
                  + ": the group was deleted and made anew, or its trail was put in place of that"
                  + " one"));
    }
    return all;
  }

  private void find(String path, String detail) {
    findings.add(new Finding(path, Rule.ARCHIVE_AGREES, detail));
  }
}
