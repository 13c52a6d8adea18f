package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * By how much the shares of busy workers are lowered and those of others raised; see {@link
 * LoadBalancing}.
 *
 * <p>A share multiplies a worker's capacity in the placement. An adjustment takes a few shards off
 * the target of the busiest worker, adds them to the targets of the least busy, and turns the
 * targets back into shares: so the next placement gives exactly those numbers, and later ones keep
 * the proportions, no matter which workers join or leave.
 *
 * <p><b>Which shards go.</b> How heavy a single shard is, no worker says. It is estimated: each
 * time, the estimates of a worker's shards are scaled such that they add up to how busy it is. So
 * what makes one worker after the other busy soon weighs more than what lies beside it. The
 * lightest go: if a heavy one went, the next worker would be too busy in its place, and so on for
 * ever. Another coordinator estimates anew.
 *
 * <p>Pure; confined to one thread.
 */
final class LoadBalance {

  /** A shard that does nothing may do something later: its estimate must be able to grow. */
  private static final double LEAST_WEIGHT = 1e-4;

  /**
   * One worker that takes shards.
   *
   * @param room how many more it may lead
   * @param led what it leads
   * @param pinned those of them that cannot go
   * @param utilization its moving average, from 0 to 1
   */
  record Busy(
      String id,
      double capacity,
      int room,
      List<String> led,
      Set<String> pinned,
      double utilization) {

    double work() {
      return utilization * capacity;
    }
  }

  private final Map<String, Double> shares;
  private Map<String, Double> weights = Map.of();
  private Map<String, String> leaving = Map.of();
  private long lastNanos;

  /** Goes on with the shares as they stand in the plan. */
  LoadBalance(Map<String, Double> shares, long nowNanos) {
    this.shares = new TreeMap<>(shares);
    this.lastNanos = nowNanos;
  }

  double share(String id) {
    return shares.getOrDefault(id, 1.0);
  }

  /** The shares that are not 1. */
  Map<String, Double> shares() {
    return Map.copyOf(shares);
  }

  /** The shards that the last adjustment wants to go, rather than others, from which worker. */
  Map<String, String> leaving() {
    return leaving;
  }

  /** Forgets the shares of workers that are gone. */
  void retain(Collection<String> ids) {
    shares.keySet().retainAll(ids);
  }

  /** Every worker has the share that its capacity gives it. */
  void reset() {
    shares.clear();
    leaving = Map.of();
  }

  /** How long until the next adjustment is due. */
  long nanosLeft(LoadBalancing settings, long nowNanos) {
    return Math.max(1, settings.interval().toNanos() - (nowNanos - lastNanos));
  }

  boolean isDue(LoadBalancing settings, long nowNanos) {
    return nowNanos - lastNanos >= settings.interval().toNanos();
  }

  /**
   * Adjusts the shares if a worker is too busy. To be called when that is due and nothing moves.
   *
   * @return why, if they have changed
   */
  Optional<String> adjust(LoadBalancing settings, List<Busy> workers, long nowNanos) {
    lastNanos = nowNanos;
    estimate(workers);
    Optional<Busy> busiest =
        workers.stream()
            .filter(worker -> worker.led().size() > 1)
            .max(Comparator.comparingDouble(Busy::utilization).thenComparing(Busy::id));
    if (busiest.isEmpty()) {
      return Optional.empty();
    }
    Busy hot = busiest.get();
    // Who has no room is idle in vain: it is no measure for those who have to do the work.
    List<Busy> others =
        workers.stream().filter(w -> w.room() > 0 && !w.id().equals(hot.id())).toList();
    double capacity = others.stream().mapToDouble(Busy::capacity).sum();
    double work = others.stream().mapToDouble(Busy::work).sum();
    if (others.isEmpty() || hot.utilization() - work / capacity <= settings.deadBand()) {
      return Optional.empty();
    }
    double fair = (work + hot.work()) / (capacity + hot.capacity()) * hot.capacity();
    List<String> go = lightest(hot, hot.work() - fair, settings.movesPerInterval());
    Map<String, Integer> targets = targets(workers, others, hot, go);
    if (targets.isEmpty()) {
      return Optional.empty(); // What is left is too heavy for one move to make it better.
    }
    leaving = new HashMap<>();
    go.forEach(shard -> leaving.put(shard, hot.id()));
    toShares(workers, targets);
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s is busier than others (%d%%)",
            hot.id(),
            Math.round(hot.utilization() * 100)));
  }

  /** What each shard does of a worker's work, as far as can be told. */
  private void estimate(List<Busy> workers) {
    Map<String, Double> next = new HashMap<>();
    for (Busy worker : workers) {
      double usual = worker.work() / Math.max(1, worker.led().size());
      double sum = 0;
      for (String shard : worker.led()) {
        sum += weights.getOrDefault(shard, usual);
      }
      double scale = sum > 0 ? worker.work() / sum : 1;
      for (String shard : worker.led()) {
        next.put(shard, Math.max(LEAST_WEIGHT, scale * weights.getOrDefault(shard, usual)));
      }
    }
    weights = next;
  }

  private double weight(String shard) {
    return weights.getOrDefault(shard, LEAST_WEIGHT);
  }

  /** Shards that are not too much together; not all that the worker has. */
  private List<String> lightest(Busy hot, double excess, int most) {
    List<String> all = new ArrayList<>(hot.led());
    // Of equally light ones the last, as everywhere.
    Collections.reverse(all);
    all.removeAll(hot.pinned());
    all.sort(Comparator.comparingDouble(this::weight));
    List<String> go = new ArrayList<>();
    double sum = 0;
    for (String shard : all) {
      sum += weight(shard);
      if (sum > excess || go.size() == Math.min(most, hot.led().size() - 1)) {
        break;
      }
      go.add(shard);
    }
    return go;
  }

  /** How many shards each should lead after the busiest has shed some; empty if it cannot. */
  private Map<String, Integer> targets(
      List<Busy> workers, List<Busy> others, Busy hot, List<String> go) {
    Map<String, Integer> targets = new TreeMap<>();
    Map<String, Double> expected = new TreeMap<>();
    for (Busy worker : workers) {
      targets.put(worker.id(), worker.led().size());
      expected.put(worker.id(), worker.utilization());
    }
    boolean shed = false;
    for (String shard : go) {
      double weight = weight(shard);
      Optional<Busy> least =
          others.stream()
              .filter(w -> targets.getOrDefault(w.id(), 0) - w.led().size() < w.room())
              .min(
                  Comparator.comparingDouble((Busy w) -> of(expected, w) + weight / w.capacity())
                      .thenComparing(Busy::id));
      if (least.isPresent()) {
        Busy to = least.get();
        double with = of(expected, to) + weight / to.capacity();
        if (with >= of(expected, hot)) {
          break; // It would be the other way round then.
        }
        targets.merge(to.id(), 1, Integer::sum);
        targets.merge(hot.id(), -1, Integer::sum);
        expected.put(to.id(), with);
        expected.put(hot.id(), of(expected, hot) - weight / hot.capacity());
        shed = true;
      }
    }
    return shed ? targets : Map.of();
  }

  private static double of(Map<String, Double> expected, Busy worker) {
    return expected.getOrDefault(worker.id(), 0.0);
  }

  private void toShares(List<Busy> workers, Map<String, Integer> targets) {
    double capacity = workers.stream().mapToDouble(Busy::capacity).sum();
    int all = targets.values().stream().mapToInt(Integer::intValue).sum();
    shares.clear();
    for (Busy worker : workers) {
      // A worker that leads nothing yet keeps a little share: at none it could never get any.
      double target = Math.max(0.5, targets.getOrDefault(worker.id(), 0));
      shares.put(worker.id(), target / all * capacity / worker.capacity());
    }
  }
}
