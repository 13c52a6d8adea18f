package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Load balancing over time, where shards are not equally heavy: workers measure how busy they are
 * as the real ones do, and the weight of a shard is known to none of them.
 */
class CoordinatorLoadSimulationTest {

  private static final int SEEDS = 6;
  private static final int INTERVALS = 30;
  private static final Duration STEP = Duration.ofSeconds(10);

  /** Workers that lead shards of some weight each. */
  private static final class World {
    private final LoadBalancing balancing;
    final CoordinatedGroup group;
    private final double[] weights;
    private final Map<String, Double> averages = new TreeMap<>();

    World(double[] weights, double[] capacities, LoadBalancing balancing) {
      this.weights = weights;
      this.balancing = balancing;
      this.group = CoordinatedGroup.of(ShardSet.numbered(weights.length));
      for (int i = 0; i < capacities.length; i++) {
        String id = "w-" + (i + 1);
        group.join(id).worker(id).capacity = capacities[i];
        averages.put(id, 0.0);
      }
      group.decide();
      group.balancing(Optional.of(balancing));
    }

    private double load(String id) {
      double work = group.leads(id).stream().mapToDouble(s -> weights[Integer.parseInt(s)]).sum();
      return work / group.worker(id).capacity;
    }

    /** An interval passes; how many moves have begun in it. */
    int interval() {
      int before = group.begun;
      for (Duration at = Duration.ZERO;
          at.compareTo(balancing.interval()) < 0;
          at = at.plus(STEP)) {
        averages.replaceAll(
            (id, old) -> BusyTime.moved(old, Math.min(1, load(id)), STEP.toNanos()));
        averages.forEach(this::publish);
        group.pass(STEP).calm();
      }
      return group.begun - before;
    }

    /** As a worker does: not every change is written. */
    private void publish(String id, double average) {
      CoordinatedGroup.Registered worker = group.worker(id);
      int percent = (int) Math.round(average * 100);
      if (Math.abs(percent - worker.utilization) >= 3) {
        worker.utilization = percent;
      }
    }

    /** By how much the busiest is above the others' average. */
    double excess() {
      String hot =
          averages.keySet().stream().reduce((a, b) -> load(a) >= load(b) ? a : b).orElse("");
      double work = 0;
      double capacity = 0;
      for (String id : averages.keySet()) {
        if (!id.equals(hot)) {
          work += load(id) * group.worker(id).capacity;
          capacity += group.worker(id).capacity;
        }
      }
      return load(hot) - work / capacity;
    }

    double spread() {
      DoubleSummaryStatistics all =
          averages.keySet().stream().mapToDouble(this::load).summaryStatistics();
      return all.getMax() - all.getMin();
    }
  }

  private static double[] weights(Random random, int shards, boolean skewed, double total) {
    double[] weights = new double[shards];
    Arrays.setAll(
        weights, shard -> skewed ? -Math.log(1 - random.nextDouble()) : 0.2 + random.nextDouble());
    double sum = Arrays.stream(weights).sum();
    Arrays.setAll(weights, shard -> weights[shard] / sum * total);
    return weights;
  }

  @ParameterizedTest
  @CsvSource({
    "40, 4, false, 0, 1",
    "40, 4, true, 0, 1",
    "12, 3, true, 0, 1",
    "60, 6, true, 0, 3",
    "40, 4, false, 1, 1",
    "40, 4, true, 2, 1",
    "20, 2, true, 1, 1",
    "60, 6, true, 3, 1",
    "40, 4, true, 1, 3"
  })
  void loadsEvenOutWithinTheDeadBandAndOneShardAndThenNothingMovesAnyMore(
      int shards, int workers, boolean skewed, int heavy, int capacities) {
    LoadBalancing balancing = LoadBalancing.DEFAULT;
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      double[] weights = weights(random, shards, skewed, 0.4 * workers);
      for (int i = 0; i < heavy; i++) {
        weights[random.nextInt(shards)] = 0.5; // As much as all that a usual worker does.
      }
      double[] capacity = new double[workers];
      Arrays.setAll(capacity, w -> 1 + random.nextInt(capacities));
      World world = new World(weights, capacity, balancing);
      int last = 0;
      for (int interval = 1; interval <= INTERVALS; interval++) {
        int moved = world.interval();
        assertThat(moved)
            .as("moves in interval %s, seed %s", interval, seed)
            .isLessThanOrEqualTo(balancing.movesPerInterval());
        last = moved > 0 ? interval : last;
      }
      assertThat(last).as("the last moves, seed %s", seed).isLessThanOrEqualTo(INTERVALS * 4 / 5);
      double most = Arrays.stream(weights).max().orElseThrow();
      assertThat(world.excess())
          .as("busier than others, spread %s, seed %s", world.spread(), seed)
          .isLessThanOrEqualTo(balancing.deadBand() + most);
      if (heavy == 0 && capacities == 1) {
        assertThat(world.spread())
            .as("spread, seed %s", seed)
            .isLessThanOrEqualTo(2 * (balancing.deadBand() + most));
      }
    }
  }
}
