package io.tenure.internal.session;

import io.tenure.internal.Sessions;
import io.tenure.internal.session.Session.Handle;
import io.tenure.internal.tls.TlsSettings;
import io.tenure.lease.LeaseClock;
import io.tenure.scope.AuthenticationFailedException;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.InsecureConnectionException;
import io.tenure.scope.TenureException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
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
import org.apache.zookeeper.common.ZKConfig;
import org.jspecify.annotations.Nullable;

/**
 * What one client knows of its ZooKeeper session: which it is, how long it lives, and when the
 * quorum last acknowledged an operation of it. Users hold it as {@code SessionMonitor}, which says
 * what it is good for and what it sends.
 *
 * <p>Thread-safe. One daemon thread, the <em>event thread</em>, owns the session's evidence and
 * runs the state machines of elections and workers; it never blocks and never runs user code.
 */
public final class Monitor implements AutoCloseable {

  private static final Log log = Log.of(Monitor.class);

  private static final String ROOT = "/";

  /** How often the client's state is looked at while there is no session. */
  private static final long CLIENT_LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Longer than a handle rests before it connects again. */
  private static final long RECONNECT_REST_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** How long an idle thread of a stopped monitor lives. */
  private static final long IDLE_MILLIS = 1;

  /** Pauses between two looks for a handle while the client has none. */
  private static final long MIN_FIND_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long MAX_FIND_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long MIN_CLOSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * A request without an answer.
   *
   * @param timeoutNanos the connection's session timeout when it was sent
   */
  private record Pending(
      Session session, CompletableFuture<Reply> future, Moment sent, long timeoutNanos) {}

  /**
   * The last acknowledgement. Immutable.
   *
   * @param session whose it is
   * @param proof what is proven by it, and by the contacts before it
   * @param connectionTimeoutNanos the session timeout of the present connection, at any time
   */
  record Acknowledgement(
      long session, QuorumEvidence.Proof proof, LongSupplier connectionTimeoutNanos) {}

  private final CuratorFramework client;
  private final LeaseClock clock;
  private final SessionTiming timing;
  private final String namespace;
  private final EventThread events = new EventThread();
  private final ThreadPoolExecutor outside = CallbackThread.named("tenure-curator");
  private final ThreadPoolExecutor handleThread = CallbackThread.named("tenure-handle");
  private final OpBuilding building = new OpBuilding(this);
  private final HandleFinder handles;
  private final LoginWatch login;
  private final CuratorListener curatorListener;
  private final List<SessionListener> listeners = new CopyOnWriteArrayList<>();
  private final EphemeralTally ephemerals = new EphemeralTally();
  private final Set<Pending> pending = ConcurrentHashMap.newKeySet();
  private final PacketSizes packets = new PacketSizes();
  private final Object acknowledging = new Object();

  // Written by the event thread, read by all.
  private volatile @Nullable Acknowledgement last;
  private volatile @Nullable Session session;
  private volatile boolean connected;

  /** Why the session cannot come back, once it cannot; each call makes a new exception. */
  private final AtomicReference<@Nullable Supplier<TenureException>> closedCause =
      new AtomicReference<>();

  /** Nothing is sent or scheduled from then on. */
  private volatile boolean stopped;

  private final CompletableFuture<Void> stop = new CompletableFuture<>();

  // Guarded by acknowledging.
  private @Nullable CompletableFuture<Reply> acknowledgementInFlight;

  // Confined to the event thread.
  private @Nullable Handle handle;
  private final SessionBirth birth;
  private final MissingConnection missing;

  private long findBackoffNanos = MIN_FIND_BACKOFF_NANOS;
  private @Nullable Future<?> contactTimer;
  private boolean closedTold;
  private long connections;

  /** The last that was heard of the connection was its loss. */
  private boolean lost;

  /**
   * The client has told of a connection of the session, or of the loss of one, so the next
   * connection that it tells is another.
   */
  private boolean connectionTold;

  private long losses;
  private final List<CompletableFuture<?>> settling = new ArrayList<>();

  /**
   * Starts the monitor.
   *
   * @param timing what follows from a session timeout with these servers
   */
  public Monitor(CuratorFramework client, LeaseClock clock, SessionTiming timing) {
    Libraries.require();
    this.client = client;
    this.clock = clock;
    this.timing = timing;
    this.namespace = client.getNamespace();
    this.missing = new MissingConnection(this, client, this::loginRefused);
    this.login = LoginWatch.of(client); // Before the listener: it is told first.
    this.curatorListener =
        (curator, event) -> {
          if (event.getType() == CuratorEventType.CLOSING) {
            execute(this::refreshSession);
          } else if (event.getType() == CuratorEventType.WATCHED
              && event.getWatchedEvent().getType() == Watcher.Event.EventType.None) {
            Watcher.Event.KeeperState state = event.getWatchedEvent().getState();
            // Taken here, as near to the event as can be: the connection after it may have another.
            long timeoutNanos = grantedNanos();
            execute(() -> connectionChanged(state, timeoutNanos));
          }
        };
    this.handles =
        new HandleFinder(client, handleThread, found -> execute(() -> handleFound(found)));
    // Before the listener: what it tells is looked at with this.
    this.birth =
        new SessionBirth(Moment.now(clock), client.getZookeeperClient().getInstanceIndex());
    CuratorClients.events(client).addListener(curatorListener);
    execute(this::refreshSession);
    handles.find();
  }

  /**
   * Sends one quorum operation for all leases of the client, or joins the one that is under way.
   *
   * @return completes on the event thread when the answer has come or can no longer come; {@code
   *     true} if the quorum has acknowledged it
   */
  public CompletableFuture<Boolean> acknowledge() {
    Session current = session;
    return current == null ? EventFuture.of(false) : confirm().thenApply(Reply::isAcknowledgement);
  }

  /**
   * The same for who wants to know since when the answer counts: a check of the root, which takes a
   * place in the order of all transactions, whether the client may read the root or not.
   *
   * @return completes on the event thread, always
   */
  public CompletableFuture<Reply> confirm() {
    synchronized (acknowledging) {
      CompletableFuture<Reply> flying = acknowledgementInFlight;
      if (flying == null || flying.isDone()) {
        flying = transact(sessionId(), List.of(checkRoot()));
        acknowledgementInFlight = flying;
      }
      return flying;
    }
  }

  /**
   * Ends all that is built on the monitor, then stops it. Listeners are told that it is closed and
   * have one session timeout to settle what they have in ZooKeeper; what is not settled by then
   * stays until the session ends. Waits for that, except on the event thread and on that of a task
   * which has to return first. An interrupt ends the waiting, not the settling, and is kept.
   * Closing twice is harmless; the client is left open.
   */
  @Override
  public void close() {
    cannotComeBack(
        () -> new ElectionClosedException("the session monitor of the election is closed"));
    execute(this::settle);
    if (isEventThread() || listeners.stream().anyMatch(SessionListener::isWaitedForHere)) {
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
    missing.over();
    CuratorClients.events(client).removeListener(curatorListener);
    session = null;
    connected = false;
    for (Pending p : pending) {
      p.future().complete(new Reply(Code.CONNECTIONLOSS, List.of(), p.sent()));
    }
    pending.clear();
    events.stop();
    building.stop();
    outside.setKeepAliveTime(IDLE_MILLIS, TimeUnit.MILLISECONDS);
    handleThread.setKeepAliveTime(IDLE_MILLIS, TimeUnit.MILLISECONDS);
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
      EventThread.guarded(() -> what.accept(listener));
    }
  }

  public CuratorFramework client() {
    return client;
  }

  public LeaseClock clock() {
    return clock;
  }

  /**
   * The last acknowledgement; null if there is none, or if the client has given up its handle
   * since, or is doing so. Without a lock, I/O or allocation.
   */
  @Nullable Acknowledgement last() {
    Acknowledgement ack = last;
    Session current = session;
    return ack != null && current != null && current.id() == ack.session() && current.isAlive()
        ? ack
        : null;
  }

  public boolean isConnected() {
    return connected;
  }

  /** How often the client has connected, in this session or another. On the event thread only. */
  public long connections() {
    return connections;
  }

  /** The present session, or 0 if there is none. */
  public long sessionId() {
    Session current = session;
    return current == null ? 0 : current.id();
  }

  /** The timeout of the present connection, or of the client's last one. For waits, not leases. */
  public long sessionTimeoutNanos() {
    Session current = session;
    return current == null
        ? TimeUnit.MILLISECONDS.toNanos(
            client.getZookeeperClient().getLastNegotiatedSessionTimeoutMs())
        : Math.max(0, current.connectionTimeoutNanos().getAsLong());
  }

  /** The longest timeout that a lease of the present session ever counts with; 0 without one. */
  public long longestSessionTimeoutNanos() {
    Session current = session;
    return current == null ? 0 : current.evidence().longestTimeoutNanos();
  }

  /** What the nodes of the elections on this session may take. */
  public EphemeralTally ephemerals() {
    return ephemerals;
  }

  public boolean isEventThread() {
    return events.isCurrent();
  }

  /** Runs a task on the event thread, also when the monitor is closed. */
  public void execute(Runnable task) {
    events.execute(task);
  }

  /** The event thread as an executor. */
  public Executor executor() {
    return this::execute;
  }

  /** Runs a task on the event thread later; never once the monitor is closed. */
  public Future<?> schedule(Runnable task, long delayNanos) {
    return events.schedule(task, delayNanos);
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
        : Optional.of(
            LeaseTerms.of(
                Duration.ofNanos(
                    Math.min(
                        current.evidence().timeoutNanos(),
                        current.connectionTimeoutNanos().getAsLong())),
                timing,
                margin,
                lease));
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
    return noted(
        raw,
        send(
            sessionId,
            (handle, p) ->
                handle.multi(
                    raw,
                    (rc, path, x, results) ->
                        execute(
                            () ->
                                answered(
                                    p,
                                    ServerErrors.code(rc),
                                    results == null ? List.of() : results)),
                    null)));
  }

  /**
   * The same for operations whose building may ask the client's ACL provider: they are built on
   * another thread. On the event thread only.
   *
   * @param path what the transaction is about, for people
   * @return completes on the event thread, always; exceptionally if they cannot be built, and then
   *     nothing was sent
   */
  public CompletableFuture<Reply> transact(
      long sessionId, String path, Supplier<List<CuratorOp>> ops) {
    return building.transact(sessionId, path, ops);
  }

  /**
   * Reads many znodes at once: each operation is a {@code getData} or a {@code getChildren}, and
   * has a result or an error of its own. Not for paths below the client's namespace: give them
   * through {@link #realPath}.
   *
   * @return completes on the event thread, always
   */
  public CompletableFuture<Reply> read(long sessionId, List<Op> reads) {
    return noted(
        reads,
        send(
            sessionId,
            (handle, p) -> handle.multi(reads, (rc, path, x, r) -> answer(p, rc, r), null)));
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
    Pending p = new Pending(current, future, sent, current.connectionTimeoutNanos().getAsLong());
    pending.add(p);
    try {
      sending.send(current.handle(), p);
    } catch (Throwable e) {
      // The request may be on its way or not, and no answer will come to this future.
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

  /** Remembers the outcome of a request, to find out whether it is too large. */
  private CompletableFuture<Reply> noted(List<Op> ops, CompletableFuture<Reply> sent) {
    PacketSizes.Packet packet = PacketSizes.Packet.of(ops);
    return sent.thenApply(
        reply -> {
          if (reply.code() == Code.CONNECTIONLOSS) {
            boolean suspect = packets.lost(packet, Moment.now(clock).monotonicNanos());
            return suspect ? reply.asSuspect() : reply;
          } else if (!reply.isUnknown()) {
            packets.answered(packet);
          }
          return reply;
        });
  }

  /** What is known of the sizes of packets. */
  PacketSizes packets() {
    return packets;
  }

  /**
   * The longest packet that the client takes (its {@code jute.maxbuffer}), or the process by now
   * where that is less: the client's next handle goes by it.
   */
  public int packetLimit() {
    Session current = session;
    int client = current == null ? PacketLimit.DEFAULT_BYTES : PacketLimit.of(current.handle());
    return Math.min(client, Integer.getInteger(ZKConfig.JUTE_MAXBUFFER, client));
  }

  private void answer(Pending p, int rc, @Nullable List<OpResult> results) {
    execute(
        () -> {
          pending.remove(p);
          noteRefusal(ServerErrors.code(rc), p.session());
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

  /**
   * Starts a call, on a thread that may wait for Curator; its answer completes the future on the
   * event thread.
   */
  public CompletableFuture<CuratorEvent> call(Call call) {
    CompletableFuture<CuratorEvent> future = new EventFuture<>();
    outside(
        () -> {
          try {
            call.start((curator, event) -> execute(() -> answered(future, event)));
          } catch (Throwable e) { // Also a class or method that another Curator lacks.
            execute(() -> future.completeExceptionally(e));
          }
        });
    return future;
  }

  private void answered(CompletableFuture<CuratorEvent> future, CuratorEvent event) {
    if (ServerErrors.code(event.getResultCode()) == Code.SYSTEMERROR && isHandleClosed()) {
      future.completeExceptionally(ClosedHandle.innerClientClosed());
    } else {
      future.complete(event);
    }
  }

  /**
   * Whether the application has closed the handle below the client, which itself is open. On the
   * event thread only.
   */
  public boolean isHandleClosed() {
    Handle known = handle;
    return known != null && ClosedHandle.isClosed(client, known);
  }

  /** Why nothing can be asked now, where there is no session. On the event thread only. */
  public String noConnection() {
    return isHandleClosed() ? ClosedHandle.sentence() : ServerErrors.noConnection(servers());
  }

  /** Where the client connects to, for people; without asking the user's ensemble provider. */
  String servers() {
    return handles.servers();
  }

  /**
   * Runs a task that may wait for a lock of Curator's, in the order given, on a thread of its own.
   */
  public void outside(Runnable task) {
    outside.execute(() -> EventThread.guarded(task));
  }

  /**
   * Runs a task that may wait for the client's ACL provider, on one of several threads and in no
   * order.
   */
  public void apart(Runnable task) {
    building.execute(task);
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
      schedule(() -> whenSettled(task), timing.halfTickNanos() / 4 + 1);
    } else if (wait.get() > 0) {
      schedule(() -> whenSettled(task), wait.get());
    } else {
      task.run();
    }
  }

  private void answered(Pending p, Code code, List<OpResult> results) {
    pending.remove(p);
    noteRefusal(code, p.session());
    Reply reply = new Reply(code, results, p.sent());
    Session of = p.session();
    if (reply.isAcknowledgement() && isCurrent(of)) {
      of.evidence()
          .acknowledged(p.sent(), Moment.now(clock), leastTimeoutNanos(of, p.timeoutNanos()));
      publish(of);
    }
    p.future().complete(reply);
  }

  /** Lets leases know what is proven. */
  private void publish(Session of) {
    of.evidence()
        .proof()
        .ifPresent(
            proof -> last = new Acknowledgement(of.id(), proof, of.connectionTimeoutNanos()));
  }

  /** A request is sent and answered on one connection, which may be the one before the present. */
  private static long leastTimeoutNanos(Session of, long whenSentNanos) {
    return Math.min(whenSentNanos, of.connectionTimeoutNanos().getAsLong());
  }

  /** The timeout of the present session's connection; none that is shorter where there is none. */
  private long grantedNanos() {
    Session current = session;
    return current == null ? Long.MAX_VALUE : current.connectionTimeoutNanos().getAsLong();
  }

  /**
   * There is another connection, or none.
   *
   * @param timeoutNanos the session timeout that was granted when that was heard
   */
  private void connectionChanged(Watcher.Event.KeeperState state, long timeoutNanos) {
    if (state == Watcher.Event.KeeperState.Disconnected) {
      lost();
      Session current = session;
      if (current != null) {
        current.evidence().disconnected();
        connectionTold = true;
      }
    }
    if (state == Watcher.Event.KeeperState.SyncConnected
        || state == Watcher.Event.KeeperState.ConnectedReadOnly) {
      lost = false;
    }
    if (state == Watcher.Event.KeeperState.SyncConnected) {
      connections++;
    }
    Session before = session;
    refreshSession();
    if (state == Watcher.Event.KeeperState.Disconnected) {
      tell(SessionListener::disconnected);
    }
    Session current = session;
    if (current != null && current == before && state == Watcher.Event.KeeperState.SyncConnected) {
      reconnected(current, timeoutNanos);
      tell(listener -> listener.connected(current.id()));
      contact();
    }
    if (current != null && state == Watcher.Event.KeeperState.SyncConnected) {
      connectionTold = true;
    }
    handles.find(); // The event may be the first of another handle.
    if (state == Watcher.Event.KeeperState.ConnectedReadOnly) {
      log.warn(
          "connected to a read-only server, which has no quorum: nobody can be elected through it");
    }
  }

  /**
   * Before anything is answered on the new connection, which may be lost before anything is. The
   * loss of the connection before may not have been told: while the local removal of a watch has no
   * answer, ZooKeeper's client takes the event of the removal for the news of the loss.
   */
  private void reconnected(Session of, long timeoutNanos) {
    if (connectionTold) {
      of.evidence().connected(timeoutNanos);
    } else {
      of.evidence().mayHaveConnected(timeoutNanos);
    }
    publish(of);
  }

  /**
   * The handle goes on calling itself connected while it rests before it connects again, up to a
   * second. If it does so for longer, the event was an earlier handle's.
   */
  private void lost() {
    lost = true;
    connected = false;
    long number = ++losses;
    schedule(
        () -> {
          if (number == losses && lost) {
            lost = false;
            refreshSession();
          }
        },
        RECONNECT_REST_NANOS);
  }

  /** Brings the session up to date with the client's handle. */
  private void refreshSession() {
    if (stopped) {
      return;
    }
    if (isClientClosed()) {
      cannotComeBack(ServerErrors::clientClosed);
    }
    birth.looked(Moment.now(clock), client.getZookeeperClient().getInstanceIndex());
    Session current = session;
    if (current != null && !current.isAlive()) {
      sessionGone(current);
      handles.find();
    }
    Handle present = handle;
    ZooKeeper.States state =
        present == null ? ZooKeeper.States.NOT_CONNECTED : present.zooKeeper().getState();
    if (present != null) {
      login.refusal(present.zooKeeper()).ifPresent(how -> loginRefused(how, present.zooKeeper()));
    }
    connected =
        !lost && state == ZooKeeper.States.CONNECTED && present != null && present.isAlive(client);
    if (connected && session == null && present != null) {
      begin(present);
    }
    noteConnection(present);
  }

  private void noteConnection(@Nullable Handle present) {
    if (closedCause.get() != null) {
      missing.over();
    } else if (connected) {
      missing.connected();
    } else if (present != null && !listeners.isEmpty()) {
      missing.missing(present.zooKeeper());
    }
  }

  /** The servers want another login, or any; the client tries again, or not. */
  private void loginRefused(Code code, ZooKeeper through) {
    String why = Logins.whyRefused(code, through.getClientConfig());
    if (code == Code.AUTHFAILED || !Logins.isConfigured(through.getClientConfig())) {
      cannotComeBack(() -> new AuthenticationFailedException(why));
    } else {
      missing.because(why);
    }
  }

  /** Servers that want a login answer the first request of a session with that, and close it. */
  private void noteRefusal(Code code, Session of) {
    if (code == Code.SESSIONCLOSEDREQUIRESASLAUTH) {
      execute(() -> loginRefused(code, of.handle()));
    }
  }

  /** ZooKeeper's usual socket passes over what asks for TLS, and everything goes in plain text. */
  private void requireAskedSecurity(Handle of) {
    TlsSettings tls = TlsSettings.of(of.zooKeeper().getClientConfig());
    if (tls.isUnclear()) {
      cannotComeBack(
          () ->
              new InsecureConnectionException(
                  "the client has zookeeper.client.secure="
                      + tls.unclear()
                      + ", which is no for ZooKeeper, so everything goes in plain text: set true or"
                      + " false"));
    } else if (tls.isPlainInSpite()) {
      cannotComeBack(
          () ->
              new InsecureConnectionException(
                  "the client has zookeeper.client.secure=true and a socket that knows no TLS, so"
                      + " everything goes in plain text: set zookeeper.clientCnxnSocket="
                      + TlsSettings.NETTY
                      + " in its ZKClientConfig or as a system property, or leave"
                      + " zookeeper.client.secure out"));
    }
  }

  /** "None" means none at the moment, and nothing for the session: its own handle tells its end. */
  private void handleFound(Optional<Handle> found) {
    if (handles.isInnerClientClosed()) {
      cannotComeBack(ClosedHandle::innerClientClosed);
    }
    if (found.isEmpty()) {
      findAgain();
      return;
    }
    findBackoffNanos = MIN_FIND_BACKOFF_NANOS;
    Handle before = handle;
    if (before == null || before.zooKeeper() != found.get().zooKeeper()) {
      handle = found.get();
      lost = false;
      requireAskedSecurity(found.get());
    }
    refreshSession();
  }

  private void findAgain() {
    if (closedCause.get() == null && client.getState() == CuratorFrameworkState.STARTED) {
      schedule(handles::find, findBackoffNanos);
      findBackoffNanos = Math.min(2 * findBackoffNanos, MAX_FIND_BACKOFF_NANOS);
    }
  }

  private void begin(Handle of) {
    Session begun = new Session(client, of, timing, birth.bornAfter(of.index()));
    session = begun;
    connectionTold = false;
    log.debug(
        "session {} with timeout {}",
        Sessions.format(begun.id()),
        Duration.ofNanos(begun.evidence().timeoutNanos()));
    tell(listener -> listener.connected(begun.id()));
    contact();
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
    last = null;
    connected = false;
    for (Pending p : List.copyOf(pending)) {
      if (p.session().id() == gone.id() && pending.remove(p)) {
        p.future().complete(new Reply(Code.SESSIONEXPIRED, List.of(), p.sent()));
      }
    }
    building.sessionGone(gone.id());
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
      handles.find();
      contactTimer = schedule(this::contact, CLIENT_LOOK_NANOS);
      return;
    }
    if (connected) {
      Moment sent = Moment.now(clock);
      long timeoutNanos = current.connectionTimeoutNanos().getAsLong();
      current
          .handle()
          .exists(
              ROOT,
              false,
              (rc, path, context, stat) -> {
                Code code = ServerErrors.code(rc);
                noteRefusal(code, current);
                if (code == Code.OK || code == Code.NONODE) {
                  execute(() -> contactAnswered(current, sent, timeoutNanos));
                }
              },
              null);
    }
    contactTimer =
        schedule(this::contact, timing.ackIntervalNanos(current.evidence().timeoutNanos()) / 2);
  }

  private boolean isCurrent(Session of) {
    return session == of;
  }

  private void contactAnswered(Session of, Moment sent, long timeoutNanos) {
    packets.answered();
    missing.answered();
    if (isCurrent(of) && connected) {
      of.evidence().answered(sent, Moment.now(clock), leastTimeoutNanos(of, timeoutNanos));
      publish(of);
    }
  }

  /** How long a reply may be that the client takes; on any thread. */
  public int packetBytes() {
    Session current = session;
    return current == null ? PacketLimit.DEFAULT_BYTES : PacketLimit.of(current.handle());
  }

  private CuratorOp checkRoot() {
    try {
      return client.transactionOp().check().withVersion(-1).forPath(ROOT);
    } catch (Exception e) {
      throw new IllegalStateException("a check of / can always be made", e);
    }
  }
}
