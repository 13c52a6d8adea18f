package io.tenure.internal.session;

import io.tenure.internal.Sessions;
import io.tenure.lease.LeaseClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorEventType;
import org.apache.curator.framework.api.CuratorListener;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.utils.ZKPaths;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one client knows of its ZooKeeper session: which it is, how long it lives, and when the
 * quorum last acknowledged an operation of it. Users hold it as {@code SessionMonitor}, which says
 * what it is good for and what it sends.
 *
 * <p>Thread-safe. One daemon thread, the <em>event thread</em>, owns the session's evidence and
 * runs the state machines of elections and workers; it never blocks and never runs user code.
 */
public final class Monitor implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Monitor.class);

  private static final String ROOT = "/";

  /**
   * A session as seen through the handle that it was opened with. A handle never changes its
   * session, so what is sent through it can only be applied in that session, whatever Curator does
   * meanwhile.
   */
  private record Session(
      long id, ZooKeeper handle, Duration timeout, LeaseTerms terms, QuorumEvidence evidence) {}

  private record Pending(Session session, CompletableFuture<Reply> future, Moment sent) {}

  /**
   * The last acknowledgement.
   *
   * @param session whose it is
   * @param sent when the acknowledged operation was sent
   * @param anchor from when the session bound is charged
   */
  record Acknowledgement(long session, Moment sent, Moment anchor) {}

  private final CuratorFramework client;
  private final LeaseClock clock;
  private final Optional<Duration> ackInterval;
  private final Duration tickTime;
  private final String namespace;
  private final ScheduledThreadPoolExecutor events;
  private final CuratorListener curatorListener;
  private final List<SessionListener> listeners = new CopyOnWriteArrayList<>();
  private final Set<Pending> pending = ConcurrentHashMap.newKeySet();
  private final Object acknowledging = new Object();

  // Written by the event thread, read by all.
  private volatile @Nullable Acknowledgement last;
  private volatile @Nullable Session session;
  private volatile boolean connected;
  private volatile boolean clientClosing;
  private volatile @Nullable Thread eventThread;

  // Guarded by acknowledging.
  private @Nullable CompletableFuture<Reply> acknowledgementInFlight;

  // Confined to the event thread.
  private @Nullable Moment unbornAt;
  private @Nullable Future<?> contactTimer;

  /**
   * Starts the monitor.
   *
   * @param ackInterval the age up to which an acknowledgement is young; default a sixth of the
   *     session timeout
   * @param tickTime the servers' tickTime
   */
  public Monitor(
      CuratorFramework client,
      LeaseClock clock,
      Optional<Duration> ackInterval,
      Duration tickTime) {
    this.client = client;
    this.clock = clock;
    this.ackInterval = ackInterval;
    this.tickTime = tickTime;
    this.namespace = client.getNamespace();
    this.events =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "tenure-events");
              thread.setDaemon(true);
              eventThread = thread;
              return thread;
            });
    events.setRemoveOnCancelPolicy(true);
    events.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.curatorListener =
        (curator, event) -> {
          if (event.getType() == CuratorEventType.CLOSING) {
            clientClosing();
          } else if (event.getType() == CuratorEventType.WATCHED
              && event.getWatchedEvent().getType() == Watcher.Event.EventType.None) {
            Watcher.Event.KeeperState state = event.getWatchedEvent().getState();
            execute(() -> connectionChanged(state));
          }
        };
    client.getCuratorListenable().addListener(curatorListener);
    Moment now = Moment.now(clock);
    execute(() -> start(now));
  }

  /**
   * Sends one quorum operation for all leases of the client, or joins the one that is under way.
   *
   * @return completes on the event thread when the answer has come or cannot come any more; {@code
   *     true} if the quorum has acknowledged it
   */
  public CompletableFuture<Boolean> acknowledge() {
    Session current = session;
    if (current == null) {
      return CompletableFuture.completedFuture(false);
    }
    synchronized (acknowledging) {
      CompletableFuture<Reply> flying = acknowledgementInFlight;
      if (flying == null || flying.isDone()) {
        flying = transact(current.id(), List.of(checkRoot()));
        acknowledgementInFlight = flying;
      }
      return flying.thenApply(Reply::isAcknowledgement);
    }
  }

  /**
   * Stops the monitor and its thread. Leases that still use it run out. Closing twice is harmless;
   * the client is left open.
   */
  @Override
  public void close() {
    client.getCuratorListenable().removeListener(curatorListener);
    events.shutdown();
    for (Pending p : pending) {
      p.future().complete(new Reply(Code.CONNECTIONLOSS, List.of(), p.sent()));
    }
  }

  public CuratorFramework client() {
    return client;
  }

  public LeaseClock clock() {
    return clock;
  }

  @Nullable Acknowledgement last() {
    return clientClosing ? null : last;
  }

  public boolean isConnected() {
    return connected;
  }

  /** The present session, or 0 if there is none. */
  public long sessionId() {
    Session current = session;
    return current == null ? 0 : current.id();
  }

  /** The timeout of the present session, or of the client's last one. */
  public long sessionTimeoutNanos() {
    return TimeUnit.MILLISECONDS.toNanos(
        client.getZookeeperClient().getLastNegotiatedSessionTimeoutMs());
  }

  public boolean isEventThread() {
    return Thread.currentThread() == eventThread;
  }

  /** Runs a task on the event thread; does nothing once the monitor is closed. */
  public void execute(Runnable task) {
    try {
      events.execute(() -> guarded(task));
    } catch (RejectedExecutionException e) {
      log.debug("monitor is closed; event dropped");
    }
  }

  /** The event thread as an executor. */
  public Executor executor() {
    return this::execute;
  }

  /** Runs a task on the event thread later; never once the monitor is closed. */
  public Future<?> schedule(Runnable task, long delayNanos) {
    try {
      return events.schedule(() -> guarded(task), Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      // A bug of ours: the thread must go on for the other elections of the process.
      log.error("event failed", e);
    }
  }

  /** Adds a listener; it is told of the present session, if there is one. */
  public void addListener(SessionListener listener) {
    execute(
        () -> {
          listeners.add(listener);
          refreshSession();
          Session current = session;
          if (current != null && connected) {
            listener.connected(current.id());
          }
          contact();
        });
  }

  public void removeListener(SessionListener listener) {
    execute(() -> listeners.remove(listener));
  }

  /**
   * The terms of a lease in the present session; empty if there is none now.
   *
   * @throws io.tenure.scope.LeaseTermsException if they leave no time to act
   */
  public Optional<LeaseTerms> terms(Optional<Duration> margin, Optional<Duration> lease) {
    Session current = session;
    return current == null
        ? Optional.empty()
        : Optional.of(LeaseTerms.of(current.timeout(), ackInterval, tickTime, margin, lease));
  }

  /**
   * Sends a transaction in one session and no other. It is not retried: Curator's retries would
   * carry it over into the next session, where ephemeral nodes get another owner than their data
   * says.
   *
   * @return completes on the event thread, always
   */
  public CompletableFuture<Reply> transact(long sessionId, List<CuratorOp> ops) {
    List<Op> raw = new ArrayList<>(ops.size());
    ops.forEach(op -> raw.add(op.get()));
    return send(
        sessionId,
        (handle, p) ->
            handle.multi(
                raw,
                (rc, path, x, results) ->
                    execute(
                        () ->
                            answered(
                                p, ServerErrors.code(rc), results == null ? List.of() : results)),
                null));
  }

  /**
   * Reads many znodes at once: each operation is a {@code getData} or a {@code getChildren}, and
   * has a result or an error of its own. Not for paths below the client's namespace: give them
   * through {@link #realPath}.
   *
   * @return completes on the event thread, always
   */
  public CompletableFuture<Reply> read(long sessionId, List<Op> reads) {
    return send(
        sessionId, (handle, p) -> handle.multi(reads, (rc, path, x, r) -> answer(p, rc, r), null));
  }

  /**
   * Looks whether a znode is there, and watches it in either case. The watch is lost with the
   * session; connections that come back keep it.
   *
   * @return completes on the event thread, always; with one result if the znode is there
   */
  public CompletableFuture<Reply> exists(long sessionId, String realPath, Watcher watcher) {
    return send(
        sessionId,
        (handle, p) ->
            handle.exists(
                realPath,
                watcher,
                (rc, path, x, stat) ->
                    answer(p, rc, stat == null ? null : List.of(new OpResult.SetDataResult(stat))),
                null));
  }

  /**
   * Watches a znode, or it and everything below it, until the watch is removed or the session ends.
   * What changes while there is no connection is not told.
   *
   * @return completes on the event thread, always
   */
  public CompletableFuture<Reply> addWatch(
      long sessionId, String realPath, AddWatchMode mode, Watcher watcher) {
    return send(
        sessionId,
        (handle, p) ->
            handle.addWatch(realPath, watcher, mode, (rc, path, x) -> answer(p, rc, null), null));
  }

  /** Removes such a watch; harmless if there is none. */
  public void removeWatch(long sessionId, String realPath, Watcher watcher) {
    send(
        sessionId,
        (handle, p) ->
            handle.removeWatches(
                realPath,
                watcher,
                Watcher.WatcherType.Any,
                true,
                (rc, path, x) -> answer(p, rc, null),
                null));
  }

  /**
   * Makes this server as new as the quorum's last transaction.
   *
   * @return completes on the event thread, always
   */
  public CompletableFuture<Reply> sync(long sessionId) {
    return send(
        sessionId, (handle, p) -> handle.sync(ROOT, (rc, path, x) -> answer(p, rc, null), null));
  }

  /** A path as the server knows it. */
  public String realPath(String path) {
    return ZKPaths.fixForNamespace(namespace, path, false);
  }

  /** A path as the client knows it. */
  public String clientPath(String realPath) {
    return namespace.isEmpty() ? realPath : realPath.substring(namespace.length() + 1);
  }

  private interface Sending {
    void send(ZooKeeper handle, Pending pending);
  }

  private CompletableFuture<Reply> send(long sessionId, Sending sending) {
    Moment sent = Moment.now(clock);
    Session current = session;
    if (current == null || current.id() != sessionId) {
      return CompletableFuture.completedFuture(new Reply(Code.SESSIONEXPIRED, List.of(), sent));
    }
    CompletableFuture<Reply> future = new CompletableFuture<>();
    Pending p = new Pending(current, future, sent);
    pending.add(p);
    sending.send(current.handle(), p);
    if (events.isShutdown()) {
      future.complete(new Reply(Code.CONNECTIONLOSS, List.of(), sent));
    }
    return future;
  }

  private void answer(Pending p, int rc, @Nullable List<OpResult> results) {
    execute(
        () -> {
          pending.remove(p);
          p.future()
              .complete(
                  new Reply(
                      ServerErrors.code(rc), results == null ? List.of() : results, p.sent()));
        });
  }

  /** A background call of Curator's. */
  public interface Call {
    void start(BackgroundCallback callback) throws Exception;
  }

  /** Starts a call; its answer completes the future on the event thread. */
  public CompletableFuture<CuratorEvent> call(Call call) {
    CompletableFuture<CuratorEvent> future = new CompletableFuture<>();
    try {
      call.start((curator, event) -> execute(() -> future.complete(event)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      future.completeExceptionally(e);
    } catch (Exception e) {
      future.completeExceptionally(e);
    }
    return future;
  }

  /**
   * Runs a task on the event thread once an acknowledged operation would count from its own send
   * time.
   */
  public void whenSettled(Runnable task) {
    Session current = session;
    if (current == null) {
      return; // The session is gone; its listeners have been or will be told.
    }
    Optional<Long> wait = current.evidence().nanosUntilSettled(Moment.now(clock));
    if (wait.isEmpty()) {
      contact();
      schedule(() -> whenSettled(task), current.terms().halfTickNanos() / 4 + 1);
    } else if (wait.get() > 0) {
      schedule(() -> whenSettled(task), wait.get());
    } else {
      task.run();
    }
  }

  private void answered(Pending p, Code code, List<OpResult> results) {
    pending.remove(p);
    Reply reply = new Reply(code, results, p.sent());
    if (reply.isAcknowledgement() && isCurrent(p.session())) {
      Acknowledgement before = last;
      Optional<Moment> moved = p.session().evidence().acknowledged(p.sent(), Moment.now(clock));
      Moment newest =
          before != null && before.session() == p.session().id() && before.sent().isAfter(p.sent())
              ? before.sent()
              : p.sent();
      if (moved.isPresent()) {
        last = new Acknowledgement(p.session().id(), newest, moved.get());
      } else if (before != null && before.session() == p.session().id()) {
        last = new Acknowledgement(before.session(), newest, before.anchor());
      }
    }
    p.future().complete(reply);
  }

  private void start(Moment createdAt) {
    ZooKeeper handle = handle();
    if (handle == null || handle.getSessionId() == 0) {
      unbornAt = createdAt;
    }
    refreshSession();
  }

  private void connectionChanged(Watcher.Event.KeeperState state) {
    if (state == Watcher.Event.KeeperState.Disconnected) {
      connected = false;
      Session current = session;
      if (current != null) {
        current.evidence().disconnected();
      }
    }
    refreshSession();
    Session current = session;
    if (current != null && state == Watcher.Event.KeeperState.SyncConnected) {
      for (SessionListener listener : listeners) {
        listener.connected(current.id());
      }
      contact();
    }
    if (state == Watcher.Event.KeeperState.ConnectedReadOnly) {
      log.warn(
          "connected to a read-only server, which has no quorum: nobody can be elected through it");
    }
  }

  /** Brings the session up to date with the client's handle. */
  private void refreshSession() {
    ZooKeeper handle = clientClosing ? null : handle();
    Session current = session;
    if (current != null && (handle != current.handle() || !handle.getState().isAlive())) {
      sessionGone(current);
      current = null;
    }
    if (handle == null) {
      connected = false;
      return;
    }
    if (handle.getSessionId() == 0) {
      unbornAt = Moment.now(clock);
      connected = false;
      return;
    }
    connected = handle.getState() == ZooKeeper.States.CONNECTED;
    if (current == null && connected) {
      Duration timeout = Duration.ofMillis(handle.getSessionTimeout());
      // The monitor's own view of the durations: elections check theirs when they use them.
      long ack =
          ackInterval
              .map(LeaseTerms::nanos)
              .orElse(timeout.toNanos() / LeaseTerms.ACK_INTERVALS_PER_SESSION);
      long halfTick = LeaseTerms.nanos(tickTime) / 2;
      long allowance = Math.min(timeout.toNanos() / LeaseTerms.ALLOWANCES_PER_SESSION, ack / 2);
      session =
          new Session(
              handle.getSessionId(),
              handle,
              timeout,
              new LeaseTerms(timeout.toNanos(), ack, halfTick, 0, 0),
              new QuorumEvidence(ack, halfTick, allowance, Optional.ofNullable(unbornAt)));
      unbornAt = null;
      log.debug("session {} with timeout {}", Sessions.format(handle.getSessionId()), timeout);
    }
  }

  /**
   * The client is being closed under its leases, which ends the session at once. They are over
   * before it is: this is called before the client says so to the server.
   */
  private void clientClosing() {
    clientClosing = true;
    execute(this::refreshSession);
  }

  private void sessionGone(Session gone) {
    session = null;
    connected = false;
    for (Pending p : List.copyOf(pending)) {
      if (p.session().id() == gone.id() && pending.remove(p)) {
        p.future().complete(new Reply(Code.SESSIONEXPIRED, List.of(), p.sent()));
      }
    }
    for (SessionListener listener : listeners) {
      listener.gone(gone.id());
    }
  }

  /** Sends a read, and again every half ack interval while there are listeners. */
  private void contact() {
    if (contactTimer != null) {
      contactTimer.cancel(false);
      contactTimer = null;
    }
    refreshSession();
    Session current = session;
    if (current == null || listeners.isEmpty()) {
      return; // The next connection, or the next listener, starts it again.
    }
    if (connected) {
      Moment sent = Moment.now(clock);
      current
          .handle()
          .exists(
              ROOT,
              false,
              (rc, path, context, stat) -> {
                Code code = ServerErrors.code(rc);
                if (code == Code.OK || code == Code.NONODE) {
                  execute(() -> contactAnswered(current, sent));
                }
              },
              null);
    }
    contactTimer = schedule(this::contact, current.terms().ackIntervalNanos() / 2);
  }

  private boolean isCurrent(Session of) {
    return sessionId() == of.id();
  }

  private void contactAnswered(Session of, Moment sent) {
    if (isCurrent(of) && connected) {
      of.evidence().answered(sent, Moment.now(clock));
    }
  }

  private @Nullable ZooKeeper handle() {
    try {
      return client.getZookeeperClient().getZooKeeper();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (Exception e) {
      log.debug("client has no handle now", e);
      return null;
    }
  }

  private CuratorOp checkRoot() {
    try {
      return client.transactionOp().check().withVersion(-1).forPath(ROOT);
    } catch (Exception e) {
      throw new IllegalStateException("a check of / can always be made", e);
    }
  }
}
