package io.tenure.sharding;

import static io.tenure.sharding.Placement.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Placements by hand: what goes first and who is preferred where several would do; {@link
 * PlacementTest} holds random ones against what is promised.
 */
class PlacementCasesTest {

  private final List<Placement.Member> members = new ArrayList<>();
  private final BitSet tentative = new BitSet();
  private final BitSet floating = new BitSet();
  private final Map<Integer, Integer> pins = new HashMap<>();
  private final Map<Integer, Set<Integer>> unable = new HashMap<>();

  private void worker(double capacity, int cap) {
    members.add(new Placement.Member("w-" + members.size(), capacity, cap, "", false));
  }

  private void workers(int count) {
    for (int i = 0; i < count; i++) {
      worker(1, Integer.MAX_VALUE);
    }
  }

  /** Only this worker can lead these shards. */
  private void only(int worker, Integer... shards) {
    for (int other = 0; other < members.size(); other++) {
      if (other != worker) {
        cannot(other, shards);
      }
    }
  }

  private void cannot(int worker, Integer... shards) {
    unable.computeIfAbsent(worker, any -> new HashSet<>()).addAll(Arrays.asList(shards));
  }

  private int[] place(int... leaders) {
    Placement.Request request =
        new Placement.Request(
            members, leaders, new int[0][], 0, tentative, new BitSet(), pins, unable, floating);
    return Placement.compute(request).leaders();
  }

  // ---------------------------------------------------------------- moves under way, floating ones

  @Test
  void aMoveUnderWayGoesOnToItsSuccessorAndIsNotDealtAnew() {
    workers(3);
    tentative.set(0, 2);
    assertThat(place(2, 1, 0, 0, 1, 2)).containsExactly(2, 1, 0, 0, 1, 2);
  }

  @Test
  void whatFloatsStaysWhereItIsIfTheOthersLeaveRoom() {
    workers(3);
    floating.set(0, 2);
    assertThat(place(2, 1, 0)).containsExactly(2, 1, 0);
    cannot(2, 0);
    assertThat(place(2, 1, 0)).as("whoever can lead it").containsExactly(2, 1, 0);
    assertThat(place(2, 1, 1)).as("they leave none").containsExactly(2, 0, 1);
  }

  @Test
  void whatFloatsIsDealtAfterAllOthersAndIsDealtAtLast() {
    workers(2);
    floating.set(0);
    assertThat(place(NONE, NONE)).containsExactly(1, 0);
  }

  @Test
  void whatFloatsGivesUpItsPlaceToAVacantShardWhereThereIsNoRoomForBoth() {
    worker(1, 1);
    floating.set(0);
    assertThat(place(0, NONE)).containsExactly(NONE, 0);
  }

  // ---------------------------------------------------------------- shards that few can lead

  @Test
  void oneThatFewCanLeadGoesToWhoClaimsLeast() {
    workers(3);
    cannot(0, 0);
    assertThat(place(NONE, 1, 1, 2, 0, 0)).containsExactly(2, 1, 1, 2, 0, 0);
    assertThat(place(NONE, 2, 2, 1, 0, 0)).containsExactly(1, 2, 2, 1, 0, 0);
    assertThat(place(NONE, 1, 2, NONE, 0, 0)).as("of two the first").startsWith(1, 1, 2);
  }

  @Test
  void whatWasJustDealtIsClaimedToo() {
    workers(3);
    cannot(0, 0, 1);
    assertThat(place(NONE, NONE, 1, 2, 0, 0)).containsExactly(1, 2, 1, 2, 0, 0);
  }

  @Test
  void beyondTheQuotasItGoesToWhoIsFarthestBelowItsShare() {
    worker(1, Integer.MAX_VALUE);
    worker(1, Integer.MAX_VALUE);
    worker(2, Integer.MAX_VALUE);
    cannot(0, 0, 1, 2, 3, 4);
    // Shares of 1.25 and 2.5, quotas of 1 and 3, and one more.
    int[] leaders = place(NONE, NONE, NONE, NONE, NONE);
    assertThat(Arrays.stream(leaders).filter(w -> w == 1)).hasSize(2);
    members.add(1, members.remove(2));
    int[] swapped = place(NONE, NONE, NONE, NONE, NONE);
    assertThat(Arrays.stream(swapped).filter(w -> w == 2)).hasSize(2);
  }

  @Test
  void whoHasOneOverItsQuotaLeavesOneLessToWhoNeedNotGiveUpAny() {
    workers(3);
    only(1, 0, 1);
    assertThat(place(NONE, NONE, NONE)).as("of two the first").containsExactly(1, 1, 2);
    assertThat(place(NONE, NONE, 0)).containsExactly(1, 1, 0);
    assertThat(place(NONE, NONE, 2)).containsExactly(1, 1, 2);
  }

  @Test
  void itLeavesOneLessRatherToWhoseShareWasRoundedUp() {
    workers(3);
    only(1, 0, 1);
    assertThat(place(NONE, NONE, NONE, NONE)).containsExactly(1, 1, 0, 2);
    assertThat(place(NONE, NONE, 2, 2)).containsExactly(1, 1, 2, 0);
  }

  @Test
  void whoHasItsQuotaAlreadyCannotBeLeftOneLess() {
    workers(4);
    only(0, 0, 1, 2);
    only(1, 3, 4, 5);
    // Shares of 2.25: three for the first, who has them, and then two for each.
    int[] leaders = place(0, 0, 0, NONE, NONE, NONE, NONE, NONE, NONE);
    assertThat(leaders).containsExactly(0, 0, 0, 1, 1, 1, 2, 3, 3);
  }

  @Test
  void whatNoWorkerWithRoomCanLeadComesAfterWhatAnyCan() {
    worker(1, 1);
    worker(1, 0);
    cannot(0, 0);
    assertThat(place(NONE, NONE)).containsExactly(NONE, 0);
  }

  @Test
  void aPinIsKeptAlsoOfAShardThatFewCanLead() {
    workers(3);
    cannot(0, 0);
    pins.put(0, 2);
    assertThat(place(1, 1, 0)).containsExactly(2, 1, 0);
  }

  @Test
  void oneThatFewCanLeadGoesToWhoHasRoomRatherThanToWhoIsPinnedFull() {
    workers(3);
    cannot(0, 0);
    pins.put(1, 2);
    pins.put(2, 2);
    assertThat(place(NONE, 2, 2, 1, 0, 0)).containsExactly(1, 2, 2, 1, 0, 0);
  }
}
