package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.Candidate;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where a shard is led that fails somewhere: three workers w-0, w-1 and w-2, and their loads. */
class FailingPlacementTest {

  private static final int NONE = Placement.NONE;
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final ShardSet shards = ShardSet.numbered(6);
  private final double[] capacity = {1, 1, 1};
  private final int[] maxShards = {99, 99, 99};
  private final boolean[] draining = new boolean[3];
  private final List<List<String>> unable = lists();
  private final List<List<String>> failing = lists();
  private final MovesInFlight moves = new MovesInFlight();
  private final MoveRetries retries = new MoveRetries(() -> 0);
  private final List<Directives.Written> directives = new ArrayList<>();

  /** Where each shard is led, and where it counts, unless a test says otherwise. */
  private final int[] actual = {0, 0, 1, 1, 1, 2};

  private final int[] counted = actual.clone();
  private FailingPlacement placement;

  private static List<List<String>> lists() {
    return List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
  }

  @BeforeEach
  void shardZeroFailsOnItsLeader() {
    fails(0, "0");
    unable.get(0).add("0");
  }

  private void fails(int worker, String shard) {
    failing.get(worker).add(shard);
  }

  private void pin(String shard, String worker) {
    directives.add(
        new Directives.Written(
            "/orders/directives/pin-" + shard, worker.getBytes(StandardCharsets.UTF_8)));
  }

  private Members members() {
    Map<String, CoordinatorMachine.Worker> byId = new TreeMap<>();
    for (int w = 0; w < 3; w++) {
      WorkerNode node =
          new WorkerNode(
              new Candidate("w-" + w, "host", 1, Optional.empty()),
              "nonce",
              "",
              capacity[w],
              maxShards[w],
              draining[w],
              List.of(),
              List.of(),
              unable.get(w),
              failing.get(w),
              List.of(),
              0);
      byId.put("w-" + w, new CoordinatorMachine.Worker(node, w));
    }
    return new Members(new TreeMap<>(byId), Directives.parse(directives), shards);
  }

  private int[] leaders() {
    Members members = members();
    Wishes wishes = new Wishes(Directives.parse(directives), shards, members);
    placement = new FailingPlacement(members, shards, wishes, moves, retries, actual, 100 * SECOND);
    BitSet all = members.failing(actual, new BitSet());
    return placement.leaders(counted, all);
  }

  // ---------------------------------------------------------------- who gets it

  @Test
  void itGoesToTheIdlestAndTheOthersStayWhereTheyCount() {
    counted[4] = 0; // Rebalance: nothing fails there.
    assertThat(leaders()).containsExactly(2, 0, 1, 1, 0, 2);
    assertThat(placement.nanosToWait()).isEmpty();
  }

  @Test
  void ofEquallyIdleOnesTheFirst() {
    Arrays.fill(counted, 1, 6, NONE);
    assertThat(leaders()[0]).isEqualTo(1);
    counted[1] = 1;
    assertThat(leaders()[0]).isEqualTo(2);
    counted[2] = 2;
    assertThat(leaders()[0]).isEqualTo(1);
  }

  @Test
  void idleIsWhoWouldHaveLeastForItsCapacity() {
    capacity[1] = 4; // Four shards of four, and two of one.
    assertThat(leaders()[0]).isEqualTo(1);
    capacity[1] = 1.5; // Four of one and a half.
    assertThat(leaders()[0]).isEqualTo(2);
  }

  @Test
  void whatFailsElsewhereAndStaysCountsForItsLeader() {
    fails(0, "2");
    fails(0, "3");
    counted[4] = 2;
    counted[2] = 2; // It counts there, and is led well where it is.
    counted[3] = 2;
    actual[5] = NONE;
    counted[5] = NONE;
    // w-1 leads two and w-2 one.
    assertThat(leaders()).containsExactly(2, 0, 1, 1, 2, NONE);
  }

  @Test
  void theNextOneKnowsOfTheOneBefore() {
    fails(0, "1");
    unable.get(0).add("1");
    Arrays.fill(counted, 2, 6, NONE);
    assertThat(leaders()).startsWith(1, 2);
  }

  @Test
  void aWorkerThatGetsReadyAlreadyGoesBeforeTheOneWhereItCountsAndThatBeforeTheIdlest() {
    counted[0] = 1;
    assertThat(leaders()[0]).as("it counts there").isEqualTo(1);
    moves.begin("0", "w-2", "", 0);
    assertThat(leaders()[0]).as("it gets ready there").isEqualTo(2);
    pin("0", "w-1");
    assertThat(leaders()[0]).as("it is pinned there").isEqualTo(1);
    directives.clear();
    fails(2, "0");
    assertThat(leaders()[0]).as("it fails there too").isEqualTo(1);
  }

  @Test
  void whoIsFullUnableOrFailsItIsNoCandidate() {
    maxShards[2] = 1;
    assertThat(leaders()[0]).isEqualTo(1);
    maxShards[2] = 2;
    assertThat(leaders()[0]).isEqualTo(2);
    unable.get(2).add("0");
    assertThat(leaders()[0]).isEqualTo(1);
    draining[1] = true;
    assertThat(leaders()[0]).as("no other is left").isEqualTo(0);
  }

  // ---------------------------------------------------------------- who keeps it

  @Test
  void aLeaderThatIsAbleKeepsWhatFailsElsewhere() {
    fails(0, "4");
    counted[4] = 2;
    assertThat(leaders()[4]).isEqualTo(1);
    pin("4", "w-1");
    assertThat(leaders()[4]).isEqualTo(1);
    directives.clear();
    pin("4", "w-0");
    assertThat(leaders()[4]).as("it fails where it is pinned").isEqualTo(1);
    directives.clear();
    pin("4", "w-2");
    assertThat(leaders()[4]).isEqualTo(2);
  }

  @Test
  void aLeaderWithoutRoomGivesItAway() {
    fails(0, "4");
    maxShards[1] = 2; // For the two that do not fail.
    assertThat(leaders()[4]).isEqualTo(2);
    maxShards[1] = 3;
    assertThat(leaders()[4]).isEqualTo(1);
  }

  @Test
  void aLeaderKeepsWhatNoOtherCanLead() {
    actual[0] = 1;
    counted[0] = 1;
    for (int w = 0; w < 3; w++) {
      fails(w, "0");
      unable.get(w).add("0");
    }
    assertThat(leaders()[0]).isEqualTo(1);
    assertThat(placement.nanosToWait()).isEmpty();
    draining[1] = true;
    counted[0] = 2;
    assertThat(leaders()[0]).as("who drains gives it away all the same").isEqualTo(2);
  }

  @Test
  void whatHasMovedBeforeWaitsForItsPauseWithItsLeader() {
    retries.failed("0", 100 * SECOND);
    fails(0, "1");
    unable.get(0).add("1");
    retries.failed("1", 100 * SECOND);
    retries.failed("1", 100 * SECOND);
    assertThat(leaders()).startsWith(0, 0);
    assertThat(placement.nanosToWait()).as("of the first of both").contains(SECOND);
    retries.begin("0", 1, 99 * SECOND);
    assertThat(leaders()).startsWith(2, 0);
    assertThat(placement.nanosToWait()).contains(2 * SECOND);
    draining[0] = true;
    assertThat(leaders()).doesNotContain(0);
    assertThat(placement.nanosToWait()).as("who drains waits for nothing").isEmpty();
  }

  @Test
  void aShardWithoutALeaderGoesWhereItFailsLeast() {
    actual[0] = NONE;
    counted[0] = 0;
    assertThat(leaders()[0]).isEqualTo(2);
    fails(1, "0");
    fails(2, "0");
    assertThat(leaders()[0]).as("no worker is left on which it does not").isEqualTo(0);
  }
}
