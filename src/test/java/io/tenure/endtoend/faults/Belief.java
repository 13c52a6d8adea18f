package io.tenure.endtoend.faults;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Asks each leadership of the process all the time whether it is held, and logs since when and
 * until when it said so. A thread of its own, so that a process which wakes from a pause asks at
 * once.
 *
 * <p>A lease that was over once is over for good; so what is held at two times was held between
 * them. The time of a check is taken before it: what is found held was so then.
 *
 * <p>Thread-safe.
 */
final class Belief {

  /** What is held, or was. Thread-safe. */
  interface Leadership {
    /** Larger than that of every leadership of the shard before. */
    long epoch();

    boolean isHeld();
  }

  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  /** What a process that is killed has not logged yet is at most this much, and a period. */
  private static final long LOGGED_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final class Seen {
    private final Leadership leadership;
    private long from;
    private long until;
    private long logged;
    private long checks;

    Seen(Leadership leadership) {
      this.leadership = leadership;
    }
  }

  private final UseLog log;
  private final Map<String, Seen> held = new ConcurrentHashMap<>();

  Belief(UseLog log) {
    this.log = log;
    Thread thread = new Thread(this::run, "belief");
    thread.setDaemon(true);
    thread.start();
  }

  /** A leadership begins, and replaces the shard's last one. */
  void add(String shard, Leadership leadership) {
    held.put(shard, new Seen(leadership));
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      held.forEach(this::check);
      Pause.nanos(PERIOD_NANOS);
    }
  }

  private void check(String shard, Seen seen) {
    long before = System.nanoTime();
    if (seen.leadership.isHeld()) {
      seen.from = seen.checks == 0 ? before : seen.from;
      seen.until = before;
      seen.checks++;
      if (seen.checks == 1 || before - seen.logged > LOGGED_EVERY_NANOS) {
        log(shard, seen);
      }
    } else {
      held.remove(shard, seen);
      if (seen.checks > 0) {
        log(shard, seen);
      }
    }
  }

  private void log(String shard, Seen seen) {
    seen.logged = seen.until;
    log.held(shard, seen.leadership.epoch(), seen.from, seen.until, seen.checks);
  }
}
