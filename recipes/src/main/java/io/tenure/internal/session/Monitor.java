package io.tenure.internal.session;

import io.tenure.internal.Sessions;
import io.tenure.lease.LeaseClock;
import io.tenure.scope.AuthenticationFailedException;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.TenureException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorEventType;
import org.apache.curator.framework.api.CuratorListener;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.imps.CuratorFrameworkState;
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

  /** How often the client's state is looked at while there is no session. */
  private static final long CLIENT_LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long an idle event thread of a stopped monitor lives. */
  private static final long IDLE_MILLIS = 1;

  private static final long MIN_CLOSE_NANOS = TimeUnit.SECONDS.toNanos(1);

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
  private volatile @Nullable Thread eventThread;

  /** Why the session cannot come back, once it cannot; each call makes a new exception. */
  private final AtomicReference<@Nullable Supplier<TenureException>> closedCause =
      new AtomicReference<>();

  /** Nothing is sent or scheduled from then on. */
  private volatile boolean stopped;

  private final CompletableFuture<Void> stop = new CompletableFuture<>();

  // Guarded by acknowledging.
  private @Nullable CompletableFuture<Reply> acknowledgementInFlight;

  // Confined to the event thread.
  private @Nullable Moment unbornAt;
  private @Nullable Future<?> contactTimer;
  private boolean closedTold;
  private boolean authenticationWarned;
  private final List<CompletableFuture<?>> settling = new ArrayList<>();

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
            execute(this::refreshSession);
          } else if (event.getType() == CuratorEventType.WATCHED
              && event.getWatchedEvent().getType() == Watcher.Event.EventType.None) {
            Watcher.Event.KeeperState state = event.getWatchedEvent().getState();
            execute(() -> connectionChanged(state));
          }
        };
    CuratorClients.events(client).addListener(curatorListener);
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
      return EventFuture.of(false);
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
   * Ends all that is built on the monitor, then stops it. Listeners are told that it is closed and
   * have one session timeout to settle what they have in ZooKeeper; what is not settled by then
   * stays until the session ends. Waits for that, except on the event thread. An interrupt ends the
   * waiting, not the settling, and is kept. Closing twice is harmless; the client is left open.
   */
  @Override
  public void close() {
    cannotComeBack(
        () -> new ElectionClosedException("the session monitor of the election is closed"));
    execute(this::settle);
    if (isEventThread()) {
      return;
    }
    try {
      stop.get(2 * closeNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      log.warn("the event thread hangs: the monitor stops as soon as it goes on");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private long closeNanos() {
    return Math.max(MIN_CLOSE_NANOS, sessionTimeoutNanos());
  }

  private void settle() {
    if (stopped) {
      return;
    }
    schedule(this::stop, closeNanos());
    CompletableFuture.allOf(settling.toArray(CompletableFuture[]::new))
        .whenComplete((settled, error) -> execute(this::stop));
  }

  private void stop() {
    if (stopped) {
      return;
    }
    stopped = true;
    CuratorClients.events(client).removeListener(curatorListener);
    session = null;
    connected = false;
    for (Pending p : pending) {
      p.future().complete(new Reply(Code.CONNECTIONLOSS, List.of(), p.sent()));
    }
    pending.clear();
    // The thread ends when it is idle. It is not shut down, so that nobody who asks it for
    // something later waits for an answer that never comes.
    events.getQueue().removeIf(task -> ((Delayed) task).getDelay(TimeUnit.NANOSECONDS) > 0);
    events.setKeepAliveTime(IDLE_MILLIS, TimeUnit.MILLISECONDS);
    events.allowCoreThreadTimeOut(true);
    stop.complete(null);
  }

  /**
   * Keeps the closing monitor open until something is settled, within its bound. For listeners that
   * are told that it is closed. On the event thread only.
   */
  public void closeAfter(CompletableFuture<?> settled) {
    settling.add(settled);
  }

  /**
   * Why the session cannot come back; empty while it can. A new exception each time, so that the
   * caller can throw it. Callable from any thread.
   */
  public Optional<TenureException> closedCause() {
    Supplier<TenureException> cause = closedCause.get();
    return cause == null ? Optional.empty() : Optional.of(cause.get());
  }

  /**
   * Throws unless something can be built on the monitor.
   *
   * @throws TenureException if the monitor or its client is closed, or not allowed to the servers
   */
  public void requireOpen() {
    closedCause()
        .ifPresent(
            cause -> {
              throw cause;
            });
  }

  /** Notes why the session cannot come back, and tells all listeners; the first cause stays. */
  private void cannotComeBack(Supplier<TenureException> cause) {
    if (closedCause.compareAndSet(null, cause)) {
      execute(this::tellClosed);
    }
  }

  private void tellClosed() {
    closedTold = true;
    refreshSession();
    tell(this::tellClosed);
  }

  private void tellClosed(SessionListener listener) {
    closedCause().ifPresent(listener::closed);
  }

  /** Tells all listeners; what one of them throws stays with it. */
  private void tell(Consumer<SessionListener> what) {
    for (SessionListener listener : listeners) {
      guarded(() -> what.accept(listener));
    }
  }

  public CuratorFramework client() {
    return client;
  }

  public LeaseClock clock() {
    return clock;
  }

  @Nullable Acknowledgement last() {
    return stopped || isClientClosed() ? null : last;
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

  /** Runs a task on the event thread, also when the monitor is closed. */
  public void execute(Runnable task) {
    events.execute(() -> guarded(task));
  }

  /** The event thread as an executor. */
  public Executor executor() {
    return this::execute;
  }

  /** Runs a task on the event thread later; never once the monitor is closed. */
  public Future<?> schedule(Runnable task, long delayNanos) {
    if (stopped) {
      return CompletableFuture.completedFuture(null);
    }
    return events.schedule(
        () -> {
          if (!stopped) {
            guarded(task);
          }
        },
        Math.max(0, delayNanos),
        TimeUnit.NANOSECONDS);
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      // A bug of ours: the thread must go on for the other elections of the process.
      log.error("event failed", e);
    }
  }

  /** Adds a listener; it is told of the present session, if there is one, or that none can come. */
  public void addListener(SessionListener listener) {
    execute(
        () -> {
          refreshSession();
          if (closedTold) {
            tellClosed(listener);
            return;
          }
          listeners.add(listener);
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
      Code code = stopped ? Code.CONNECTIONLOSS : Code.SESSIONEXPIRED;
      return EventFuture.of(new Reply(code, List.of(), sent));
    }
    CompletableFuture<Reply> future = new EventFuture<>();
    Pending p = new Pending(current, future, sent);
    pending.add(p);
    try {
      sending.send(current.handle(), p);
    } catch (Throwable e) {
      // Whether it is on its way nobody can tell, and no answer will come to this future.
      log.error("a request could not be sent", e);
      execute(
          () -> {
            pending.remove(p);
            future.complete(new Reply(Code.CONNECTIONLOSS, List.of(), sent));
          });
    }
    if (stopped) {
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
    CompletableFuture<CuratorEvent> future = new EventFuture<>();
    try {
      call.start((curator, event) -> execute(() -> future.complete(event)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      future.completeExceptionally(e);
    } catch (Throwable e) {
      future.completeExceptionally(e); // Also a class or method that another Curator lacks.
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
      tell(listener -> listener.connected(current.id()));
      contact();
    }
    if (state == Watcher.Event.KeeperState.AuthFailed
        && closedCause.get() == null
        && !authenticationWarned) {
      authenticationWarned = true;
      log.warn(
          "the client could not log in with SASL and goes on without, as far as the servers let it:"
              + " see the log of org.apache.zookeeper and the client's JAAS configuration");
    }
    if (state == Watcher.Event.KeeperState.ConnectedReadOnly) {
      log.warn(
          "connected to a read-only server, which has no quorum: nobody can be elected through it");
    }
  }

  /** Brings the session up to date with the client's handle. */
  private void refreshSession() {
    if (stopped) {
      return;
    }
    if (isClientClosed()) {
      cannotComeBack(ServerErrors::clientClosed);
    }
    ZooKeeper handle = isClientClosed() ? null : handle();
    if (handle != null && handle.getState() == ZooKeeper.States.AUTH_FAILED) {
      cannotComeBack(
          () ->
              new AuthenticationFailedException(
                  "the servers refuse the client's credentials (AUTH_FAILED), and the client does"
                      + " not try again: correct them (its authorization or JAAS configuration) and"
                      + " build a new client"));
    }
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
   * Whether the client is closed, which ends its session at once. Its state says so before the
   * servers are told, so that leases are over before the session is.
   */
  private boolean isClientClosed() {
    return client.getState() == CuratorFrameworkState.STOPPED;
  }

  private void sessionGone(Session gone) {
    session = null;
    connected = false;
    for (Pending p : List.copyOf(pending)) {
      if (p.session().id() == gone.id() && pending.remove(p)) {
        p.future().complete(new Reply(Code.SESSIONEXPIRED, List.of(), p.sent()));
      }
    }
    tell(listener -> listener.gone(gone.id()));
  }

  /**
   * Sends a read, and again every half ack interval while there are listeners. Without a session it
   * only looks whether the client is closed: Curator tells that once, to those who listen in time.
   */
  private void contact() {
    if (contactTimer != null) {
      contactTimer.cancel(false);
      contactTimer = null;
    }
    refreshSession();
    Session current = session;
    if (closedCause.get() != null || listeners.isEmpty()) {
      return; // The next listener starts it again.
    }
    if (current == null) {
      contactTimer = schedule(this::contact, CLIENT_LOOK_NANOS);
      return;
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

  /** How long a reply may be that the client takes; on any thread. */
  public int packetBytes() {
    Session current = session;
    return current == null ? PacketLimit.DEFAULT_BYTES : PacketLimit.of(current.handle());
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
