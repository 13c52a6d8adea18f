package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.session.CallbackThread;
import io.tenure.internal.session.ConnectionWait;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.LongWait;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.SerialExecutor;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.SessionListener;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.jspecify.annotations.Nullable;

/**
 * A spectator: knows who leads which shard of a group, for those who send work to leaders. Answers
 * from memory; writes nothing to ZooKeeper.
 *
 * <pre>{@code
 * try (ShardDirectory directory = ShardDirectory.of(client, "/orders")) {
 *   directory.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
 *   directory.leaderOf("17").flatMap(ShardLeader::endpoint).ifPresent(this::send);
 * }
 * }</pre>
 *
 * <p>What it says is a hint: a leader may have changed a moment ago. The receiver of the work
 * checks its own lease; send the epoch along, and it can tell that the sender's picture is old.
 *
 * <p><b>Without a connection</b> it goes on saying what it knew last, and {@link #isCurrent()}
 * turns false in time: the picture can be trusted for a limited time from when the operation was
 * sent that the quorum answered last; see {@link #trustedFor()}. An answer of {@link #lookUp}
 * carries that time.
 *
 * <p>It costs one watch for the whole group and any number of shards, one read for the shards that
 * change together, and six small operations for each session timeout. They change nothing and need
 * no permission, but the quorum takes part in them, as in a leader's renewals.
 *
 * <p>Thread-safe. Listeners run one after the other, in order, on a thread of the directory's own.
 */
public final class ShardDirectory implements AutoCloseable {

  private static final Log log = Log.of(ShardDirectory.class);

  private static final int SHARDS_PER_READ = 200;
  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final GroupPaths paths;
  private final SessionMonitor sessions;
  private final boolean ownsMonitor;
  private final Monitor monitor;
  private final ConnectionWait connection;
  private final LongWait groupWait;
  private final SessionListener listener = new Sessions();
  private final Watcher watcher = this::changed;
  private final WatchedNode group;
  private final ThreadPoolExecutor callbackThread;
  private final SerialExecutor callbacks;
  private final List<Consumer<ShardChange>> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, ShardLeader> leaders = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> complete = new CompletableFuture<>();

  // Written by the event thread, read by all.
  private volatile @Nullable ShardSet shards;
  private volatile boolean current;
  private final DirectoryTrust trust;

  // Confined to the event thread.
  private final Set<String> dirty = new LinkedHashSet<>();
  private final Backoff pauses = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
  private long watchedIn;
  private boolean watched;
  private boolean reading;
  private String said = "";
  private boolean closed;

  private ShardDirectory(SessionMonitor sessions, boolean ownsMonitor, GroupPaths paths) {
    this.paths = paths;
    this.sessions = sessions;
    this.ownsMonitor = ownsMonitor;
    this.monitor = sessions.internal();
    this.connection = new ConnectionWait(monitor, log, "group=" + paths.group() + " directory");
    this.groupWait =
        new LongWait(monitor, log, "group=" + paths.group() + " directory waits for the group");
    this.trust = new DirectoryTrust(monitor);
    this.group = new WatchedNode(monitor, paths.group(), new SettingsReader());
    this.callbackThread = CallbackThread.named("tenure-directory");
    this.callbacks = SerialExecutor.of(callbackThread, "group=" + paths.group());
  }

  /**
   * A directory of the group at a path.
   *
   * @param client started, and closed by the caller after the directory
   * @throws IllegalArgumentException if the path cannot be a group's
   */
  public static ShardDirectory of(CuratorFramework client, String group) {
    GroupPaths paths = new GroupPaths(group);
    return new ShardDirectory(
        SessionMonitor.of(Objects.requireNonNull(client, "client")), true, paths);
  }

  /**
   * A directory that shares a monitor with workers or elections of the same client.
   *
   * @throws io.tenure.scope.TenureException if the monitor or its client was closed
   */
  public static ShardDirectory of(SessionMonitor monitor, String group) {
    monitor.internal().requireOpen();
    return new ShardDirectory(monitor, false, new GroupPaths(group));
  }

  /**
   * Begins to watch. Starting twice is harmless.
   *
   * @return completes when the picture is complete for the first time; waits for the group if it
   *     does not exist yet; fails if it cannot be read at all
   */
  public CompletionStage<Void> start() {
    monitor.addListener(listener);
    connection.start();
    return callbacks.forUsers(complete);
  }

  /** Who leads a shard, and for how long that can be trusted. */
  public ShardAnswer lookUp(String shard) {
    // In this order: a leader that is read later is known for longer.
    Duration trusted = trustedFor();
    return new ShardAnswer(leaderOf(shard), trusted);
  }

  /** Who leads a shard; empty if no worker does, or there is no such shard. */
  public Optional<ShardLeader> leaderOf(String shard) {
    return Optional.ofNullable(leaders.get(shard));
  }

  /** Who leads what, by the shards' names. */
  public SortedMap<String, ShardLeader> leaders() {
    return new TreeMap<>(leaders);
  }

  /** The group's shards, in order; none before the picture is complete. */
  public List<String> shards() {
    ShardSet set = shards;
    return set == null ? List.of() : set.names();
  }

  /**
   * Whether everything that the servers have told has been taken in, and they have answered so
   * recently that a leader which was in office then can still be: {@link #trustedFor()} is not
   * zero.
   */
  public boolean isCurrent() {
    return !trustedFor().isZero();
  }

  /**
   * For how long from now the picture can be trusted even if nothing more is heard; zero if it
   * cannot. Computed from local elapsed time, on the caller's thread.
   *
   * <p>A leader that is cut off at the same moment as this directory loses its lease by itself
   * after a while, and another may lead then. That while begins one ack interval before at the
   * latest and is as long as the session timeout less the safety margin; so the picture is trusted
   * for the session timeout less the margin and the ack interval, from when the last operation was
   * sent that the quorum has answered. That counts with the session timeout of the directory's own
   * client: give it the one that the workers have, or a shorter one. A leader that hangs, or whose
   * lease duration is shorter, may have lost its lease before; its own lease alone tells that.
   */
  public Duration trustedFor() {
    return current ? Duration.ofNanos(trust.nanosLeft()) : Duration.ZERO;
  }

  /** Is told of every change from now on. What it throws is logged. */
  public void addListener(Consumer<ShardChange> change) {
    listeners.add(Objects.requireNonNull(change, "listener"));
  }

  /** Stops watching. Closing twice is harmless; the client is left open. */
  @Override
  public void close() {
    monitor.removeListener(listener);
    connection.stop();
    monitor.execute(
        () -> {
          if (!closed) {
            closed = true;
            current = false;
            trust.stop();
            group.stop();
            groupWait.givenUp();
            if (watchedIn != 0) {
              monitor.removeWatch(watchedIn, monitor.realPath(paths.shards()), watcher);
            }
            complete.completeExceptionally(
                new ElectionClosedException("the directory of " + paths.group() + " is closed"));
          }
        });
    if (ownsMonitor) {
      sessions.close();
    }
    callbackThread.shutdown();
  }

  // ---- on the event thread ----

  private final class Sessions implements SessionListener {

    /** Changes while there was no connection are not told: everything is read again. */
    @Override
    public void connected(long session) {
      if (closed) {
        return;
      }
      trust.begin(session);
      // Again at each connection: the one before may have been lost before the watch was set, and
      // to set the same watcher again is harmless.
      watch(session);
      if (watchedIn != session) {
        watchedIn = session;
        group.start(session);
      } else {
        group.refresh();
      }
      readAll();
    }

    @Override
    public void gone(long session) {
      current = false;
      trust.stop();
      group.stop();
      groupWait.givenUp(); // It waits for a connection now, which is said elsewhere.
      watchedIn = 0;
    }

    @Override
    public void closed(TenureException cause) {
      current = false;
      groupWait.givenUp();
      complete.completeExceptionally(cause);
    }
  }

  private void watch(long session) {
    watched = false;
    monitor
        .addWatch(
            session, monitor.realPath(paths.shards()), AddWatchMode.PERSISTENT_RECURSIVE, watcher)
        .thenAccept(
            reply -> {
              if (reply.ok()) {
                watched = true;
                readDirty();
              } else if (!reply.isUnknown() && !ServerErrors.isTransient(reply.code())) {
                failed(ServerErrors.refused(reply.code(), paths.shards(), "watch"));
              }
            });
  }

  private final class SettingsReader implements WatchedNode.Reader {

    @Override
    public void read(Optional<WatchedNode.Found> found) {
      if (found.isEmpty() || found.get().data().length == 0) {
        groupWait.because(
            "there is no group: its first worker makes it. Check the path, the client's namespace"
                + " and the chroot of its connection string");
        return; // No group yet, or no longer one: its shards' leaders are gone by themselves.
      }
      groupWait.over();
      try {
        shards = GroupSettings.parse(paths.group(), found.get().data()).shards();
        readAll();
      } catch (TenureException e) {
        failed(e);
      }
    }

    @Override
    public void refused(Code code) {
      failed(ServerErrors.refused(code, paths.group(), "read"));
    }
  }

  /** Said once, until something else is wrong. */
  private void failed(TenureException cause) {
    String text = String.valueOf(cause.getMessage());
    if (!complete.completeExceptionally(cause) && !text.equals(said)) {
      log.warn("group={} directory: {}", paths.group(), text);
    }
    said = text;
  }

  private void changed(WatchedEvent event) {
    if (event.getType() == Watcher.Event.EventType.None
        && event.getState() == Watcher.Event.KeeperState.Disconnected) {
      monitor.execute(() -> current = false);
    }
    if (!Watches.tellsOfChange(event)) {
      return;
    }
    String path = monitor.clientPath(event.getPath());
    if (path.endsWith("/leader")) {
      String shard = paths.shardOf(path);
      if (path.equals(paths.shards() + "/" + shard + "/leader")) {
        monitor.execute(
            () -> {
              dirty.add(shard);
              current = false;
              readDirty();
            });
      }
    }
  }

  private void readAll() {
    ShardSet set = shards;
    if (set != null) {
      current = false;
      dirty.addAll(set.names());
      dirty.addAll(leaders.keySet());
      readDirty();
    }
  }

  /** While a read is under way, what changes gathers for the next. */
  private void readDirty() {
    if (reading || closed || !monitor.isConnected()) {
      return;
    }
    if (dirty.isEmpty()) {
      if (shards != null && watched) {
        current = true;
        said = "";
        complete.complete(null);
      }
      return;
    }
    List<String> some = new ArrayList<>();
    var all = dirty.iterator();
    while (all.hasNext() && some.size() < SHARDS_PER_READ) {
      some.add(all.next());
      all.remove();
    }
    reading = true;
    List<Op> reads =
        some.stream()
            .map(shard -> Op.getData(monitor.realPath(paths.shards() + "/" + shard + "/leader")))
            .toList();
    monitor
        .read(monitor.sessionId(), reads)
        .thenAccept(
            reply -> {
              reading = false;
              answered(some, reply);
            });
  }

  private void answered(List<String> some, Reply reply) {
    if (reply.results().size() != some.size()) {
      dirty.addAll(some); // Read again with the next connection, or a little later.
      if (!reply.isUnknown() && !ServerErrors.isTransient(reply.code())) {
        failed(ServerErrors.refused(reply.code(), paths.shards(), "read"));
      }
      monitor.schedule(this::readDirty, pauses.nextNanos());
      return;
    }
    pauses.reset();
    for (int i = 0; i < some.size(); i++) {
      take(some.get(i), reply.results().get(i));
    }
    readDirty();
  }

  private void take(String shard, OpResult result) {
    if (result instanceof OpResult.GetDataResult found && found.getData() != null) {
      try {
        LeaderNode node = LeaderNode.parse(paths.shards() + "/" + shard, found.getData());
        Scope scope = paths.shard(shard);
        set(shard, Optional.of(ShardLeader.of(shard, node.tenure(scope))));
      } catch (ForeignDataException e) {
        // An operator has written into it, "revoke" most likely: the leader is still the same.
        log.debug("group={} shard={} leader node says something else", paths.group(), shard, e);
      }
    } else {
      set(shard, Optional.empty());
    }
  }

  private void set(String shard, Optional<ShardLeader> after) {
    Optional<ShardLeader> before =
        Optional.ofNullable(
            after.isPresent() ? leaders.put(shard, after.get()) : leaders.remove(shard));
    if (!before.equals(after)) {
      ShardChange change = new ShardChange(shard, before, after);
      listeners.forEach(told -> callbacks.execute(() -> told.accept(change)));
    }
  }
}
