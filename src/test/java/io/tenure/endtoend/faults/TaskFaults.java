package io.tenure.endtoend.faults;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** How the users' tasks behave at present. Each task asks before each of its steps. Thread-safe. */
final class TaskFaults {

  /** Stands for the processes of all workers. */
  static final long ANYWHERE = 0;

  /** What a step does. */
  enum Behavior {
    WORKS,
    THROWS,
    THROWS_ERROR,
    RETURNS_NULL,
    BLOCKS;

    /** As it goes to the worker. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Behavior of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  private record Order(long pid, Behavior behavior) {}

  private final Map<String, Order> orders = new ConcurrentHashMap<>();
  private final AtomicLong obeyed = new AtomicLong();

  /**
   * The shard's task behaves so from now on.
   *
   * @param pid the process that is meant, or {@link #ANYWHERE}
   */
  void begin(String shard, long pid, Behavior behavior) {
    orders.put(shard, new Order(pid, behavior));
  }

  /** The tasks of these shards work again. */
  void end(List<String> shards) {
    shards.forEach(orders::remove);
  }

  /** What the step of a shard is to do in a process. */
  Behavior of(String shard, long pid) {
    Order order = orders.get(shard);
    if (order == null || (order.pid() != ANYWHERE && order.pid() != pid)) {
      return Behavior.WORKS;
    }
    obeyed.incrementAndGet();
    return order.behavior();
  }

  /** How often a step was told to do something else than its work. */
  long obeyed() {
    return obeyed.get();
  }
}
