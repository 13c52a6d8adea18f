package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which shards a busy worker sheds, to whom, and by how much: workers of unlike capacities. */
class LoadBalanceTest {

  private static final LoadBalancing SETTINGS = new LoadBalancing(Duration.ofSeconds(30), 0.25, 10);

  private final LoadBalance balance = new LoadBalance(Map.of("gone", 2.0), 7);

  private static LoadBalance.Busy worker(
      String id, double capacity, int room, double utilization, String... led) {
    return new LoadBalance.Busy(id, capacity, room, List.of(led), Set.of(), utilization);
  }

  private boolean adjust(LoadBalance.Busy... workers) {
    return balance.adjust(SETTINGS, List.of(workers), 100).isPresent();
  }

  @Test
  void theBusiestThatHasMoreThanOneShardShedsTheLastOfEquallyLightOnes() {
    assertThat(
            adjust(
                worker("w-1", 1, 0, 1.0, "x"),
                worker("w-2", 1, 0, 0.8, "a", "b"),
                worker("w-3", 1, 9, 0)))
        .isTrue();
    assertThat(balance.leaving()).isEqualTo(Map.of("b", "w-2"));
    assertThat(balance.shares()).as("of who is there").containsOnlyKeys("w-1", "w-2", "w-3");
  }

  @Test
  void aDifferenceOfExactlyTheDeadBandIsLeftAsItIs() {
    assertThat(
            adjust(
                worker("w-1", 1, 9, 0.75, "a", "b", "c", "d", "e", "f", "g", "h"),
                worker("w-2", 1, 9, 0.5, "i")))
        .isFalse();
    assertThat(balance.leaving()).isEmpty();
  }

  @Test
  void whatIsShedIsWhatIsAboveTheFairPartOfAWorkersCapacity() {
    adjust(
        worker("w-1", 4, 9, 0.5, "a", "b", "c", "d", "e", "f", "g", "h"), worker("w-2", 4, 9, 0));
    assertThat(balance.leaving()).containsOnlyKeys("e", "f", "g", "h");
    assertThat(balance.shares()).isEqualTo(Map.of("w-1", 1.0, "w-2", 1.0));
  }

  @Test
  void aShardGoesWhereItWeighsLeastAndNotToWhoIsLeastBusy() {
    adjust(
        worker("w-1", 1, 9, 0.8, "a", "b", "c", "d"),
        worker("w-2", 0.5, 9, 0),
        worker("w-3", 4, 9, 0.0625, "e"));
    // Three go, to the large one; the small one keeps the half of a shard that lets it grow.
    assertThat(balance.leaving()).hasSize(3);
    assertThat(balance.share("w-1")).isEqualTo(1.0 / 5 * 5.5 / 1);
    assertThat(balance.share("w-2")).isEqualTo(0.5 / 5 * 5.5 / 0.5);
    assertThat(balance.share("w-3")).isEqualTo(4.0 / 5 * 5.5 / 4);
  }

  @Test
  void noWorkerGetsMoreThanItHasRoomFor() {
    adjust(
        worker("w-1", 1, 9, 0.75, "a", "b", "c", "d", "e", "f"),
        worker("w-2", 1, 1, 0, "g"),
        worker("w-3", 1, 9, 0, "h"));
    // One to the first, two to the second; with a third, that would be as busy as who sheds.
    assertThat(balance.share("w-1")).isEqualTo(3.0 / 8 * 3);
    assertThat(balance.share("w-2")).isEqualTo(2.0 / 8 * 3);
    assertThat(balance.share("w-3")).isEqualTo(3.0 / 8 * 3);
  }

  @Test
  void estimatesAddUpToHowBusyAWorkerIsNow() {
    adjust(
        worker("w-1", 1, 9, 0.125, "a"),
        worker("w-2", 1, 9, 0.125, "b"),
        worker("w-3", 1, 9, 0.125, "c"),
        worker("w-4", 1, 9, 0.125, "d"));
    adjust(worker("w-1", 1, 9, 1.0, "a", "b", "c", "d"), worker("w-2", 1, 9, 0));
    assertThat(balance.leaving()).containsOnlyKeys("c", "d");
  }

  @Test
  void whatWasIdleIsEstimatedAnewOnceItIsBusy() {
    adjust(worker("w-1", 1, 9, 0, "a", "b", "c", "d"), worker("w-2", 1, 9, 0));
    adjust(worker("w-1", 1, 9, 1.0, "a", "b", "c", "d"), worker("w-2", 1, 9, 0));
    assertThat(balance.leaving()).containsOnlyKeys("c", "d");
  }

  @Test
  void theLightestGoAndTheHeavyOneStays() {
    adjust(worker("w-1", 1, 9, 0.75, "heavy"), worker("w-2", 1, 9, 0.125, "a"));
    adjust(worker("w-1", 1, 9, 0.875, "a", "heavy"), worker("w-2", 1, 9, 0));
    assertThat(balance.leaving()).containsOnlyKeys("a");
  }

  @Test
  void theNextIsDueAnIntervalAfterTheLast() {
    long interval = SETTINGS.interval().toNanos();
    assertThat(balance.nanosLeft(SETTINGS, 10)).isEqualTo(interval - 3);
    assertThat(balance.isDue(SETTINGS, 6 + interval)).isFalse();
    assertThat(balance.isDue(SETTINGS, 7 + interval)).isTrue();
    assertThat(balance.nanosLeft(SETTINGS, 7 + 2 * interval)).isEqualTo(1);
  }

  @Test
  void aShardThatIsNewBesideKnownOnesWeighsWhatIsUsualThere() {
    adjust(worker("w-1", 1, 9, 0.375, "a"), worker("w-2", 1, 9, 0.375, "b"));
    // Usual is 0.25, so the new one is the lighter one.
    adjust(worker("w-1", 1, 9, 0.5, "a", "new"), worker("w-2", 1, 9, 0, "b"));
    assertThat(balance.leaving()).containsOnlyKeys("new");
  }

  @Test
  void oneShardStaysHoweverLittleItsWorkerShouldDo() {
    // All that it does is more than its part of a capacity like this.
    adjust(worker("w-1", 1, 9, 1.0, "a", "b"), worker("w-2", 1e18, 9, 0));
    assertThat(balance.leaving()).containsOnlyKeys("b");
  }
}
