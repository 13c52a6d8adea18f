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
}
