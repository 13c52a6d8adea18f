package io.tenure.audit;

import io.tenure.internal.session.CuratorClients;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Logins;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.TenureException;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorEventType;
import org.apache.curator.framework.api.CuratorListener;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.common.PathUtils;
import org.jspecify.annotations.Nullable;

/**
 * Follows every audit trail at or below a path, now and as new ones appear, and hands each entry to
 * a sink: of each trail in the order of the index, each once.
 *
 * <pre>{@code
 * try (ArchiveFiles files = ArchiveFiles.at(Path.of("/var/lib/tenure/orders")).open();
 *     AuditArchiver archiver =
 *         AuditArchiver.builder(client, "/orders").sink(files).keep(20).build()) {
 *   archiver.start().toCompletableFuture().get(); // until it is closed, or fails
 * }
 * }</pre>
 *
 * <p>The path is that of a scope, of a group, or of anything that they stand below; it need not
 * exist yet. Entries are taken as bytes and need not be understood.
 *
 * <p><b>Nothing is lost or repeated</b>, also where a process ends at any moment, because the sink
 * keeps its position with the entries that it holds, and the archiver keeps no state of its own.
 * What is lost is only what was deleted from ZooKeeper before it was archived: that is said to the
 * listener, and archived as a {@link ArchivedGap}. So that it cannot happen, let the leaders keep
 * everything ({@link io.tenure.scope.Retention#KEEP_ALL}) and let the archiver take out what is
 * archived ({@link Builder#keep}).
 *
 * <p>One watch tells of new entries. It tells nothing of what happens while there is no connection,
 * so on every new one, and every so often in any case, all trails are looked at. Lost connections,
 * new sessions, and a sink that cannot write now are waited out.
 *
 * <p><b>What is taken out</b> of a scope's trail goes in one transaction with the data of its
 * {@code audit} znode, which is empty before and then tells where the trail begins and which digest
 * its first entry repeats, so that {@link AuditLog#verify} still can check that:
 *
 * <pre>
 * &lt;scope&gt;/audit                            {"format":1,"first":15,"previous":"5e…"}
 * &lt;scope&gt;/audit/0000000015-elected-w-3     {…,"previous":"5e…"}
 * </pre>
 *
 * <p>The scope's record is left alone: a leader's fenced writes depend on its version. A trail that
 * has its record in {@code audit} itself, as a group's has, gets another {@code auditFirst} there.
 * An entry that may not be the one that was archived, because it was rewritten or made anew, is
 * evidence: it stays, with all that follows it.
 *
 * <p>It needs the permission to read everything, and for {@link Builder#keep} to write and delete
 * on the {@code audit} znodes, and no other.
 *
 * <p>Two archivers may follow the same path with a sink each. Only one of them may take entries
 * out: the other would find gaps.
 *
 * <p>Thread-safe. One daemon thread reads, calls the sink and the listener.
 */
public final class AuditArchiver implements AutoCloseable {

  private static final Log log = Log.of(AuditArchiver.class);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long MAX_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A lost connection is reported only after more failed tries than this. */
  private static final int SILENT_FAILURES = 3;

  /** How often one look by itself goes on to look at what changed meanwhile. */
  private static final int MAX_LOOKS = 100;

  private static final long CLOSE_MILLIS = 30_000;

  private enum State {
    NEW,
    RUNNING,
    CLOSED
  }

  private final CuratorFramework client;
  private final String root;
  private final long lookEveryNanos;
  private final Archiving archiving;
  private final ArchiveSignals signals = new ArchiveSignals();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Watcher watcher = this::changed;
  private final ConnectionStateListener connectionListener =
      (curator, state) -> {
        if (state == ConnectionState.CONNECTED || state == ConnectionState.RECONNECTED) {
          signals.all();
        }
      };
  private final CuratorListener clientListener =
      (curator, event) -> {
        if (event.getType() == CuratorEventType.CLOSING) {
          stop(Optional.of(new IllegalStateException("the client of the archiver was closed")));
        }
      };

  // Guarded by this.
  private State state = State.NEW;
  private @Nullable Thread thread;
  private boolean inSink;
  private Optional<RuntimeException> cause = Optional.empty();

  private AuditArchiver(Builder builder, ArchiveSink sink) {
    this.client = builder.client;
    this.root = builder.root;
    this.lookEveryNanos = builder.lookEvery.toNanos();
    this.archiving = new Archiving(client, root, sink, new Guard(), builder.keep, builder.listener);
  }

  /**
   * An archiver of everything at or below a path.
   *
   * @param client started; it stays open
   * @param path absolute, {@code /} for everything
   * @throws IllegalArgumentException if it is no path, or is that of an {@code audit} znode
   */
  public static Builder builder(CuratorFramework client, String path) {
    return new Builder(client, path);
  }

  /**
   * Starts following.
   *
   * @return completes when the archiver is closed, and fails if it ends by itself: because the sink
   *     or the listener threw an error that is not waited out, or the client was closed. The sink
   *     is no longer called then
   * @throws IllegalStateException if it was started or closed before
   */
  public synchronized CompletionStage<Void> start() {
    begin();
    client.getConnectionStateListenable().addListener(connectionListener);
    CuratorClients.events(client).addListener(clientListener);
    Thread started = new Thread(this::follow, "tenure-archiver");
    started.setDaemon(true);
    thread = started;
    signals.all();
    started.start();
    return ended.minimalCompletionStage();
  }

  /**
   * Follows until the archiver is closed. If the caller is interrupted, it is closed.
   *
   * @throws IllegalStateException if it was started or closed before, or the client was closed
   * @throws RuntimeException what the sink threw
   */
  public void run() throws InterruptedException {
    start();
    try {
      ended.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      close();
    }
  }

  /**
   * Archives what stands in the trails now, on the caller's thread, and ends.
   *
   * @throws IOException if the sink cannot write
   * @throws TenureException if ZooKeeper cannot be asked
   * @throws IllegalStateException if it was started or closed before
   */
  public void once() throws IOException, InterruptedException {
    synchronized (this) {
      begin();
      thread = Thread.currentThread();
    }
    try {
      Set<String> again = archiving.lookAtAll();
      for (int i = 1; i < MAX_LOOKS && !again.isEmpty(); i++) {
        again = archiving.look(again);
      }
    } finally {
      stop(Optional.empty());
      finish(null);
    }
  }

  private void begin() {
    if (state != State.NEW) {
      throw new IllegalStateException("the archiver of " + root + " was started or closed before");
    }
    state = State.RUNNING;
  }

  /**
   * Ends following. What is being written is finished first, for at most half a minute; the sink is
   * not called after that and is left open. Closing twice is harmless.
   */
  @Override
  public void close() {
    Thread running = stop(Optional.empty());
    if (running == null) {
      ended.complete(null);
    } else if (running != Thread.currentThread()) {
      try {
        ended.handle((done, failed) -> true).get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
        log.warn("archiver of {} is still writing; it ends after that", root, e);
      }
    }
  }

  /** Tells the thread to end; null if it was never started. */
  private synchronized @Nullable Thread stop(Optional<RuntimeException> why) {
    Thread running = thread;
    if (state != State.CLOSED) {
      state = State.CLOSED;
      cause = why;
      if (running != null && !inSink && running != Thread.currentThread()) {
        running.interrupt();
      }
    }
    return running;
  }

  private synchronized boolean isClosed() {
    return state == State.CLOSED;
  }

  /** An interrupt would close a file under the sink's hands, so it waits until the sink is done. */
  private final class Guard implements Archiving.SinkGuard {
    @Override
    public void enter() throws InterruptedException {
      synchronized (AuditArchiver.this) {
        if (isClosed()) {
          throw new InterruptedException("the archiver is closed");
        }
        inSink = true;
      }
    }

    @Override
    public void leave() {
      synchronized (AuditArchiver.this) {
        inSink = false;
      }
    }
  }

  private void follow() {
    Throwable failure = null;
    try {
      loop();
    } catch (InterruptedException e) {
      log.debug("archiver of {} is closed", root);
    } catch (RuntimeException | Error e) {
      if (!isClosed()) {
        failure = e;
        log.error("archiver of {} ended", root, e);
      }
    } finally {
      finish(failure);
    }
  }

  private void loop() throws InterruptedException {
    long pause = FIRST_PAUSE_NANOS;
    int failures = 0;
    long lookAt = System.nanoTime();
    while (!isClosed()) {
      ArchiveSignals.Work work = signals.await(lookAt - System.nanoTime());
      boolean all = work.all() || lookAt - System.nanoTime() <= 0;
      try {
        Set<String> again;
        if (all) {
          watch();
          again = archiving.lookAtAll();
          lookAt = System.nanoTime() + lookEveryNanos;
        } else {
          again = archiving.look(work.trails());
        }
        pause = FIRST_PAUSE_NANOS;
        failures = 0;
        signals.trails(again);
      } catch (CoordinationException | IOException e) {
        Logins.requireAccepted(client);
        // Nothing is known of what this look has left undone, so the next one looks at everything.
        signals.all();
        if (++failures > SILENT_FAILURES || e instanceof IOException) {
          archiving.problems().say(root, e.getMessage() + "; it is tried again");
        }
        log.debug("archiver of {} tries again", root, e);
        signals.pause(pause);
        pause = Math.min(MAX_PAUSE_NANOS, pause * 2);
      }
    }
  }

  /**
   * Watches the tree. To do so again is harmless: the client has one watch for one watcher and
   * path. With a new session it has none, which is why every look at everything begins with this.
   */
  private void watch() throws InterruptedException {
    CuratorEvent event =
        ZnodeReader.await(
            ZnodeReader.start(
                client,
                call ->
                    client
                        .watchers()
                        .add()
                        .withMode(AddWatchMode.PERSISTENT_RECURSIVE)
                        .inBackground(call)
                        .usingWatcher(watcher)
                        .forPath(root)));
    Code code = ServerErrors.code(event.getResultCode());
    if (ServerErrors.isTransient(code) || Logins.isRefusal(code)) {
      throw ServerErrors.refused(code, root, "read");
    } else if (code != Code.OK) {
      archiving
          .problems()
          .say(
              root,
              "cannot be watched, and is looked at every so often: "
                  + ServerErrors.sentence(code, root, "read"));
    }
  }

  private void changed(WatchedEvent event) {
    String path = event.getPath();
    if (path == null) {
      return;
    }
    switch (event.getType()) {
      case NodeCreated ->
          TrailPaths.ofEntry(path)
              .or(() -> TrailPaths.ofAudit(path))
              .ifPresent(trail -> signals.trails(Set.of(trail)));
      // An entry that is rewritten; audit's own data changes with each trimming.
      case NodeDataChanged ->
          TrailPaths.ofEntry(path).ifPresent(trail -> signals.trails(Set.of(trail)));
      default -> {}
    }
  }

  private void finish(@Nullable Throwable failure) {
    client.getConnectionStateListenable().removeListener(connectionListener);
    CuratorClients.events(client).removeListener(clientListener);
    Optional<RuntimeException> why;
    synchronized (this) {
      state = State.CLOSED;
      why = cause;
    }
    Throwable error = failure != null ? failure : why.orElse(null);
    if (why.isEmpty()) {
      unwatch();
    }
    if (error == null) {
      ended.complete(null);
    } else {
      ended.completeExceptionally(error);
    }
  }

  /** If the reply is lost, the client still tells of changes, and no listener hears them. */
  private void unwatch() {
    try {
      client.watchers().remove(watcher).quietly().inBackground().forPath(root);
    } catch (Exception e) {
      log.debug("the watch of {} is left to the session's end", root, e);
    }
  }

  /** Builds an archiver. */
  public static final class Builder {

    /** What an archiver that is not told keeps checking on: a second read of everything. */
    private static final Duration DEFAULT_LOOK = Duration.ofMinutes(5);

    private final CuratorFramework client;
    private final String root;
    private @Nullable ArchiveSink sink;
    private ArchiveListener listener = new ArchiveListener() {};
    private Duration lookEvery = DEFAULT_LOOK;
    private OptionalInt keep = OptionalInt.empty();

    private Builder(CuratorFramework client, String path) {
      this.client = Objects.requireNonNull(client, "client");
      PathUtils.validatePath(path);
      if (TrailPaths.ofAudit(path).isPresent()) {
        throw new IllegalArgumentException(
            path + " is the trail itself: give the path that it stands below");
      }
      this.root = path;
    }

    /** Where to; required. Not closed by the archiver. */
    public Builder sink(ArchiveSink to) {
      this.sink = Objects.requireNonNull(to, "sink");
      return this;
    }

    /** Is told what happens. */
    public Builder listener(ArchiveListener is) {
      this.listener = Objects.requireNonNull(is, "listener");
      return this;
    }

    /**
     * Takes entries out of ZooKeeper once they are durably archived, but for the last ones of each
     * trail. Default: takes out nothing.
     *
     * @param entries how many stay in each trail
     * @throws IllegalArgumentException if they are less than 2
     */
    public Builder keep(int entries) {
      if (entries < 2) {
        throw new IllegalArgumentException(
            "keep of " + entries + " entries: at least 2 of each trail must stay in ZooKeeper");
      }
      this.keep = OptionalInt.of(entries);
      return this;
    }

    /**
     * How often everything is looked at though nothing seems to have changed; default 5 minutes.
     * With 10,000 trails one such look is some 50,000 reads.
     *
     * @throws IllegalArgumentException if it is not positive, or longer than a day
     */
    public Builder lookEvery(Duration interval) {
      if (interval.isZero()
          || interval.isNegative()
          || interval.compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException(
            "a look every " + interval + ": give a positive duration of at most a day");
      }
      this.lookEvery = interval;
      return this;
    }

    /**
     * The archiver, not started.
     *
     * @throws IllegalStateException if there is no sink
     */
    public AuditArchiver build() {
      ArchiveSink to = sink;
      if (to == null) {
        throw new IllegalStateException("an archiver without a sink: call sink(...)");
      }
      return new AuditArchiver(this, to);
    }
  }
}
