package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Load balancing: when busy workers shed shards, which, to whom, and when they do not. */
class CoordinatorLoadTest {

  private static final LoadBalancing USUAL = new LoadBalancing(Duration.ofSeconds(30), 0.15, 3);

  private static CoordinatedGroup balanced(int shards, String... ids) {
    return CoordinatedGroup.led(shards, ids).balancing(Optional.of(USUAL));
  }

  private static CoordinatedGroup busy(CoordinatedGroup group, int... percents) {
    for (int i = 0; i < percents.length; i++) {
      group.worker("w-" + (i + 1)).utilization = percents[i];
    }
    return group;
  }

  @Test
  void withoutLoadBalancingNobodyCaresHowBusyWorkersAre() {
    CoordinatedGroup group = busy(CoordinatedGroup.led(12, "w-1", "w-2"), 100, 0);
    CoordinatorMachine.Decision decision = group.decideAfter(Duration.ofHours(1));
    assertThat(decision.isEmpty()).isTrue();
    assertThat(decision.nanosToWait()).isEmpty();
  }

  @Test
  void theBusiestWorkerShedsAtMostTheLimitToTheLeastBusyOncePerInterval() {
    CoordinatedGroup group = busy(balanced(30, "w-1", "w-2", "w-3"), 90, 40, 10);
    CoordinatorMachine.Decision early = group.decideAfter(USUAL.interval().minusNanos(1));
    assertThat(early.isEmpty()).isTrue();
    assertThat(early.nanosToWait()).contains(1L);
    CoordinatorMachine.Decision decision = group.decideAfter(Duration.ofNanos(1));
    assertThat(decision.summary().orElseThrow().reason())
        .isEqualTo("w-1 is busier than others (90%)");
    assertThat(group.takesOver("w-3")).hasSize(3);
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 7, "w-2", 10, "w-3", 13));
    assertThat(group.begun).isEqualTo(3);
    assertThat(group.reason("w-3", "9")).isEqualTo("w-1 is busier than others (90%)");
    assertThat(group.decideAfter(USUAL.interval().minusNanos(1)).isEmpty()).isTrue();
    group.decideAfter(Duration.ofNanos(1));
    assertThat(group.begun).isEqualTo(6);
  }

  @Test
  void whatIsShedIsNoMoreThanWhatItIsBusierThanAll() {
    // Each of its ten shards is worth five points; 50 is 12 above all.
    CoordinatedGroup group = busy(balanced(20, "w-1", "w-2"), 50, 26);
    group.decideAfter(USUAL.interval());
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 8, "w-2", 12));
  }

  @Test
  void aDifferenceWithinTheDeadBandIsLeftAsItIs() {
    CoordinatedGroup group = busy(balanced(20, "w-1", "w-2", "w-3"), 54, 30, 50);
    assertThat(group.decideAfter(USUAL.interval()).isEmpty()).isTrue(); // 54 is 14 above 40.
    busy(group, 56, 30, 50).decideAfter(USUAL.interval());
    assertThat(group.begun).isEqualTo(1);
  }

  @Test
  void aWorkerWithOneShardShedsNothingHoweverBusyItIs() {
    CoordinatedGroup group = busy(balanced(3, "w-1", "w-2", "w-3"), 100, 5, 5);
    assertThat(group.decideAfter(USUAL.interval()).isEmpty()).isTrue();
    busy(group, 5, 5, 5).calm();
    CoordinatedGroup two = busy(balanced(4, "w-1", "w-2"), 100, 60);
    // Each of its two is worth fifty points, and it is 20 above all.
    assertThat(two.decideAfter(USUAL.interval()).isEmpty()).isTrue();
  }

  @Test
  void nothingIsAdjustedWhileShardsMoveAndTheCoordinatorSleepsMeanwhile() {
    CoordinatedGroup group = busy(balanced(12, "w-1", "w-2"), 90, 10);
    CoordinatorMachine.Decision moving = group.directive("pin-0", "w-2").decide();
    assertThat(group.machine.moves.size()).isEqualTo(2);
    assertThat(moving.nanosToWait()).contains(CoordinatedGroup.READY_LIMIT.toNanos());
    CoordinatedGroup later = group.readyLimit(Duration.ofHours(1));
    CoordinatorMachine.Decision decision = later.decideAfter(USUAL.interval().plusSeconds(5));
    assertThat(decision.isEmpty()).isTrue();
    assertThat(decision.nanosToWait().orElseThrow())
        .isGreaterThan(Duration.ofMinutes(50).toNanos());
    group.calm();
    assertThat(group.summary().shares()).isNotEmpty();
  }

  @Test
  void sharesSurviveAChangeOfCoordinatorAndBeginAnIntervalAnew() {
    CoordinatedGroup group = busy(balanced(20, "w-1", "w-2"), 90, 10);
    group.decideAfter(USUAL.interval());
    group.calm();
    Map<String, Double> shares = group.summary().shares();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 7, "w-2", 13));
    assertThat(shares.get("w-1")).isLessThan(1);
    assertThat(shares.get("w-2")).isGreaterThan(1);
    group.pass(Duration.ofHours(1)).replaceCoordinator();
    assertThat(group.decide().isEmpty()).isTrue();
    assertThat(group.summary().shares()).isEqualTo(shares);
    group.decideAfter(USUAL.interval());
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 16));
  }

  @Test
  void switchedOffAgainEverybodyGetsWhatItsCapacityIsWorth() {
    CoordinatedGroup group = busy(balanced(20, "w-1", "w-2"), 90, 10);
    group.decideAfter(USUAL.interval());
    group.calm();
    group.balancing(Optional.empty()).calm();
    assertThat(group.summary().shares()).isEmpty();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 10, "w-2", 10));
  }

  @Test
  void proportionsAreKeptWhenSomebodyJoinsAndForgottenOfWhoIsGone() {
    CoordinatedGroup group = busy(balanced(20, "w-1", "w-2"), 90, 10);
    group.decideAfter(USUAL.interval());
    group.calm();
    group.join("w-3").calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 5, "w-2", 9, "w-3", 6));
    assertThat(group.summary().shares()).containsOnlyKeys("w-1", "w-2");
    group.crash("w-1").calm();
    assertThat(group.summary().shares()).containsOnlyKeys("w-2");
  }

  @Test
  void howBusyAWorkerIsCountsAndNotHowMuchItDoes() {
    CoordinatedGroup group = CoordinatedGroup.of(ShardSet.numbered(20)).join("w-1", "w-2");
    group.worker("w-1").capacity = 4;
    group.decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 16, "w-2", 4));
    group.balancing(Optional.of(USUAL));
    busy(group, 40, 80).decideAfter(USUAL.interval());
    group.calm();
    // 48 of 100 all in all: one of w-2's four shards is worth twenty of its points.
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 17, "w-2", 3));
  }

  @Test
  void pinnedShardsStayAndWhoHasNoRoomGetsNothing() {
    CoordinatedGroup group = balanced(12, "w-1", "w-2", "w-3");
    group.worker("w-2").maxShards = 4;
    group.directive("pin-2", "w-1").directive("pin-3", "w-1").calm();
    assertThat(group.leads("w-1")).containsExactly("0", "1", "2", "3");
    busy(group, 90, 10, 20).decideAfter(USUAL.interval());
    group.calm();
    // The last that may go; and it is 35 above what it and w-3 could share.
    assertThat(group.leads("w-1")).containsExactly("0", "2", "3");
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 3, "w-2", 4, "w-3", 5));
  }

  @Test
  void ifNobodyHasRoomNothingIsWrittenAgainAndAgain() {
    CoordinatedGroup group = balanced(12, "w-1", "w-2");
    group.worker("w-2").maxShards = 6;
    busy(group, 90, 10);
    for (int i = 0; i < 5; i++) {
      assertThat(group.decideAfter(USUAL.interval()).isEmpty()).isTrue();
    }
  }

  @Test
  void whoHasNoRoomIsNoMeasureForTheOthers() {
    CoordinatedGroup group = balanced(12, "w-1", "w-2", "w-3");
    group.worker("w-3").maxShards = 0;
    group.calm();
    busy(group, 50, 45, 0);
    for (int i = 0; i < 5; i++) {
      assertThat(group.decideAfter(USUAL.interval()).isEmpty()).isTrue();
    }
  }

  @Test
  void aSmallWorkerIsNotGivenWhatWouldBeTooMuchForIt() {
    CoordinatedGroup group = CoordinatedGroup.of(ShardSet.numbered(21)).join("w-1", "w-2", "w-3");
    group.worker("w-1").capacity = 5;
    group.worker("w-2").capacity = 5;
    group.worker("w-3").capacity = 0.5;
    group.decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 10, "w-2", 10, "w-3", 1));
    // It is the least busy, but with one shard more it would be the busiest.
    busy(group.balancing(Optional.of(USUAL)), 80, 40, 10).decideAfter(USUAL.interval());
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 8, "w-2", 12, "w-3", 1));
  }

  @Test
  void workersThatDrainAreNeitherBusyNorFree() {
    CoordinatedGroup group = balanced(12, "w-1", "w-2", "w-3");
    group.directive("drain-w-3", "").calm();
    busy(group, 50, 50, 0);
    assertThat(group.decideAfter(USUAL.interval()).isEmpty()).isTrue();
  }

  @Test
  void oneWorkerAloneIsNotAdjusted() {
    CoordinatedGroup group = busy(balanced(12, "w-1"), 100);
    assertThat(group.decideAfter(USUAL.interval()).isEmpty()).isTrue();
    assertThat(List.of(group.loads())).containsExactly(Map.of("w-1", 12));
  }

  @Test
  void theLightestGoAndNotTheLastWhicheverShardTheyAre() {
    CoordinatedGroup group = busy(balanced(6, "w-1", "w-2"), 6, 90);
    group.decideAfter(USUAL.interval());
    group.calm();
    assertThat(group.leads("w-1")).containsExactly("0", "1", "2", "5");
    // What came from the busy one is what makes this one busy now.
    busy(group, 96, 10).decideAfter(USUAL.interval());
    group.calm();
    assertThat(group.leads("w-1")).containsExactly("5");
    assertThat(group.leads("w-2")).containsExactly("0", "1", "2", "3", "4");
  }
}
