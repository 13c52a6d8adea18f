package io.tenure.sharding;

import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;

/**
 * A worker's watches of the leader nodes of its shards: one watcher object for all of them, so that
 * to set a watch again is harmless; see {@link WatchedNode}.
 *
 * <p>Confined to the monitor's event thread.
 */
final class OfficeWatches {

  private static final int MAX_IN_FLIGHT = 200;

  /** New leaders are watched when those that are elected with them are in office, too. */
  private static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Monitor monitor;
  private final GroupPaths paths;
  private final Consumer<String> changed;
  private final Watcher watcher = this::told;
  private final ArrayDeque<String> waiting = new ArrayDeque<>();

  /** Each shard whose watch was set in the present session, and may still be. */
  private final Set<String> set = new HashSet<>();

  private int inFlight;
  private boolean due;
  private boolean closed;

  /**
   * No watch yet.
   *
   * @param changed is told of each shard whose leader node has changed, on the event thread
   */
  OfficeWatches(Monitor monitor, GroupPaths paths, Consumer<String> changed) {
    this.monitor = monitor;
    this.paths = paths;
    this.changed = changed;
  }

  /** Watches now. */
  CompletableFuture<Reply> set(long session, String shard) {
    set.add(shard);
    return monitor.exists(session, realPath(shard), watcher);
  }

  /** Watches soon, with others, a leader node that this worker has just made. */
  void setSoon(String shard) {
    waiting.add(shard);
    if (!due) {
      due = true;
      monitor.schedule(
          () -> {
            due = false;
            flush();
          },
          DELAY_NANOS);
    }
  }

  /** Sends what may be sent now. */
  void flush() {
    while (!waiting.isEmpty() && inFlight < MAX_IN_FLIGHT && monitor.isConnected() && !closed) {
      String shard = waiting.remove();
      long session = monitor.sessionId();
      inFlight++;
      set(session, shard)
          .thenAccept(
              reply -> {
                inFlight--;
                if (!isAsCreated(reply, session)) {
                  changed.accept(shard);
                }
                flush();
              });
    }
  }

  /** Watches are lost with the session. */
  void sessionGone() {
    waiting.clear();
    set.clear();
  }

  /** Leaves no watcher with the client, which may live on. */
  void close() {
    closed = true;
    long session = monitor.sessionId();
    set.forEach(shard -> monitor.removeWatch(session, realPath(shard), watcher));
    sessionGone();
  }

  private String realPath(String shard) {
    return monitor.realPath(paths.shard(shard).leaderPath());
  }

  private void told(WatchedEvent event) {
    if (!Watches.tellsOfChange(event)) {
      return; // The session's own events come another way.
    }
    String shard = paths.shardOf(monitor.clientPath(event.getPath()));
    monitor.execute(() -> changed.accept(shard));
  }

  private static boolean isAsCreated(Reply reply, long session) {
    if (reply.ok() && reply.results().get(0) instanceof OpResult.SetDataResult found) {
      Stat stat = found.getStat();
      return stat.getEphemeralOwner() == session && stat.getVersion() == 0;
    }
    return false;
  }
}
