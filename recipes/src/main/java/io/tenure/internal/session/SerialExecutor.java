package io.tenure.internal.session;

import io.tenure.internal.Backoff;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Calls listeners, one call after the other, in the order given, on an executor that may have many
 * threads and may be the user's. The library never waits for a listener: calls that a listener
 * keeps waiting stand in a queue with a bound, and a WARN line says so, once.
 *
 * <p>Futures of users are completed apart from the listeners, by {@link #complete}: a user's future
 * completes even while a listener blocks.
 *
 * <p>What a call throws is logged, and the next one runs. An executor that rejects is asked again a
 * few times and then with the next call. An executor that blocks, or that runs a task on its
 * caller, does so to a thread that serves this executor alone.
 *
 * <p>Thread-safe.
 */
public final class SerialExecutor implements Executor {

  private static final Log log = Log.of(SerialExecutor.class);

  /** So many calls wait at most; later ones are dropped until there is room. */
  static final int MAX_WAITING = 10_000;

  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int MAX_TRIES = 10;
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** So many users' dependents of a future may block before a further future has to wait. */
  private static final int COMPLETERS = 16;

  private final Executor executor;
  private final String owner;

  /** Submits to the user's executor; null if the executor is the library's own. */
  private final @Nullable ThreadPoolExecutor submitter;

  private final ThreadPoolExecutor completers;

  // Guarded by tasks.
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private boolean running;
  private boolean warned;
  private long dropped;

  /** When the present call began, or the executor was asked to make it. */
  private long sinceNanos;

  /** Calls on an executor that neither blocks nor rejects. */
  SerialExecutor(Executor executor) {
    this(executor, "", null);
  }

  private SerialExecutor(Executor executor, String owner, @Nullable ThreadPoolExecutor submitter) {
    this.executor = executor;
    this.owner = owner;
    this.submitter = submitter;
    this.completers = CallbackThread.several("tenure-futures", COMPLETERS);
  }

  /**
   * Calls on an executor that may be the user's.
   *
   * @param owner whose listeners they are, as log lines begin
   */
  public static SerialExecutor of(Executor executor, String owner) {
    return new SerialExecutor(
        executor,
        owner,
        CallbackThread.isOwn(executor) ? null : CallbackThread.named("tenure-callbacks"));
  }

  /** Completes a future of the user's, which may run user code, on a thread for that. */
  public void complete(Runnable completion) {
    completers.execute(() -> guarded(completion));
  }

  /** A future of the library's as users get it: its dependents hold up no listener and no lease. */
  public <T> CompletionStage<T> forUsers(CompletableFuture<T> future) {
    CompletableFuture<T> users = new CompletableFuture<>();
    future.whenComplete(
        (value, error) ->
            complete(
                () -> {
                  if (error == null) {
                    users.complete(value);
                  } else {
                    users.completeExceptionally(error);
                  }
                }));
    return users.minimalCompletionStage();
  }

  @Override
  public void execute(Runnable task) {
    synchronized (tasks) {
      if (tasks.size() >= MAX_WAITING) {
        dropped++;
        warnIfSlow(true);
        return;
      }
      tasks.add(task);
      warnIfSlow(false);
      if (running) {
        return;
      }
      running = true;
      sinceNanos = System.nanoTime();
    }
    if (submitter == null) {
      submit(1);
    } else {
      submitter.execute(() -> submit(MAX_TRIES));
    }
  }

  /** Under the lock. */
  private void warnIfSlow(boolean full) {
    if (warned || !running) {
      return;
    }
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - sinceNanos);
    if (full || seconds >= TimeUnit.NANOSECONDS.toSeconds(SLOW_NANOS)) {
      warned = true;
      log.warn(
          "{} a listener has not come back for {} s and {} calls wait for it, of at most {}: let it"
              + " hand its work to a thread of its own",
          owner,
          seconds,
          tasks.size(),
          MAX_WAITING);
    }
  }

  private void submit(int tries) {
    Backoff pauses = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
    while (true) {
      try {
        executor.execute(this::drain);
        return;
      } catch (Throwable e) {
        if (pauses.failures() == 0) {
          UserCode.warn(log, owner + " the callback executor takes no call of a listener", e);
        }
        if (pauses.failures() + 1 >= tries) {
          break;
        }
        LockSupport.parkNanos(pauses.nextNanos());
      }
    }
    synchronized (tasks) {
      running = false; // The next call asks the executor again.
    }
  }

  private void drain() {
    while (true) {
      Runnable task;
      synchronized (tasks) {
        task = tasks.poll();
        sinceNanos = System.nanoTime();
        if (task == null) {
          running = false;
          caughtUp();
          return;
        }
      }
      guarded(task);
    }
  }

  /** Under the lock. */
  private void caughtUp() {
    if (dropped > 0) {
      log.warn("{} {} calls of a listener that was too slow were left out", owner, dropped);
    }
    dropped = 0;
    warned = false;
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      UserCode.warn(log, owner + " a listener threw", e);
      UserCode.reportToThread(e);
    }
  }
}
