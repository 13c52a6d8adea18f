package io.tenure.recipes;

import io.tenure.internal.RecordCheck;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailLength;
import io.tenure.internal.session.ListPause;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
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
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
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
  private final ListPause listPause = new ListPause();

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
    return lastEntry(record)
        .thenCompose(
            last ->
                last.filter(seen -> RecordCheck.isOfLastTransition(record, stat.getMzxid(), seen))
                        .isPresent()
                    ? CompletableFuture.completedFuture(true)
                    : compareEntries(stat, record, trail, last));
  }

  private CompletableFuture<Optional<RecordCheck.Seen>> lastEntry(ScopeRecord record) {
    return record
        .lastEntryName()
        .map(this::entry)
        .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
  }

  private CompletableFuture<Boolean> compareEntries(
      Stat stat, ScopeRecord record, Stat trail, Optional<RecordCheck.Seen> last) {
    boolean listable =
        TrailLength.fits(trail.getNumChildren(), record, monitor.packetBytes())
            && !listPause.isOn(monitor.clock().monotonicNanos());
    CompletableFuture<Optional<ForeignDataException>> found =
        listable
            ? newerEntries(record)
                .thenApply(seen -> RecordCheck.older(scope, record, stat.getMzxid(), seen))
            : counts(trail)
                .thenApply(
                    counts -> RecordCheck.older(scope, record, stat.getMzxid(), last, counts));
    return found.thenCompose(
        older ->
            older.isEmpty()
                ? CompletableFuture.completedFuture(true)
                : refuseIfUnchanged(stat, older.get()));
  }

  private CompletableFuture<RecordCheck.Counts> counts(Stat trail) {
    return monitor
        .call(
            callback -> client.checkExists().inBackground(callback).forPath(scope.quarantinePath()))
        .thenApply(
            event -> {
              boolean none = ScopeStore.check(event, scope.quarantinePath(), "read") == Code.NONODE;
              return RecordCheck.Counts.of(
                  trail.getNumChildren(),
                  trail.getCversion(),
                  none ? 0 : event.getStat().getNumChildren());
            });
  }

  /** Not through Curator, which would lose the connection again and again for a list too long. */
  private CompletableFuture<List<RecordCheck.Seen>> newerEntries(ScopeRecord record) {
    return monitor
        .read(monitor.sessionId(), List.of(Op.getChildren(monitor.realPath(scope.auditPath()))))
        .thenCompose(reply -> entries(RecordCheck.notBefore(record, names(reply)), List.of()));
  }

  private List<String> names(Reply reply) {
    if (reply.results().size() == 1
        && reply.results().get(0) instanceof OpResult.GetChildrenResult list) {
      listPause.listed();
      return list.getChildren();
    }
    if (reply.code() == Code.CONNECTIONLOSS) {
      // Perhaps by this list: names may be longer than those of transitions. The next try does
      // without it.
      listPause.lost(monitor.clock().monotonicNanos());
    }
    Code code =
        reply.results().size() == 1 && reply.results().get(0) instanceof OpResult.ErrorResult error
            ? ServerErrors.code(error.getErr())
            : reply.code();
    if (ScopeStore.check(code, scope.auditPath(), "read") == Code.OK) {
      throw ServerErrors.refused(Code.SYSTEMERROR, scope.auditPath(), "read");
    }
    return List.of();
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
              // A client that forges an entry may choose who reads it.
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
