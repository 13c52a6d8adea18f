package io.tenure.audit;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the archiver's thread is to look at next. Bounded by the number of trails. Thread-safe;
 * ZooKeeper's event thread writes it and never waits for more than a moment.
 */
final class ArchiveSignals {

  /**
   * What has come up.
   *
   * @param all whether everything is to be looked at
   * @param trails else these; empty only if the time is over
   */
  record Work(boolean all, Set<String> trails) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final Set<String> trails = new HashSet<>();
  private boolean all;

  /** Everything is to be looked at. */
  void all() {
    lock.lock();
    try {
      all = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Some trails are to be looked at. */
  void trails(Collection<String> some) {
    lock.lock();
    try {
      if (trails.addAll(some)) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for work, but not for longer than this. */
  Work await(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (!all && trails.isEmpty() && left > 0) {
        left = changed.awaitNanos(left);
      }
      Work work = new Work(all, Set.copyOf(trails));
      all = false;
      trails.clear();
      return work;
    } finally {
      lock.unlock();
    }
  }

  /** Lets time pass; no signal cuts it short. */
  void pause(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      Condition nothing = lock.newCondition();
      long left = nanos;
      while (left > 0) {
        left = nothing.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
