package io.tenure.audit;

import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an archive holds of a scope's trail. Immutable.
 *
 * @param scope its path
 * @param entries those that can be read, by index, of the trail that stood there last. Where two
 *     were archived under one index, because history was rewritten, it is the one archived first
 * @param earlier entries of trails that stood under the path before it: its scope was deleted and
 *     made anew, or a client put another trail in its place
 * @param gaps what was deleted before it could be archived
 * @param unreadable what is archived and cannot be read as an entry, or stood in place of another
 */
public record ArchivedTrail(
    String scope,
    List<RecordedEntry> entries,
    List<RecordedEntry> earlier,
    List<ArchivedGap> gaps,
    List<AuditTrail.Unreadable> unreadable) {

  /** Copies the lists. */
  public ArchivedTrail {
    entries = List.copyOf(entries);
    earlier = List.copyOf(earlier);
    gaps = List.copyOf(gaps);
    unreadable = List.copyOf(unreadable);
  }

  /** Puts the lines of one trail together, in their order. Confined to one reading. */
  static final class Collector {
    private final String scope;
    private final SortedMap<Long, RecordedEntry> entries = new TreeMap<>();
    private final List<RecordedEntry> earlier = new ArrayList<>();
    private final List<ArchivedGap> gaps = new ArrayList<>();
    private final List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
    private long auditZxid = -1;
    private long last;

    Collector(String scope) {
      this.scope = scope;
    }

    void add(Archived item) {
      long first = item instanceof ArchivedGap gap ? gap.first() : item.position().index();
      long life = Lives.auditZxid(item.life());
      // A scope that only lost the parent of its entries goes on where it was.
      if (life != auditZxid && first <= last) {
        earlier.addAll(entries.values());
        entries.clear();
        last = 0;
      }
      auditZxid = life;
      last = Math.max(last, item.position().index());
      if (item instanceof ArchivedGap gap) {
        gaps.add(gap);
      } else {
        add((ArchivedEntry) item);
      }
    }

    private void add(ArchivedEntry entry) {
      RecordedEntry standing = entries.get(entry.index());
      if (standing != null) {
        if (!standing.digest().equals(entry.digest())) {
          problem(entry, "was found in place of " + standing.path() + ", which is archived");
        }
        return;
      }
      try {
        entries.put(entry.index(), entry.recorded());
      } catch (TenureException e) {
        problem(entry, String.valueOf(e.getMessage()));
      }
    }

    private void problem(ArchivedEntry entry, String problem) {
      unreadable.add(new AuditTrail.Unreadable(entry.path(), problem));
    }

    ArchivedTrail trail(List<AuditTrail.Unreadable> lines) {
      List<AuditTrail.Unreadable> all = new ArrayList<>(lines);
      all.addAll(unreadable);
      return new ArchivedTrail(scope, List.copyOf(entries.values()), earlier, gaps, all);
    }
  }
}
