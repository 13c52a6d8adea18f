package io.tenure.internal;

import io.tenure.scope.AuditEntry;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Holds a scope's record against its audit trail. A record that was emptied by hand, or set back to
 * an older copy, would give out epochs a second time, and with them fencing tokens; the trail
 * beside it knows better. Znodes that others have put into the trail, though, must keep no
 * candidate from being elected.
 *
 * <p><b>What it costs.</b> Every commit writes the record and the trail in one transaction. So
 * where the record's last change and the trail's last change are the same transaction, no hand has
 * been between them, and the two numbers are all that is needed. Where they differ, because entries
 * were archived, or a client has added some, the record's own last entry is read: if the
 * transaction that made it is the one that last wrote the record, then no transition came later,
 * regardless of what else the trail holds. Only a record that was written by something else than a
 * transition is held against what stands in the trail ahead of it.
 *
 * <p><b>What counts then.</b> An entry that a transition made is older than the record, which that
 * transition wrote as well; and it follows, by its digest, on the last one that the record knows,
 * if that one is still there. Only in a tree that was copied from elsewhere, where every entry is
 * younger than the record, age says nothing.
 *
 * <p>Stateless.
 */
public final class RecordCheck {

  /**
   * An entry as it was read.
   *
   * @param zxid the transaction that made it
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record Seen(String name, byte[] data, long zxid) {}

  private RecordCheck() {}

  /**
   * Whether the trail has to be looked at.
   *
   * @param recordZxid the transaction that last wrote the record ({@code mzxid})
   * @param trailZxid the one that last added or deleted an entry ({@code pzxid} of the parent)
   * @param entries how many there are
   */
  public static boolean isSuspect(long recordZxid, long trailZxid, int entries) {
    return entries > 0 && recordZxid != trailZxid;
  }

  /**
   * Whether the record is as the transition wrote it that made its last entry, so that no later one
   * was made.
   *
   * @param recordZxid the transaction that last wrote the record
   */
  public static boolean isOfLastTransition(ScopeRecord record, long recordZxid, Seen last) {
    return last.zxid() == recordZxid && AuditFormat.digest(last.data()).equals(record.digest());
  }

  /** The names that may be of the record's last entry or of one that it does not know. */
  public static List<String> notBefore(ScopeRecord record, List<String> names) {
    return names.stream()
        .filter(name -> AuditFormat.index(name).orElse(-1) >= record.auditNext() - 1)
        .sorted()
        .toList();
  }

  /**
   * The error of a record that is older than its trail. An entry that no transition can have made
   * proves nothing.
   *
   * @param recordZxid the transaction that last wrote the record
   * @param entries all that are {@link #notBefore} the record's last, as far as they can be read
   */
  public static Optional<ForeignDataException> older(
      Scope scope, ScopeRecord record, long recordZxid, List<Seen> entries) {
    Optional<Seen> own =
        entries.stream()
            .filter(seen -> AuditFormat.digest(seen.data()).equals(record.digest()))
            .findFirst();
    if (own.isPresent() && own.get().zxid() == recordZxid) {
      return Optional.empty();
    }
    boolean copied = own.isPresent() && own.get().zxid() > recordZxid;
    Chains chains = new Chains(record, own.isPresent());
    for (Seen seen : entries) {
      if (copied || seen.zxid() < recordZxid) {
        parse(scope, seen).ifPresent(entry -> chains.add(entry, seen));
      }
    }
    return chains.longest().map(chain -> error(scope, record, chain, own.isPresent()));
  }

  private static Optional<AuditEntry> parse(Scope scope, Seen seen) {
    try {
      AuditEntry entry = AuditFormat.parse(scope.auditPath() + "/" + seen.name(), seen.data());
      return AuditFormat.name(entry).equals(seen.name()) ? Optional.of(entry) : Optional.empty();
    } catch (TenureException e) {
      return Optional.empty();
    }
  }

  /**
   * Entries that follow on each other.
   *
   * @param first the index of the first
   */
  private record Chain(long first, AuditEntry last, Seen seen) {
    long length() {
      return last.index() - first + 1;
    }
  }

  /** Puts entries together into chains. Confined to one check. */
  private static final class Chains {
    private final ScopeRecord record;
    private final boolean rooted;

    // Digests are of entries that name their index, so a chain never runs in a circle.
    private final Map<String, Chain> byDigest = new HashMap<>();
    private Optional<Chain> longest = Optional.empty();

    /**
     * No entry yet.
     *
     * @param rooted whether chains have to begin where the record ends
     */
    Chains(ScopeRecord record, boolean rooted) {
      this.record = record;
      this.rooted = rooted;
    }

    /** Takes an entry; none of a smaller index must follow. */
    void add(AuditEntry entry, Seen seen) {
      boolean own = AuditFormat.digest(seen.data()).equals(record.digest());
      boolean isKnown =
          entry.index() < record.auditNext()
              && (entry.epoch() <= record.epoch() || (rooted && !own));
      if (isKnown) {
        return;
      }
      Chain before = byDigest.get(entry.previousDigest());
      boolean follows = before != null && before.last().index() == entry.index() - 1;
      boolean first =
          own
              || (entry.index() == record.auditNext()
                  && entry.previousDigest().equals(record.digest()));
      if (rooted && !follows && !first) {
        return;
      }
      Chain chain =
          new Chain(follows ? Objects.requireNonNull(before).first() : entry.index(), entry, seen);
      byDigest.put(AuditFormat.digest(seen.data()), chain);
      if (longest.isEmpty() || chain.length() >= longest.get().length()) {
        longest = Optional.of(chain);
      }
    }

    Optional<Chain> longest() {
      return longest;
    }
  }

  private static ForeignDataException error(
      Scope scope, ScopeRecord record, Chain chain, boolean rooted) {
    AuditEntry newest = chain.last();
    long first = rooted ? record.auditFirst() : chain.first();
    return new ForeignDataException(
        behind(scope, record)
            + ", but its newest entry "
            + scope.auditPath()
            + "/"
            + chain.seen().name()
            + " has index "
            + newest.index()
            + " and epoch "
            + newest.epoch()
            + ". The record was emptied or set back by hand, and an election on it would give out"
            + " epochs, the fencing tokens, a second time. Nothing was changed. To mend it, write"
            + " what the newest entry knows, in zkCli: set "
            + scope.path()
            + " '"
            + new String(mended(newest, chain.seen().data(), first).bytes(), StandardCharsets.UTF_8)
            + "'. If no transition made that entry, "
            + ForgedEntry.wayOut(scope.path())
            + ", with --record-is-right");
  }

  /**
   * What is known of a trail without its list.
   *
   * @param entries how many children its parent has
   * @param made how many it ever had
   * @param aside how many were moved into quarantine
   */
  public record Counts(int entries, long made, int aside) {

    /**
     * Of the parent of the entries. The server counts what was made and deleted, and what is left.
     *
     * @param changes {@code cversion} of the parent
     */
    public static Counts of(int entries, int changes, int aside) {
      return new Counts(entries, ((long) changes + entries) / 2, aside);
    }
  }

  /**
   * The same where the trail cannot be listed. Every entry was made once, so the next index tells
   * how many were ever made, those deleted since included. Where more were made, the record is
   * older than the trail, or znodes were added that no transition made; without the list it cannot
   * be told which, and an epoch that is given out twice is the greater harm.
   *
   * @param recordZxid the transaction that last wrote the record
   * @param last the record's own last entry, where it is there
   */
  public static Optional<ForeignDataException> older(
      Scope scope, ScopeRecord record, long recordZxid, Optional<Seen> last, Counts counts) {
    Optional<ForeignDataException> byEntry =
        last.flatMap(own -> older(scope, record, recordZxid, List.of(own)));
    if (byEntry.isPresent()) {
      return byEntry;
    }
    long known = record.auditNext() - record.auditFirst();
    boolean more =
        counts.entries() > known || counts.made() - counts.aside() > record.auditNext() - 1;
    if (!more) {
      return Optional.empty();
    }
    return Optional.of(
        new ForeignDataException(
            behind(scope, record)
                + " and knows of "
                + known
                + " entries, but "
                + scope.auditPath()
                + " has "
                + counts.entries()
                + ", and "
                + counts.made()
                + " were ever made there. The list of their names is too long for this client"
                + " (jute.maxbuffer), so that they cannot be compared one by one. The record was"
                + " emptied or set back by hand, and an election on it would give out epochs, the"
                + " fencing tokens, a second time; or there are znodes that no transition made."
                + " Nothing was changed. Start this process with a larger -Djute.maxbuffer, and it"
                + " tells which. To mend the record, set its epoch and auditNext to what the newest"
                + " entry knows, epoch to its epoch and auditNext to its index + 1. If there are"
                + " entries that no transition made, "
                + ForgedEntry.wayOut(scope.path())));
  }

  private static String behind(Scope scope, ScopeRecord record) {
    return "the record in "
        + scope
        + " tells of epoch "
        + record.epoch()
        + " and next index "
        + record.auditNext();
  }

  /** The record that the newest entry's transaction has written, as far as the entry knows. */
  private static ScopeRecord mended(AuditEntry newest, byte[] data, long first) {
    Incumbent incumbent =
        new Incumbent(newest.candidate(), newest.session(), "mended-by-hand", newest.leaderTime());
    Optional<Transition.End> end =
        newest.transition() instanceof Transition.End ended
            ? Transition.endOf(ended.word(), "as its entry says")
            : Optional.empty();
    ScopeRecord empty = ScopeRecord.empty();
    return new ScopeRecord(
        newest.epoch(),
        Optional.of(incumbent),
        end,
        first,
        newest.index() + 1,
        AuditFormat.digest(data),
        newest.suffix(),
        empty.unknown());
  }
}
