package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Scope;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.WatcherRemoveCuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a trail: on every change of the list of entries, and on every new connection, reads what
 * is new. Entries appear in the order of their index, since each transaction that adds one is
 * decided on the record that counts the ones before; so an index that is missing below one that is
 * there is gone.
 *
 * <p>All work is done on one daemon thread of its own, which may block.
 */
final class TrailFollowing implements AuditLog.Following {

  private static final Logger log = LoggerFactory.getLogger(TrailFollowing.class);
  private static final long RETRY_MILLIS = 200;

  private final Scope scope;
  private final TrailReader reader;
  private final AuditFollower follower;
  private final WatcherRemoveCuratorFramework client;
  private final ScheduledThreadPoolExecutor thread;
  private final CuratorWatcher watcher;
  private final ConnectionStateListener connectionListener;

  /** Confined to the thread. */
  private long next;

  TrailFollowing(CuratorFramework client, Scope scope, long fromIndex, AuditFollower follower) {
    this.scope = scope;
    this.follower = follower;
    this.next = fromIndex;
    this.client = client.newWatcherRemoveCuratorFramework();
    this.reader = new TrailReader(this.client, scope);
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

  private void catchUpSoon(long delayMillis) {
    try {
      thread.schedule(this::catchUp, delayMillis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("scope={} following is closed", scope);
    }
  }

  private void catchUp() {
    try {
      List<String> listed = reader.names(watcher);
      if (listed.isEmpty()) {
        catchUpSoon(RETRY_MILLIS); // A trail that is not there yet cannot be watched.
        return;
      }
      List<String> names =
          listed.stream().filter(name -> AuditFormat.index(name).orElse(-1) >= next).toList();
      List<ZnodeReader.Znode> nodes =
          reader.read(names.stream().map(name -> scope.auditPath() + "/" + name).toList());
      for (ZnodeReader.Znode node : nodes) {
        RecordedEntry entry = AuditLog.recorded(AuditFormat.parse(node.path(), node.data()), node);
        long index = entry.entry().index();
        if (index > next) {
          follower.gap(next, index - 1);
        }
        next = Math.max(next, index + 1);
        follower.entry(entry);
        if (thread.isShutdown()) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    } catch (CoordinationException e) {
      log.debug("scope={} trail not readable now, trying again", scope, e);
      catchUpSoon(RETRY_MILLIS);
    } catch (RuntimeException e) {
      if (thread.isShutdown()) {
        return;
      }
      log.error("scope={} following ended", scope, e);
      close();
      follower.failed(e);
    }
  }
}
