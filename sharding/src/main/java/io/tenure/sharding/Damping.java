package io.tenure.sharding;

import io.tenure.internal.Backoff;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Workers that keep dying: each time that a session of one ends soon after it began, or soon after
 * the worker got shards again, the worker gets shards back later. The first such end costs nothing,
 * the second ten seconds, and so on up to five minutes. An end with a goodbye, or of a worker that
 * drained, does not count, and forgives nothing; a session that lasts does.
 *
 * <p>What a coordinator knows is in the plan's summary, where the next one finds it.
 *
 * <p>Pure; confined to one thread.
 */
final class Damping {

  /** A session that ends later has not ended early. */
  static final long EARLY_NANOS = TimeUnit.MINUTES.toNanos(2);

  private static final int FREE_DEATHS = 1;
  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(15);

  /** At most so many are remembered, since they have to fit into the plan's summary. */
  private static final int MAX_REMEMBERED = 100;

  private record Life(String nonce, long incarnation, boolean draining, long sinceNanos) {}

  private record Deaths(int count, long lastNanos, long untilNanos) {}

  private final long startNanos;
  private final long startMillis;
  private final Map<String, Life> lives = new HashMap<>();
  private final Map<String, Deaths> deaths = new TreeMap<>();
  private final Set<Long> goodbyes = new HashSet<>();
  private boolean begun;

  /** Begins; both times are of the same moment. */
  Damping(long nowNanos, long nowMillis) {
    this.startNanos = nowNanos;
    this.startMillis = nowMillis;
  }

  /** The first time, goes on where the last coordinator ended. */
  void begin(Map<String, Damped> before, long nowNanos) {
    if (begun) {
      return;
    }
    begun = true;
    before.forEach(
        (id, damped) -> {
          long left =
              damped
                  .until()
                  .map(time -> TimeUnit.MILLISECONDS.toNanos(time.toEpochMilli() - startMillis))
                  .orElse(0L);
          long until = Math.max(nowNanos, Math.min(startNanos + left, nowNanos + LONGEST_NANOS));
          deaths.put(id, new Deaths(damped.deaths(), nowNanos, until));
        });
  }

  /** A worker said goodbye: its registration was not ended by its session's end. */
  void saidGoodbye(long incarnation) {
    if (goodbyes.size() >= MAX_REMEMBERED) {
      goodbyes.clear(); // Of coordinators long ago, or of workers never seen.
    }
    goodbyes.add(incarnation);
  }

  /** Takes note of who is there, by id. */
  void see(Collection<CoordinatorMachine.Worker> present, long nowNanos) {
    Map<String, Life> now = new HashMap<>();
    for (CoordinatorMachine.Worker worker : present) {
      WorkerNode node = worker.node();
      Life before = lives.get(worker.id());
      // One session may register twice, if its node is deleted by hand.
      long since =
          before != null && before.nonce().equals(node.nonce()) ? before.sinceNanos() : nowNanos;
      now.put(worker.id(), new Life(node.nonce(), worker.incarnation(), node.draining(), since));
    }
    lives.forEach(
        (id, life) -> {
          Life next = now.get(id);
          if (next == null || !next.nonce().equals(life.nonce())) {
            ended(id, life, nowNanos);
          }
        });
    lives.clear();
    lives.putAll(now);
    deaths.entrySet().removeIf(one -> isForgiven(one.getKey(), one.getValue(), nowNanos));
  }

  private void ended(String id, Life life, long nowNanos) {
    boolean clean = goodbyes.remove(life.incarnation()) || life.draining();
    Deaths before = deaths.get(id);
    long began = Math.max(life.sinceNanos(), before == null ? Long.MIN_VALUE : before.untilNanos());
    if (clean || nowNanos - began >= EARLY_NANOS) {
      return;
    }
    int count = before == null ? 1 : before.count() + 1;
    long hold =
        count <= FREE_DEATHS
            ? 0
            : Backoff.nanos(FIRST_NANOS, LONGEST_NANOS, count - FREE_DEATHS, 0);
    deaths.put(id, new Deaths(count, nowNanos, nowNanos + hold));
  }

  private boolean isForgiven(String id, Deaths known, long nowNanos) {
    Life life = lives.get(id);
    if (life == null) {
      return nowNanos - known.lastNanos() >= FORGOTTEN_NANOS;
    }
    return nowNanos - Math.max(life.sinceNanos(), known.untilNanos()) >= EARLY_NANOS;
  }

  /** The workers that get no shards now. */
  Set<String> held(long nowNanos) {
    Set<String> held = new TreeSet<>();
    deaths.forEach(
        (id, known) -> {
          if (known.untilNanos() > nowNanos) {
            held.add(id);
          }
        });
    return held;
  }

  /** How long until the next of them gets shards again. */
  Optional<Long> nanosLeft(long nowNanos) {
    return deaths.values().stream()
        .map(known -> known.untilNanos() - nowNanos)
        .filter(left -> left > 0)
        .min(Long::compare);
  }

  /** What the next coordinator has to know: the worst of those whose deaths have cost something. */
  Map<String, Damped> told(long nowNanos) {
    Map<String, Damped> told = new TreeMap<>();
    deaths.entrySet().stream()
        .filter(one -> one.getValue().count() > FREE_DEATHS)
        .sorted(Comparator.comparing((Map.Entry<String, Deaths> one) -> -one.getValue().count()))
        .limit(MAX_REMEMBERED)
        .forEach(one -> told.put(one.getKey(), told(one.getValue(), nowNanos)));
    return told;
  }

  private Damped told(Deaths known, long nowNanos) {
    long millis = startMillis + TimeUnit.NANOSECONDS.toMillis(known.untilNanos() - startNanos);
    return new Damped(
        known.count(),
        known.untilNanos() > nowNanos
            ? Optional.of(Instant.ofEpochMilli(millis))
            : Optional.empty());
  }
}
