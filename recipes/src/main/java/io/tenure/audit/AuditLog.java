package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.curator.framework.CuratorFramework;

/**
 * The audit trail of one scope.
 *
 * <pre>{@code
 * AuditLog log = AuditLog.of(client, "/billing/nightly-close");
 * log.tenures().forEach(System.out::println);
 * LeaderAt answer = log.leaderAt(Instant.parse("2026-03-01T02:05:00Z"));
 * List<Finding> wrong = log.verify();
 * }</pre>
 *
 * <p>It tells what is kept in ZooKeeper: see {@link io.tenure.scope.Retention}. Each call reads
 * anew, as of the moment it is made.
 *
 * <p>Thread-safe. The calls block; do not make them on ZooKeeper's event thread.
 */
public final class AuditLog {

  private final CuratorFramework client;
  private final Scope scope;
  private final TrailReader reader;

  private AuditLog(CuratorFramework client, Scope scope) {
    this.client = client;
    this.scope = scope;
    this.reader = new TrailReader(client, scope);
  }

  /**
   * The trail of a scope, which need not exist yet.
   *
   * @throws IllegalArgumentException if the path is no scope
   */
  public static AuditLog of(CuratorFramework client, String scope) {
    return new AuditLog(Objects.requireNonNull(client, "client"), new Scope(scope));
  }

  /**
   * The entries that are kept, oldest first. What others have put into the trail is left out as far
   * as the digests tell it; {@link #verify()} names it.
   *
   * @throws TenureException if they cannot be read; a damaged entry is named. {@link #verify()}
   *     tells of all damage at once. {@link io.tenure.scope.ListTooLongException} if there are more
   *     than fit into one reply
   */
  public List<RecordedEntry> entries() throws InterruptedException {
    reader.sync();
    List<RecordedEntry> entries = new ArrayList<>();
    for (ZnodeReader.Read<ZnodeReader.Znode> read : read().entries()) {
      if (read.denied()) {
        throw ZnodeReader.denied(read.path());
      }
      ZnodeReader.Znode node = read.found().orElseThrow();
      entries.add(recorded(AuditFormat.parse(node.path(), node.data()), node));
    }
    return entries;
  }

  private TrailReading read() throws InterruptedException {
    return TrailReading.of(reader, scope.auditPath());
  }

  /**
   * The tenures that the entries tell of, oldest first.
   *
   * @throws TenureException as {@link #entries()}
   */
  public List<PastTenure> tenures() throws InterruptedException {
    return AuditTrail.fold(entries());
  }

  /**
   * Who led at a time by the server's clock.
   *
   * @throws TenureException as {@link #entries()}
   */
  public LeaderAt leaderAt(Instant time) throws InterruptedException {
    AuditTrail trail = trail();
    for (AuditTrail.Unreadable bad : trail.unreadable()) {
      boolean foreign = // A name that is no entry's hides no entry.
          bad.path().startsWith(scope.auditPath() + "/")
              && AuditFormat.index(bad.path().substring(scope.auditPath().length() + 1)).isEmpty();
      if (!foreign) {
        throw new ForeignDataException(bad.path() + ": " + bad.problem());
      }
    }
    return trail.leaderAt(time);
  }

  /**
   * The trail with what stands in it, damaged or not: what cannot be read is listed, and hides
   * nothing else.
   *
   * @throws TenureException if ZooKeeper cannot be asked
   */
  public AuditTrail trail() throws InterruptedException {
    return AuditTrails.read(client, List.of(scope.path())).get(0);
  }

  /**
   * Holds the trail against its rules (see {@link Finding.Rule}).
   *
   * @return what is wrong; empty if nothing is
   * @throws TenureException if ZooKeeper cannot be asked
   */
  public List<Finding> verify() throws InterruptedException {
    return verify(new ArchivedTrail(scope.path(), List.of(), List.of(), List.of(), List.of()));
  }

  /**
   * Holds the trail against its rules and against what was archived of it: what stands in both must
   * be the same, and what is archived must lead on to what stands in ZooKeeper. So history that was
   * rewritten in ZooKeeper is found, however well that was done and by whom.
   *
   * @param archived read before the trail, so by the caller
   * @return what is wrong; empty if nothing is
   * @throws TenureException if ZooKeeper cannot be asked
   * @throws IllegalArgumentException if it is another scope's
   */
  public List<Finding> verify(ArchivedTrail archived) throws InterruptedException {
    if (!archived.scope().equals(scope.path())) {
      throw new IllegalArgumentException(
          "the archived trail is of " + archived.scope() + ", not of " + scope);
    }
    reader.sync();
    TrailReading reading;
    int quarantined;
    try {
      quarantined = new ForeignZnodes(client, scope).quarantined().size();
      reading = read();
    } catch (ForeignDataException e) {
      return List.of(
          new Finding(scope.path(), Finding.Rule.RECORD_READABLE, String.valueOf(e.getMessage())));
    }
    if (reading.before().isEmpty() || reading.after().isEmpty()) {
      return List.of(
          new Finding(scope.path(), Finding.Rule.RECORD_READABLE, "there is no such scope"));
    }
    return new TrailVerifier(scope, reading, quarantined).verify(archived);
  }

  // ---- what no transition made ----

  /**
   * The znodes in the trail that no transition made: the record does not count them, or the digests
   * tell of another one as the entry under their index, or their names are no entry's. They hold
   * nothing up, and no reading takes them for history.
   *
   * @throws TenureException if ZooKeeper cannot be asked, or the record cannot be read
   */
  public List<ForeignEntry> foreign() throws InterruptedException {
    reader.sync();
    return new ForeignZnodes(client, scope).find().foreign();
  }

  /**
   * Moves {@link #foreign} znodes out of the trail into {@code <scope>/quarantine}, each in a
   * transaction with what it was, who moved it and why. Needs the permission to delete in the trail
   * and to create in the quarantine.
   *
   * @param by who moves them
   * @param reason why
   * @param recordIsRight whether entries that look as if a transition had made them, so that the
   *     record seems to have been set back by hand, are known to be forged
   * @return what became of each
   * @throws TenureException if ZooKeeper cannot be asked, or denies it; {@link
   *     ForeignDataException} if the record seems to be older than the trail
   */
  public List<Quarantined> quarantine(String by, String reason, boolean recordIsRight)
      throws InterruptedException {
    return new ForeignZnodes(client, scope).quarantine(by, reason, recordIsRight);
  }

  /** What was moved out of the trail before. */
  public List<Quarantined> quarantined() throws InterruptedException {
    return new ForeignZnodes(client, scope).quarantined();
  }

  /**
   * Gives a follower the entries from the first that is kept, and every later one as it is written,
   * on a thread of the following's own.
   *
   * @return closes the following; harmless to close twice, also from the follower
   */
  public Following follow(AuditFollower follower) {
    return follow(1, follower);
  }

  /**
   * As {@link #follow(AuditFollower)}, from an index on; lost connections are waited out. Where
   * another trail takes the place of the one that is followed, it is followed from its first entry
   * on, see {@link AuditFollower#newTrail}.
   */
  public Following follow(long fromIndex, AuditFollower follower) {
    return new TrailFollowing(client, scope, fromIndex, follower);
  }

  /** A follower's subscription. */
  public interface Following extends AutoCloseable {
    /** Ends the following. Does not wait for an entry that is being handled. */
    @Override
    void close();
  }

  static RecordedEntry recorded(AuditEntry entry, ZnodeReader.Znode node) {
    return new RecordedEntry(
        entry,
        node.path(),
        Instant.ofEpochMilli(node.stat().getCtime()),
        node.stat().getCzxid(),
        AuditFormat.digest(node.data()));
  }
}
