package io.tenure.internal.session;

import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Says why a wait is long, once. A wait that may come true by itself (no connection, no quorum, a
 * server that throttles, a znode in the way) is not an error, and must not be silent either: after
 * one session timeout there is one WARN line with the latest reason, and nothing more until the
 * wait is over.
 *
 * <pre>{@code
 * LongWait wait = new LongWait(monitor, log, "scope=" + scope + " waits for the office");
 * wait.because(monitor.noConnection()); // at each try that came to nothing
 * wait.over(); // when a try succeeded
 * wait.givenUp(); // when nothing is waited for any longer, though no try has succeeded
 * }</pre>
 *
 * <p>The reason is a sentence with path and remedy: {@link ServerErrors#sentence} and {@link
 * Monitor#noConnection} make them.
 *
 * <p>Confined to the monitor's event thread.
 */
public final class LongWait {

  private static final long MIN_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Runs a task later, on the thread that this wait is confined to. */
  public interface Timer {
    /** As {@link Monitor#schedule}. */
    Future<?> schedule(Runnable task, long delayNanos);
  }

  private final Timer timer;
  private final LongSupplier limitNanos;
  private final LongSupplier nowNanos;
  private final Log log;
  private final String who;

  private @Nullable Future<?> pending;
  private long sinceNanos;
  private boolean waiting;
  private boolean said;
  private String reason = "";

  /**
   * No wait yet.
   *
   * @param log where the line appears: the logger of the class that waits
   * @param who begins the line: who waits for what, with the path
   */
  public LongWait(Monitor monitor, Log log, String who) {
    this(
        monitor::schedule,
        () -> limit(monitor),
        () -> Moment.now(monitor.clock()).monotonicNanos(),
        log,
        who);
  }

  /** The same by other clocks, for tests. */
  public LongWait(
      Timer timer, LongSupplier limitNanos, LongSupplier nowNanos, Log log, String who) {
    this.timer = timer;
    this.limitNanos = limitNanos;
    this.nowNanos = nowNanos;
    this.log = log;
    this.who = who;
  }

  /** A session timeout; before there was a session, the time in which there should be one. */
  private static long limit(Monitor monitor) {
    long session = monitor.sessionTimeoutNanos();
    long connection =
        TimeUnit.MILLISECONDS.toNanos(
            monitor.client().getZookeeperClient().getConnectionTimeoutMs());
    return Math.max(MIN_LIMIT_NANOS, session > 0 ? session : connection);
  }

  /** The wait goes on, or begins. */
  public void because(String why) {
    reason = why;
    if (!waiting) {
      waiting = true;
      said = false;
      sinceNanos = nowNanos.getAsLong();
      pending = timer.schedule(this::say, limitNanos.getAsLong());
    }
  }

  /** What was waited for has come, or there was no wait. */
  public void over() {
    end("goes on");
  }

  /** What was waited for has not come, and is not waited for any longer; or there was no wait. */
  public void givenUp() {
    end("waits no longer");
  }

  private void end(String how) {
    if (!waiting) {
      return;
    }
    waiting = false;
    if (pending != null) {
      pending.cancel(false);
    }
    if (said) {
      log.info("{}: {} after {} ms", who, how, waitedMillis());
    }
  }

  private void say() {
    if (waiting && !said) {
      said = true;
      log.warn("{}: {} ms so far, {}", who, waitedMillis(), reason);
    }
  }

  private long waitedMillis() {
    return TimeUnit.NANOSECONDS.toMillis(nowNanos.getAsLong() - sinceNanos);
  }
}
