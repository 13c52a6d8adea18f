package io.tenure.sharding;

import static io.tenure.sharding.Placement.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How a decision becomes plans, worker by worker. */
class PlanDraftTest {

  private static final ShardSet SHARDS = ShardSet.numbered(4);

  private final PlanDraft draft = new PlanDraft(SHARDS, 3);

  private static PlanDraft.Head head(int worker, Optional<PlanNode> before) {
    return new PlanDraft.Head("w-" + worker, 7 + worker, Optional.empty(), before.orElse(null));
  }

  private List<PlanNode> nodes(int[] wanted, int[]... standbys) {
    return draft.nodes(
        List.of(head(0, Optional.empty()), head(1, Optional.empty()), head(2, Optional.empty())),
        new Placement.Result(wanted, standbys, List.of()));
  }

  @Test
  void eachWorkerReadsWhatItLeadsTakesOverAndStandsByForInItsRanks() {
    draft.lead(0, 0);
    draft.lead(1, 1);
    draft.lead(2, 1);
    draft.takeOver(2, 2);
    List<PlanNode> nodes =
        nodes(new int[] {0, 1, 2, NONE}, new int[] {1, 0, 0, NONE}, new int[] {2, NONE, NONE, 0});
    assertThat(nodes)
        .extracting(PlanNode::leads)
        .containsExactly(List.of("0"), List.of("1", "2"), List.of());
    assertThat(nodes)
        .extracting(PlanNode::takesOver)
        .containsExactly(List.of(), List.of(), List.of("2"));
    assertThat(nodes)
        .extracting(PlanNode::standsBy)
        .containsExactly(
            List.of(List.of("1", "2"), List.of("3")),
            List.of(List.of("0")),
            List.of(List.of(), List.of("0")));
    assertThat(nodes).extracting(PlanNode::incarnation).containsExactly(7L, 8L, 9L);
    assertThat(draft.unplaced()).containsExactly("3");
    assertThat(draft.leader(1)).isEqualTo(1);
    assertThat(draft.leader(3)).isEqualTo(NONE);
  }

  @Test
  void whileAMoveHasToWaitItsSuccessorStandsByInsteadOfTheLeaderAndGetsReadyWithoutStandingBy() {
    draft.lead(0, 0);
    draft.lead(1, 0);
    draft.takeOver(1, 1);
    List<PlanNode> nodes = nodes(new int[] {1, 1, NONE, 0}, new int[] {0, 0, NONE, NONE});
    assertThat(nodes.get(0).standsBy()).isEmpty();
    assertThat(nodes.get(1).standsBy()).containsExactly(List.of("0"));
    assertThat(nodes.get(1).takesOver()).containsExactly("1");
  }

  @Test
  void theLastWordOnAShardCountsAndOfThoseBeforeWhatIsStillLed() {
    draft.lead(0, 0);
    draft.lead(1, 0);
    draft.reason(1, 0, "first word");
    draft.reason(1, 0, "w-2 is gone");
    draft.reason(2, NONE, "no worker to tell");
    draft.reason("gone", 0, "the shard was removed");
    PlanNode before =
        new PlanNode(
            "w-0",
            7,
            Optional.empty(),
            List.of("0", "1", "2"),
            List.of(),
            List.of(),
            Map.of("first placement", List.of("0", "1", "2")));
    List<PlanNode> nodes =
        draft.nodes(
            List.of(head(0, Optional.of(before))),
            new Placement.Result(new int[] {0, 0, NONE, NONE}, new int[0][], List.of()));
    assertThat(nodes.get(0).reasons())
        .isEqualTo(
            Map.of(
                "first placement",
                List.of("0"),
                "w-2 is gone",
                List.of("1"),
                "the shard was removed",
                List.of("gone")));
  }
}
