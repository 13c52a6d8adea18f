package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the coordinator reads from registrations and directives together. */
class MembersTest {

  private static final ShardSet SHARDS = ShardSet.numbered(4);

  private static CoordinatorMachine.Worker worker(
      String id, int maxShards, int fits, List<String> unable, List<String> failing) {
    WorkerNode node =
        new WorkerNode(
                StillGroup.candidate(id),
                "nonce",
                "zone",
                2,
                maxShards,
                false,
                List.of("1"),
                List.of("2"),
                unable,
                failing,
                List.of(),
                0)
            .withFits(fits);
    return new CoordinatorMachine.Worker(node, 7);
  }

  private static Members members(CoordinatorMachine.Worker... workers) {
    return members(Directives.none(), Set.of(), workers);
  }

  private static Members members(
      Directives directives, Set<String> damped, CoordinatorMachine.Worker... workers) {
    NavigableMap<String, CoordinatorMachine.Worker> byId = new TreeMap<>();
    for (CoordinatorMachine.Worker worker : workers) {
      byId.put(worker.id(), worker);
    }
    return new Members(byId, directives, SHARDS, damped);
  }

  private static BitSet bits(int... shards) {
    BitSet bits = new BitSet();
    for (int shard : shards) {
      bits.set(shard);
    }
    return bits;
  }

  @Test
  void shardsThatTheGroupNoLongerHasAreLeftOut() {
    Members members = members(worker("w-1", 9, 9, List.of("9", "x", "3"), List.of("4", "0")));
    assertThat(members.unableBut(new BitSet())).isEqualTo(Map.of(0, Set.of(3)));
    assertThat(members.failing(new int[0], new BitSet())).isEqualTo(bits(0));
  }

  @Test
  void whatFailsIsWhatFailedSomewhereWhatItsLeaderCannotLeadAndWhatFailedAndIsNotAbleYet() {
    Members members =
        members(
            worker("w-1", 9, 9, List.of("0", "1", "3"), List.of()),
            worker("w-2", 9, 9, List.of(), List.of("2")));
    // Shard 0: by its leader. 1: failed before. 2: failed on the other. 3: another's, and healthy.
    assertThat(members.failing(new int[] {0, 1, 0, Placement.NONE}, bits(1)))
        .isEqualTo(bits(0, 1, 2));
    assertThat(members.timesFailing(2)).isEqualTo(1);
    assertThat(members.timesFailing(0)).isZero();
    assertThat(members.unableBut(bits(0, 3))).isEqualTo(Map.of(0, Set.of(1)));
    assertThat(members.unableBut(bits(0, 1, 3))).isEmpty();
  }

  @Test
  void thoseAreBoundByBytesWhoseLeaderNodesTakeMoreThanFits() {
    Members members =
        members(
            worker("w-1", 5, 4, List.of(), List.of()),
            worker("w-2", 5, 5, List.of(), List.of()),
            worker("w-3", 5, 6, List.of(), List.of()));
    assertThat(members.boundByBytes()).containsExactly("w-1 has room for 4");
    assertThat(members.member(0).maxShards()).isEqualTo(4);
    assertThat(members.member(2).maxShards()).isEqualTo(5);
  }

  @Test
  void anOperatorsCapacityCountsInsteadOfItsOwnAndIsMultipliedByItsShare() {
    Directives directives =
        Directives.parse(
            List.of(
                new Directives.Written(
                    "/orders/directives/capacity-w-1", "3".getBytes(StandardCharsets.UTF_8)),
                new Directives.Written("/orders/directives/drain-w-3", new byte[0])));
    Members members =
        members(
            directives,
            Set.of("w-2"),
            worker("w-1", 9, 9, List.of(), List.of()),
            worker("w-2", 9, 9, List.of(), List.of()),
            worker("w-3", 9, 9, List.of(), List.of()));
    assertThat(members.placement(id -> id.equals("w-1") ? 0.5 : 2))
        .containsExactly(
            new Placement.Member("w-1", 1.5, 9, "zone", false),
            new Placement.Member("w-2", 4, 9, "zone", true),
            new Placement.Member("w-3", 4, 9, "zone", true));
    assertThat(members.isDamped(1)).isTrue();
    assertThat(members.isDamped(2)).isFalse();
    assertThat(members.isOpen("w-1")).isTrue();
    assertThat(members.isOpen("w-2")).isFalse();
    assertThat(members.isOpen("w-9")).isFalse();
    assertThat(members.allIds()).containsExactly("w-1", "w-2", "w-3");
    assertThat(members.isReady(0, "1")).isTrue();
    assertThat(members.isReady(0, "2")).isFalse();
    assertThat(members.hasTakenOver(0, "2")).isTrue();
    assertThat(members.hasTakenOver(0, "1")).isFalse();
  }
}
