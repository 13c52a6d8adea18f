package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Planned moves, phase by phase, and what becomes of them when something goes wrong. */
class CoordinatorMovesTest {

  private static final Duration MOMENT = Duration.ofMillis(100);

  /** How far a move has come when something happens. */
  private enum Phase {
    /** Its successor gets ready. */
    PREPARES,
    /** Its successor is ready, and the coordinator does not know. */
    READY,
    /** The plan has given the shard to its successor, which is not elected yet. */
    RELEASED
  }

  /** Two shards and two workers, of which w-2 has just joined and gets shard 1 from w-1. */
  private static CoordinatedGroup moving(Phase phase, int standbys, String... others) {
    CoordinatedGroup group =
        CoordinatedGroup.led(
            2 + others.length,
            standbys,
            Stream.concat(Stream.of("w-1"), Stream.of(others)).toArray(String[]::new));
    // w-1 leads two shards, any others one each.
    group.calm().join("w-2").decide();
    assertThat(group.takesOver("w-2")).hasSize(1);
    String shard = group.takesOver("w-2").get(0);
    assertThat(group.leader(shard)).isEqualTo("w-1");
    if (phase != Phase.PREPARES) {
      group.ready("w-2", shard);
    }
    if (phase == Phase.RELEASED) {
      group.decide();
      assertThat(group.leader(shard)).isEqualTo("w-2");
    }
    return group;
  }

  /** Every worker has a shard, nothing is under way, and nothing is left to write. */
  private static void assertSettles(CoordinatedGroup group) {
    group.calm();
    assertThat(group.summary().unplaced()).isEmpty();
    assertThat(group.loads().values()).allSatisfy(load -> assertThat(load).isPositive());
    assertThat(group.decideAfter(Duration.ofHours(1)).isEmpty()).isTrue();
  }

  // ---------------------------------------------------------------- one after the other

  @Test
  void aMoveGoesFromPrepareToReadyToReleasedAndBothPlansSayWhy() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1");
    group.join("w-4").decide();
    assertThat(group.leads("w-1")).containsExactly("0", "1", "2", "3");
    assertThat(group.takesOver("w-4")).containsExactly("2", "3");
    assertThat(group.decideAfter(MOMENT).isEmpty()).isTrue();

    group.ready("w-4", "3").decide();
    assertThat(group.leads("w-1")).containsExactly("0", "1", "2");
    assertThat(group.leads("w-4")).containsExactly("3");
    assertThat(group.takesOver("w-4")).containsExactly("2");
    assertThat(group.reason("w-1", "3")).isEqualTo("rebalance after w-4 joined");
    assertThat(group.reason("w-4", "3")).isEqualTo("rebalance after w-4 joined");

    // Elected, it is no longer ready.
    group.worker("w-4").ready.clear();
    assertThat(group.decide().isEmpty()).isTrue();
    group.ready("w-4", "2").decide();
    assertThat(group.leads("w-4")).containsExactly("2", "3");
    assertThat(group.begun).isEqualTo(2);
    group.worker("w-4").ready.clear();
    group.decide();
    assertThat(group.machine.moves.size()).isZero();
  }

  @Test
  void noMoreMovesAreUnderWayThanTheBudgetAndTheNextBeginsWhenOneIsInOffice() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1").budget(2);
    group.join("w-2").decide();
    List<String> first = group.takesOver("w-2");
    assertThat(first).hasSize(2);
    group.ready("w-2", first.get(0)).decide();
    // Given, and not in office yet: it counts.
    assertThat(group.takesOver("w-2")).containsExactly(first.get(1));
    group.worker("w-2").ready.clear();
    group.decide();
    assertThat(group.takesOver("w-2")).hasSize(2).contains(first.get(1));
    group.calm();
    assertThat(group.begun).isEqualTo(6);
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 6, "w-2", 6));
  }

  @Test
  void onlyAFewAtATimeAreBetweenTwoLeadersHoweverManyAreReady() {
    CoordinatedGroup group = CoordinatedGroup.led(40, "w-1").budget(100);
    group.join("w-2").decide();
    List<String> moving = group.takesOver("w-2");
    assertThat(moving).hasSize(20);
    group.ready("w-2", moving.toArray(String[]::new)).decide();
    assertThat(group.leads("w-2")).hasSize(2);
    assertThat(group.decide().isEmpty()).isTrue();
    // One of them is in office: another follows.
    group.worker("w-2").ready.remove(group.leads("w-2").get(0));
    group.decide();
    assertThat(group.leads("w-2")).hasSize(3);
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 20, "w-2", 20));
  }

  @Test
  void ofManyShardsMoreAreHandedOverAtATime() {
    CoordinatedGroup group = CoordinatedGroup.led(2_000, "w-1").budget(1_000);
    group.join("w-2").decide();
    List<String> moving = group.takesOver("w-2");
    group.ready("w-2", moving.toArray(String[]::new)).decide();
    assertThat(group.leads("w-2")).hasSize(10);
  }

  @Test
  void whoTookAShardBackReadsThatItLeadsItBeforeTheShardMovesAgain() {
    CoordinatedGroup group = moving(Phase.RELEASED, 0);
    String shard = group.leads("w-2").get(0);
    group.worker("w-2").ready.clear();
    group.worker("w-1").tookOver.add(shard);
    group.decide();
    // Else nothing in the plan of w-1 would change, and it would say so for ever.
    assertThat(group.leader(shard)).isEqualTo("w-1");
    assertThat(group.takesOver("w-2")).isEmpty();
    assertThat(group.decideAfter(MOMENT).isEmpty()).isTrue();

    group.worker("w-1").tookOver.clear();
    group.decide();
    assertThat(group.leader(shard)).isEqualTo("w-1");
    assertThat(group.takesOver("w-2")).containsExactly(shard);
    assertSettles(group);
  }

  @Test
  void whatSomebodyAskedForGoesBeforeWhatMerelyEvensOut() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3").budget(2);
    group.directive("drain-w-3", "").directive("pin-0", "w-2").join("w-4").decide();
    assertThat(group.takesOver("w-2")).containsExactly("0");
    List<String> drained =
        Stream.of("w-1", "w-2", "w-4").flatMap(id -> group.takesOver(id).stream()).toList();
    assertThat(drained).hasSize(2);
    assertThat(group.leads("w-3")).contains(drained.get(1));
  }

  @Test
  void theWaitIsUntilTheFirstMoveRunsOutOfTime() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1").budget(1);
    CoordinatorMachine.Decision begun = group.join("w-2").decide();
    assertThat(begun.nanosToWait()).contains(CoordinatedGroup.READY_LIMIT.toNanos());
    assertThat(group.decideAfter(Duration.ofSeconds(10)).nanosToWait())
        .contains(Duration.ofSeconds(20).toNanos());
  }

  // ---------------------------------------------------------------- a successor that fails

  @Test
  void aLeaderInOfficeIsNeverGivenUpForASuccessorThatDoesNotGetReady() {
    CoordinatedGroup group = moving(Phase.PREPARES, 0);
    assertThat(group.decideAfter(CoordinatedGroup.READY_LIMIT.minusNanos(1)).isEmpty()).isTrue();
    CoordinatorMachine.Decision decision = group.decideAfter(Duration.ofNanos(1));
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 0));
    assertThat(group.takesOver("w-2")).isEmpty();
    assertThat(decision.calledOff()).isEqualTo(Map.of("w-2", List.of("1")));
    assertThat(decision.nanosToWait()).contains(Duration.ofSeconds(1).toNanos());

    group.decideAfter(Duration.ofSeconds(1));
    assertThat(group.takesOver("w-2")).containsExactly("1");
    assertSettles(group);
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 1, "w-2", 1));
  }

  @Test
  void aSuccessorThatIsAlwaysTooSlowIsTriedLessAndLessOftenAndSaidToBeOnce() {
    CoordinatedGroup group = moving(Phase.PREPARES, 0);
    Duration last = Duration.ZERO;
    int said = 0;
    for (int tries = 1; tries <= 10; tries++) {
      assertThat(group.takesOver("w-2")).containsExactly("1");
      CoordinatorMachine.Decision decision = group.decideAfter(CoordinatedGroup.READY_LIMIT);
      said += decision.calledOff().size();
      assertThat(group.takesOver("w-2")).isEmpty();
      assertThat(group.leader("1")).isEqualTo("w-1");
      Duration wait = Duration.ofNanos(decision.nanosToWait().orElseThrow());
      assertThat(wait)
          .isEqualTo(
              tries == 1
                  ? Duration.ofSeconds(1)
                  : Duration.ofSeconds(Math.min(60, 2 * last.toSeconds())));
      last = wait;
      assertThat(group.decideAfter(wait.minusNanos(1)).isEmpty()).isTrue();
      group.decideAfter(Duration.ofNanos(1));
    }
    assertThat(said).isEqualTo(1);
  }

  @Test
  void aMoveThatWasNotReadyInTimeMakesRoomForTheNext() {
    CoordinatedGroup group = CoordinatedGroup.led(8, "w-1").budget(1);
    group.join("w-2").decide();
    for (String slow : List.of("4", "5", "6", "7")) {
      // Those that were too slow are due again, and come last.
      assertThat(group.takesOver("w-2")).containsExactly(slow);
      group.decideAfter(CoordinatedGroup.READY_LIMIT);
      assertThat(group.leads("w-1")).hasSize(8);
    }
    assertThat(group.takesOver("w-2")).containsExactly("4");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onlyALeaderThatDrainsGivesItsShardToASuccessorThatIsNotReady(boolean ofItself) {
    CoordinatedGroup group = CoordinatedGroup.led(1, "w-1");
    group.join("w-2").worker("w-1").draining = ofItself;
    if (!ofItself) {
      group.directive("drain-w-1", "");
    }
    group.decide();
    assertThat(group.successor("0")).isEqualTo("w-2");
    assertThat(group.decideAfter(CoordinatedGroup.READY_LIMIT.minusNanos(1)).isEmpty()).isTrue();
    group.decideAfter(Duration.ofNanos(1));
    assertThat(group.leader("0")).isEqualTo("w-2");
  }

  @Test
  void withoutALimitNothingIsWaitedFor() {
    CoordinatedGroup group = CoordinatedGroup.led(8, "w-1").readyLimit(Duration.ZERO).budget(1);
    group.join("w-2").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4));
  }

  @Test
  void aSuccessorThatIsReadyAndNeverElectedCountsForTheLimitOnly() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1").budget(1);
    group.join("w-2").decide();
    group.ready("w-2", group.takesOver("w-2").get(0)).decide();
    assertThat(group.decideAfter(CoordinatedGroup.READY_LIMIT.minusNanos(1)).isEmpty()).isTrue();
    group.decideAfter(Duration.ofNanos(1));
    assertThat(group.takesOver("w-2")).hasSize(1);
  }

  @Test
  void aSuccessorThatSaysItIsUnableIsReplaced() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1");
    group.join("w-2", "w-3").decide();
    String shard = group.takesOver("w-2").get(0);
    group.worker("w-2").unable.add(shard);
    group.decide();
    assertThat(group.takesOver("w-2")).doesNotContain(shard);
    assertThat(group.leader(shard)).isEqualTo("w-1");
    assertSettles(group);
    assertThat(group.leader(shard)).isNotEqualTo("w-2");
  }

  @Test
  void ifAllOthersAreUnableTheShardStaysWhereItIs() {
    CoordinatedGroup group = CoordinatedGroup.led(1, "w-1");
    group.join("w-2").directive("drain-w-1", "").decide();
    assertThat(group.successor("0")).isEqualTo("w-2");
    group.worker("w-2").unable.add("0");
    group.decide();
    assertThat(group.plan()).anySatisfy(node -> assertThat(node.leads()).contains("0"));
  }

  @Test
  void aSuccessorThatDrainsIsReplaced() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1");
    group.join("w-2", "w-3").decide();
    group.directive("drain-w-2", "").decide();
    assertThat(group.takesOver("w-2")).isEmpty();
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 0, "w-3", 2));
  }

  @Test
  void aSuccessorThatRestartsGetsReadyAgain() {
    CoordinatedGroup group = moving(Phase.READY, 0);
    group.join("w-2").decide(); // The new process is not ready.
    assertThat(group.leader("1")).isEqualTo("w-1");
    assertThat(group.takesOver("w-2")).containsExactly("1");
    assertSettles(group);
    assertThat(group.leader("1")).isEqualTo("w-2");
  }

  // ---------------------------------------------------------------- a leader that cannot

  @Test
  void aLeaderThatCannotLeadAShardLosesItAtOnceToOneThatCan() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    String shard = group.leads("w-1").get(0);
    group.worker("w-1").unable.add(shard);
    group.decide();
    assertThat(group.leader(shard)).as("%s", group.plan()).isEqualTo("w-2");
    assertThat(group.reason("w-2", shard)).isEqualTo("w-1 cannot lead it");
    assertThat(group.reason("w-1", shard)).isEqualTo("w-1 cannot lead it");
    assertSettles(group);
    // None of the others moves in return.
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 1, "w-2", 3));
    group.worker("w-1").unable.clear();
    assertSettles(group);
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 2));
    assertThat(group.leader(shard)).isEqualTo("w-1");
  }

  @Test
  void aLeaderThatCannotLeadAShardKeepsItIfNobodyElseIsThere() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1");
    group.worker("w-1").unable.add("2");
    assertThat(group.decide().isEmpty()).isTrue();
  }

  // ---------------------------------------------------------------- crashes in each phase

  @ParameterizedTest
  @EnumSource(Phase.class)
  void ifTheLeaderCrashesTheSuccessorHasTheShardAtOnce(Phase phase) {
    CoordinatedGroup group = moving(phase, 0);
    group.crash("w-1").decide();
    assertThat(group.leader("1")).isEqualTo("w-2");
    assertThat(group.takesOver("w-2")).isEmpty();
    assertSettles(group);
    assertThat(group.loads()).isEqualTo(Map.of("w-2", 2));
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void ifTheLeaderCrashesAndSomebodyStoodByTheMoveGoesOnFromThere(Phase phase) {
    CoordinatedGroup group = moving(phase, 1, "w-3");
    String shard =
        phase == Phase.RELEASED ? group.leads("w-2").get(0) : group.takesOver("w-2").get(0);
    List<String> standbys = group.standbys(shard);
    group.crash("w-1").decide();
    if (phase == Phase.RELEASED) {
      assertThat(group.leader(shard)).isEqualTo("w-2");
    } else {
      assertThat(standbys).containsExactly("w-3");
    }
    if (phase == Phase.PREPARES) {
      assertThat(group.leader(shard)).isEqualTo("w-3");
      assertThat(group.successor(shard)).isEqualTo("w-2");
      group.ready("w-2", shard).decide();
    }
    if (phase != Phase.RELEASED) {
      assertThat(group.leader(shard)).isEqualTo("w-2");
      // Who took over meanwhile learns why it loses the shard again.
      assertThat(group.reason("w-3", shard)).isEqualTo("rebalance after w-2 joined");
      assertThat(group.reason("w-2", shard)).isEqualTo("rebalance after w-2 joined");
    }
    assertSettles(group);
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void ifTheSuccessorCrashesTheLeaderKeepsTheShardOrGetsItBack(Phase phase) {
    CoordinatedGroup group = moving(phase, 0);
    group.crash("w-2").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2));
    assertThat(group.reason("w-1", "1"))
        .isEqualTo(phase == Phase.RELEASED ? "w-2 is gone" : "first placement");
    assertSettles(group);
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void ifBothCrashAThirdHasTheShard(Phase phase) {
    CoordinatedGroup group = moving(phase, 1, "w-3");
    group.crash("w-1", "w-2").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-3", 3));
    assertSettles(group);
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void ifTheCoordinatorIsReplacedTheMoveGoesOn(Phase phase) {
    CoordinatedGroup group = moving(phase, 0);
    group.pass(Duration.ofSeconds(20)).replaceCoordinator();
    if (phase == Phase.PREPARES) {
      assertThat(group.decide().isEmpty()).isTrue();
      group.ready("w-2", "1");
    }
    if (phase != Phase.RELEASED) {
      assertThat(group.machine.moves.size()).isEqualTo(1);
    }
    group.decide();
    assertThat(group.leader("1")).isEqualTo("w-2");
    assertThat(group.reason("w-2", "1")).isEqualTo("rebalance after w-2 joined");
    assertThat(group.reason("w-1", "1")).isEqualTo("rebalance after w-2 joined");
    assertThat(group.begun).isEqualTo(1);
    assertSettles(group);
  }

  @Test
  void aNewCoordinatorGivesASuccessorItsTimeAnew() {
    CoordinatedGroup group = moving(Phase.PREPARES, 0);
    group.pass(Duration.ofSeconds(20)).replaceCoordinator();
    assertThat(group.decideAfter(Duration.ofSeconds(29)).isEmpty()).isTrue();
    group.decideAfter(Duration.ofSeconds(1));
    assertThat(group.takesOver("w-2")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void ifCoordinatorLeaderAndSuccessorAreGoneTogetherTheShardIsLedAgain(Phase phase) {
    CoordinatedGroup group = moving(phase, 1, "w-3", "w-4", "w-5");
    group.crash("w-1", "w-2").replaceCoordinator().decide();
    assertSettles(group);
    assertThat(group.loads().values()).containsExactly(2, 2, 1);
  }

  // ---------------------------------------------------------------- who says what when

  @Test
  void aNewCoordinatorKnowsWhyAMoveThatItFindsWasBegun() {
    CoordinatedGroup drained = CoordinatedGroup.led(2, "w-1", "w-2");
    drained.directive("drain-w-1", "new version").decide();
    String shard = drained.takesOver("w-2").get(0);
    drained.replaceCoordinator().ready("w-2", shard).decide();
    assertThat(drained.reason("w-2", shard)).isEqualTo("drain of w-1 (new version)");
    assertThat(drained.reason("w-1", shard)).isEqualTo("drain of w-1 (new version)");

    CoordinatedGroup pinned = CoordinatedGroup.led(2, "w-1", "w-2");
    pinned.directive("pin-0", "w-2").decide();
    pinned.replaceCoordinator().ready("w-2", "0").decide();
    assertThat(pinned.reason("w-2", "0")).isEqualTo("pinned to w-2 by an operator");
  }

  @Test
  void whyAShardCameStaysInThePlanForAsLongAsItIsLed() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1");
    group.join("w-2").calm();
    group.join("w-3").calm();
    for (String shard : List.of("0", "1", "2", "3")) {
      String leader = group.leader(shard);
      assertThat(group.reason(leader, shard))
          .isEqualTo(
              leader.equals("w-1") ? "first placement" : "rebalance after " + leader + " joined");
    }
  }

  @Test
  void whyShardsMoveIsTheLastChangeOfWhatThereIs() {
    CoordinatedGroup group = CoordinatedGroup.led(6, "w-1", "w-2");
    Optional<PlanSummary> summary = group.directive("capacity-w-1", "2").decide().summary();
    assertThat(summary.orElseThrow().reason())
        .isEqualTo("rebalance after the capacity of w-1 changed");
    group.calm();
    group.directive("pin-0", "w-2").decide();
    assertThat(group.summary().reason()).isEqualTo("rebalance after shard 0 was pinned");
    group.calm();
    group.shards(ShardSet.numbered(9)).decide();
    assertThat(group.summary().reason()).isEqualTo("rebalance after the set of shards changed");
    group.calm();
    group.directive("drain-w-1", "").decide();
    assertThat(group.summary().reason()).isEqualTo("rebalance after w-1 drains");
    group.calm();
    group.noDirective("drain-w-1").noDirective("pin-0").decide();
    assertThat(group.summary().reason())
        .isEqualTo("rebalance after w-1 drains no more, shard 0 was unpinned");
  }

  // ---------------------------------------------------------------- slots and reasons

  @Test
  void aMoveThatEndsWithItsLeaderMakesRoomForAnotherAtOnce() {
    CoordinatedGroup group = CoordinatedGroup.led(6, "w-1", "w-3").budget(1);
    group.join("w-2").decide();
    assertThat(group.takesOver("w-2")).containsExactly("2");
    group.crash("w-1").directive("pin-5", "w-2").decide();
    assertThat(group.leader("2")).isEqualTo("w-2");
    assertThat(group.takesOver("w-2")).containsExactly("5");
  }

  @Test
  void aMoveWhoseShardIsGivenToNobodyHoldsNoSlot() {
    CoordinatedGroup group = moving(Phase.RELEASED, 0);
    assertThat(group.machine.moves.size()).isEqualTo(1);
    CoordinatorMachine.Decision decision =
        group.directive("drain-w-1", "").directive("drain-w-2", "").decideOnly();
    assertThat(decision.summary().orElseThrow().unplaced()).hasSize(2);
    assertThat(group.machine.moves.size()).isZero();
  }

  @Test
  void aShardThatMovesOnBeforeItsSuccessorIsInOfficeNeedsNoSecondSlot() {
    CoordinatedGroup group = moving(Phase.RELEASED, 0, "w-3").budget(1);
    String shard = group.leads("w-2").get(0);
    group.directive("pin-" + shard, "w-3").decide();
    assertThat(group.takesOver("w-3")).containsExactly(shard);
    assertThat(group.machine.moves.size()).isEqualTo(1);
  }

  @Test
  void bothPlansSayWhyAlsoWhenTheyAreWrittenAgainBeforeTheMoveIsOver() {
    CoordinatedGroup group = moving(Phase.RELEASED, 0);
    group.shards(ShardSet.numbered(3)).decide();
    assertThat(group.leads("w-1")).containsExactly("0", "2");
    assertThat(group.reason("w-1", "1")).isEqualTo("rebalance after w-2 joined");
    assertThat(group.reason("w-2", "1")).isEqualTo("rebalance after w-2 joined");
    group.worker("w-2").ready.clear();
    group.shards(ShardSet.numbered(4)).decide();
    group.shards(ShardSet.numbered(5)).decide();
    assertThat(group.reason("w-1", "1")).as("it is over").isEmpty();
    assertThat(group.reason("w-2", "1")).isEqualTo("rebalance after w-2 joined");
  }

  /** Kept from the simulation: there, what was given up and what is wanted then differ. */
  @Test
  void whereMovesAreGivenUpThePlacementIsAskedAgain() {
    new CoordinatorSimulationTest().oneWorkerThatJoinsACalmGroupCausesItsShareOfMovesAndNoMore(-8);
  }
}
