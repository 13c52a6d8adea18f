package io.tenure.internal.session;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The thread that listeners run on where the user brings none: a daemon, there only while there is
 * something to tell. Stateless.
 */
public final class CallbackThread {

  private static final long KEEP_SECONDS = 5;

  private CallbackThread() {}

  /** An executor with one such thread. */
  public static ThreadPoolExecutor named(String name) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1,
            1,
            KEEP_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }
}
