package io.tenure.recipes;

import io.tenure.internal.Backoff;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.LongWait;
import io.tenure.internal.session.Monitor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is tried again when it fails for want of a connection, or because the server is
 * busy: later and later, and at once when the client has connected. If that takes longer than a
 * session timeout, it is said once.
 *
 * <p>Confined to the monitor's event thread.
 */
final class Retry {

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final LongWait.Timer timer;
  private final Supplier<String> noConnection;
  private final LongWait wait;
  private final Backoff backoff = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);

  private @Nullable Runnable waiting;
  private @Nullable Future<?> next;

  /**
   * Nothing is tried yet.
   *
   * @param log of the class that waits
   * @param who waits for what
   */
  Retry(Monitor monitor, Log log, String who) {
    this(monitor::schedule, monitor::noConnection, new LongWait(monitor, log, who));
  }

  /** The same by another timer, for tests. */
  Retry(LongWait.Timer timer, Supplier<String> noConnection, LongWait wait) {
    this.timer = timer;
    this.noConnection = noConnection;
    this.wait = wait;
  }

  /** It has failed: tries again later, instead of what was to be tried before. */
  void later(Runnable task, String why) {
    stopTimer();
    wait.because(why);
    waiting = task;
    next = timer.schedule(this::now, backoff.nextNanos());
  }

  /** There is no session: tries again when there is one, instead of what was to be tried before. */
  void whenConnected(Runnable task) {
    later(task, noConnection.get());
  }

  /** There is a connection: tries at once what has waited for one. */
  void connected() {
    if (waiting != null) {
      wait.because(
          "the client has connected since, and there is no answer to the next try yet: look at the"
              + " servers' load and logs");
    }
    now();
  }

  private void now() {
    stopTimer();
    Runnable task = waiting;
    waiting = null;
    if (task != null) {
      task.run();
    }
  }

  /** It did not fail. */
  void succeeded() {
    cancel();
    backoff.reset();
    wait.over();
  }

  /** What was to be tried again is not wanted. */
  void givenUp() {
    cancel();
    backoff.reset();
    wait.givenUp();
  }

  void cancel() {
    stopTimer();
    waiting = null;
  }

  private void stopTimer() {
    if (next != null) {
      next.cancel(false);
      next = null;
    }
  }
}
