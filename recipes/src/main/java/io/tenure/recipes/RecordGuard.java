package io.tenure.recipes;

import io.tenure.internal.RecordCheck;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailLength;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.Uncompressed;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
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

  private static final int ENTRIES_AT_ONCE = 32;

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
    return ofLastTransition(stat, record)
        .thenCompose(
            sound ->
                sound
                    ? CompletableFuture.completedFuture(true)
                    : compareEntries(stat, record, trail));
  }

  private CompletableFuture<Boolean> ofLastTransition(Stat stat, ScopeRecord record) {
    return record
        .lastEntryName()
        .map(
            name ->
                entry(name)
                    .thenApply(
                        seen ->
                            seen.filter(
                                    last ->
                                        RecordCheck.isOfLastTransition(
                                            record, stat.getMzxid(), last))
                                .isPresent()))
        .orElseGet(() -> CompletableFuture.completedFuture(false));
  }

  private CompletableFuture<Boolean> compareEntries(Stat stat, ScopeRecord record, Stat trail) {
    int entries = trail.getNumChildren();
    CompletableFuture<Optional<ForeignDataException>> found =
        TrailLength.fits(entries, record, monitor.packetBytes())
            ? newerEntries(record)
                .thenApply(seen -> RecordCheck.older(scope, record, stat.getMzxid(), seen))
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

  private CompletableFuture<List<RecordCheck.Seen>> newerEntries(ScopeRecord record) {
    return monitor
        .call(callback -> client.getChildren().inBackground(callback).forPath(scope.auditPath()))
        .thenCompose(
            listed -> {
              List<String> names =
                  ScopeStore.check(listed, scope.auditPath(), "read") == Code.NONODE
                      ? List.of()
                      : listed.getChildren();
              return entries(RecordCheck.notBefore(record, names), List.of());
            });
  }

  /** Some at a time: there may be thousands, which others have put there. */
  private CompletableFuture<List<RecordCheck.Seen>> entries(
      List<String> names, List<RecordCheck.Seen> before) {
    if (names.isEmpty()) {
      return CompletableFuture.completedFuture(before);
    }
    int some = Math.min(names.size(), ENTRIES_AT_ONCE);
    CompletableFuture<List<RecordCheck.Seen>> read =
        CompletableFuture.completedFuture(new ArrayList<>(before));
    for (String name : names.subList(0, some)) {
      read =
          read.thenCombine(
              entry(name),
              (all, seen) -> {
                seen.ifPresent(all::add);
                return all;
              });
    }
    return read.thenCompose(all -> entries(names.subList(some, names.size()), all));
  }

  private CompletableFuture<Optional<RecordCheck.Seen>> entry(String name) {
    String path = scope.auditPath() + "/" + name;
    return monitor
        .call(callback -> Uncompressed.getData(client).inBackground(callback).forPath(path))
        .thenApply(
            read -> {
              boolean denied = ServerErrors.code(read.getResultCode()) == Code.NOAUTH;
              // Whoever forges an entry may choose who reads it.
              if (denied || ScopeStore.check(read, path, "read") == Code.NONODE) {
                return Optional.empty();
              }
              byte[] data = read.getData() == null ? new byte[0] : read.getData();
              return Optional.of(new RecordCheck.Seen(name, data, read.getStat().getCzxid()));
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
