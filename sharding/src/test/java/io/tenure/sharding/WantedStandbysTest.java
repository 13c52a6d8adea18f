package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the next decision begins with. */
class WantedStandbysTest {

  private static final int MANY = 6_000;

  private static final ShardSet NUMBERED = ShardSet.numbered(MANY);

  private static ShardSet named(int from) {
    return ShardSet.named(
        IntStream.range(from, from + MANY)
            .mapToObj(i -> String.format(Locale.ROOT, "tenant-of-a-long-name-%05d", i))
            .toList());
  }

  private static WantedStandbys wanted(ShardSet shards) {
    int[] rank = new int[MANY];
    Arrays.setAll(rank, shard -> shard % 2);
    return new WantedStandbys(shards, List.of("w-1", "w-2"), new int[][] {rank});
  }

  private static Members members() {
    return new Members(
        new TreeMap<>(Map.of("w-2", new CoordinatorMachine.Worker(StillGroup.node("w-2"), 1))),
        Directives.none(),
        NUMBERED);
  }

  /** The least of so many that some are not interrupted, and come after the compiler's work. */
  private static long nanos(Runnable work) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 100; i++) {
      long begin = System.nanoTime();
      work.run();
      best = Math.min(best, System.nanoTime() - begin);
    }
    return best;
  }

  @Test
  void whatIsGoneStandsByForNothing() {
    int[] ranks = wanted(named(0)).over(1, named(MANY - 1), members())[0];
    assertThat(ranks[0])
        .as("the only shard of both sets, whose worker has another number")
        .isZero();
    assertThat(Arrays.stream(ranks).skip(1)).containsOnly(Placement.NONE);
    assertThat(wanted(NUMBERED).over(1, NUMBERED, members())[0])
        .startsWith(Placement.NONE, 0, Placement.NONE, 0);
  }

  @Test
  void longNamesCostNoMoreThanNumbers() {
    ShardSet names = named(0);
    ShardSet same = named(0);
    WantedStandbys numbered = wanted(NUMBERED);
    WantedStandbys named = wanted(names);
    Members members = members();
    long ofNumbers = nanos(() -> numbered.over(1, NUMBERED, members));
    long ofNames = nanos(() -> named.over(1, same, members));
    assertThat(ofNames).isLessThan(30 * ofNumbers);
  }
}
