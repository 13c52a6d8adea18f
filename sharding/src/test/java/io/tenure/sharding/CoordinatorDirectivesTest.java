package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What operators want, and what they get. */
class CoordinatorDirectivesTest {

  // ---------------------------------------------------------------- drains

  @Test
  void aWorkerThatIsDrainedHandsOverEverythingAndGetsNothingUntilItIsNot() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 1, "w-1", "w-2", "w-3");
    List<String> shards = group.leads("w-3");
    group.directive("drain-w-3", "new version").decide();
    assertThat(group.planOf("w-3").orElseThrow().draining()).contains("drain of w-3 (new version)");
    assertThat(group.leads("w-3")).isEqualTo(shards);
    group.calm();
    assertThat(group.leads("w-3")).isEmpty();
    assertThat(group.begun).isEqualTo(4);
    for (String shard : shards) {
      assertThat(group.reason(group.leader(shard), shard)).isEqualTo("drain of w-3 (new version)");
    }
    assertThat(group.planOf("w-3").orElseThrow().reasons())
        .containsOnlyKeys("drain of w-3 (new version)");
    group.join("w-4").calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4, "w-3", 0, "w-4", 4));

    group.noDirective("drain-w-3").calm();
    assertThat(group.planOf("w-3").orElseThrow().draining()).isEmpty();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 3, "w-2", 3, "w-3", 3, "w-4", 3));
    assertThat(group.reason("w-3", group.leads("w-3").get(0)))
        .isEqualTo("rebalance after w-3 drains no more");
  }

  @Test
  void aWorkerThatDrainsByItselfIsTreatedTheSame() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    List<String> shards = group.leads("w-1");
    group.worker("w-1").draining = true;
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 0, "w-2", 4));
    assertThat(group.reason("w-2", shards.get(0))).isEqualTo("drain of w-1");
  }

  @Test
  void withoutOtherWorkersItsShardsAreReleasedToNobodyAndComeBackWithTheEndOfTheDrain() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1");
    group.directive("drain-w-1", "").decide();
    assertThat(group.leads("w-1")).isEmpty();
    assertThat(group.summary().unplaced()).hasSize(4);
    assertThat(group.reason("w-1", "2")).isEqualTo("drain of w-1, and no other worker has room");
    group.noDirective("drain-w-1").decide();
    assertThat(group.leads("w-1")).hasSize(4);
    assertThat(group.summary().unplaced()).isEmpty();
  }

  @Test
  void aDrainThatIsTakenBackInTheMiddleLeavesWhatHasNotMoved() {
    CoordinatedGroup group = CoordinatedGroup.led(8, "w-1", "w-2").budget(2);
    group.directive("drain-w-1", "").decide();
    List<String> first = group.takesOver("w-2");
    group.ready("w-2", first.get(0)).decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 3, "w-2", 5));
    group.noDirective("drain-w-1").decide();
    assertThat(group.takesOver("w-2")).isEmpty();
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 4));
    assertThat(group.begun).isEqualTo(3);
  }

  @Test
  void drainsOfEverybodyReleaseEverything() {
    CoordinatedGroup group = CoordinatedGroup.led(4, 1, "w-1", "w-2");
    group.directive("drain-w-1", "").directive("drain-w-2", "").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 0, "w-2", 0));
    group.join("w-3").decide();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 0, "w-2", 0, "w-3", 4));
  }

  // ---------------------------------------------------------------- pins

  @Test
  void aPinnedShardMovesToItsWorkerAndOthersMakeRoomForIt() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    String shard = group.leads("w-2").get(0);
    group.directive("pin-" + shard, "w-1").calm();
    assertThat(group.leader(shard)).isEqualTo("w-1");
    assertThat(group.reason("w-1", shard)).isEqualTo("pinned to w-1 by an operator");
    assertThat(group.reason("w-2", shard)).isEqualTo("pinned to w-1 by an operator");
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 2));
    assertThat(group.hasDirective("pin-" + shard)).isTrue();
    group.join("w-3").calm();
    assertThat(group.leader(shard)).isEqualTo("w-1");
  }

  @Test
  void aShardThatIsPinnedNoMoreStaysWhereItIsIfItMay() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    group.directive("pin-0", "w-1").directive("pin-1", "w-1").directive("pin-2", "w-1").calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 3, "w-2", 1));
    group.noDirective("pin-1").calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 2));
    assertThat(group.reason("w-2", "1")).isEqualTo("rebalance after shard 1 was unpinned");
    group.noDirective("pin-0").noDirective("pin-2");
    assertThat(group.decide().isEmpty()).isTrue();
  }

  @Test
  void aPinWaitsForItsWorkerAndIsSaidToBePassedOverMeanwhile() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    assertThat(group.directive("pin-0", "w-9").decide().ignored())
        .isEqualTo(Map.of("/orders/directives/pin-0", "there is no worker \"w-9\" now"));
    CoordinatorMachine.Decision decision = group.join("w-9").decide();
    assertThat(decision.ignored()).isEmpty();
    group.calm();
    assertThat(group.leader("0")).isEqualTo("w-9");
  }

  @Test
  void aShardWhosePinIsPassedOverMovesForItsOwnReasons() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1");
    group.directive("pin-3", "w-9").directive("pin-2", "w-1").join("w-2").calm();
    assertThat(group.leader("3")).isEqualTo("w-2");
    assertThat(group.reason("w-2", "3")).startsWith("rebalance after w-2 joined");
    group.directive("drain-w-2", "").calm();
    assertThat(group.reason("w-1", "3")).isEqualTo("drain of w-2");
  }

  // ---------------------------------------------------------------- moves

  @Test
  void aMoveDirectiveIsRemovedWhenThePlanGivesTheShardToItsWorker() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    String shard = group.leads("w-2").get(1);
    group.directive("move-" + shard, "w-1").decide();
    assertThat(group.successor(shard)).isEqualTo("w-1");
    assertThat(group.hasDirective("move-" + shard)).isTrue();
    group.ready("w-1", shard).decide();
    assertThat(group.leader(shard)).isEqualTo("w-1");
    assertThat(group.hasDirective("move-" + shard)).isFalse();
    assertThat(group.reason("w-1", shard)).isEqualTo("moved to w-1 by an operator");
    assertThat(group.reason("w-2", shard)).isEqualTo("moved to w-1 by an operator");
    group.calm();
    assertThat(group.leader(shard)).isEqualTo("w-1");
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 2));
    assertThat(group.begun).isEqualTo(2);
  }

  @Test
  void whatMakesRoomForAMoveIsNotTheShardThatWasMovedHoweverSmallTheBudget() {
    CoordinatedGroup group = CoordinatedGroup.led(6, "w-1", "w-2").budget(1);
    for (String shard : List.of("5", "0")) {
      String to = group.leader(shard).equals("w-1") ? "w-2" : "w-1";
      group.directive("move-" + shard, to).calm();
      assertThat(group.leader(shard)).isEqualTo(to);
      assertThat(group.hasDirective("move-" + shard)).isFalse();
    }
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 3, "w-2", 3));
    assertThat(group.begun).isEqualTo(4);
  }

  @Test
  void severalMovesToOneWorkerAreAllCarriedOut() {
    CoordinatedGroup group = CoordinatedGroup.led(6, "w-1", "w-2").budget(1);
    List<String> shards = group.leads("w-2");
    shards.forEach(shard -> group.directive("move-" + shard, "w-1"));
    group.calm();
    assertThat(group.leads("w-1")).isEqualTo(shards);
    assertThat(group.directives).isEmpty();
  }

  @Test
  void aMoveDirectiveThatIsFulfilledAlreadyIsRemoved() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    CoordinatorMachine.Decision decision =
        group.directive("move-" + group.leads("w-1").get(0), "w-1").decide();
    assertThat(decision.movesDone()).hasSize(1);
    assertThat(decision.isEmpty()).isFalse();
    assertThat(decision.writes()).isEmpty();
    assertThat(group.directives).isEmpty();
  }

  @Test
  void aMoveDirectiveIsFoundUnderTheNameThatSomebodyWroteItWith() {
    for (String name : List.of("move-köln", "move-k%C3%B6ln")) {
      CoordinatedGroup group =
          CoordinatedGroup.of(ShardSet.named(List.of("aachen", "bonn", "essen", "köln")));
      group.join("w-1", "w-2").decide();
      group.directive(name, "w-1").calm();
      assertThat(group.leader("köln")).as(name).isEqualTo("w-1");
      assertThat(group.directives).isEmpty();
    }
  }

  @Test
  void aMoveThatCannotBeIsSaidToBePassedOverAndStays() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    String shard = group.leads("w-2").get(0);
    String other = group.leads("w-2").get(1);
    group.worker("w-1").unable.add(other);
    group.directive("pin-" + shard, "w-2").directive("move-" + shard, "w-1");
    group.directive("move-" + other, "w-1");
    CoordinatorMachine.Decision decision = group.decide();
    assertThat(decision.ignored())
        .isEqualTo(
            Map.of(
                "/orders/directives/move-" + shard,
                "the shard is pinned to w-2",
                "/orders/directives/move-" + other,
                "worker w-1 has no room for it or cannot lead it"));
    group.calm();
    assertThat(group.hasDirective("move-" + shard)).isTrue();
    group.worker("w-1").unable.clear();
    group.noDirective("pin-" + shard).calm();
    assertThat(group.directives).isEmpty();
    assertThat(group.leads("w-1")).contains(shard, other);
  }

  @Test
  void aWishThatAWorkersLimitForbidsIsSaidToBePassedOver() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    group.worker("w-1").maxShards = 0;
    group.calm();
    group.directive("move-0", "w-1").directive("pin-1", "w-1");
    assertThat(group.decide().ignored())
        .isEqualTo(
            Map.of(
                "/orders/directives/move-0",
                "worker w-1 has no room for it or cannot lead it",
                "/orders/directives/pin-1",
                "worker w-1 has no room for it or cannot lead it"));
  }

  // ---------------------------------------------------------------- capacities

  @Test
  void aHandSetCapacityCountsMoreThanTheWorkersOwn() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2");
    group.worker("w-1").capacity = 5;
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 10, "w-2", 2));
    group.directive("capacity-w-1", " 2\n").calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 8, "w-2", 4));
    assertThat(group.planOf("w-2").orElseThrow().reasons())
        .containsKey("rebalance after the capacity of w-1 changed");
    group.noDirective("capacity-w-1").calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 10, "w-2", 2));
  }

  // ---------------------------------------------------------------- what cannot be understood

  @Test
  void badDirectivesArePassedOverWithAMessageEachAndTheOthersAreFollowed() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    group
        .directive("pin-0", "")
        .directive("pin-99", "w-1")
        .directive("move-", "w-1")
        .directive("move-%zz", "w-1")
        .directive("move-1", "w-9")
        .directive("capacity-w-1", "much")
        .directive("capacity-w-2", "-1")
        .directive("capacity-w-4", "0")
        .directive("capacity-w-3", "NaN")
        .directive("stop-w-1", "")
        .directive("nonsense", "")
        .directive("pin-3", "{\"format\":2,\"value\":\"w-1\"}")
        .directive("pin-2", "{\"format\":1,\"value\":\"w-1\",\"reason\":\"near the disks\"}");
    Map<String, String> ignored = group.decide().ignored();
    assertThat(ignored)
        .hasSize(12)
        .containsEntry("/orders/directives/capacity-w-4", "\"0\" is no number above 0")
        .containsEntry(
            "/orders/directives/pin-0", "has no data: the id of the worker belongs there")
        .containsEntry("/orders/directives/pin-99", "there is no shard \"99\" in the group")
        .containsEntry("/orders/directives/move-", "names no worker or shard after the dash")
        .containsEntry("/orders/directives/move-%zz", "names no worker or shard after the dash")
        .containsEntry("/orders/directives/move-1", "there is no worker \"w-9\" now")
        .containsEntry("/orders/directives/capacity-w-1", "\"much\" is no number above 0")
        .containsEntry("/orders/directives/capacity-w-2", "\"-1\" is no number above 0")
        .containsEntry("/orders/directives/capacity-w-3", "\"NaN\" is no number above 0")
        .containsEntry(
            "/orders/directives/stop-w-1", "begins with none of drain-, capacity-, pin- and move-")
        .containsEntry(
            "/orders/directives/nonsense", "begins with none of drain-, capacity-, pin- and move-");
    assertThat(ignored.get("/orders/directives/pin-3")).contains("has format 2");
    group.calm();
    assertThat(group.leader("2")).isEqualTo("w-1");
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 2, "w-2", 2));
  }

  @Test
  void aDrainThatIsDamagedCountsByItsName() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    group.directive("drain-w-2", "{\"value\":");
    assertThat(group.decide().ignored()).isEmpty();
    group.calm();
    assertThat(group.loads()).isEqualTo(Map.of("w-1", 4, "w-2", 0));
  }

  @Test
  void wishesForWorkersThatDrainArePassedOver() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2", "w-3");
    group.directive("drain-w-2", "").directive("pin-0", "w-2").directive("move-1", "w-2");
    assertThat(group.decide().ignored())
        .isEqualTo(
            Map.of(
                "/orders/directives/pin-0", "worker w-2 drains",
                "/orders/directives/move-1", "worker w-2 drains"));
  }

  @Test
  void whatIsPassedOverIsToldAlsoWhileNothingIsDecided() {
    CoordinatedGroup group = CoordinatedGroup.of(ShardSet.numbered(2));
    group.directive("nonsense", "");
    assertThat(group.decide().ignored()).containsKey("/orders/directives/nonsense");
  }
}
