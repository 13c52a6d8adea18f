package io.tenure.internal.session;

import io.tenure.scope.ClientClosedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The daemon thread that the state machines of one monitor run on. Thread-safe.
 *
 * <p>When it is stopped, nothing that was scheduled runs, and the thread ends as soon as it is
 * idle. The thread is never shut down, so that a later request gets an answer instead of waiting
 * for ever.
 */
final class EventThread {

  private static final Log log = Log.of(EventThread.class);

  private static final long IDLE_MILLIS_WHEN_STOPPED = 1;

  private final ScheduledThreadPoolExecutor executor =
      new ScheduledThreadPoolExecutor(1, this::newThread);
  private volatile @Nullable Thread thread;
  private volatile boolean stopped;

  EventThread() {
    executor.setRemoveOnCancelPolicy(true);
  }

  private Thread newThread(Runnable task) {
    Thread created = new Thread(task, "tenure-events");
    created.setDaemon(true);
    thread = created;
    return created;
  }

  boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  /** Runs a task, also when the thread is stopped. */
  void execute(Runnable task) {
    executor.execute(() -> guarded(task));
  }

  /** Runs a task later; never once the thread is stopped. */
  Future<?> schedule(Runnable task, long delayNanos) {
    if (stopped) {
      return CompletableFuture.completedFuture(null);
    }
    return executor.schedule(
        () -> {
          if (!stopped) {
            guarded(task);
          }
        },
        Math.max(0, delayNanos),
        TimeUnit.NANOSECONDS);
  }

  void stop() {
    stopped = true;
    executor.getQueue().removeIf(task -> ((Delayed) task).getDelay(TimeUnit.NANOSECONDS) > 0);
    executor.setKeepAliveTime(IDLE_MILLIS_WHEN_STOPPED, TimeUnit.MILLISECONDS);
    executor.allowCoreThreadTimeOut(true);
  }

  /** Runs a task; what it throws is a bug of ours, and must not end the thread for the others. */
  static void guarded(Runnable task) {
    try {
      task.run();
    } catch (ClientClosedException e) {
      // No request can be built once the client is closed; listeners are about to be told so.
      log.debug("the client was closed meanwhile", e);
    } catch (RuntimeException | Error e) {
      log.error("event failed", e);
    }
  }
}
