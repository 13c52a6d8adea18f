package io.tenure.sharding;

import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The closing of a worker: once, on a thread of its own, for any number of callers. So an interrupt
 * ends the waiting of the caller and not the closing, and a caller that the closing waits for (a
 * task, a listener, the event thread) need not wait for the closing.
 *
 * <p>It takes one session timeout at most, and less where it is known earlier that nothing further
 * can be settled; see {@link Patience}.
 *
 * <p>Thread-safe.
 */
final class WorkerClosing {

  private static final Log log = Log.of(WorkerClosing.class);

  private final WorkerOptions options;
  private final Monitor monitor;
  private final UserThreads threads;
  private final WorkerDriver driver;
  private final Coordinator coordinator;
  private final Runnable release;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  /**
   * Not begun.
   *
   * @param release lets go of what the worker has of its own, when all else is done
   */
  WorkerClosing(
      WorkerOptions options,
      Monitor monitor,
      UserThreads threads,
      WorkerDriver driver,
      Coordinator coordinator,
      Runnable release) {
    this.options = options;
    this.monitor = monitor;
    this.threads = threads;
    this.driver = driver;
    this.coordinator = coordinator;
    this.release = release;
    // A worker that closes itself, refused or replaced, does not coordinate either.
    driver.closed().thenRun(this::closeCoordinator);
  }

  /** Begins, unless it has. */
  void begin() {
    begin(new Patience(monitor, threads));
  }

  /**
   * The same after something else has waited.
   *
   * @param patience not used by the caller from then on
   */
  void begin(Patience patience) {
    if (begun.compareAndSet(false, true)) {
      new Thread(() -> run(patience), "tenure-close-" + options.id()).start();
    }
  }

  boolean hasBegun() {
    return begun.get();
  }

  /**
   * Waits for the end, unless the end waits for the caller. An interrupt ends the waiting and is
   * kept.
   */
  void await() {
    if (threads.isCurrent() || monitor.isEventThread()) {
      log.debug(
          "group={} worker={} closed by its own task or listener, which is not kept waiting",
          options.group(),
          options.id());
      return;
    }
    try {
      closed.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private void run(Patience patience) {
    try {
      // The coordinator first: then the next one sees this worker leave.
      await(closeCoordinator(), patience);
      if (!await(driver.close("worker closed"), patience, driver::lookAtClosing)) {
        log.warn(
            "group={} worker={} not settled, because {}: ephemeral nodes may stay until the session"
                + " ends",
            options.group(),
            options.id(),
            patience.end());
        driver.abandon();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    } finally {
      letGo(patience);
    }
  }

  /**
   * A monitor waits until the coordinator's office is settled, which without a connection would be
   * for a session timeout more.
   */
  private void letGo(Patience patience) {
    try {
      await(onThread("tenure-close-rest-", release), patience);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    } finally {
      closed.complete(null);
    }
  }

  private CompletableFuture<Void> closeCoordinator() {
    return onThread("tenure-close-coordinator-", coordinator::close);
  }

  /** What blocks has a thread. */
  private CompletableFuture<Void> onThread(String prefix, Runnable blocks) {
    return CompletableFuture.runAsync(
        blocks,
        task -> {
          Thread thread = new Thread(task, prefix + options.id());
          thread.setDaemon(true);
          thread.start();
        });
  }

  /** Whether it has come to an end in time. */
  private static boolean await(CompletableFuture<Void> future, Patience patience)
      throws InterruptedException {
    return await(future, patience, () -> {});
  }

  /** The same with something to do again and again. */
  private static boolean await(
      CompletableFuture<Void> future, Patience patience, Runnable meanwhile)
      throws InterruptedException {
    while (true) {
      try {
        future.get(Patience.LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return true;
      } catch (TimeoutException e) {
        if (patience.isOver()) {
          return false;
        }
        meanwhile.run();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
  }
}
