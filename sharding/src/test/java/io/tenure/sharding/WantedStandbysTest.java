package io.tenure.sharding;

import static io.tenure.sharding.Placement.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private static PlanNode plan(String id, List<List<String>> standsBy) {
    return new PlanNode(id, 1, Optional.empty(), List.of(), List.of(), standsBy, Map.of());
  }

  @Test
  void whatAPlanSaysIsTakenAsItIsButForWhatIsGone() {
    ShardSet shards = ShardSet.numbered(4);
    WantedStandbys wanted =
        WantedStandbys.of(
            List.of(
                plan("w-1", List.of(List.of("0", "1"))),
                plan("w-2", List.of(List.of("2", "9"), List.of("0")))),
            shards,
            members());
    assertThat(wanted.workers()).containsExactly("w-2");
    assertThat(wanted.ranks())
        .isDeepEqualTo(
            new int[][] {{NONE, NONE, 0, NONE}, {0, NONE, NONE, NONE}, {NONE, NONE, NONE, NONE}});
    assertThat(wanted.over(2, shards, members()))
        .isDeepEqualTo(new int[][] {{NONE, NONE, 0, NONE}, {0, NONE, NONE, NONE}});
    assertThat(wanted.over(0, shards, members())).isEmpty();
    ShardSet others = ShardSet.named(List.of("0", "2", "a"));
    assertThat(wanted.over(4, others, members()))
        .isDeepEqualTo(
            new int[][] {{NONE, 0, NONE}, {0, NONE, NONE}, {NONE, NONE, NONE}, {NONE, NONE, NONE}});
  }
}
