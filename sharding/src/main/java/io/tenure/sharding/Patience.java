package io.tenure.sharding;

import io.tenure.internal.session.Monitor;
import java.util.concurrent.TimeUnit;

/**
 * How long a worker that closes waits until its ends are recorded: one session timeout. Without a
 * connection nothing can be recorded, and the wait is over as soon as the tasks have stopped and
 * the client has had a fair time to connect again.
 *
 * <p>Confined to one thread.
 */
final class Patience {

  /** How often to look. */
  static final long LOOK_MILLIS = 50;

  /** The client's own pause before it connects again is up to 1 s. */
  private static final long LEAST_RECONNECT_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** This part of the session timeout for those whose networks are slow. */
  private static final int RECONNECTS_PER_SESSION = 6;

  /** With a client that is closed, all ends as soon as the event thread has heard of that. */
  private static final long CLOSED_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long LEAST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Monitor monitor;
  private final UserThreads threads;
  private final long sessionNanos;
  private final long begunNanos;
  private long connectedNanos;

  Patience(Monitor monitor, UserThreads threads) {
    this(monitor, threads, monitor.clock().monotonicNanos());
  }

  private Patience(Monitor monitor, UserThreads threads, long connectedNanos) {
    this.monitor = monitor;
    this.threads = threads;
    this.begunNanos = now();
    this.connectedNanos = connectedNanos;
    this.sessionNanos = Math.max(LEAST_NANOS, monitor.sessionTimeoutNanos());
  }

  /** For what comes next: the time that the client had to connect again is not given twice. */
  Patience next() {
    return new Patience(monitor, threads, connectedNanos);
  }

  /** Whether to wait no longer. To be asked again and again. */
  boolean isOver() {
    return isTimeUp() || (isCutOff() && !threads.isTaskRunning());
  }

  /** Whether the client has had no connection for so long that none is expected soon. */
  boolean isCutOff() {
    if (monitor.isConnected()) {
      connectedNanos = now();
    }
    boolean canConnect = monitor.closedCause().isEmpty();
    long enough =
        canConnect
            ? Math.max(LEAST_RECONNECT_NANOS, sessionNanos / RECONNECTS_PER_SESSION)
            : CLOSED_NANOS;
    return now() - connectedNanos > enough;
  }

  private long now() {
    return monitor.clock().monotonicNanos();
  }

  /** For how long it has been waited. */
  long nanos() {
    return now() - begunNanos;
  }

  private boolean isTimeUp() {
    return now() - begunNanos > sessionNanos;
  }

  /** Why it is over. */
  String end() {
    return isTimeUp()
        ? "one session timeout has passed" + (threads.isTaskRunning() ? " and tasks still run" : "")
        : "there is no connection to ZooKeeper";
  }
}
