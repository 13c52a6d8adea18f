package io.tenure.sharding;

import io.tenure.internal.ForgedEntry;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeView;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.session.LeaderDrop;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ScopeOps;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Retention;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Watches and reads the scopes of shards and sends their commits, many at a time, and tells the
 * worker the outcome of each.
 *
 * <p>What if the reply is lost? Then the outcome is unknown, and each shard of the transaction is
 * read and compared (epoch, session, nonce). What if the session ends? Then the monitor answers
 * everything that was under way, and nothing sent in it can come true in another.
 *
 * <p>Confined to the monitor's event thread.
 */
final class ShardLink {

  private static final Log log = Log.of(ShardLink.class);

  private final Monitor monitor;
  private final GroupPaths paths;
  private final ScopeOps scopeOps;
  private final ZnodeOps ops;
  private final Consumer<WorkerEvent> worker;
  private final OfficeWatches watches;
  private final ScopeReads reads;
  private final CommitQueue commits = new CommitQueue();

  /** Shards of which it was said that a znode stands in the place of an entry. */
  private final Set<String> taken = new HashSet<>();

  private boolean flushDue;

  /** The event that is being carried out has filled transactions: its last ones need not wait. */
  private boolean burst;

  private boolean settling;
  private boolean deniedSaid;

  ShardLink(Monitor monitor, GroupPaths paths, Retention retention, Consumer<WorkerEvent> worker) {
    this.monitor = monitor;
    this.paths = paths;
    this.scopeOps = new ScopeOps(monitor.client());
    this.ops = new ZnodeOps(monitor.client());
    this.worker = worker;
    this.watches =
        new OfficeWatches(
            monitor, paths, shard -> worker.accept(new WorkerEvent.OfficeChanged(shard)));
    this.reads =
        new ScopeReads(
            monitor,
            paths,
            retention,
            watches,
            new ScopeReads.Answers() {
              @Override
              public void read(
                  String shard, long number, Optional<ScopeView> view, OptionalLong desertedNanos) {
                worker.accept(
                    new WorkerEvent.Looked(
                        shard, number, view, desertedNanos.isPresent(), desertedNanos.orElse(0)));
              }

              @Override
              public void failed(String shard, long number, Optional<TenureException> lasting) {
                worker.accept(new WorkerEvent.LookFailed(shard, number, lasting));
              }
            });
  }

  void look(String shard, LeadershipAction.Read read) {
    reads.add(shard, read);
    flushSoon();
  }

  void watch(String shard) {
    watches.setSoon(shard);
  }

  void send(CommitQueue.Item item) {
    commits.add(item);
    flushSoon();
    if (commits.isFull()) {
      // While the present event leads to more, the server has something to do.
      burst = true;
      flushCommits();
    }
  }

  /** After everything that the present event has led to has been added. */
  private void flushSoon() {
    if (!flushDue) {
      flushDue = true;
      monitor.execute(
          () -> {
            flushDue = false;
            flush();
          });
    }
  }

  /** From now on, so much of each trail is kept. */
  void retain(Retention entries) {
    reads.retain(entries);
  }

  /** There is a connection: sends what has waited for it. */
  void connected() {
    flush();
    watches.flush();
  }

  /** The session is gone: what was not sent is of no use. */
  void sessionGone() {
    reads.clear();
    commits.clear();
    watches.sessionGone();
    settling = false;
  }

  /** Nothing is wanted of it from now on. */
  void close() {
    watches.close();
  }

  private void flush() {
    flushCommits();
    burst = false;
    reads.flush();
  }

  // ---- committing ----

  private void flushCommits() {
    if (settling || commits.isIdle() || !monitor.isConnected()) {
      return; // Goes on when it has settled, or is connected.
    }
    // A commit that elects starts a lease, which must count from when it was sent.
    settling = true;
    monitor.whenSettled(
        () -> {
          settling = false;
          commits.next(burst).forEach(this::send);
        });
  }

  private void send(CommitQueue.Batch all) {
    AtomicReference<Built> building = new AtomicReference<>(new Built(all, List.of(), Map.of()));
    monitor
        .transact(
            monitor.sessionId(),
            paths.shards(),
            () -> {
              Built made = build(all);
              building.set(made);
              return made.ops();
            })
        .whenComplete(
            (reply, error) -> {
              commits.answered();
              Built built = Objects.requireNonNull(building.get());
              if (error != null) {
                notBuilt(all, error);
              } else {
                built.failed().forEach(this::notBuilt);
                answered(built.batch(), reply);
              }
              flushSoon();
            });
  }

  /** What can be sent of a batch, and what cannot. */
  private record Built(
      CommitQueue.Batch batch, List<CuratorOp> ops, Map<String, TenureException> failed) {}

  /** On a thread of its own: it asks the client's ACL provider. */
  private Built build(CommitQueue.Batch all) {
    List<CuratorOp> ops = new ArrayList<>();
    List<CommitQueue.Item> built = new ArrayList<>();
    Map<String, TenureException> failed = new HashMap<>();
    for (CommitQueue.Item item : all.items()) {
      try {
        ops.addAll(ops(item));
        built.add(item);
      } catch (TenureException e) {
        failed.put(item.shard(), e);
      }
    }
    return new Built(new CommitQueue.Batch(List.copyOf(built), all.again()), ops, failed);
  }

  private void notBuilt(String shard, TenureException cause) {
    worker.accept(new WorkerEvent.CommitFailed(shard, cause));
  }

  private void notBuilt(CommitQueue.Batch batch, Throwable cause) {
    TenureException error =
        new CoordinationException(
            "a transaction in " + paths.shards() + " cannot be made: " + cause, cause);
    batch.items().forEach(item -> notBuilt(item.shard(), error));
  }

  private List<CuratorOp> ops(CommitQueue.Item item) {
    Scope scope = paths.shard(item.shard());
    return item.commit().ops().stream().map(op -> scopeOps.curatorOp(scope, op)).toList();
  }

  private void answered(CommitQueue.Batch batch, Reply reply) {
    if (reply.ok()) {
      batch.items().forEach(item -> worker.accept(new WorkerEvent.Committed(item.shard())));
      return;
    }
    if (reply.suspect()) {
      commits.tooLarge(batch);
    }
    int failedOp = reply.failedOp();
    if (reply.isUnknown() || failedOp < 0) {
      boolean again = reply.isUnknown() || ServerErrors.isTransient(reply.code());
      for (CommitQueue.Item item : batch.items()) {
        worker.accept(
            again
                ? new WorkerEvent.NotCommitted(item.shard(), reply.isUnknown())
                : new WorkerEvent.CommitFailed(
                    item.shard(),
                    ServerErrors.refused(reply.code(), paths.shards(), "the transaction")));
      }
      return;
    }
    setAside(batch, batch.failure(failedOp), reply.code());
  }

  /** One shard keeps none of the others from being led. */
  private void setAside(CommitQueue.Batch batch, CommitQueue.Failure failure, Code code) {
    if (code == Code.NOAUTH && failure.op() instanceof ScopeOp.DeleteEntry) {
      trimDenied(batch, ScopeOps.path(paths.shard(failure.item().shard()), failure.op()));
      return;
    }
    CommitQueue.Batch rest = batch.without(failure.item());
    if (!batch.again()) {
      commits.repeat(rest);
    } else if (isRace(code) && !isTaken(code, failure.op())) {
      // Two of one batch: then there may be more, and to read them again is cheaper than to try.
      rest.items()
          .forEach(item -> worker.accept(new WorkerEvent.NotCommitted(item.shard(), false)));
    } else {
      commits.repeatInHalves(rest);
    }
    failed(failure.item().shard(), failure.op(), code);
  }

  /**
   * Permissions are mostly the same for all shards: none of the batch is trimmed, instead of
   * finding out about one after the other.
   */
  private void trimDenied(CommitQueue.Batch batch, String path) {
    if (!deniedSaid) {
      deniedSaid = true;
      log.warn(
          "group={} this worker may not delete {}: entries are kept, and somebody else has to trim"
              + " the trails; with Retention.KEEP_ALL this is meant and not said",
          paths.group(),
          path);
    }
    for (CommitQueue.Item item : batch.items()) {
      boolean trims = item.commit().ops().stream().anyMatch(ScopeOp.DeleteEntry.class::isInstance);
      worker.accept(
          trims
              ? new WorkerEvent.TrimDenied(item.shard())
              : new WorkerEvent.NotCommitted(item.shard(), false));
    }
  }

  private static boolean isRace(Code code) {
    return code == Code.NODEEXISTS || code == Code.BADVERSION || code == Code.NONODE;
  }

  /** The record had the version that was read, so no transition made the znode that is there. */
  private static boolean isTaken(Code code, ScopeOp op) {
    return code == Code.NODEEXISTS && op instanceof ScopeOp.CreateEntry;
  }

  private void entryTaken(String shard, String path) {
    Scope scope = paths.shard(shard);
    if (taken.add(shard)) {
      log.warn("{}", ForgedEntry.taken(scope.path(), path));
      makeQuarantine(scope);
    } else {
      log.debug("{}", ForgedEntry.taken(scope.path(), path));
    }
    worker.accept(new WorkerEvent.EntryTaken(shard));
  }

  /** For an archiver, which may create below it and not beside the trail. */
  private void makeQuarantine(Scope scope) {
    String path = scope.quarantinePath();
    monitor
        .transact(
            monitor.sessionId(),
            path,
            () -> List.of(ops.create(path, new byte[0], CreateMode.PERSISTENT)))
        .whenComplete((reply, error) -> log.debug("{} made: {}", path, reply, error));
  }

  private void failed(String shard, ScopeOp op, Code code) {
    Scope scope = paths.shard(shard);
    String path = ScopeOps.path(scope, op);
    if (isTaken(code, op)) {
      entryTaken(shard, path);
    } else if (code == Code.NONODE && op instanceof ScopeOp.CreateEntry) {
      worker.accept(new WorkerEvent.AuditMissing(shard));
    } else if (code == Code.NONODE && op instanceof ScopeOp.CreateScope) {
      worker.accept(
          new WorkerEvent.CommitFailed(
              shard,
              new CoordinationException(
                  paths.shards()
                      + " does not exist: somebody has deleted the group's znodes. "
                      + "Restart a worker to make them again")));
    } else if (code == Code.NOTEMPTY && op instanceof ScopeOp.DeleteEntry) {
      log.warn(
          "{} has a child and cannot be deleted; delete the child to let retention go on", path);
      reads.cannotDelete(path);
      worker.accept(new WorkerEvent.TrimBlocked(shard));
    } else if (isRace(code)) {
      worker.accept(new WorkerEvent.NotCommitted(shard, false));
    } else {
      worker.accept(new WorkerEvent.CommitFailed(shard, ScopeOps.refused(code, scope, op)));
    }
  }

  /** Deletes the leader node of one tenure without a record of it. */
  void dropLeader(String shard, LeadershipAction.DropLeader drop) {
    log.warn(
        "scope={} the end cannot be recorded; only the leader node is deleted", paths.shard(shard));
    LeaderDrop.start(monitor, scopeOps, paths.shard(shard), drop.session(), drop.nonce());
  }
}
