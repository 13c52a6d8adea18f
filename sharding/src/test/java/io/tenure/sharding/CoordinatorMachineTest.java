package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who leads and stands by for what, as workers come, go and come back, and shards do. */
class CoordinatorMachineTest {

  private static final Duration WINDOW = Duration.ofSeconds(3);
  private static final Duration MOMENT = Duration.ofMillis(100);

  private static CoordinatedGroup twelve() {
    return CoordinatedGroup.of(ShardSet.numbered(12));
  }

  // ---------------------------------------------------------------- the first placement

  @Test
  void theFirstPlacementWaitsForTheSettleWindowAndPlacesAllWhoJoinedInIt() {
    CoordinatedGroup group = twelve().settle(WINDOW).join("w-1");
    CoordinatorMachine.Decision waits = group.decide();
    assertThat(waits.isEmpty()).isTrue();
    assertThat(waits.nanosToWait()).contains(WINDOW.toNanos());
    assertThat(group.join("w-2", "w-3").decideAfter(Duration.ofSeconds(2)).isEmpty()).isTrue();
    assertThat(group.decideAfter(WINDOW.minusNanos(1)).isEmpty()).isTrue();
    CoordinatorMachine.Decision placed = group.decideAfter(Duration.ofNanos(1));
    assertThat(placed.writes()).hasSize(3);
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    assertThat(group.summary().version()).isEqualTo(1);
    assertThat(group.summary().reason()).isEqualTo("first placement");
    assertThat(group.reason("w-2", group.leads("w-2").get(0))).isEqualTo("first placement");
  }

  @Test
  void withoutASettleWindowTheFirstWorkerGetsEverythingAtOnce() {
    CoordinatedGroup group = twelve().join("w-1");
    group.decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 12));
  }

  @Test
  void eachJoinExtendsTheWindowUpToFourOfThem() {
    CoordinatedGroup group = twelve().settle(WINDOW).join("w-1");
    group.decide();
    for (int i = 2; i <= 6; i++) {
      // Each comes just before the window of the last one ends.
      group.join("w-" + i);
      Duration apart = i <= 5 ? WINDOW.minus(MOMENT) : MOMENT;
      assertThat(group.decideAfter(apart).isEmpty()).as("worker %s", i).isTrue();
    }
    Duration left =
        WINDOW.multipliedBy(4).minus(WINDOW.minus(MOMENT).multipliedBy(4)).minus(MOMENT);
    assertThat(group.decide().nanosToWait()).contains(left.toNanos());
    assertThat(group.decideAfter(left).writes()).hasSize(6);
    assertThat(group.loads().values()).containsOnly(2);
  }

  @Test
  void oneThatIsGoneBeforeTheWindowEndsIsNeverPlaced() {
    CoordinatedGroup group = twelve().settle(WINDOW).join("w-1", "w-2");
    group.decide();
    group.crash("w-1").decideAfter(MOMENT);
    group.decideAfter(WINDOW.minus(MOMENT));
    assertThat(group.loads()).isEqualTo(Map.of("w-2", 12));
  }

  @Test
  void oneThatRestartsInTheWindowBeginsItAnew() {
    CoordinatedGroup group = twelve().settle(WINDOW).join("w-1");
    group.decide();
    group.join("w-1").decideAfter(Duration.ofSeconds(2));
    assertThat(group.decideAfter(Duration.ofSeconds(2)).isEmpty()).isTrue();
    assertThat(group.decideAfter(Duration.ofSeconds(1)).writes()).hasSize(1);
  }

  // ---------------------------------------------------------------- what a hand takes out

  @Test
  void aPartThatWasLostIsWrittenAgainForItsWorkerWithoutAMoveOrAReason() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").settle(WINDOW);
    List<String> led = group.leads("w-2");
    CoordinatorMachine.Decision decision = group.losePart("w-2").decide();
    assertThat(decision.writes()).extracting(PlanNode::workerId).containsExactly("w-2");
    assertThat(group.leads("w-2")).isEqualTo(led);
    assertThat(group.planOf("w-2").orElseThrow().reasons()).isEmpty();
  }

  @Test
  void whereThePartIsLostAndItsWorkerGoneTheReasonNamesTheWorker() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").settle(WINDOW);
    String shard = group.leads("w-2").get(0);
    group.crash("w-2").losePart("w-2").decide();
    String heir = group.leads("w-1").contains(shard) ? "w-1" : "w-3";
    assertThat(group.reason(heir, shard)).startsWith("w-2, which leads it, is no worker");
  }

  // ---------------------------------------------------------------- who comes and goes later

  @Test
  void laterNewcomersWaitForTheWindowTooAndAreNamedInTheReason() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1").settle(WINDOW);
    group.join("w-2", "w-3");
    assertThat(group.decide().isEmpty()).isTrue();
    CoordinatorMachine.Decision joined = group.decideAfter(WINDOW);
    assertThat(joined.summary().orElseThrow().reason())
        .isEqualTo("rebalance after w-2 and w-3 joined");
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
  }

  @Test
  void aCrashIsNotWaitedFor() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").settle(WINDOW);
    CoordinatorMachine.Decision decision = group.crash("w-2").decideAfter(MOMENT);
    assertThat(decision.removals()).containsExactly("w-2");
    assertThat(decision.summary().orElseThrow().reason()).isEqualTo("rebalance after w-2 left");
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 6, "w-3", 6));
    for (String shard : List.of("4", "5", "6", "7")) {
      assertThat(group.reason(group.leader(shard), shard)).isEqualTo("w-2 is gone");
    }
  }

  @Test
  void aGroupThatHasLostEverybodyGivesItsShardsToANewcomerAtOnce() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1").settle(WINDOW);
    group.pass(Duration.ofMinutes(1)).crash("w-1").join("w-2").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-2", 12));
    assertThat(group.reason("w-2", "7")).isEqualTo("w-1 is gone");
  }

  @Test
  void alsoIfItKnewForALongTimeThatNobodyIsThere() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1").settle(WINDOW);
    group.crash("w-1").decideAfter(Duration.ofMinutes(1));
    assertThat(group.plan()).isEmpty();
    assertThat(group.summary().unplaced()).hasSize(12);
    group.join("w-2").decideAfter(Duration.ofMinutes(1));
    assertThat(group.loads()).isEqualTo(Map.of("w-2", 12));
    assertThat(group.reason("w-2", "7")).isEqualTo("nobody leads it");
    assertThat(group.summary().unplaced()).isEmpty();
  }

  @Test
  void aGroupWhereEverybodyDrainsDoesNotWaitForItsNewcomersWindow() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1").settle(WINDOW);
    group.directive("drain-w-1", "").join("w-2").decide();
    assertThat(group.takesOver("w-2")).hasSize(12);
  }

  @Test
  void manyNamesAreCutShortInTheReason() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1");
    group.join("w-2", "w-3", "w-4", "w-5").decide();
    assertThat(group.summary().reason())
        .isEqualTo("rebalance after w-2, w-3, w-4 and 1 other joined");
    group.crash("w-2", "w-3", "w-4").decide();
    assertThat(group.summary().reason()).isEqualTo("rebalance after w-2, w-3 and w-4 left");
  }

  // ---------------------------------------------------------------- those who stand by

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void eachShardHasItsStandbysAndNeverItsLeaderAmongThem(int standbys) {
    CoordinatedGroup group = CoordinatedGroup.led(20, standbys, "w-1", "w-2", "w-3", "w-4", "w-5");
    for (String shard : group.settings.shards().names()) {
      Set<String> all = new HashSet<>(group.standbys(shard));
      assertThat(all).hasSize(standbys);
      all.add(group.leader(shard));
      assertThat(all).as(shard).hasSize(standbys + 1);
    }
  }

  @Test
  void withFewerWorkersThanStandbysEverybodyElseStandsBy() {
    CoordinatedGroup group = CoordinatedGroup.led(6, 3, "w-1", "w-2");
    assertThat(group.standbys(group.leads("w-1").get(0))).containsExactly("w-2");
    group.crash("w-2").decide();
    assertThat(group.standbys("0")).isEmpty();
  }

  @Test
  void whoStandsByFirstHasTheShardWhenItsLeaderIsGone() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 2, "w-1", "w-2", "w-3", "w-4");
    Map<String, List<String>> standbys =
        Map.copyOf(
            group.leads("w-2").stream()
                .collect(java.util.stream.Collectors.toMap(s -> s, group::standbys)));
    group.crash("w-2").decide();
    standbys.forEach(
        (shard, before) -> {
          assertThat(group.leader(shard)).as(shard).isEqualTo(before.get(0));
          assertThat(group.reason(before.get(0), shard)).isEqualTo("w-2 is gone");
        });
  }

  @Test
  void ifTheFirstIsGoneTooOrCannotTheSecondHasIt() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 2, "w-1", "w-2", "w-3", "w-4");
    List<String> shards = group.leads("w-1");
    List<String> gone = group.standbys(shards.get(0));
    List<String> cannot = group.standbys(shards.get(1));
    group.worker(cannot.get(0)).unable.add(shards.get(1));
    group.crash("w-1", gone.get(0));
    group.decide();
    assertThat(group.leader(shards.get(0))).isEqualTo(gone.get(1));
    if (!cannot.get(0).equals(gone.get(0))) {
      assertThat(group.leader(shards.get(1))).isNotEqualTo(cannot.get(0));
    }
  }

  @Test
  void whoeverSaysThatItTookAShardOverLeadsItInThePlan() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 2, "w-1", "w-2", "w-3");
    String shard = group.leads("w-1").get(0);
    String second = group.standbys(shard).get(1);
    // w-1 hangs, and is still there; another worker was faster than the first standby.
    group.worker(second).tookOver.add(shard);
    group.decide();
    assertThat(group.leader(shard)).isEqualTo(second);
    assertThat(group.summary().reason()).isEqualTo("rebalance after " + second + " took over");
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    assertThat(group.leader(shard)).isEqualTo(second);
  }

  // ---------------------------------------------------------------- two registrations of one id

  @Test
  void ofTwoRegistrationsWithOneIdTheLaterCountsAndIsWrittenIntoThePlan() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2");
    group.worker("w-1").capacity = 3;
    long old = group.worker("w-1").incarnation;
    assertThat(group.planOf("w-1").orElseThrow().incarnation()).isEqualTo(old);
    List<String> led = group.leads("w-1");
    CoordinatorMachine.Decision decision = group.join("w-1").decide();
    assertThat(decision.writes()).extracting(PlanNode::workerId).containsExactly("w-1");
    assertThat(group.planOf("w-1").orElseThrow().incarnation()).isGreaterThan(old);
    assertThat(group.leads("w-1")).isEqualTo(led);
    // The old one goes at last: nothing happens, regardless of their order.
    java.util.Collections.reverse(group.registered);
    assertThat(group.decide().isEmpty()).isTrue();
    group.registered.removeIf(one -> one.incarnation == old);
    assertThat(group.decide().isEmpty()).isTrue();
  }

  @Test
  void idsThatDifferOnlyInTheirEncodingAreDifferentWorkers() {
    String[] ids = {"a/b", "a%2Fb", ".", "..", "w-0000000001", "w", "w-1", "ä ö", "A/b", "%2E"};
    CoordinatedGroup group = CoordinatedGroup.led(20, ids);
    assertThat(group.written).hasSize(ids.length);
    assertThat(group.loads().keySet()).containsExactlyInAnyOrder(ids);
    assertThat(group.loads().values()).containsOnly(2);
    for (String id : ids) {
      group.directive("drain-" + io.tenure.internal.ZnodeName.encode(id), "");
      group.calm();
      assertThat(group.leads(id)).as(id).isEmpty();
      group.noDirective("drain-" + io.tenure.internal.ZnodeName.encode(id));
      group.calm();
    }
    group.crash("a/b", "w-0000000001").decide();
    assertThat(group.loads().keySet()).hasSize(8).contains("a%2Fb", "w");
  }

  // ---------------------------------------------------------------- how many there are

  @Test
  void moreWorkersThanShardsLeaveSomeWithNone() {
    CoordinatedGroup group = CoordinatedGroup.led(2, 1, "w-1", "w-2", "w-3", "w-4");
    assertThat(group.loads().values()).containsExactlyInAnyOrder(1, 1, 0, 0);
    assertThat(group.standbys("0")).hasSize(1);
    group.crash(group.leader("0")).calm();
    assertThat(group.leader("0")).isNotEmpty();
  }

  @Test
  void oneShardStaysWhereItIsUntilItsLeaderIsGone() {
    CoordinatedGroup group = CoordinatedGroup.led(1, 1, "w-2");
    group.join("w-1", "w-3").calm();
    assertThat(group.leader("0")).isEqualTo("w-2");
    String next = group.standbys("0").get(0);
    group.crash("w-2").calm();
    assertThat(group.leader("0")).isEqualTo(next);
  }

  @Test
  void withoutAnyWorkerThereIsNoPlan() {
    CoordinatedGroup group = twelve();
    assertThat(group.decideAfter(Duration.ofHours(1)).isEmpty()).isTrue();
    assertThat(group.summary).isEmpty();
  }

  @Test
  void whatNobodyHasRoomForIsSaidToBeUnplaced() {
    CoordinatedGroup group = twelve().join("w-1", "w-2");
    group.worker("w-1").maxShards = 5;
    group.worker("w-2").maxShards = 3;
    group.decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 5, "w-2", 3));
    assertThat(group.summary().unplaced()).hasSize(4);
    // A worker whose limit is lowered lets go of what is over.
    List<String> led = group.leads("w-1");
    group.worker("w-1").maxShards = 4;
    group.decide();
    assertThat(group.leads("w-1")).hasSize(4);
    String free = led.stream().filter(s -> !group.leads("w-1").contains(s)).findFirst().orElse("");
    assertThat(group.reason("w-1", free)).isEqualTo("no room for it");
    assertThat(group.summary().unplaced()).hasSize(5).contains(free);
    group.worker("w-1").maxShards = 12;
    group.decide();
    assertThat(group.summary().unplaced()).isEmpty();
    assertThat(group.reason("w-1", free)).isEqualTo("nobody leads it");
  }

  // ---------------------------------------------------------------- shards that come and go

  @Test
  void shardsThatAreAddedAreDealtOutAtOnceAndOnesThatAreRemovedAreTakenAway() {
    CoordinatedGroup group = CoordinatedGroup.led(4, 1, "w-1", "w-2");
    group.shards(ShardSet.numbered(8)).decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4));
    assertThat(group.reason(group.leader("6"), "6")).isEqualTo("nobody leads it");
    List<String> removed = IntStream.range(3, 8).mapToObj(Integer::toString).toList();
    Map<String, String> before =
        removed.stream().collect(java.util.stream.Collectors.toMap(s -> s, s -> group.leader(s)));
    group.shards(ShardSet.numbered(3)).decide();
    before.forEach(
        (shard, leader) -> {
          assertThat(group.leader(shard)).isEmpty();
          assertThat(group.standbys(shard)).isEmpty();
          assertThat(group.reason(leader, shard)).isEqualTo("the shard was removed");
        });
    group.calm();
    assertThat(group.loads().values()).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void namedShardsComeAndGoToo() {
    CoordinatedGroup group =
        CoordinatedGroup.of(ShardSet.named(List.of("eu west", "köln", "a,b-c", "0-3"))).standbys(1);
    group.join("w-1", "w-2").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 2));
    String leader = group.leader("köln");
    group.shards(ShardSet.named(List.of("eu west", "a,b-c", "0-3", "later"))).calm();
    assertThat(group.reason(leader, "köln")).isEqualTo("the shard was removed");
    assertThat(group.leader("later")).isEqualTo(leader);
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 2));
  }

  @Test
  void aMoveOfAShardThatIsRemovedIsGivenUp() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1").budget(1);
    group.join("w-2").decide();
    String moving = group.takesOver("w-2").get(0);
    assertThat(moving).isNotEqualTo("0");
    group.shards(ShardSet.numbered(Integer.parseInt(moving))).calm();
    assertThat(group.plan()).allSatisfy(node -> assertThat(node.leads()).doesNotContain(moving));
  }

  // ---------------------------------------------------------------- other coordinators

  @Test
  void aNewCoordinatorWhoMissesMostOfThePlansWorkersWaitsAndChangesNothingIfTheyComeBack() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 1, "w-1", "w-2", "w-3").settle(WINDOW);
    Map<String, Integer> loads = group.loads();
    group.crash("w-1", "w-2").replaceCoordinator();
    CoordinatorMachine.Decision waits = group.decide();
    assertThat(waits.isEmpty()).isTrue();
    assertThat(waits.nanosToWait()).contains(WINDOW.multipliedBy(2).toNanos());
    // One of them is there again: the others are waited for all the same.
    assertThat(group.join("w-2").decideAfter(WINDOW).isEmpty()).isTrue();
    assertThat(group.decideAfter(WINDOW.minusNanos(1)).isEmpty()).isTrue();
    CoordinatorMachine.Decision back = group.join("w-1").decide();
    assertThat(back.writes()).hasSize(2); // With their new incarnations, and else the same.
    assertThat(group.loads()).isEqualTo(loads);
    assertThat(group.begun).isZero();
    assertThat(group.decideAfter(WINDOW).isEmpty()).isTrue();
  }

  @Test
  void ifTheyDoNotComeBackTheirShardsAreGivenToOthersAfterTwoWindows() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").settle(WINDOW);
    group.crash("w-1", "w-2").replaceCoordinator();
    assertThat(group.decide().isEmpty()).isTrue();
    group.decideAfter(WINDOW.multipliedBy(2));
    assertThat(group.loads()).isEqualTo(Map.of("w-3", 12));
  }

  @Test
  void thoseWhoHaveRegisteredAgainHaveLostTheirSessionsTooAndTheRestIsWaitedFor() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").settle(WINDOW);
    group.crash("w-1", "w-2").join("w-2").replaceCoordinator();
    assertThat(group.decide().isEmpty()).isTrue();
    group.join("w-1").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    assertThat(group.planOf("w-2").orElseThrow().incarnation())
        .isEqualTo(group.worker("w-2").incarnation);
  }

  @Test
  void halfOfThePlansWorkersMissingIsNoOutage() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2").settle(WINDOW);
    group.crash("w-1").replaceCoordinator().decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-2", 12));
  }

  @Test
  void aCoordinatorWhoHasSeenThemTakesItAsCrashes() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").settle(WINDOW);
    assertThat(group.replaceCoordinator().decide().isEmpty()).isTrue();
    group.crash("w-1", "w-2").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-3", 12));
  }

  @Test
  void anOutageIsOverOnceAllAreBackAndWhoGoesThenHasCrashed() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").settle(WINDOW);
    group.crash("w-1", "w-2").replaceCoordinator();
    assertThat(group.decide().isEmpty()).isTrue();
    group.join("w-1", "w-2").decide();
    group.crash("w-1", "w-2").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-3", 12));
  }

  @Test
  void newcomersOfAnOutageDoNotWaitForAnotherWindow() {
    // All processes were replaced, and their ids with them.
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").settle(WINDOW);
    group.crash("w-1", "w-2", "w-3").join("x-1", "x-2").replaceCoordinator();
    assertThat(group.decide().isEmpty()).isTrue();
    group.decideAfter(WINDOW.multipliedBy(2));
    assertThat(group.loads()).isEqualTo(Map.of("x-1", 6, "x-2", 6));
  }

  @Test
  void aNewCoordinatorWritesNothingIfNothingHasChanged() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 2, "w-1", "w-2", "w-3");
    assertThat(group.replaceCoordinator().decide().isEmpty()).isTrue();
    assertThat(group.summary().coordinatorEpoch()).isEqualTo(1);
  }

  @Test
  void aPlanWhoseSummaryIsMissingOrDamagedIsGoneOnWith() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3");
    Map<String, Integer> loads = group.loads();
    group.summary = new byte[0];
    group.replaceCoordinator().decide();
    assertThat(group.loads()).isEqualTo(loads);
    group.crash("w-2").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 6, "w-3", 6));
    assertThat(group.summary().version()).isPositive();
  }

  @Test
  void aFirstPlanOfWhichOnlySomePartsWereWrittenIsCompleted() {
    CoordinatedGroup group = twelve().settle(WINDOW).join("w-1", "w-2", "w-3");
    group.decide();
    CoordinatorMachine.Decision placed = group.pass(WINDOW).decideOnly();
    group.writePlans(placed.writes().subList(0, 1));
    group.replaceCoordinator().decide();
    group.pass(WINDOW).calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    assertThat(group.summary().unplaced()).isEmpty();
  }

  @Test
  void aShardThatTwoPlansNameAfterAWriteInPartsStaysWithWhoIsAlive() {
    for (String gone : List.of("w-1", "w-2")) {
      CoordinatedGroup group = CoordinatedGroup.led(2, 1, "w-1", "w-2", "w-3");
      String alive = gone.equals("w-1") ? "w-2" : "w-1";
      for (String id : List.of("w-1", "w-2", "w-3")) {
        boolean leads = !id.equals("w-3");
        group.writePlans(
            List.of(
                new PlanNode(
                    id,
                    group.worker(id).incarnation,
                    Optional.empty(),
                    leads ? List.of("0") : List.of("1"),
                    List.of(),
                    leads ? List.of() : List.of(List.of("0")),
                    Map.of())));
      }
      group.crash(gone).replaceCoordinator().decide();
      assertThat(group.leader("0")).as("%s is gone", gone).isEqualTo(alive);
    }
  }
}
