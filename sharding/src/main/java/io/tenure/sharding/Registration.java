package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.TenureException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.jspecify.annotations.Nullable;

/**
 * A worker's node among the group's workers: ephemeral, with a number that the server gives it and
 * that is the worker's incarnation. So a restarted worker registers at once, although the node of
 * its old session still lingers: the higher number counts.
 *
 * <p>What if the answer to its creation is lost? The node carries a nonce, by which it is found. If
 * it is not found, it is made again; should both appear, the higher number is this worker's too,
 * since its owner is this session.
 *
 * <p>What if another client deletes it? Then it is made again, with a higher number. What if
 * another client writes it? Then it is written again, see {@link #compare}.
 *
 * <p>Confined to the monitor's event thread.
 */
final class Registration {

  private static final Log log = Log.of(Registration.class);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final long FIRST_MEND_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** After so long without another hand, what it did is forgotten. */
  private static final long FORGIVEN_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** The worker that registers. Called on the event thread. */
  interface Owner {
    /** What the node is to say. */
    WorkerNode node(String nonce);

    /** The worker is registered in the present session. */
    void registered(long incarnation, GroupSettings settings, boolean untouched);

    /** It cannot be. */
    void refused(TenureException cause);
  }

  private final Monitor monitor;
  private final ZnodeOps ops;
  private final GroupPaths paths;
  private final String workerId;
  private final Registrations all;
  private final GroupNodes group;
  private final Owner owner;
  private final Watcher watcher = this::changed;

  private long session;
  private boolean registering;
  private boolean numbered;
  private String nonce = "";
  private String path = "";
  private byte @Nullable [] written;

  /** What was sent last, with or without an answer. */
  private byte @Nullable [] sent;

  private boolean writing;
  private boolean left;
  private final Backoff pauses = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
  private @Nullable Future<?> retry;
  private Code setRefused = Code.OK;

  /** Between the times that it is written again after another hand wrote it. */
  private final Backoff mends = new Backoff(FIRST_MEND_PAUSE_NANOS, LONGEST_PAUSE_NANOS);

  private long mendedNanos;

  Registration(Monitor monitor, GroupPaths paths, String workerId, SettingsWish wish, Owner owner) {
    this.monitor = monitor;
    this.ops = new ZnodeOps(monitor.client());
    this.paths = paths;
    this.workerId = workerId;
    this.all = new Registrations(monitor, paths);
    this.group = new GroupNodes(monitor, paths, wish);
    this.owner = owner;
  }

  /** There is a connection: registers, or goes on with what had none. */
  void connected(long inSession) {
    if (left) {
      return;
    }
    if (session != inSession) {
      session = inSession;
      nonce = UUID.randomUUID().toString().substring(0, 13);
      path = "";
      registering = false;
      writing = false;
    }
    if (path.isEmpty()) {
      register();
    } else {
      watch();
      report();
    }
  }

  void sessionGone() {
    session = 0;
    path = "";
  }

  private void again(Runnable what) {
    if (retry == null || retry.isDone()) {
      retry = monitor.schedule(what, pauses.nextNanos());
    }
  }

  private void register() {
    if (registering || left || session == 0 || !path.isEmpty()) {
      return;
    }
    registering = true;
    long asked = session;
    group
        .open(asked)
        .thenCompose(
            opened ->
                opened.isEmpty()
                    ? CompletableFuture.completedFuture(false)
                    : create(asked, opened.get()))
        .whenComplete(
            (done, error) -> {
              if (asked == session) {
                registering = false;
                if (error != null) {
                  owner.refused(cause(error));
                } else if (!done) {
                  // Without a connection the next one goes on; but there may be one that throttles.
                  again(this::register);
                }
              }
            });
  }

  private TenureException cause(Throwable error) {
    Throwable cause = error.getCause() == null ? error : error.getCause();
    return cause instanceof TenureException known
        ? known
        : new CoordinationException(
            "group " + paths.group() + " cannot be joined: " + cause, cause);
  }

  private CompletableFuture<Boolean> create(long asked, GroupNodes.Opened opened) {
    numbered = opened.settings().shards().isNumbered();
    // An earlier creation in this session may have come true without an answer.
    return find(asked)
        .thenCompose(
            found -> {
              if (found.isPresent()) {
                return registered(asked, found.get(), opened);
              }
              byte[] data = owner.node(nonce).bytes(numbered);
              String prefix = paths.workerPrefix(workerId);
              return monitor
                  .transact(
                      asked,
                      paths.workers(),
                      () -> List.of(ops.create(prefix, data, CreateMode.EPHEMERAL_SEQUENTIAL)))
                  .thenCompose(
                      reply -> {
                        if (reply.ok()
                            && reply.results().get(0) instanceof OpResult.CreateResult made) {
                          written = data;
                          return registered(asked, ZnodeOps.created(prefix, made), opened);
                        } else if (reply.isUnknown() || ServerErrors.isTransient(reply.code())) {
                          return CompletableFuture.completedFuture(false);
                        } else if (reply.code() == Code.NONODE) {
                          return CompletableFuture.completedFuture(false); // Deleted meanwhile.
                        }
                        throw ServerErrors.refused(reply.code(), paths.workers(), "create");
                      });
            });
  }

  private CompletableFuture<Boolean> registered(
      long asked, String found, GroupNodes.Opened opened) {
    if (asked != session || left) {
      return CompletableFuture.completedFuture(false);
    }
    path = found;
    pauses.reset();
    long incarnation = GroupPaths.incarnation(found);
    log.info("group={} worker={} registered incarnation={}", paths.group(), workerId, incarnation);
    watch();
    owner.registered(incarnation, opened.settings(), opened.untouched());
    report();
    return CompletableFuture.completedFuture(true);
  }

  /**
   * The newest registration of this worker's id that lives in this session.
   *
   * @return empty as well if there is no connection
   */
  private CompletableFuture<Optional<String>> find(long asked) {
    return children(asked)
        .thenCompose(
            names ->
                names.isEmpty()
                    ? CompletableFuture.completedFuture(Optional.empty())
                    : all.read(asked, names).thenApply(reply -> newest(asked, names, reply)));
  }

  private CompletableFuture<List<String>> children(long asked) {
    return all.of(asked, Set.of(workerId)).thenApply(found -> found.orElse(List.of()));
  }

  private static Optional<String> newest(long session, List<String> names, Reply reply) {
    Optional<String> newest = Optional.empty();
    for (int i = 0; i < reply.results().size(); i++) {
      String name = names.get(i);
      if (reply.results().get(i) instanceof OpResult.GetDataResult found
          && found.getStat().getEphemeralOwner() == session
          && (newest.isEmpty()
              || GroupPaths.incarnation(name) > GroupPaths.incarnation(newest.get()))) {
        newest = Optional.of(name);
      }
    }
    return newest;
  }

  /** Whether a registration of this worker's id, of at least that number, is another process's. */
  CompletableFuture<Boolean> isReplaced(long by) {
    long asked = session;
    return children(asked)
        .thenCompose(
            names -> {
              List<String> later =
                  names.stream().filter(name -> GroupPaths.incarnation(name) >= by).toList();
              return later.isEmpty()
                  ? CompletableFuture.completedFuture(false)
                  : all.read(asked, later).thenApply(reply -> isAnothers(asked, reply));
            });
  }

  private static boolean isAnothers(long session, Reply reply) {
    return reply.results().stream()
        .anyMatch(
            result ->
                result instanceof OpResult.GetDataResult found
                    && found.getStat().getEphemeralOwner() != session);
  }

  /** With the one watcher: to set it again is harmless; see {@link WatchedNode}. */
  private void watch() {
    monitor.exists(session, monitor.realPath(path), watcher);
  }

  private void changed(WatchedEvent event) {
    if (!Watches.tellsOfChange(event)) {
      return;
    }
    String changed = event.getPath();
    monitor.execute(
        () -> {
          if (!path.isEmpty() && !left && changed.equals(monitor.realPath(path))) {
            check(session, path);
          }
        });
  }

  /** Something has happened to the node. */
  private void check(long asked, String own) {
    monitor
        .read(asked, List.of(Op.getData(monitor.realPath(own))))
        .thenAccept(
            reply -> {
              if (asked != session || !own.equals(path) || left || reply.results().isEmpty()) {
                return;
              }
              if (reply.results().get(0) instanceof OpResult.GetDataResult found) {
                watch();
                compare(own, found);
              } else {
                log.warn(
                    "group={} worker={} {} was deleted by hand: registers again",
                    paths.group(),
                    workerId,
                    own);
                path = "";
                register();
              }
            });
  }

  /** Only its worker writes a registration: what another hand wrote there is written over. */
  private void compare(String own, OpResult.GetDataResult found) {
    byte[] data = found.getData();
    if (writing || written == null || Arrays.equals(written, data)) {
      return; // What is being written is compared when its own event is there.
    } else if (Arrays.equals(sent, data)) {
      written = data; // The answer was lost.
      return;
    }
    long now = monitor.clock().monotonicNanos();
    if (now - mendedNanos > FORGIVEN_NANOS) {
      mends.reset();
    }
    mendedNanos = now;
    written = null;
    long pause = mends.nextNanos();
    if (mends.failures() > 1) {
      log.debug("group={} worker={} {} was overwritten again", paths.group(), workerId, own);
      monitor.schedule(this::report, pause);
      return;
    }
    log.warn(
        "group={} worker={} {} was overwritten by another client (zxid 0x{}): it is written again,"
            + " less and less often if that goes on. To take a worker out, use tenure drain",
        paths.group(),
        workerId,
        own,
        Long.toHexString(found.getStat().getMzxid()));
    report();
  }

  /** What the node says has changed, or may have. */
  void report() {
    if (path.isEmpty() || left || writing) {
      return; // Once registered, or when the one that is under way is there.
    }
    byte[] data = owner.node(nonce).bytes(numbered);
    if (Arrays.equals(data, written)) {
      return;
    }
    long asked = session;
    String own = path;
    CompletableFuture<Reply> answer = monitor.transact(asked, List.of(ops.set(own, data)));
    sent = data;
    writing = true;
    answer.thenAccept(
        reply -> {
          if (asked != session || !own.equals(path)) {
            return;
          }
          writing = false;
          if (reply.ok()) {
            written = data;
            pauses.reset();
            setRefused = Code.OK;
            report(); // What has changed meanwhile.
          } else if (reply.code() != Code.NONODE) { // Deleted: the watch says so.
            warnOfReport(own, reply);
            again(this::report);
          }
        });
  }

  /** Said once for each reason; it is tried again all the same. */
  private void warnOfReport(String own, Reply reply) {
    boolean lasting = !reply.isUnknown() && !ServerErrors.isTransient(reply.code());
    if (lasting && reply.code() != setRefused) {
      setRefused = reply.code();
      log.warn(
          "group={} worker={} what the plan should know of this worker is not told: {}",
          paths.group(),
          workerId,
          ServerErrors.sentence(reply.code(), own, "write"));
    }
  }

  /**
   * Leaves the group: only a worker that is there to lead shards may be given any. Insists until
   * the node is gone, the session has ended, or the monitor is closed.
   *
   * @return completes when the node is gone or the session has ended
   */
  CompletableFuture<Void> leave() {
    left = true;
    pauses.reset();
    CompletableFuture<Void> gone = new CompletableFuture<>();
    delete(gone);
    return gone;
  }

  /** Leaves no watcher with the client, which may live on. */
  void close() {
    left = true;
    if (!path.isEmpty() && session != 0) {
      monitor.removeWatch(session, monitor.realPath(path), watcher);
    }
  }

  private void delete(CompletableFuture<Void> gone) {
    if (path.isEmpty() || session == 0) {
      gone.complete(null);
      return;
    }
    String own = path;
    monitor
        .transact(session, own, () -> goodbye(own))
        .whenComplete(
            (reply, error) -> {
              if (error == null) {
                left(gone, reply);
              } else {
                leaveWithoutGoodbye(gone);
              }
            });
  }

  private void left(CompletableFuture<Void> gone, Reply reply) {
    if (reply.isUnknown() || ServerErrors.isTransient(reply.code())) {
      monitor.schedule(() -> delete(gone), pauses.nextNanos());
    } else if (reply.ok() || path.isEmpty()) {
      gone.complete(null);
    } else {
      leaveWithoutGoodbye(gone);
    }
  }

  /** If there cannot be one. */
  private void leaveWithoutGoodbye(CompletableFuture<Void> gone) {
    if (path.isEmpty() || session == 0) {
      gone.complete(null);
      return;
    }
    monitor.transact(session, List.of(ops.delete(path))).thenAccept(done -> gone.complete(null));
  }

  /** The coordinator tells by it that no session has ended. */
  private List<CuratorOp> goodbye(String own) {
    String sign = paths.goodbye(GroupPaths.incarnation(own));
    return List.of(
        ops.create(sign, new byte[0], CreateMode.EPHEMERAL), ops.delete(sign), ops.delete(own));
  }
}
