package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the next decision begins with. */
class WantedStandbysTest {

  private static final int MANY = 6_000;

  private static final ShardSet NUMBERED = ShardSet.numbered(MANY);

  private static ShardSet named(int from) {
    return CountedNames.of(MANY, from).shards();
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
  void theNamesOfTwoSetsAreComparedOnceAndNotForEachShard() {
    CountedNames names = CountedNames.of(MANY, 0);
    WantedStandbys wanted = wanted(CountedNames.of(MANY, 0).shards());
    ShardSet same = names.shards();
    assertThat(wanted.over(1, same, members())[0]).startsWith(Placement.NONE, 0);
    assertThat(names.reads()).isEqualTo(MANY);
    CountedNames more = CountedNames.of(MANY, 1);
    wanted.over(1, more.shards(), members());
    assertThat(more.reads()).as("a look at the first, and then each").isEqualTo(1 + MANY);
  }
}
