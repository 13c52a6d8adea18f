package io.tenure.recipes;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.ForgedEntry;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.TrailLength;
import io.tenure.internal.session.LeaderDrop;
import io.tenure.internal.session.ListPause;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.PersistentZnodes;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ScopeOps;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.Uncompressed;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Retention;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.WatcherRemoveCuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * Reads a scope's znodes and sends its commits. Everything is asynchronous.
 *
 * <p>Reads go through Curator, which retries them: to read twice is harmless. Transactions go
 * through {@link Monitor#transact}, which does not.
 *
 * <p>Thread-safe. Beside Curator's, its only state is which entries may be deleted, which only ever
 * become fewer, and what was said already.
 */
final class ScopeStore {

  private static final Log log = Log.of(ScopeStore.class);

  /** Nothing is wrong for good; ask again later. */
  static class LaterException extends Exception {
    private static final long serialVersionUID = 1L;

    LaterException(String message) {
      super(message);
    }
  }

  /** There is no connection now; ask again when there is one. */
  static final class NotConnectedException extends LaterException {
    private static final long serialVersionUID = 1L;

    NotConnectedException(String message) {
      super(message);
    }
  }

  private final Scope scope;
  private final Retention retention;
  private final Monitor monitor;
  private final Runnable keepsAll;
  private final WatcherRemoveCuratorFramework client;
  private final ZnodeOps ops;
  private final PersistentZnodes persistent;
  private final ScopeOps scopeOps;
  private final RecordGuard guard;
  private final ListPause listPause = new ListPause();

  /** The server has denied this client to delete entries. */
  private volatile boolean deletesDenied;

  /** The names of entries that cannot be deleted, because a znode hangs below them. */
  private final Set<String> undeletable = ConcurrentHashMap.newKeySet();

  /** It was said that a znode stands in the place of an entry. */
  private volatile boolean saidTaken;

  /** It was said that the trail is too long to be trimmed. */
  private volatile boolean saidTooLong;

  /**
   * A store.
   *
   * @param keepsAll is told, on the event thread or another, that this client may delete no entry
   */
  ScopeStore(Scope scope, Retention retention, Monitor monitor, Runnable keepsAll) {
    this.keepsAll = keepsAll;
    this.scope = scope;
    this.retention = retention;
    this.monitor = monitor;
    this.client = monitor.client().newWatcherRemoveCuratorFramework();
    this.ops = new ZnodeOps(client);
    this.persistent = new PersistentZnodes(monitor, ops);
    this.scopeOps = new ScopeOps(client);
    this.guard = new RecordGuard(scope, monitor, client);
  }

  CuratorFramework client() {
    return client;
  }

  /**
   * A client without the permission to delete entries keeps them all: that it may not trim its
   * trail is no reason not to lead.
   */
  private void keepAll() {
    if (!deletesDenied) {
      deletesDenied = true;
      log.warn(
          "scope={} this client may not delete entries of {}: all are kept, and somebody else has to"
              + " trim the trail; with Retention.KEEP_ALL this is meant and not said",
          scope,
          scope.auditPath());
    }
  }

  /** An entry with a child cannot be deleted; from now on it is passed over. */
  private void keep(ScopeOp.DeleteEntry entry) {
    if (undeletable.add(entry.name())) {
      log.warn(
          "scope={} {} has a child and cannot be deleted: it is kept; delete the child to let"
              + " retention go on",
          scope,
          ScopeOps.path(scope, entry));
    }
  }

  private List<String> deletable(List<String> names) {
    return undeletable.isEmpty()
        ? names
        : names.stream().filter(name -> !undeletable.contains(name)).toList();
  }

  /** Removes the watches that are still set. */
  void close() {
    monitor.outside(client::removeWatchers);
  }

  /**
   * Reads the scope behind everything that the quorum has applied so far.
   *
   * @param watcher told when the {@code leader} node changes or goes, if there is one
   * @param lists whether with the names of entries, where the next commit has to know them
   * @return empty if there is no scope; fails with {@link TenureException} or {@link
   *     NotConnectedException}
   */
  CompletableFuture<Optional<ScopeView>> read(CuratorWatcher watcher, boolean lists) {
    return read(watcher, lists, false);
  }

  /**
   * As {@link #read(CuratorWatcher, boolean)}, for those who are about to stand for the office:
   * also fails if the record is older than its trail.
   */
  CompletableFuture<Optional<ScopeView>> readToStand(CuratorWatcher watcher, boolean lists) {
    return read(watcher, lists, true);
  }

  private CompletableFuture<Optional<ScopeView>> read(
      CuratorWatcher watcher, boolean lists, boolean guarded) {
    // sync first: without it a lagging follower may show the scope as it was before our own commit.
    CompletableFuture<CuratorEvent> synced =
        monitor.call(callback -> client.sync().inBackground(callback).forPath(scope.path()));
    return synced.thenCompose(
        event -> {
          check(event, scope.path(), "read");
          CompletableFuture<CuratorEvent> record =
              monitor.call(
                  callback ->
                      Uncompressed.getData(client).inBackground(callback).forPath(scope.path()));
          CompletableFuture<CuratorEvent> leader =
              monitor.call(
                  callback ->
                      Uncompressed.getData(client)
                          .usingWatcher(watcher)
                          .inBackground(callback)
                          .forPath(scope.leaderPath()));
          Optional<CompletableFuture<CuratorEvent>> trail =
              guarded ? guard.ask() : Optional.empty();
          return record
              .thenCompose(
                  read ->
                      guarded
                          ? guard.check(read, trail)
                          : CompletableFuture.<Void>completedFuture(null))
              .thenCombine(record.thenCombine(leader, this::view), (checked, view) -> view)
              .thenCompose(
                  view -> lists ? withEntryNames(view) : CompletableFuture.completedFuture(view));
        });
  }

  /** The record that was read; an empty one where the znode was made as a parent. */
  static ScopeRecord record(Scope scope, CuratorEvent read) {
    return isEmpty(read) ? ScopeRecord.empty() : ScopeRecord.parse(scope.path(), read.getData());
  }

  private Optional<ScopeView> view(CuratorEvent record, CuratorEvent leader) {
    if (check(record, scope.path(), "read") == Code.NONODE || isEmpty(record)) {
      return Optional.empty();
    }
    Optional<ScopeView.LeaderData> inOffice =
        check(leader, scope.leaderPath(), "read") == Code.NONODE
            ? Optional.empty()
            : Optional.of(
                new ScopeView.LeaderData(
                    leader.getData() == null ? new byte[0] : leader.getData(),
                    leader.getStat().getEphemeralOwner()));
    return Optional.of(
        new ScopeView(
            ScopeRecord.parse(scope.path(), record.getData()),
            record.getStat().getVersion(),
            inOffice,
            List.of()));
  }

  /** A znode that a client has created as a parent may have no bytes, or null for them. */
  private static boolean isEmpty(CuratorEvent read) {
    return read.getData() == null || read.getData().length == 0;
  }

  private CompletableFuture<Optional<ScopeView>> withEntryNames(Optional<ScopeView> read) {
    if (read.isEmpty() || !CommitProtocol.needsEntryNames(read.get().record(), retention)) {
      return CompletableFuture.completedFuture(read);
    }
    ScopeView view = read.get();
    return monitor
        .call(callback -> client.checkExists().inBackground(callback).forPath(scope.auditPath()))
        .thenCompose(
            event -> {
              return check(event, scope.auditPath(), "read") == Code.OK
                      && !listPause.isOn(monitor.clock().monotonicNanos())
                      && canBeListed(view, event.getStat().getNumChildren())
                  ? listed(view)
                  : CompletableFuture.completedFuture(read);
            });
  }

  private boolean canBeListed(ScopeView view, int entries) {
    int packetBytes = monitor.packetBytes();
    boolean fits = TrailLength.fits(entries, view.record(), packetBytes);
    if (!fits && !saidTooLong) {
      saidTooLong = true;
      log.warn(
          "scope={} {}",
          scope,
          TrailLength.cannotTrim(
              scope.auditPath(), entries, view.record(), retention, packetBytes));
    }
    return fits;
  }

  /** Not through Curator, which would lose the connection again and again for a list too long. */
  private CompletableFuture<Optional<ScopeView>> listed(ScopeView view) {
    return monitor
        .read(monitor.sessionId(), List.of(Op.getChildren(monitor.realPath(scope.auditPath()))))
        .thenApply(reply -> withNames(view, reply));
  }

  private Optional<ScopeView> withNames(ScopeView view, Reply reply) {
    if (reply.code() == Code.CONNECTIONLOSS) {
      if (listPause.lost(monitor.clock().monotonicNanos())) {
        log.warn("scope={} {}", scope, ListPause.text(scope.path()));
      }
      return Optional.of(view); // Without names: nothing is deleted.
    }
    if (reply.results().size() == 1
        && reply.results().get(0) instanceof OpResult.GetChildrenResult list) {
      listPause.listed();
      return Optional.of(
          new ScopeView(
              view.record(), view.version(), view.leader(), deletable(list.getChildren())));
    }
    Code code =
        reply.results().size() == 1 && reply.results().get(0) instanceof OpResult.ErrorResult error
            ? ServerErrors.code(error.getErr())
            : reply.code();
    check(code, scope.auditPath(), "read");
    return Optional.empty();
  }

  /**
   * Makes the scope's persistent znodes where they are not there yet. A znode that others created
   * empty, as a parent, is taken over; one that holds something is not.
   */
  CompletableFuture<Void> ensure() {
    byte[] empty = ScopeRecord.empty().bytes();
    return createPersistent(scope.path(), empty)
        .thenCompose(
            created -> created ? CompletableFuture.completedFuture(null) : takeOverIfEmpty(empty))
        .thenCompose(done -> createPersistent(scope.auditPath(), new byte[0]))
        .thenApply(done -> null);
  }

  /** Makes the parent of the queue, which Curator would make as well, but fail at in silence. */
  CompletableFuture<Void> ensureLatch() {
    return createPersistent(scope.latchPath(), new byte[0]).thenApply(done -> null);
  }

  /** Creates a znode and the parents that it lacks; false if it was there. */
  private CompletableFuture<Boolean> createPersistent(String path, byte[] data) {
    return persistent
        .make(monitor.sessionId(), path, data)
        .thenApply(
            made ->
                made.reply().code() != Code.NODEEXISTS
                    && check(made.reply().code(), made.path(), "create") == Code.OK);
  }

  private CompletableFuture<Void> takeOverIfEmpty(byte[] record) {
    return monitor
        .call(callback -> Uncompressed.getData(client).inBackground(callback).forPath(scope.path()))
        .thenCompose(
            read -> {
              if (check(read, scope.path(), "read") == Code.NONODE || !isEmpty(read)) {
                return CompletableFuture.completedFuture(null);
              }
              return monitor
                  .call(
                      callback ->
                          Uncompressed.setData(client)
                              .withVersion(read.getStat().getVersion())
                              .inBackground(callback)
                              .forPath(scope.path(), record))
                  .thenApply(
                      set -> {
                        // BADVERSION: another candidate was faster, which is just as well.
                        if (ServerErrors.code(set.getResultCode()) != Code.BADVERSION) {
                          check(set, scope.path(), "write");
                        }
                        return null;
                      });
            });
  }

  /** Sends a commit, and reports its outcome as an event of the election. */
  CompletableFuture<ElectionEvent> commit(long session, Commit commit) {
    return monitor
        .transact(
            session,
            scope.path(),
            () -> commit.ops().stream().map(op -> scopeOps.curatorOp(scope, op)).toList())
        .thenApply(reply -> outcome(reply, commit))
        .exceptionally(error -> new ElectionEvent.CommitFailed(notBuilt(error)));
  }

  /** Nothing was sent. */
  private TenureException notBuilt(Throwable error) {
    return cause(error) instanceof TenureException known
        ? known
        : new CoordinationException("the commit in " + scope + " failed", cause(error));
  }

  /**
   * Finds out whether this client may do what a leader must do, by a transaction that does it all
   * and then fails on purpose. So a candidate without permission says so when it joins, not when it
   * is needed. Curator's latch in particular would only log it and wait for ever. To delete entries
   * is the exception: without that it can lead, and keeps them all.
   *
   * @return fails with {@link io.tenure.scope.PermissionDeniedException} naming path and permission
   */
  CompletableFuture<Void> rehearse(long session) {
    record Step(Supplier<CuratorOp> op, String path, String permission) {}
    List<Step> steps = new ArrayList<>();
    for (String parent : List.of(scope.path(), scope.auditPath(), scope.latchPath())) {
      String probe = parent + "/permission-probe";
      steps.add(
          new Step(() -> ops.create(probe, new byte[0], CreateMode.EPHEMERAL), parent, "create"));
      if (!parent.equals(scope.auditPath())
          || !(deletesDenied || retention.equals(Retention.KEEP_ALL))) {
        steps.add(new Step(() -> ops.delete(probe), parent, "delete"));
      }
    }
    steps.add(new Step(() -> ops.set(scope.path(), new byte[0]), scope.path(), "write"));
    steps.add(new Step(() -> ops.check(scope.path(), Integer.MAX_VALUE), scope.path(), "read"));
    return monitor
        .transact(session, scope.path(), () -> steps.stream().map(step -> step.op().get()).toList())
        .thenCompose(
            reply -> {
              int failed = reply.failedOp();
              if (reply.code() == Code.NOAUTH
                  && failed >= 0
                  && steps.get(failed).path().equals(scope.auditPath())
                  && steps.get(failed).permission().equals("delete")) {
                keepAll();
                keepsAll.run();
                return rehearse(session); // The rest of it, without what is denied.
              }
              if (reply.code() == Code.NOAUTH && failed >= 0) {
                throw ServerErrors.refused(
                    reply.code(), steps.get(failed).path(), steps.get(failed).permission());
              }
              if (!reply.isAcknowledgement() && !ServerErrors.isTransient(reply.code())) {
                throw ServerErrors.refused(reply.code(), scope.path(), "transactions");
              }
              return CompletableFuture.completedFuture(null);
            });
  }

  private ElectionEvent outcome(Reply reply, Commit commit) {
    if (reply.ok()) {
      return new ElectionEvent.Committed();
    }
    if (reply.isUnknown()) {
      return new ElectionEvent.NotCommitted(true);
    }
    int failed = reply.failedOp();
    Code code = reply.code();
    if (failed < 0) {
      return ServerErrors.isTransient(code)
          ? new ElectionEvent.NotCommitted(false)
          : new ElectionEvent.CommitFailed(
              ServerErrors.refused(code, scope.path(), "the transaction"));
    }
    ScopeOp op = commit.ops().get(failed);
    if (code == Code.NOTEMPTY && op instanceof ScopeOp.DeleteEntry entry) {
      keep(entry);
      return new ElectionEvent.TrimBlocked();
    }
    if (code == Code.NOAUTH && op instanceof ScopeOp.DeleteEntry) {
      keepAll(); // The ACL was changed since the rehearsal.
      return new ElectionEvent.TrimDenied();
    }
    if (code == Code.NONODE && op instanceof ScopeOp.CreateEntry) {
      // The record was there, so only the parent of the entries has been deleted.
      return new ElectionEvent.AuditMissing();
    }
    if (code == Code.NODEEXISTS && op instanceof ScopeOp.CreateEntry) {
      entryTaken(ScopeOps.path(scope, op));
      return new ElectionEvent.EntryTaken();
    }
    return switch (code) {
      case NODEEXISTS, BADVERSION, NONODE -> new ElectionEvent.NotCommitted(false);
      default -> new ElectionEvent.CommitFailed(ScopeOps.refused(code, scope, op));
    };
  }

  /** The record had the version that was read, so no transition made the znode at this path. */
  private void entryTaken(String path) {
    if (saidTaken) {
      log.debug("scope={} {}", scope, ForgedEntry.taken(scope.path(), path));
      return;
    }
    saidTaken = true;
    log.warn("scope={} {}", scope, ForgedEntry.taken(scope.path(), path));
    createPersistent(scope.quarantinePath(), new byte[0])
        .whenComplete(
            (created, error) -> {
              if (error != null) {
                log.debug("scope={} {} was not made", scope, scope.quarantinePath(), error);
              }
            });
  }

  /**
   * Deletes the {@code leader} node of one tenure without a record of its end.
   *
   * @return completes on the event thread when the node is gone
   */
  CompletableFuture<Void> dropLeader(long session, String nonce) {
    return LeaderDrop.start(monitor, scopeOps, scope, session, nonce);
  }

  /**
   * Throws unless the code is {@code OK} or {@code NONODE}, and returns it.
   *
   * @throws CompletionException with {@link NotConnectedException}
   */
  static Code check(CuratorEvent event, String path, String permission) {
    return check(ServerErrors.code(event.getResultCode()), path, permission);
  }

  static Code check(Code code, String path, String permission) {
    if (code == Code.OK || code == Code.NONODE) {
      return code;
    }
    if (ServerErrors.isTransient(code)) {
      String sentence = ServerErrors.sentence(code, path, permission);
      throw new CompletionException(new NotConnectedException(sentence));
    }
    // ZooKeeper asks the parent for the permission to create a child.
    String denied =
        code == Code.NOAUTH && permission.equals("create") && path.length() > 1
            ? path.substring(0, Math.max(1, path.lastIndexOf('/')))
            : path;
    throw ServerErrors.refused(code, denied, permission);
  }

  /** The error of a reading, unless it only means that it is to be tried again later. */
  static Optional<TenureException> lasting(Scope scope, Throwable error) {
    Throwable cause = cause(error);
    if (cause instanceof LaterException) {
      return Optional.empty();
    }
    Throwable told =
        cause instanceof RuntimeException thrown ? ServerErrors.thrownByClient(thrown) : cause;
    return Optional.of(
        told instanceof TenureException tenure
            ? tenure
            : new CoordinationException("the scope " + scope + " cannot be read: " + cause, cause));
  }

  /** In words, why a reading failed. */
  static String reason(Throwable error) {
    return String.valueOf(cause(error).getMessage());
  }

  private static Throwable cause(Throwable error) {
    Throwable below = error.getCause();
    return error instanceof CompletionException && below != null ? below : error;
  }
}
