package io.tenure.sharding;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Which threads run the user's code for a worker now: its tasks, by shard, and its listener. The
 * closing of a worker must not wait for a thread that waits for the closing.
 *
 * <p>Thread-safe.
 */
final class UserThreads {

  private final Map<String, Thread> tasks = new ConcurrentHashMap<>();
  private final Set<Thread> listeners = ConcurrentHashMap.newKeySet();

  /** Whether the calling thread runs the user's code for this worker. */
  boolean isCurrent() {
    Thread current = Thread.currentThread();
    return listeners.contains(current) || tasks.containsValue(current);
  }

  /** Whether a task's code runs that can still return. */
  boolean isTaskRunning() {
    return tasks.values().stream().anyMatch(thread -> !isExiting(thread));
  }

  /**
   * Whether a shard's task has called {@link System#exit}: its thread waits for the end of the JVM,
   * and its code goes no further.
   */
  boolean isExiting(String shard) {
    Thread thread = tasks.get(shard);
    return thread != null && isExiting(thread);
  }

  private static boolean isExiting(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getClassName().equals("java.lang.Runtime")
          && frame.getMethodName().equals("exit")) {
        return true;
      }
    }
    return false;
  }

  /** The executor of the listener, whose threads are known from then on. */
  Executor ofListener(Executor executor) {
    return task ->
        executor.execute(
            () -> {
              Thread current = Thread.currentThread();
              listeners.add(current);
              try {
                task.run();
              } finally {
                listeners.remove(current);
              }
            });
  }

  /** A factory whose tasks, and itself, are known while they run. */
  ShardTaskFactory ofTasks(ShardTaskFactory factory) {
    return shard -> {
      begin(shard);
      try {
        @Nullable ShardTask task = factory.taskFor(shard);
        if (task == null) {
          throw new IllegalStateException(
              factory.getClass().getName() + " returned null as the task of shard " + shard);
        }
        return new Known(shard, task);
      } finally {
        end(shard);
      }
    };
  }

  /** The user's own class of a task that a factory of {@link #ofTasks} has made. */
  static Class<?> classOf(ShardTask task) {
    return task instanceof Known known ? known.task.getClass() : task.getClass();
  }

  private void begin(String shard) {
    tasks.put(shard, Thread.currentThread());
  }

  private void end(String shard) {
    tasks.remove(shard, Thread.currentThread());
  }

  /** A task whose thread is known while its code runs. */
  private final class Known implements ShardTask {
    private final String shard;
    private final ShardTask task;

    Known(String shard, ShardTask task) {
      this.shard = shard;
      this.task = task;
    }

    @Override
    public void warmUp() throws Exception {
      begin(shard);
      try {
        task.warmUp();
      } finally {
        end(shard);
      }
    }

    @Override
    public void coolDown() throws Exception {
      begin(shard);
      try {
        task.coolDown();
      } finally {
        end(shard);
      }
    }

    @Override
    public void prepare(Lease lease) throws Exception {
      begin(shard);
      try {
        task.prepare(lease);
      } finally {
        end(shard);
      }
    }

    @Override
    public NextStep step(Lease lease) throws Exception {
      begin(shard);
      try {
        return task.step(lease);
      } finally {
        end(shard);
      }
    }

    @Override
    public void stop(Lease lease, Transition.End why) throws Exception {
      begin(shard);
      try {
        task.stop(lease, why);
      } finally {
        end(shard);
      }
    }

    @Override
    public void lost(Tenure tenure, Transition.End why) throws Exception {
      begin(shard);
      try {
        task.lost(tenure, why);
      } finally {
        end(shard);
      }
    }
  }
}
