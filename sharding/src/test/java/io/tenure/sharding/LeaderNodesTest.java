package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tenure.internal.session.EphemeralBytes;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;

class LeaderNodesTest {

  private static final GroupPaths PATHS = new GroupPaths("/orders");

  @Example
  void asManyFitAsTheBytesOfTheLongestPathAllow() {
    int each = 4 + 5 + "/orders/shards/999/leader".length();
    ShardSet numbered = ShardSet.numbered(1000);
    assertThat(LeaderNodes.fit(10 * each, 5, PATHS, numbered)).isEqualTo(10);
    assertThat(LeaderNodes.fit(10 * each - 1, 5, PATHS, numbered)).isEqualTo(9);
    int named = 4 + "/orders/shards/zürich/leader".length() + 1;
    ShardSet names = ShardSet.named(List.of("a", "zürich", "zz"));
    assertThat(LeaderNodes.fit(2 * named, 0, PATHS, names)).isEqualTo(2);
  }

  @Example
  void theCoordinatorPlacesWithinTheBoundAndNamesTheRestWithTheReason() {
    CoordinatedGroup group = CoordinatedGroup.of(ShardSet.numbered(8)).join("w-1");
    group.worker("w-1").fits = 5;
    CoordinatorMachine.Decision decision = group.decide();
    assertThat(group.machine.plans.get("w-1").leads()).hasSize(5);
    PlanSummary summary = decision.summary().orElseThrow();
    assertThat(summary.unplaced()).hasSize(3);
    assertThat(summary.unplacedReason()).contains("so many bytes", "w-1 has room for 5");
    group.join("w-2");
    group.worker("w-2").fits = 5;
    group.decide();
    assertThat(group.machine.summary.unplaced()).isEmpty();
    assertThat(group.machine.summary.unplacedReason()).isEmpty();
  }

  @Example
  void aSetThatDoesNotFitOnOneWorkerIsNotMadeLargerUnlessThatIsSaid() {
    GroupSettings settings = GroupSettings.of(ShardSet.numbered(100));
    GroupFacts facts =
        new GroupFacts(
            PATHS, settings, settings.bytes(), 0, List.of(), List.of(), Optional.empty(), 200);
    int fit = LeaderNodes.fit(EphemeralBytes.DEFAULT_BOUND, 200, PATHS, ShardSet.numbered(10_000));
    GroupEdits edits = new GroupEdits(facts);
    assertThatCode(() -> edits.edit(new GroupChange.Resize(fit, ""))).doesNotThrowAnyException();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> edits.edit(new GroupChange.Resize(fit + 1, "")))
        .withMessageContainingAll("/orders", "ZOOKEEPER-4306", fit + " fit", "several workers");
    assertThatCode(() -> edits.edit(new GroupChange.Resize(fit + 1, "", true)))
        .doesNotThrowAnyException();
    // A group that is too large already may become smaller.
    GroupSettings large = GroupSettings.of(ShardSet.numbered(fit + 100));
    GroupFacts already =
        new GroupFacts(PATHS, large, large.bytes(), 0, List.of(), List.of(), Optional.empty(), 200);
    assertThatCode(() -> new GroupEdits(already).edit(new GroupChange.Resize(fit + 50, "")))
        .doesNotThrowAnyException();
  }

  @Example
  void ofNamedShardsTheLongestInBytesCountsWhereverItStands() {
    int each = 4 + "/orders/shards/köln-ost/leader".length() + 1;
    for (List<String> names :
        List.of(
            List.of("köln-ost", "zz"), List.of("a", "köln-ost"), List.of("a", "köln-ost", "z"))) {
      assertThat(LeaderNodes.fit(3 * each, 0, PATHS, ShardSet.named(names))).isEqualTo(3);
      assertThat(LeaderNodes.fit(3 * each - 1, 0, PATHS, ShardSet.named(names))).isEqualTo(2);
    }
  }

  @Example
  void whyThereIsNoRoomNamesAFewWorkers() {
    CoordinatedGroup group =
        CoordinatedGroup.of(ShardSet.numbered(20)).join("w-1", "w-2", "w-3", "w-4", "w-5");
    group.registered.forEach(one -> one.fits = 2);
    String said = group.decide().summary().orElseThrow().unplacedReason();
    assertThat(said)
        .endsWith(
            ": w-1 has room for 2, w-2 has room for 2, w-3 has room for 2,"
                + " w-4 has room for 2, w-5 has room for 2");
    group.join("w-6").worker("w-6").fits = 2;
    assertThat(group.decide().summary().orElseThrow().unplacedReason()).isEqualTo(said + " ...");
  }
}
