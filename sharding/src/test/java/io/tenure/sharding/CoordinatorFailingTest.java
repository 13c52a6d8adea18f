package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shards that fail: where they are led, how often they move, and that nothing else does. */
class CoordinatorFailingTest {

  private static void fails(CoordinatedGroup group, String id, String shard) {
    group.worker(id).failing.add(shard);
    group.worker(id).unable.add(shard);
  }

  /** Its rest is over: it may be tried there again. */
  private static void rested(CoordinatedGroup group, String id, String shard) {
    group.worker(id).unable.remove(shard);
  }

  private static Map<String, List<String>> healthy(CoordinatedGroup group, String... failing) {
    return group.plan().stream()
        .collect(
            java.util.stream.Collectors.toMap(
                PlanNode::workerId,
                node ->
                    Stream.concat(node.leads().stream(), node.takesOver().stream())
                        .filter(shard -> !List.of(failing).contains(shard))
                        .toList()));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aShardThatFailsGoesToAnotherWorkerAtOnceAndNoOtherMoves(int standbys) {
    CoordinatedGroup group = CoordinatedGroup.led(12, standbys, "w-1", "w-2", "w-3");
    String shard = group.leads("w-1").get(0);
    Map<String, List<String>> before = healthy(group, shard);
    fails(group, "w-1", shard);
    group.decide();
    assertThat(group.leader(shard)).isIn("w-2", "w-3");
    assertThat(healthy(group, shard)).isEqualTo(before);
    rested(group, "w-1", shard);
    assertThat(group.decideAfter(Duration.ofMinutes(1)).isEmpty()).isTrue();
    assertThat(group.leader(shard)).isIn("w-2", "w-3");
  }

  @Test
  void itMovesOnLessAndLessOftenAndNeverToAWorkerOnWhichItFailsWhileAnotherIsLeft() {
    String[] ids = {"w-1", "w-2", "w-3", "w-4", "w-5", "w-6"};
    CoordinatedGroup group = CoordinatedGroup.led(24, ids);
    Map<String, List<String>> before = healthy(group, "0");
    Duration pause = Duration.ZERO;
    for (int failed = 1; failed < ids.length; failed++) {
      String leader = group.leader("0");
      fails(group, leader, "0");
      CoordinatorMachine.Decision decision = group.decide();
      if (failed > 1) {
        assertThat(group.leader("0")).isEqualTo(leader);
        assertThat(decision.nanosToWait()).contains(pause.toNanos());
        rested(group, leader, "0");
        assertThat(group.decideAfter(pause).isEmpty()).as("it is tried again there").isTrue();
        fails(group, leader, "0");
        group.decide();
      }
      assertThat(group.worker(group.leader("0")).failing).isEmpty();
      assertThat(healthy(group, "0")).isEqualTo(before);
      pause = pause.isZero() ? Duration.ofSeconds(1) : pause.multipliedBy(2);
    }
    assertThat(group.registered).filteredOn(one -> one.failing.isEmpty()).hasSize(1);
  }

  @Test
  void aShardThatFailsOnEveryWorkerStaysWhereItIs() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 1, "w-1", "w-2", "w-3");
    Stream.of("w-1", "w-2", "w-3").forEach(id -> fails(group, id, "0"));
    String leader = group.leader("0");
    assertThat(group.decide().isEmpty()).isTrue();
    rested(group, "w-2", "0");
    assertThat(group.decideAfter(Duration.ofMinutes(10)).isEmpty()).isTrue();
    assertThat(group.leader("0")).isEqualTo(leader);
  }

  @Test
  void allShardsOfAWorkerThatFailGoToTheOthersAndComeHomeWhenTheyNoLongerFail() {
    CoordinatedGroup group = CoordinatedGroup.led(13, 1, "w-1", "w-2", "w-3");
    List<String> own = group.leads("w-2");
    String[] failing = own.toArray(String[]::new);
    Map<String, List<String>> before = healthy(group, failing);
    own.forEach(shard -> fails(group, "w-2", shard));
    group.decide();
    assertThat(group.leads("w-2")).isEmpty();
    assertThat(group.loads().values()).containsExactlyInAnyOrder(0, 6, 7);
    assertThat(healthy(group, failing)).isEqualTo(before);

    group.worker("w-2").unable.clear();
    assertThat(group.decideAfter(Duration.ofMinutes(5)).isEmpty()).isTrue();
    group.worker("w-2").failing.clear();
    group.calm();
    assertThat(group.leads("w-2")).containsExactlyInAnyOrderElementsOf(own);
    assertThat(healthy(group, failing)).isEqualTo(before);
  }

  @Test
  void severalOfOneWorkerThatFailDoNotDrawOthersToIt() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 1, "w-1", "w-2", "w-3");
    String[] failing = group.leads("w-1").subList(0, 3).toArray(String[]::new);
    Map<String, List<String>> before = healthy(group, failing);
    for (String shard : failing) {
      Stream.of("w-1", "w-2", "w-3").forEach(id -> fails(group, id, shard));
      rested(group, "w-3", shard);
    }
    group.calm();
    group.replaceCoordinator().calm();
    assertThat(healthy(group, failing)).isEqualTo(before);
  }

  @Test
  void theNextCoordinatorGoesOnWithThePauses() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2", "w-3");
    String first = group.leader("0");
    fails(group, first, "0");
    group.decide();
    String second = group.leader("0");
    fails(group, second, "0");
    group.replaceCoordinator();
    assertThat(group.decide().nanosToWait()).contains(Duration.ofSeconds(2).toNanos());
    assertThat(group.leader("0")).isEqualTo(second);
    group.decideAfter(Duration.ofSeconds(2));
    assertThat(group.leader("0")).isNotIn(first, second);
  }

  @Test
  void aLeaderThatDrainsGivesAwayWhatFailsOnAllOthersToo() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    String shard = group.leads("w-1").get(0);
    fails(group, "w-2", shard);
    rested(group, "w-2", shard);
    group.directive("drain-w-1", "").calm();
    assertThat(group.leads("w-1")).isEmpty();
    assertThat(group.leader(shard)).isEqualTo("w-2");
  }

  @Test
  void whoStandsByForAShardThatFailsOnItDoesNotGetItWhenItsLeaderIsGone() {
    CoordinatedGroup group = CoordinatedGroup.led(12, 1, "w-1", "w-2", "w-3");
    String shard = group.leads("w-1").get(0);
    String standby = group.standbys(shard).get(0);
    fails(group, standby, shard);
    rested(group, standby, shard);
    group.crash("w-1").decide();
    assertThat(group.leader(shard)).isNotEqualTo(standby).isNotEmpty();
  }

  @Test
  void aPinWaitsUntilTheShardNoLongerFailsThere() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    String shard = group.leads("w-1").get(0);
    fails(group, "w-2", shard);
    rested(group, "w-2", shard);
    CoordinatorMachine.Decision decision = group.directive("pin-" + shard, "w-2").decide();
    assertThat(group.leader(shard)).isEqualTo("w-1");
    assertThat(group.takesOver("w-2")).doesNotContain(shard);
    assertThat(decision.ignored())
        .containsEntry(
            "/orders/directives/pin-" + shard, "worker w-2 has no room for it or cannot lead it");
    group.worker("w-2").failing.clear();
    group.calm();
    assertThat(group.leader(shard)).isEqualTo("w-2");
  }

  // ---- slots of moves ----

  @Test
  void aMoveToAWorkerThatTurnsOutToBeUnableHoldsNoSlot() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1").budget(1);
    group.join("w-2").decide();
    String shard = group.takesOver("w-2").get(0);
    group.ready("w-2", shard).decide();
    assertThat(group.leader(shard)).isEqualTo("w-2");
    assertThat(group.takesOver("w-2")).isEmpty();
    // No worker can lead it: its record is damaged. Its task was ready, and still is.
    fails(group, "w-1", shard);
    fails(group, "w-2", shard);
    group.decide();
    assertThat(group.takesOver("w-2")).hasSize(1).doesNotContain(shard);
  }

  @Test
  void shardsThatNobodyCanLeadDoNotDelayAnUndrain() {
    CoordinatedGroup group = CoordinatedGroup.led(19, "w-1", "w-2", "w-3").budget(2);
    group.directive("drain-w-3", "").calm();
    List<String> dead = List.of(group.leads("w-1").get(0), group.leads("w-2").get(0));
    for (String shard : dead) {
      fails(group, "w-1", shard);
      fails(group, "w-2", shard);
    }
    group.decide();
    group.noDirective("drain-w-3");
    long begun = group.nowNanos;
    for (int round = 0; round < 20; round++) {
      dead.stream()
          .filter(shard -> group.leads("w-3").contains(shard))
          .forEach(shard -> fails(group, "w-3", shard));
      group.obey().decideAfter(Duration.ofMillis(100));
    }
    assertThat(group.leads("w-3").size() + dead.size()).isGreaterThanOrEqualTo(6);
    assertThat(Duration.ofNanos(group.nowNanos - begun)).isLessThan(CoordinatedGroup.READY_LIMIT);
    assertThat(group.plan()).allSatisfy(node -> assertThat(node.takesOver()).isEmpty());
  }

  // ---- at home again ----

  @Test
  void aShardThatIsHomeAgainStaysThereAsAnyOther() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2");
    String shard = group.leads("w-1").get(0);
    fails(group, "w-1", shard);
    group.decide();
    assertThat(group.leader(shard)).isEqualTo("w-2");
    group.worker("w-1").failing.clear();
    group.worker("w-1").unable.clear();
    group.calm();
    assertThat(group.leader(shard)).isEqualTo("w-1");
    group.join("w-3").calm();
    // Of equal ones the last go; what is away from home would go first.
    assertThat(group.leader(shard)).isEqualTo("w-1");
  }

  @Test
  void aShardThatFailedElsewhereWasNeverAway() {
    CoordinatedGroup group = CoordinatedGroup.led(12, "w-1", "w-2");
    String shard = group.leads("w-1").get(0);
    fails(group, "w-2", shard);
    assertThat(group.decide().isEmpty()).isTrue();
    group.worker("w-2").failing.clear();
    group.worker("w-2").unable.clear();
    group.decide();
    group.join("w-3").calm();
    assertThat(group.leader(shard)).isEqualTo("w-1");
  }
}
