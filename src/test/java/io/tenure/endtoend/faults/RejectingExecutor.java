package io.tenure.endtoend.faults;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The executor that a user gives to a worker: a pool of a fixed size, which rejects what it is told
 * to reject. Thread-safe.
 */
final class RejectingExecutor implements Executor {

  static final int THREADS = 8;

  private final ExecutorService pool =
      Executors.newFixedThreadPool(
          THREADS,
          task -> {
            Thread thread = new Thread(task, "users-pool");
            thread.setDaemon(true);
            return thread;
          });

  private final AtomicLong rejections = new AtomicLong();

  RejectingExecutor() {
    for (int i = 0; i < THREADS; i++) {
      pool.execute(() -> {}); // So each thread is there before the threads are counted.
    }
  }

  /** Rejects so many of the next tasks, and none after that. */
  void reject(long tasks) {
    rejections.set(tasks);
  }

  @Override
  public void execute(Runnable task) {
    if (rejections.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new RejectedExecutionException("the user's executor is full");
    }
    pool.execute(task);
  }
}
