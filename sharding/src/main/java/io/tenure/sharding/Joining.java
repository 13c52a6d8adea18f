package io.tenure.sharding;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Workers that have joined and are not in the plan yet. They wait until no other worker has joined
 * for a settle window, so that a rolling start moves shards once and not once for each worker; but
 * for some windows at most.
 *
 * <p>Pure; confined to one thread.
 */
final class Joining {

  private static final int MAX_WINDOWS = 4;

  private final Map<String, Long> waiting = new TreeMap<>();
  private long firstNanos;
  private long lastNanos;

  /**
   * Takes note of who is there.
   *
   * @param newcomers the workers that are not in the plan, with their incarnations
   */
  void see(Map<String, Long> newcomers, long nowNanos) {
    waiting.keySet().retainAll(newcomers.keySet());
    newcomers.forEach(
        (id, incarnation) -> {
          if (waiting.isEmpty()) {
            firstNanos = nowNanos;
          }
          if (!incarnation.equals(waiting.put(id, incarnation))) {
            lastNanos = nowNanos;
          }
        });
  }

  /** How long the newcomers have to wait yet; empty if there are none. */
  Optional<Long> nanosLeft(long settleNanos, long nowNanos) {
    if (waiting.isEmpty()) {
      return Optional.empty();
    }
    long quiet = settleNanos - (nowNanos - lastNanos);
    long patience = MAX_WINDOWS * settleNanos - (nowNanos - firstNanos);
    return Optional.of(Math.max(0, Math.min(quiet, patience)));
  }

  /** The newcomers join the plan. */
  Set<String> take() {
    Set<String> joined = new TreeSet<>(waiting.keySet());
    waiting.clear();
    return joined;
  }
}
