package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.internal.session.ServerErrors;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * One znode whose data is read at once and again after each change, in one session.
 *
 * <p>The watch is set before the data is read, on the same connection, so no change after the
 * reading is missed. What fails for want of a connection is read again by {@link #refresh}, and
 * what fails for another reason after a growing pause.
 *
 * <p>There is one watcher object for good: the client holds a set of watchers for each path and
 * carries it over to each new connection of a session, so to set the same one again is harmless,
 * and a new one each time would double all of them with each reconnect.
 *
 * <p>Confined to the monitor's event thread.
 */
final class WatchedNode {

  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Who wants to know. Called on the event thread. */
  interface Reader {
    /** The data, or empty if there is no such znode. */
    void read(Optional<Found> found);

    /** It cannot be read for a reason that a new connection does not mend; told once for each. */
    void refused(Code code);
  }

  /**
   * A znode that is there.
   *
   * @param data empty where it has none
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Found(byte[] data, Stat stat) {}

  private final Monitor monitor;
  private final String path;
  private final Reader reader;
  private final Watcher watcher = this::changed;
  private final Backoff pauses = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
  private long session;
  private @Nullable Future<?> retry;
  private Code refusal = Code.OK;

  WatchedNode(Monitor monitor, String path, Reader reader) {
    this.monitor = monitor;
    this.path = path;
    this.reader = reader;
  }

  /** Begins, or begins again in another session. */
  void start(long inSession) {
    session = inSession;
    refresh();
  }

  /** Wants to know nothing more: leaves no watcher with the client. */
  void stop() {
    if (session != 0) {
      monitor.removeWatch(session, monitor.realPath(path), watcher);
    }
    session = 0;
  }

  /** Reads again, as after each new connection. */
  void refresh() {
    long asked = session;
    if (asked == 0) {
      return;
    }
    String real = monitor.realPath(path);
    monitor.exists(asked, real, watcher);
    CompletableFuture<Reply> read = monitor.read(asked, List.of(Op.getData(real)));
    read.thenAccept(reply -> answered(reply, asked));
  }

  private void changed(WatchedEvent event) {
    if (Watches.tellsOfChange(event)) {
      monitor.execute(this::refresh);
    }
  }

  private void answered(Reply reply, long asked) {
    if (asked != session) {
      return;
    }
    if (reply.results().isEmpty()) {
      again(reply.code());
      return;
    }
    OpResult result = reply.results().get(0);
    if (result instanceof OpResult.GetDataResult found) {
      answered();
      byte[] data = found.getData();
      reader.read(Optional.of(new Found(data == null ? new byte[0] : data, found.getStat())));
    } else if (result instanceof OpResult.ErrorResult error) {
      Code code = Code.get(error.getErr());
      if (code == Code.NONODE) {
        answered();
        reader.read(Optional.empty());
      } else {
        again(code);
      }
    }
  }

  private void answered() {
    pauses.reset();
    refusal = Code.OK;
  }

  /** Without a connection, the next one reads it; but there may be one that only throttles. */
  private void again(Code code) {
    boolean lasting = !ServerErrors.isTransient(code) && code != Code.SESSIONEXPIRED;
    if (lasting && code != refusal) {
      refusal = code;
      reader.refused(code);
    }
    if (retry == null || retry.isDone()) {
      retry = monitor.schedule(this::refresh, pauses.nextNanos());
    }
  }
}
