package io.tenure.internal.session;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads that call user code where the user brings none: daemons, there only while there is
 * something to tell. After they were shut down, what is still to be told gets a thread of its own:
 * nothing is lost because it comes late. Stateless.
 */
public final class CallbackThread {

  private static final long KEEP_SECONDS = 5;

  private CallbackThread() {}

  /** An executor with one such thread. */
  public static ThreadPoolExecutor named(String name) {
    return new Own(name, 1);
  }

  /** An executor with several such threads, for calls that need not come one after the other. */
  public static ThreadPoolExecutor several(String name, int threads) {
    return new Own(name, threads);
  }

  /** Whether it is one of these, which neither block nor reject nor run a task on its caller. */
  static boolean isOwn(Object executor) {
    return executor instanceof Own;
  }

  private static final class Own extends ThreadPoolExecutor {

    Own(String name, int threads) {
      super(
          threads,
          threads,
          KEEP_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> daemon(task, name),
          (task, executor) -> daemon(task, name).start());
      allowCoreThreadTimeOut(true);
    }

    private static Thread daemon(Runnable task, String name) {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    }
  }
}
