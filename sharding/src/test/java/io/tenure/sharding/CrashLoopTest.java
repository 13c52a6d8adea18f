package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Example;

/** A worker id that dies again and again, as the coordinator sees it. */
class CrashLoopTest {

  private static final int SHARDS = 24;

  private final CoordinatedGroup group = CoordinatedGroup.led(SHARDS, 1, "w-1", "w-2", "w-3");

  /** Lets time pass; workers get ready at once and report nothing else. */
  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      group.pass(Duration.ofSeconds(1));
      for (int round = 0; round < 5; round++) {
        group.decide();
        group.machine.plans.forEach(
            (id, plan) ->
                group.registered.stream()
                    .filter(one -> one.id.equals(id))
                    .forEach(
                        one -> {
                          one.ready.clear();
                          one.ready.addAll(plan.takesOver());
                        }));
      }
    }
  }

  private int led(String id) {
    PlanNode plan = group.machine.plans.get(id);
    return plan == null ? 0 : plan.leads().size();
  }

  private void dies(String id) {
    group.crash(id).join(id);
  }

  @Example
  void isGivenShardsInFewOfItsLives() {
    int livesWithShards = 0;
    for (int death = 0; death < 40; death++) {
      dies("w-3");
      pass(6);
      livesWithShards += led("w-3") > 0 ? 1 : 0;
      assertThat(led("w-1") + led("w-2") + led("w-3")).as("all have a place").isEqualTo(SHARDS);
    }
    assertThat(livesWithShards).isLessThanOrEqualTo(2);
    assertThat(PlanSummary.parse("/orders/plan", group.summary).damped().get("w-3").deaths())
        .isEqualTo(40);
    assertThat(group.machine.plans.get("w-3").draining()).as("no operator wants it").isEmpty();
  }

  @Example
  void itsShardsGoToWhoStandsByAtOnceAndComeBackWhenItLives() {
    pass(1);
    dies("w-3");
    pass(1);
    assertThat(led("w-3")).as("the first time it gets them again").isEqualTo(8);
    dies("w-3");
    group.decide();
    assertThat(led("w-3")).isZero();
    assertThat(led("w-1")).isEqualTo(12);
    assertThat(
            List.of(group.machine.plans.get("w-1"), group.machine.plans.get("w-2")).stream()
                .flatMap(plan -> plan.reasons().keySet().stream()))
        .contains("w-3 is gone");
    pass(9);
    assertThat(led("w-3")).isZero();
    group.replaceCoordinator();
    pass(1);
    assertThat(PlanSummary.parse("/orders/plan", group.summary).damped()).containsKey("w-3");
    pass(300);
    assertThat(led("w-3")).isEqualTo(8);
    pass(150);
    group.join("w-4");
    pass(1);
    assertThat(PlanSummary.parse("/orders/plan", group.summary).damped()).isEmpty();
  }

  @Example
  void nobodyIsHeldBackWhereMostDieOrTheOthersHaveNoRoom() {
    for (int death = 0; death < 4; death++) {
      dies("w-2");
      dies("w-3");
      pass(3);
    }
    assertThat(led("w-2") + led("w-3")).isGreaterThan(0);
    CoordinatedGroup full = CoordinatedGroup.led(SHARDS, 0, "w-1", "w-2", "w-3");
    full.worker("w-1").maxShards = 10;
    full.worker("w-2").maxShards = 10;
    for (int death = 0; death < 4; death++) {
      full.crash("w-3").join("w-3");
      full.decideAfter(Duration.ofSeconds(3));
    }
    assertThat(full.machine.summary.unplaced()).isEmpty();
    assertThat(full.machine.plans.get("w-3").leads()).isNotEmpty();
  }

  /** Two workers, of which the second dies twice, and how many shards it gets then. */
  private static int ledAfterTwoDeaths(int roomOfTheOther) {
    CoordinatedGroup two = CoordinatedGroup.led(SHARDS, 0, "w-1", "w-2");
    two.worker("w-1").maxShards = roomOfTheOther;
    for (int death = 0; death < 2; death++) {
      two.crash("w-2").join("w-2");
      two.decideAfter(Duration.ofSeconds(3));
    }
    return two.machine.plans.get("w-2").leads().size();
  }

  @Example
  void halfOfTheWorkersMayBeHeldBackIfTheOthersHaveRoomForTheLastShard() {
    assertThat(ledAfterTwoDeaths(SHARDS)).isZero();
    assertThat(ledAfterTwoDeaths(SHARDS - 1)).isPositive();
  }

  @Example
  void whatItTookOverAllTheSameGoesToOthersSinceItKeepsDying() {
    pass(1);
    dies("w-3");
    pass(1);
    dies("w-3");
    group.decide();
    assertThat(led("w-3")).isZero();
    String shard = group.leads("w-1").get(0);
    group.worker("w-3").tookOver.add(shard);
    group.decide();
    assertThat(group.leader(shard)).isEqualTo("w-3");
    group.calm();
    assertThat(group.leader(shard)).isNotEqualTo("w-3");
    assertThat(group.reason(group.leader(shard), shard)).isEqualTo("w-3 keeps dying");
  }
}
