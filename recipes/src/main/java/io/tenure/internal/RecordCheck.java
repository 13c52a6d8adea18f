package io.tenure.internal;

import io.tenure.scope.AuditEntry;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Holds a scope's record against its audit trail. A record that was emptied by hand, or set back to
 * an older copy, would give out epochs a second time, and with them fencing tokens; the trail
 * beside it knows better.
 *
 * <p><b>What it costs.</b> Every commit writes the record and the trail in one transaction. So
 * where the record's last change and the trail's last change are the same transaction, no hand has
 * been between them, and the two numbers are all that is needed. Only where they differ, because
 * entries were archived or something was done by hand, the trail is looked at.
 *
 * <p>Stateless.
 */
public final class RecordCheck {

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

  /** Whether an entry belongs behind the last one that a record knows. */
  public static boolean isBehind(ScopeRecord record, String name) {
    return AuditFormat.index(name).orElse(0) >= record.auditNext();
  }

  /** The name of the newest entry, if there is one. */
  public static Optional<String> newest(List<String> names) {
    return names.stream()
        .filter(name -> AuditFormat.index(name).isPresent())
        .max(Comparator.comparingLong((String name) -> AuditFormat.index(name).orElse(0)));
  }

  /**
   * The error of a record that is older than the newest entry of its trail. An entry that is not
   * Tenure's proves nothing.
   *
   * @param name of the newest entry
   * @param data of that entry
   * @param names of all entries
   */
  public static Optional<ForeignDataException> older(
      Scope scope, ScopeRecord record, String name, byte @Nullable [] data, List<String> names) {
    String path = scope.auditPath() + "/" + name;
    AuditEntry newest;
    try {
      newest = AuditFormat.parse(path, data == null ? new byte[0] : data);
    } catch (TenureException e) {
      return Optional.empty();
    }
    if (newest.index() < record.auditNext() && newest.epoch() <= record.epoch()) {
      return Optional.empty();
    }
    return Optional.of(
        new ForeignDataException(
            behind(scope, record)
                + ", but its newest entry "
                + path
                + " has index "
                + newest.index()
                + " and epoch "
                + newest.epoch()
                + ". The record was emptied or set back by hand, and an election on it would give out"
                + " epochs, the fencing tokens, a second time. Nothing was changed. To mend it, write"
                + " what the newest entry knows, in zkCli: set "
                + scope.path()
                + " '"
                + new String(
                    mended(newest, data == null ? new byte[0] : data, names).bytes(),
                    StandardCharsets.UTF_8)
                + "'"));
  }

  /**
   * The same where the trail is too long to be listed, and the record was written after the newest
   * entry, which no commit does: then the number of the entries tells, which an older record knows
   * to be smaller.
   */
  public static Optional<ForeignDataException> older(Scope scope, ScopeRecord record, int entries) {
    long known = record.auditNext() - record.auditFirst();
    if (entries <= known) {
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
                + entries
                + ". The record was emptied or set back by hand, and an election on it would give out"
                + " epochs, the fencing tokens, a second time. Nothing was changed. To mend it, set"
                + " epoch and auditNext of the record to what the newest entry knows, epoch to its"
                + " epoch and auditNext to its index + 1"));
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
  private static ScopeRecord mended(AuditEntry newest, byte[] data, List<String> names) {
    Incumbent incumbent =
        new Incumbent(newest.candidate(), newest.session(), "mended-by-hand", newest.leaderTime());
    Optional<Transition.End> end =
        newest.transition() instanceof Transition.End ended
            ? Transition.endOf(ended.word(), "as its entry says")
            : Optional.empty();
    long first =
        names.stream()
            .mapToLong(name -> AuditFormat.index(name).orElse(newest.index()))
            .min()
            .orElse(newest.index());
    ScopeRecord empty = ScopeRecord.empty();
    return new ScopeRecord(
        newest.epoch(),
        Optional.of(incumbent),
        end,
        first,
        newest.index() + 1,
        AuditFormat.digest(data),
        empty.unknown());
  }
}
