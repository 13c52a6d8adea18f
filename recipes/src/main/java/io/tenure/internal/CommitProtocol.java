package io.tenure.internal;

import io.tenure.scope.AuditEntry;
import io.tenure.scope.Predecessor;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import io.tenure.scope.Transition.Elected;
import io.tenure.scope.Transition.End;
import io.tenure.scope.Transition.Lost;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The commit protocol: which transaction makes a transition true.
 *
 * <ul>
 *   <li><em>elect</em>: set the record at the version that was read (epoch + 1), create {@code
 *       leader}, add the {@code elected} entry; if the record does not know how the last tenure
 *       ended, add its {@code lost} entry first.
 *   <li><em>found</em>: the same for a scope that does not exist yet: create its znode with the
 *       record, and the parent of the entries, instead of setting the record.
 *   <li><em>end</em>: set the record at its version (vacant), delete {@code leader}, add the entry.
 *   <li>Where a znode that no transition made stands in the place of an entry, the same with other
 *       names, see {@link EntryNaming}.
 *   <li>Retention rides along: the same transaction deletes entries beyond the limit, where their
 *       names could be read.
 * </ul>
 *
 * <p>Invariants that this gives, since a ZooKeeper transaction is applied as a whole or not at all:
 *
 * <ul>
 *   <li><b>AtMostOneInOffice</b>: {@code leader} can be created only where it is not.
 *   <li><b>EpochsDense</b>: the epoch grows by one exactly where {@code leader} is created, since
 *       both are in one transaction and the record is set at the version that was read.
 *   <li><b>TrailIsHistory</b>: the record, the office and the trail change together, so a
 *       transition stands in the trail exactly once, however often its transaction is sent: a
 *       second copy finds another version and fails.
 * </ul>
 *
 * <p>Stateless.
 */
public final class CommitProtocol {

  /**
   * How many entries one transaction deletes at most. Retention that was lowered by thousands is
   * caught up with over several transitions, instead of making one of them too large for the
   * server.
   */
  static final int MAX_DELETES = 32;

  /**
   * So many commits in a row that found another record than was read are no race between
   * candidates: each such conflict is the progress of another, and a healthy scope stays far below.
   */
  public static final int MANY_CONFLICTS = 20;

  private CommitProtocol() {}

  /**
   * Takes the office.
   *
   * @param view a reading that found no {@code leader} node
   */
  public static Commit elect(
      ScopeView view, Incumbent incumbent, String reason, Retention retention, Instant now) {
    return elect(view, incumbent, reason, retention, now, EntryNaming.PLAIN);
  }

  /** The same, with other names of entries. */
  public static Commit elect(
      ScopeView view,
      Incumbent incumbent,
      String reason,
      Retention retention,
      Instant now,
      EntryNaming naming) {
    ScopeRecord old = view.record();
    Trail trail = new Trail(old, naming);
    Optional<Predecessor> predecessor = predecessorAfter(old);
    if (old.isLed()) {
      trail.add(
          predecessor.orElseThrow().end(),
          old.epoch(),
          old.incumbent().orElseThrow(),
          Optional.of(incumbent.candidate().id()),
          Optional.empty(),
          now);
    }
    long epoch = old.epoch() + 1;
    trail.add(new Elected(reason), epoch, incumbent, Optional.empty(), predecessor, now);
    ScopeOp.CreateLeader leader =
        new ScopeOp.CreateLeader(new LeaderNode(epoch, incumbent).bytes());
    return trail.commit(
        view,
        new Office(epoch, incumbent, Optional.empty()),
        Optional.of(leader),
        Optional.of(leader.data()),
        retention);
  }

  /** Makes the scope and takes its office, as its first leader. */
  public static Commit found(Incumbent incumbent, String reason, Retention retention, Instant now) {
    return found(incumbent, reason, retention, now, EntryNaming.PLAIN);
  }

  /** The same, with other names of entries. */
  public static Commit found(
      Incumbent incumbent, String reason, Retention retention, Instant now, EntryNaming naming) {
    ScopeView nothing = new ScopeView(ScopeRecord.empty(), -1, Optional.empty(), List.of());
    Commit first = elect(nothing, incumbent, reason, retention, now, naming);
    List<ScopeOp> ops = new ArrayList<>(first.ops().size() + 1);
    for (ScopeOp op : first.ops()) {
      if (op instanceof ScopeOp.SetRecord set) {
        ops.add(new ScopeOp.CreateScope(set.data()));
        ops.add(new ScopeOp.CreateAudit());
      } else {
        ops.add(op);
      }
    }
    return new Commit(List.copyOf(ops), first.after());
  }

  /** The same commit, for a scope that has lost the parent of its entries. */
  public static Commit withAudit(Commit commit) {
    List<ScopeOp> ops = new ArrayList<>(commit.ops());
    ops.add(1, new ScopeOp.CreateAudit());
    return new Commit(List.copyOf(ops), commit.after());
  }

  /**
   * Leaves the office.
   *
   * @param view a reading that found the tenure in office as far as the record knows; where it
   *     found no {@code leader} node, because an operator deleted it, there is none to delete
   */
  public static Commit end(ScopeView view, End end, Retention retention, Instant now) {
    return end(view, end, retention, now, EntryNaming.PLAIN);
  }

  /** The same, with other names of entries. */
  public static Commit end(
      ScopeView view, End end, Retention retention, Instant now, EntryNaming naming) {
    ScopeRecord old = view.record();
    Incumbent incumbent = old.incumbent().orElseThrow();
    Trail trail = new Trail(old, naming);
    trail.add(end, old.epoch(), incumbent, Optional.empty(), Optional.empty(), now);
    return trail.commit(
        view,
        new Office(old.epoch(), incumbent, Optional.of(end)),
        view.leader().map(any -> new ScopeOp.DeleteLeader()),
        Optional.empty(),
        retention);
  }

  /**
   * The predecessor of the candidate that is elected on this record: one that never ended its
   * tenure is lost. Nothing more is known than that its leader node is gone: most likely with its
   * session, but an operator may have deleted it, and the elected candidate was faster to see that
   * than the leader.
   */
  public static Optional<Predecessor> predecessorAfter(ScopeRecord record) {
    return record
        .incumbent()
        .map(
            last ->
                new Predecessor(
                    last.candidate().id(),
                    record.epoch(),
                    record
                        .end()
                        .orElseGet(
                            () ->
                                new Lost(
                                    "leader node of session " + last.session() + " is gone"))));
  }

  /**
   * Whether the next commits may have to delete entries, so that a reading must list them, if the
   * list fits into a reply ({@link TrailLength}).
   */
  public static boolean needsEntryNames(ScopeRecord record, Retention retention) {
    // An election adds at most two entries (lost, elected), and its end a third.
    return record.auditNext() - record.auditFirst() + 3 > retention.entries();
  }

  private record Office(long epoch, Incumbent incumbent, Optional<End> end) {}

  /** The entries that a commit adds. Confined to one call. */
  private static final class Trail {
    private final ScopeRecord old;
    private final EntryNaming naming;
    private final List<ScopeOp> added = new ArrayList<>(2);
    private final List<String> addedNames = new ArrayList<>(2);
    private long next;
    private String digest;

    Trail(ScopeRecord old, EntryNaming naming) {
      this.old = old;
      this.naming = naming;
      this.next = old.auditNext();
      this.digest = old.digest();
    }

    void add(
        Transition transition,
        long epoch,
        Incumbent of,
        Optional<String> recordedBy,
        Optional<Predecessor> predecessor,
        Instant now) {
      AuditEntry entry =
          new AuditEntry(
              next,
              transition,
              epoch,
              of.candidate(),
              of.session(),
              now,
              recordedBy,
              predecessor,
              digest,
              naming.suffix());
      byte[] data = AuditFormat.bytes(entry);
      String name = AuditFormat.name(entry);
      added.add(new ScopeOp.CreateEntry(name, data));
      addedNames.add(name);
      digest = AuditFormat.digest(data);
      next++;
    }

    Commit commit(
        ScopeView view,
        Office office,
        Optional<? extends ScopeOp> onLeader,
        Optional<byte[]> leaderData,
        Retention retention) {
      long limit = next - retention.entries();
      // Without the names nothing is deleted, and the trail begins where it began.
      boolean trims = limit > old.auditFirst() && !view.entryNames().isEmpty();
      List<String> kept = new ArrayList<>(view.entryNames());
      List<String> deleted = tooOld(kept, limit);
      kept.removeAll(deleted);
      long first =
          trims
              ? kept.stream()
                  .mapToLong(Trail::indexOf)
                  .filter(index -> index >= old.auditFirst() && index < limit)
                  .min()
                  .orElse(limit)
              : old.auditFirst();
      ScopeRecord record =
          new ScopeRecord(
              office.epoch(),
              Optional.of(office.incumbent()),
              office.end(),
              first,
              next,
              digest,
              naming.suffix(),
              old.unknown());
      List<ScopeOp> ops = new ArrayList<>(added.size() + deleted.size() + 2);
      // The record first: where several operations would fail, its version is the truth to act on.
      ops.add(new ScopeOp.SetRecord(view.version(), record.bytes()));
      onLeader.ifPresent(ops::add);
      ops.addAll(added);
      deleted.forEach(name -> ops.add(new ScopeOp.DeleteEntry(name)));
      if (trims || limit <= old.auditFirst()) {
        kept.addAll(addedNames);
      }
      Optional<ScopeView.LeaderData> leader =
          leaderData.map(
              data -> new ScopeView.LeaderData(data, Sessions.parse(office.incumbent().session())));
      return new Commit(
          List.copyOf(ops), new ScopeView(record, view.version() + 1, leader, List.copyOf(kept)));
    }

    /**
     * What the transaction deletes, the oldest first. Names below the first entry that the record
     * counts are no entry's of a transition, and come last: thousands of them keep no entry.
     */
    private List<String> tooOld(List<String> names, long limit) {
      Comparator<String> uncountedLast =
          Comparator.comparing(name -> indexOf(name) < old.auditFirst());
      return names.stream()
          .filter(name -> indexOf(name) < limit)
          .sorted(uncountedLast.thenComparing(Comparator.naturalOrder()))
          .limit(MAX_DELETES)
          .toList();
    }

    /** Names that are no entry's are never deleted: they are not ours. */
    private static long indexOf(String name) {
      return AuditFormat.index(name).orElse(Long.MAX_VALUE);
    }
  }
}
