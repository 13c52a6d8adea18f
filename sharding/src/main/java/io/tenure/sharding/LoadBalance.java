package io.tenure.sharding;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * By how much the shares of busy workers are lowered and those of others raised; see {@link
 * LoadBalancing}.
 *
 * <p>A share multiplies a worker's capacity in the placement. An adjustment takes a few shards off
 * the target of the busiest worker, adds them to the targets of the least busy, and turns the
 * targets back into shares: so the next placement gives exactly those numbers, and later ones keep
 * the proportions whoever joins or leaves.
 *
 * <p>Pure; confined to one thread.
 */
final class LoadBalance {

  /**
   * One worker that takes shards.
   *
   * @param led how many it leads
   * @param utilization its moving average, from 0 to 1
   */
  record Busy(String id, double capacity, int led, double utilization) {}

  private final Map<String, Double> shares;
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

  /** Forgets the shares of workers that are gone. */
  void retain(Collection<String> ids) {
    shares.keySet().retainAll(ids);
  }

  /** Every worker has the share that its capacity gives it. */
  void reset() {
    shares.clear();
  }

  /** How long until the next adjustment is due. */
  long nanosLeft(LoadBalancing settings, long nowNanos) {
    return Math.max(1, settings.interval().toNanos() - (nowNanos - lastNanos));
  }

  /**
   * Adjusts the shares, if it is time to, nothing else moves, and somebody is too busy.
   *
   * @return why, if they have changed
   */
  Optional<String> adjust(
      LoadBalancing settings, List<Busy> workers, int movesInFlight, long nowNanos) {
    if (nowNanos - lastNanos < settings.interval().toNanos() || movesInFlight > 0) {
      return Optional.empty();
    }
    lastNanos = nowNanos;
    double capacity = workers.stream().mapToDouble(Busy::capacity).sum();
    double work = workers.stream().mapToDouble(w -> w.utilization() * w.capacity()).sum();
    Optional<Busy> busiest =
        workers.stream()
            .filter(worker -> worker.led() > 1)
            .max(Comparator.comparingDouble(Busy::utilization).thenComparing(Busy::id));
    if (workers.size() < 2 || busiest.isEmpty()) {
      return Optional.empty();
    }
    Busy hot = busiest.get();
    double excess = hot.utilization() - work / capacity;
    double each = hot.utilization() / hot.led();
    int shed = (int) Math.min(Math.min(settings.movesPerInterval(), hot.led() - 1), excess / each);
    if (excess <= settings.deadBand() || shed < 1) {
      return Optional.empty(); // What is left is too heavy for one move to make it better.
    }
    toShares(workers, targets(workers, hot, shed, each), capacity);
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s is busier than others (%d%%)",
            hot.id(),
            Math.round(hot.utilization() * 100)));
  }

  /** How many shards each should lead after the busiest has shed some. */
  private static Map<String, Integer> targets(List<Busy> workers, Busy hot, int shed, double each) {
    Map<String, Integer> targets = new TreeMap<>();
    Map<String, Double> expected = new TreeMap<>();
    for (Busy worker : workers) {
      targets.put(worker.id(), worker.led());
      expected.put(worker.id(), worker.utilization());
    }
    for (int i = 0; i < shed; i++) {
      Busy least =
          workers.stream()
              .filter(worker -> !worker.id().equals(hot.id()))
              .min(
                  Comparator.comparingDouble((Busy w) -> expected.getOrDefault(w.id(), 0.0))
                      .thenComparing(Busy::id))
              .orElseThrow();
      targets.merge(hot.id(), -1, Integer::sum);
      targets.merge(least.id(), 1, Integer::sum);
      expected.merge(least.id(), each * hot.capacity() / least.capacity(), Double::sum);
    }
    return targets;
  }

  private void toShares(List<Busy> workers, Map<String, Integer> targets, double capacity) {
    int all = targets.values().stream().mapToInt(Integer::intValue).sum();
    shares.clear();
    for (Busy worker : workers) {
      // A worker that leads nothing yet keeps a little share: at none it could never get any.
      double target = Math.max(0.5, targets.getOrDefault(worker.id(), 0));
      shares.put(worker.id(), target / all * capacity / worker.capacity());
    }
  }
}
