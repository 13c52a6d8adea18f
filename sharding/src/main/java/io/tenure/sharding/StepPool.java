package io.tenure.sharding;

import java.lang.reflect.Method;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that run steps: bounded, first come first served, virtual ones where the JVM has them
 * (21 and newer).
 *
 * <p>A step that hangs keeps its thread. So that it costs no other task its turn, the pool has one
 * more thread for each, up to twice its size.
 *
 * <p>Thread-safe.
 */
final class StepPool implements Executor, AutoCloseable {

  private final int size;
  private final ThreadPoolExecutor threads;

  /** Guarded by this, and so is the size of the pool that follows from it. */
  private int stuck;

  StepPool(int size) {
    this.size = size;
    this.threads =
        new ThreadPoolExecutor(
            size, size, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threadFactory());
    threads.allowCoreThreadTimeOut(true);
  }

  /** Threads that the JVM makes cheaply, if it can. */
  private static ThreadFactory threadFactory() {
    try {
      Method ofVirtual = Thread.class.getMethod("ofVirtual");
      Object builder = ofVirtual.invoke(null);
      Class<?> type = Class.forName("java.lang.Thread$Builder");
      type.getMethod("name", String.class, long.class).invoke(builder, "tenure-step-", 0L);
      return (ThreadFactory) type.getMethod("factory").invoke(builder);
    } catch (ReflectiveOperationException e) {
      // Before JDK 21.
      AtomicInteger number = new AtomicInteger();
      return task -> {
        Thread thread = new Thread(task, "tenure-step-" + number.getAndIncrement());
        thread.setDaemon(true);
        return thread;
      };
    }
  }

  @Override
  public void execute(Runnable task) {
    threads.execute(task);
  }

  /** A step hangs: its shard has lapsed, and its thread is of no use. */
  synchronized void stuck() {
    stuck++;
    resize();
  }

  /** It has come back. */
  synchronized void unstuck() {
    stuck--;
    resize();
  }

  private void resize() {
    int wanted = size + Math.min(size, Math.max(0, stuck));
    if (wanted > threads.getMaximumPoolSize()) {
      threads.setMaximumPoolSize(wanted);
      threads.setCorePoolSize(wanted);
    } else {
      threads.setCorePoolSize(wanted);
      threads.setMaximumPoolSize(wanted);
    }
  }

  /** How many threads it may have now. */
  synchronized int threads() {
    return threads.getMaximumPoolSize();
  }

  /** Lets what runs run out; takes nothing new. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
