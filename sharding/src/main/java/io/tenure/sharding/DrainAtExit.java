package io.tenure.sharding;

import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The end of the JVM, as a worker sees it: hands everything over, for as long as that can succeed.
 * Without a connection it cannot; and the shard of a task that has itself called {@link
 * System#exit} is not handed over but ended, since the task will not return.
 *
 * <p>Confined to the thread of the shutdown hook.
 */
final class DrainAtExit {

  private static final Log log = Log.of(DrainAtExit.class);

  private final WorkerOptions options;
  private final WorkerDriver driver;
  private final Patience patience;

  DrainAtExit(WorkerOptions options, Monitor monitor, UserThreads threads, WorkerDriver driver) {
    this.options = options;
    this.driver = driver;
    this.patience = new Patience(monitor, threads);
  }

  /** Drains; returns when nothing is left, or nothing more can be handed over. */
  void run(Duration limit) throws InterruptedException {
    log.info("group={} worker={} the JVM ends: drains", options.group(), options.id());
    CompletableFuture<Void> drained = driver.drain(true);
    Optional<String> why = Optional.empty();
    while (why.isEmpty()) {
      try {
        drained.get(Patience.LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (ExecutionException e) {
        return; // Its session cannot come back, as was logged: nothing is led.
      } catch (TimeoutException e) {
        why = whyNot(limit.toNanos() - patience.nanos(), limit);
      }
    }
    log.warn(
        "group={} worker={} not drained, because {}: closes now",
        options.group(),
        options.id(),
        why.get());
  }

  /** With how much patience the closing that follows begins. */
  Patience forClosing() {
    return patience.next();
  }

  private Optional<String> whyNot(long nanosLeft, Duration limit) throws InterruptedException {
    if (patience.isCutOff()) {
      return Optional.of("there is no connection to ZooKeeper");
    } else if (nanosLeft <= 0) {
      return Optional.of("it took longer than " + limit);
    }
    try {
      return driver.lookAtExit().get(Patience.LOOK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return Optional.empty(); // The event thread is busy.
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
