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
import java.util.Optional;
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
   * The entries that are kept, oldest first.
   *
   * @throws TenureException if they cannot be read; a damaged entry is named. {@link #verify()}
   *     tells of all damage at once. {@link io.tenure.scope.ListTooLongException} if there are more
   *     than fit into one reply
   */
  public List<RecordedEntry> entries() throws InterruptedException {
    reader.sync();
    return entriesFrom(0);
  }

  private List<RecordedEntry> entriesFrom(long index) throws InterruptedException {
    return parse(
        reader.read(
            reader.names().stream()
                .filter(name -> AuditFormat.index(name).orElse(-1) >= index)
                .map(this::path)
                .toList()));
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
    if (!trail.unreadable().isEmpty()) {
      AuditTrail.Unreadable first = trail.unreadable().get(0);
      throw new ForeignDataException(first.path() + ": " + first.problem());
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
    Optional<TrailVerifier.Bounds> before;
    Optional<TrailVerifier.Bounds> after;
    List<String> names;
    List<ZnodeReader.Znode> nodes;
    try {
      before = bounds();
      names = reader.names();
      nodes =
          reader.read(
              names.stream()
                  .filter(name -> AuditFormat.index(name).isPresent())
                  .map(this::path)
                  .toList());
      after = bounds();
    } catch (ForeignDataException e) {
      return List.of(
          new Finding(scope.path(), Finding.Rule.RECORD_READABLE, String.valueOf(e.getMessage())));
    }
    if (before.isEmpty() || after.isEmpty()) {
      return List.of(
          new Finding(scope.path(), Finding.Rule.RECORD_READABLE, "there is no such scope"));
    }
    return new TrailVerifier(scope, before.get(), after.get()).verify(names, nodes, archived);
  }

  private Optional<TrailVerifier.Bounds> bounds() throws InterruptedException {
    Optional<TrailReader.Recorded> record = reader.record();
    TrailReader.Parent parent = reader.parent();
    return record.map(of -> new TrailVerifier.Bounds(of, parent));
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

  private String path(String name) {
    return scope.auditPath() + "/" + name;
  }

  private static List<RecordedEntry> parse(List<ZnodeReader.Znode> nodes) {
    List<RecordedEntry> entries = new ArrayList<>(nodes.size());
    for (ZnodeReader.Znode node : nodes) {
      entries.add(recorded(AuditFormat.parse(node.path(), node.data()), node));
    }
    return entries;
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
