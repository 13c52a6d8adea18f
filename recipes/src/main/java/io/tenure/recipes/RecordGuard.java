package io.tenure.recipes;

import io.tenure.internal.RecordCheck;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailLength;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Uncompressed;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;

/**
 * Refuses a record that is older than its trail, see {@link RecordCheck}: at the first reading, and
 * whenever a reading finds less than one before it.
 *
 * <p>Confined to the monitor's event thread.
 */
final class RecordGuard {

  private final Scope scope;
  private final Monitor monitor;
  private final CuratorFramework client;

  /** What the last sound reading found. */
  private boolean known;

  private long created;
  private long epoch;
  private long next;

  RecordGuard(Scope scope, Monitor monitor, CuratorFramework client) {
    this.scope = scope;
    this.monitor = monitor;
    this.client = client;
  }

  /** Asks for what the check needs, together with a reading; empty where it is not needed yet. */
  Optional<CompletableFuture<CuratorEvent>> ask() {
    return known ? Optional.empty() : Optional.of(trail());
  }

  private CompletableFuture<CuratorEvent> trail() {
    return monitor.call(
        callback -> client.checkExists().inBackground(callback).forPath(scope.auditPath()));
  }

  /**
   * Checks a record that was read.
   *
   * @param asked what {@link #ask} has started
   * @return fails with {@link ForeignDataException} if the record is older than its trail
   */
  CompletableFuture<Void> check(
      CuratorEvent read, Optional<CompletableFuture<CuratorEvent>> asked) {
    if (ScopeStore.check(read, scope.path(), "read") == Code.NONODE) {
      known = false;
      return done();
    }
    ScopeRecord record;
    try {
      record = ScopeStore.record(scope, read);
    } catch (TenureException e) {
      return done(); // The reader of the record reports what is wrong with it.
    }
    Stat stat = read.getStat();
    boolean grown =
        known
            && stat.getCzxid() == created
            && record.epoch() >= epoch
            && record.auditNext() >= next;
    if (grown) {
      remember(stat, record);
      return done();
    }
    return asked
        .orElseGet(this::trail)
        .thenCompose(audit -> compare(stat, record, audit))
        .thenAccept(
            fits -> {
              if (fits) {
                remember(stat, record);
              }
            });
  }

  private static CompletableFuture<Void> done() {
    return CompletableFuture.completedFuture(null);
  }

  private void remember(Stat stat, ScopeRecord record) {
    known = true;
    created = stat.getCzxid();
    epoch = record.epoch();
    next = record.auditNext();
  }

  private CompletableFuture<Boolean> compare(Stat stat, ScopeRecord record, CuratorEvent audit) {
    if (ScopeStore.check(audit, scope.auditPath(), "read") == Code.NONODE) {
      return CompletableFuture.completedFuture(true);
    }
    Stat trail = audit.getStat();
    int entries = trail.getNumChildren();
    if (!RecordCheck.isSuspect(stat.getMzxid(), trail.getPzxid(), entries)) {
      return CompletableFuture.completedFuture(true);
    }
    CompletableFuture<Optional<ForeignDataException>> found =
        TrailLength.fits(entries, record, monitor.packetBytes())
            ? newest(record)
            : CompletableFuture.completedFuture(
                stat.getMzxid() > trail.getPzxid()
                    ? RecordCheck.older(scope, record, entries)
                    : Optional.empty());
    return found.thenCompose(
        older ->
            older.isEmpty()
                ? CompletableFuture.completedFuture(true)
                : refuseIfUnchanged(stat, older.get()));
  }

  private CompletableFuture<Optional<ForeignDataException>> newest(ScopeRecord record) {
    return monitor
        .call(callback -> client.getChildren().inBackground(callback).forPath(scope.auditPath()))
        .thenCompose(
            listed -> {
              List<String> names =
                  ScopeStore.check(listed, scope.auditPath(), "read") == Code.NONODE
                      ? List.of()
                      : listed.getChildren();
              Optional<String> name = RecordCheck.newest(names);
              if (name.isEmpty()) {
                return CompletableFuture.completedFuture(Optional.empty());
              }
              String path = scope.auditPath() + "/" + name.get();
              return monitor
                  .call(
                      callback -> Uncompressed.getData(client).inBackground(callback).forPath(path))
                  .thenApply(
                      entry ->
                          ScopeStore.check(entry, path, "read") == Code.NONODE
                              ? Optional.empty()
                              : RecordCheck.older(
                                  scope, record, name.get(), entry.getData(), names));
            });
  }

  /** The parts were not read at one instant: a commit may have come between them. */
  private CompletableFuture<Boolean> refuseIfUnchanged(Stat stat, ForeignDataException older) {
    return monitor
        .call(callback -> client.checkExists().inBackground(callback).forPath(scope.path()))
        .thenApply(
            again -> {
              if (ScopeStore.check(again, scope.path(), "read") == Code.OK
                  && again.getStat().getMzxid() == stat.getMzxid()) {
                throw older;
              }
              return false;
            });
  }
}
