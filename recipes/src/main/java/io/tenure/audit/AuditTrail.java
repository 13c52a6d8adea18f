package io.tenure.audit;

import io.tenure.scope.Scope;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A scope's audit trail as it stood when it was read, and what it says about who led when.
 *
 * <p>Times are the server's: an entry's time is that of the quorum leader's clock when it prepared
 * the transaction. Where entries are missing or cannot be read, the answers say less, never
 * something else.
 *
 * <p>Immutable.
 *
 * @param scope whose trail it is
 * @param entries those that can be read, by index
 * @param unreadable the znodes of the trail that cannot be read
 * @param led whether a leader was in office just before the entries were read
 * @param next the index that the next entry gets; 1 if the scope never had a leader, 0 if it is not
 *     known because the record cannot be read
 */
public record AuditTrail(
    Scope scope, List<RecordedEntry> entries, List<Unreadable> unreadable, boolean led, long next) {

  /** A znode of the trail that cannot be read: damaged, of a newer format, or denied. */
  public record Unreadable(String path, String problem) {}

  /** Copies the lists. */
  public AuditTrail {
    entries = List.copyOf(entries);
    unreadable = List.copyOf(unreadable);
  }

  /** Whether there is such a scope, as far as can be seen. */
  public boolean exists() {
    return next != 0 || !unreadable.isEmpty() || !entries.isEmpty();
  }

  /** The tenures that the entries tell of, oldest first. */
  public List<PastTenure> tenures() {
    return fold(entries);
  }

  /** Who led at a time by the server's clock. */
  public LeaderAt leaderAt(Instant time) {
    int last = lastUntil(time);
    if (last < 0) {
      boolean fromTheStart =
          entries.isEmpty() ? next == 1 || !exists() : entries.get(0).entry().index() == 1;
      return fromTheStart ? new LeaderAt.Nobody() : new LeaderAt.NotKept();
    }
    RecordedEntry before = entries.get(last);
    Optional<RecordedEntry> after = entryAfter(last);
    boolean gap =
        after.isPresent()
            ? after.get().entry().index() != before.entry().index() + 1
            : next != 0 && next != before.entry().index() + 1;
    if (before.entry().transition() instanceof Transition.End) {
      return gap ? new LeaderAt.NotKept() : new LeaderAt.Nobody();
    }
    PastTenure tenure = fold(entries.subList(last, Math.min(entries.size(), last + 2))).get(0);
    boolean certain =
        !gap
            && (after.isEmpty()
                ? led
                : tenure.ending().map(PastTenure.Ending::exact).orElse(false));
    return certain ? new LeaderAt.Led(tenure) : new LeaderAt.MayHaveLed(tenure);
  }

  /**
   * The entries that {@link #leaderAt} rests on: the last one until that time and the first one
   * after it, as far as there are such.
   */
  public List<RecordedEntry> evidenceAt(Instant time) {
    int last = lastUntil(time);
    List<RecordedEntry> evidence = new ArrayList<>(2);
    if (last >= 0) {
      evidence.add(entries.get(last));
    }
    entryAfter(last).ifPresent(evidence::add);
    return evidence;
  }

  /**
   * This trail, with entries that are kept elsewhere and no longer in ZooKeeper. Where both have an
   * entry, the one in ZooKeeper counts.
   *
   * @param archived entries of this trail; those of an earlier one under the same path, which an
   *     archive that lags still takes for the last, are left out as far as they can be told
   */
  public AuditTrail withArchived(List<RecordedEntry> archived) {
    NavigableMap<Long, RecordedEntry> live = new TreeMap<>();
    entries.forEach(entry -> live.put(entry.entry().index(), entry));
    NavigableMap<Long, RecordedEntry> all = new TreeMap<>();
    for (RecordedEntry entry : archived) {
      Map.Entry<Long, RecordedEntry> before = live.floorEntry(entry.entry().index());
      if (before == null || before.getValue().zxid() <= entry.zxid()) {
        all.put(entry.entry().index(), entry);
      }
    }
    all.putAll(live);
    return new AuditTrail(scope, List.copyOf(all.values()), unreadable, led, next);
  }

  /** The place of the last entry that was written until a time; -1 if there is none. */
  private int lastUntil(Instant time) {
    for (int i = entries.size() - 1; i >= 0; i--) {
      if (!time.isBefore(entries.get(i).serverTime())) {
        return i;
      }
    }
    return -1;
  }

  private Optional<RecordedEntry> entryAfter(int place) {
    return place + 1 < entries.size() ? Optional.of(entries.get(place + 1)) : Optional.empty();
  }

  /** Folds entries into tenures: an election opens one, an end closes it. */
  static List<PastTenure> fold(List<RecordedEntry> entries) {
    List<PastTenure> tenures = new ArrayList<>();
    for (RecordedEntry recorded : entries) {
      if (recorded.entry().transition() instanceof Transition.End end) {
        PastTenure.Ending ending =
            new PastTenure.Ending(end, recorded.serverTime(), !(end instanceof Transition.Lost));
        int last = tenures.size() - 1;
        long epoch = recorded.entry().epoch();
        Optional<Instant> from =
            last >= 0 && tenures.get(last).epoch() == epoch
                ? tenures.remove(last).from()
                : Optional.empty();
        tenures.add(tenure(recorded, from, Optional.of(ending)));
      } else {
        tenures.add(tenure(recorded, Optional.of(recorded.serverTime()), Optional.empty()));
      }
    }
    return List.copyOf(tenures);
  }

  private static PastTenure tenure(
      RecordedEntry recorded, Optional<Instant> from, Optional<PastTenure.Ending> ending) {
    return new PastTenure(recorded.entry().epoch(), recorded.entry().candidate(), from, ending);
  }
}
