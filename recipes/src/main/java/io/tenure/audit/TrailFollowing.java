package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.Backoff;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Logins;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.ClientClosedException;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Scope;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.WatcherRemoveCuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.jspecify.annotations.Nullable;

/**
 * Follows a trail: on every change of the list of entries, and on every new connection, reads what
 * is new. Entries appear in the order of their index, since each transaction that adds one is
 * decided on the record that counts the ones before; so an index that is missing below one that is
 * there is gone.
 *
 * <p>Each look first makes sure that the trail is still the one that the last entry was of, by the
 * same rules as the archiver. If it is not, the new one is followed from its first entry.
 *
 * <p>All work is done on one daemon thread of its own, which may block.
 */
final class TrailFollowing implements AuditLog.Following {

  private static final Log log = Log.of(TrailFollowing.class);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** From then on a look that fails is no blip, and is said. */
  private static final int SILENT_FAILURES = 5;

  /** How many entries are read at once, which bounds what is held in memory. */
  private static final int ENTRIES_AT_ONCE = 256;

  /** The entry that was given last, and where it is in its trail. */
  private record Given(RecordedEntry entry, ArchivePosition position) {}

  private final Scope scope;
  private final TrailReader reader;
  private final TrailComparison comparison;
  private final SharedIndexes sharedIndexes;
  private final AuditFollower follower;
  private final WatcherRemoveCuratorFramework client;
  private final ScheduledThreadPoolExecutor thread;
  private final CuratorWatcher watcher;
  private final ConnectionStateListener connectionListener;

  // Confined to the thread.
  private final Backoff backoff = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
  private long next;
  private @Nullable Given last;

  TrailFollowing(CuratorFramework client, Scope scope, long fromIndex, AuditFollower follower) {
    this.scope = scope;
    this.follower = follower;
    this.next = fromIndex;
    this.client = client.newWatcherRemoveCuratorFramework();
    this.reader = new TrailReader(this.client, scope);
    this.comparison = new TrailComparison(new ZnodeReader(this.client));
    this.sharedIndexes = new SharedIndexes(new ZnodeReader(this.client));
    this.thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread created = new Thread(task, "tenure-audit-follow");
              created.setDaemon(true);
              return created;
            });
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.watcher = event -> catchUpSoon(0);
    this.connectionListener =
        (curator, state) -> {
          // A new session has lost the watch.
          if (state == ConnectionState.RECONNECTED) {
            catchUpSoon(0);
          }
        };
    client.getConnectionStateListenable().addListener(connectionListener);
    catchUpSoon(0);
  }

  @Override
  public void close() {
    client.getConnectionStateListenable().removeListener(connectionListener);
    client.removeWatchers();
    thread.shutdownNow();
  }

  private void catchUpSoon(long delayNanos) {
    try {
      thread.schedule(this::catchUp, delayNanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("scope={} following is closed", scope);
    }
  }

  private void catchUp() {
    try {
      look();
      backoff.reset();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    } catch (CoordinationException e) {
      tryAgain(e);
    } catch (RuntimeException | Error e) {
      end(e);
    }
  }

  private void tryAgain(CoordinationException e) {
    try {
      Logins.requireAccepted(client);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt(); // closed
      return;
    } catch (RuntimeException refused) {
      end(refused);
      return;
    }
    long pause = backoff.nextNanos();
    log.debug("scope={} trail not readable now, trying again", scope, e);
    if (backoff.failures() == SILENT_FAILURES) {
      log.warn("scope={} cannot be followed now, and is tried again: {}", scope, e.getMessage());
    }
    catchUpSoon(pause);
  }

  private void end(Throwable e) {
    if (thread.isShutdown()) {
      return;
    }
    if (e instanceof ClientClosedException) {
      log.info("scope={} following ended: {}", scope, e.getMessage());
    } else {
      log.error("scope={} following ended", scope, e);
    }
    close();
    RuntimeException cause =
        e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    try {
      follower.failed(cause);
    } catch (RuntimeException | Error failed) {
      log.error("scope={} the follower threw when it was told of the end", scope, failed);
    }
  }

  private Optional<TrailState> trail() throws InterruptedException {
    Optional<TrailState> state = reader.state(watcher);
    if (state.isPresent()) {
      if (state.get().ownsRecord) {
        throw ScopeRecord.group(scope.path());
      }
      sharedIndexes.leaveOut(state.get());
    }
    return state;
  }

  private void look() throws InterruptedException {
    Optional<TrailState> state = trail();
    Given given = last;
    if (state.isPresent() && given != null) {
      Optional<String> another = another(state.get(), given.position());
      if (another.isPresent()) {
        // A server that lags shows an older trail as well, so this one is asked for what is new.
        reader.sync();
        state = trail();
        another = state.isEmpty() ? Optional.empty() : another(state.get(), given.position());
      }
      if (another.isPresent()) {
        beginAnew(given, another.get());
      }
    }
    if (state.isPresent()) {
      give(state.get());
      if (state.get().movedOn) {
        catchUpSoon(0); // The watch does not tell of what came before the list was read.
      }
    }
  }

  /** Why the trail is not the one that was followed so far; empty if it is. */
  private Optional<String> another(TrailState state, ArchivePosition position)
      throws InterruptedException {
    String trail = "the trail of " + scope;
    return switch (state.begin(position)) {
      case FIRST -> Optional.empty();
      case ANOTHER -> Optional.of(trail + " was deleted and made anew");
      case EARLIER ->
          Optional.of(
              trail + " was made before the one so far: the servers were restored from a snapshot");
      case SET_BACK ->
          Optional.of(
              "the record of "
                  + scope
                  + " was set back to before entry "
                  + position.index()
                  + ": it was rewritten, or the servers were restored from a snapshot");
      case SAME, SAME_WITH_NEW_PARENT ->
          comparison.compare(List.of(new TrailComparison.Known(state, position))).stream()
              .findFirst()
              .map(replaced -> replaced.by().path() + " " + replaced.why());
    };
  }

  private void beginAnew(Given given, String reason) {
    log.warn("scope={} another trail is there: {}. It is followed from its start", scope, reason);
    last = null;
    next = 1;
    follower.newTrail(given.entry(), reason);
  }

  private void give(TrailState state) throws InterruptedException {
    state.expected = next;
    List<String> due = state.due();
    for (int from = 0; from < due.size(); from += ENTRIES_AT_ONCE) {
      List<String> some = due.subList(from, Math.min(due.size(), from + ENTRIES_AT_ONCE));
      for (ZnodeReader.Znode node : reader.read(some.stream().map(state::path).toList())) {
        if (thread.isShutdown()) {
          return;
        }
        give(state, AuditLog.recorded(AuditFormat.parse(node.path(), node.data()), node));
      }
    }
  }

  private void give(TrailState state, RecordedEntry entry) {
    long index = entry.entry().index();
    if (index > next) {
      follower.gap(next, index - 1);
    }
    next = Math.max(next, index + 1);
    last =
        new Given(
            entry,
            new ArchivePosition(
                Lives.of(state.audit.stat().getCzxid()), index, entry.zxid(), entry.digest()));
    follower.entry(entry);
  }
}
