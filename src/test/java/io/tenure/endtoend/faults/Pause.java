package io.tenure.endtoend.faults;

import java.util.concurrent.locks.LockSupport;

/**
 * Lets time pass: work that takes it, and schedules that say when. Nothing waits for a thing here.
 */
final class Pause {

  private Pause() {}

  /** Returns after so many nanoseconds, or when interrupted, which is kept. */
  static void nanos(long nanos) {
    until(System.nanoTime() + nanos);
  }

  /** Returns at a time of {@link System#nanoTime()}, or when interrupted, which is kept. */
  static void until(long nanoTime) {
    for (long left = nanoTime - System.nanoTime();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
