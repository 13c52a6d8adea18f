package io.tenure.sharding;

import static io.tenure.sharding.Placement.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.sharding.Placement.Cause;
import io.tenure.sharding.Placement.Member;
import io.tenure.sharding.Placement.Move;
import io.tenure.sharding.Placement.Request;
import io.tenure.sharding.Placement.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/**
 * What placement promises. Small cases are compared with {@link ExhaustivePlacement}; groups that
 * change, and large ones, are held against the promises alone.
 */
class PlacementTest {

  private static final int UNLIMITED = Integer.MAX_VALUE;
  private static final double[] CAPACITIES = {1, 1, 2, 3, 0.5};

  // ---------------------------------------------------------------- small cases, exhaustive search

  @Property(tries = 3000)
  void everyShardIsLedWithinCapsAndNoneByWorkersThatDrain(@ForAll long seed) {
    Request request = smallCase(new Random(seed), true);
    Result result = Placement.compute(request);
    checkLedWithinCaps(request, result, describe(seed, request));
    checkMoves(request, result, describe(seed, request));
  }

  @Property(tries = 3000)
  void loadsAreSharesRoundedDownOrUp(@ForAll long seed) {
    Request request = smallCase(new Random(seed), false);
    checkLoads(request, Placement.compute(request), describe(seed, request));
  }

  @Property(tries = 3000)
  void movesAreAsFewAsTheQuotasAllow(@ForAll long seed) {
    Request request = smallCase(new Random(seed), false);
    Result result = Placement.compute(request);
    assertThat(movesOfLiving(request, result))
        .as(describe(seed, request))
        .isEqualTo(ExhaustivePlacement.fewestMoves(request));
  }

  @Property(tries = 3000)
  void sameInputAgainMovesNothingAndKeepsTheStandbys(@ForAll long seed) {
    Random random = new Random(seed);
    int most = random.nextBoolean() ? 4 : 12;
    Request request = smallCase(random, 1 + random.nextInt(most), random.nextInt(8 * most), false);
    Result result = Placement.compute(request);
    Result again = Placement.compute(after(request, result));
    assertThat(again.moves()).as(describe(seed, request)).isEmpty();
    assertThat(again.standbys()).as(describe(seed, request)).isDeepEqualTo(result.standbys());
  }

  @Property(tries = 1000)
  void theOrderOfTheWorkersDoesNotMatterOnceTheyAreSettled(@ForAll long seed) {
    Random random = new Random(seed);
    int ranks = 1 + random.nextInt(3);
    Group group = Group.random(random, 2 + random.nextInt(9), random.nextInt(120), ranks);
    group.churn(random, random.nextInt(4));
    group.renumber(random);
    Result result = group.compute();
    assertThat(result.moves()).as("seed %s", seed).isEmpty();
    assertThat(changedStandbys(group, result)).as("seed %s", seed).containsOnly(0);
  }

  @Property(tries = 2000)
  void sharesAgreeWithBisection(@ForAll long seed) {
    Random random = new Random(seed);
    Request request = smallCase(random, random.nextInt(12), random.nextInt(200), false);
    int[] pinned = new int[request.members().size()];
    Arrays.stream(ExhaustivePlacement.pins(request))
        .filter(w -> w != NONE)
        .forEach(w -> pinned[w]++);
    double[] share = Quotas.exact(request.members(), pinned, request.shards());
    double[] expected = ExhaustivePlacement.exact(request);
    for (int w = 0; w < share.length; w++) {
      assertThat(Math.abs(share[w] - expected[w]))
          .as("worker %s of %s", w, describe(seed, request))
          .isLessThan(1e-5);
    }
  }

  // ---------------------------------------------------------------- workers that come and go

  @Property(tries = 1000)
  void oneWorkerThatJoinsTakesItsShareAndNothingElseMoves(@ForAll long seed) {
    Random random = new Random(seed);
    Group group =
        Group.settled(random, 1 + random.nextInt(9), random.nextInt(80), random.nextInt(3));
    int before = group.size();
    int joiner = random.nextInt(before + 1);
    group.join(joiner, member("new"));
    Result result = group.compute();
    assertThat(result.moves()).as("seed %s", seed).hasSize(group.shards() / (before + 1));
    assertThat(result.moves())
        .allSatisfy(
            move -> {
              assertThat(move.to()).isEqualTo(joiner);
              assertThat(move.cause()).isEqualTo(Cause.REBALANCE);
            });
  }

  @Property(tries = 1000)
  void oneWorkerThatLeavesMovesNothingButItsOwnShards(@ForAll long seed) {
    Random random = new Random(seed);
    Group group =
        Group.settled(random, 2 + random.nextInt(9), random.nextInt(80), random.nextInt(3));
    int gone = random.nextInt(group.size());
    int own = loads(group.leaders, group.size())[gone];
    group.leave(gone);
    Result result = group.compute();
    assertThat(result.moves()).as("seed %s", seed).hasSize(own);
    assertThat(result.moves()).allSatisfy(move -> assertThat(move.cause()).isEqualTo(Cause.VACANT));
  }

  @Property(tries = 1000)
  void drainMovesExactlyTheDrainedWorkersShardsAndItsEndGivesTheShareBack(@ForAll long seed) {
    Random random = new Random(seed);
    Group group =
        Group.settled(random, 2 + random.nextInt(9), random.nextInt(80), random.nextInt(3));
    int drained = random.nextInt(group.size());
    int own = loads(group.leaders, group.size())[drained];
    group.drain(drained, true);
    Result result = group.apply();
    assertThat(result.moves()).as("seed %s", seed).hasSize(own);
    assertThat(result.moves())
        .allSatisfy(
            move -> {
              assertThat(move.from()).isEqualTo(drained);
              assertThat(move.cause()).isEqualTo(Cause.DRAINING);
            });
    assertThat(loads(group.leaders, group.size())[drained]).isZero();

    group.drain(drained, false);
    Result back = group.apply();
    assertThat(back.moves()).as("seed %s", seed).hasSize(group.shards() / group.size());
    assertThat(back.moves()).allSatisfy(move -> assertThat(move.to()).isEqualTo(drained));
  }

  @Property(tries = 1000)
  void takeoversByStandbysLeaveNothingToMove(@ForAll long seed) {
    Random random = new Random(seed);
    Group group = Group.equal(2 + random.nextInt(9), random.nextInt(80), 1 + random.nextInt(2));
    group.churn(random, 3);
    group.crash(random.nextInt(group.size()));
    assertThat(group.compute().moves()).as("seed %s", seed).isEmpty();
  }

  // ---------------------------------------------------------------- budgets of moves

  @Property(tries = 2000)
  void movesInAnyOrderAndNumberEndBalancedAndAreNoMoreThanFirstSaid(@ForAll long seed) {
    Random random = new Random(seed);
    Request request = smallCase(random, 1 + random.nextInt(6), random.nextInt(40), false);
    int said = Placement.compute(request).moves().size();
    Map<Integer, Integer> underWay = new HashMap<>(); // shard to its leader until the move is done
    Set<Integer> everMoved = new HashSet<>();
    int started = 0;
    for (int round = 0; ; round++) {
      assertThat(round).as("rounds, %s", describe(seed, request)).isLessThan(1000);
      Result result = Placement.compute(request);
      assertThat(started + result.moves().size())
          .as("moves in round %s, %s", round, describe(seed, request))
          .isEqualTo(said);
      if (result.moves().isEmpty()) {
        checkLoads(request, result, describe(seed, request));
        break;
      }
      // Some of the moves under way are done, some fail, and some of the others are started.
      for (Integer shard : List.copyOf(underWay.keySet())) {
        int fate = random.nextInt(4);
        if (fate <= 1) {
          Integer from = underWay.remove(shard);
          request.tentative().clear(shard);
          if (fate == 1) {
            request.leaders()[shard] = from;
            everMoved.remove(shard);
            started--;
          }
        }
      }
      List<Move> moves = new ArrayList<>(Placement.compute(request).moves());
      Collections.shuffle(moves, random);
      for (Move move : moves.subList(0, random.nextInt(Math.min(4, moves.size() + 1)))) {
        assertThat(everMoved.add(move.shard()))
            .as("shard %s moves once, %s", move.shard(), describe(seed, request))
            .isTrue();
        underWay.put(move.shard(), move.from());
        request.leaders()[move.shard()] = move.to();
        request.tentative().set(move.shard());
        started++;
      }
    }
  }

  @Property(tries = 1000)
  void whoHasTooManyGivesUpMovesUnderWayFirstAndWhatWasAskedForLast(@ForAll long seed) {
    Random random = new Random(seed);
    Request request = smallCase(random, 1 + random.nextInt(5), random.nextInt(30), false);
    for (int shard = 0; shard < request.shards(); shard++) {
      if (random.nextInt(3) == 0) {
        request.tentative().set(shard);
      }
      if (random.nextInt(4) == 0) {
        request.preferred().set(shard);
      }
    }
    Set<Integer> leave = new HashSet<>();
    Result result = Placement.compute(request);
    result.moves().stream()
        .filter(move -> move.cause() == Cause.REBALANCE)
        .forEach(move -> leave.add(move.shard()));
    for (int shard : leave) {
      for (int other = 0; other < request.shards(); other++) {
        if (request.leaders()[other] == request.leaders()[shard]
            && result.leaders()[other] == request.leaders()[other]
            && ExhaustivePlacement.pins(request)[other] == NONE) {
          assertThat(rankToLeave(request, shard))
              .as("%s leaves, not %s, %s", shard, other, describe(seed, request))
              .isLessThanOrEqualTo(rankToLeave(request, other));
        }
      }
    }
  }

  private static int rankToLeave(Request request, int shard) {
    return request.preferred().get(shard) ? 2 : request.tentative().get(shard) ? 0 : 1;
  }

  // ---------------------------------------------------------------- operators' wishes

  @Property(tries = 3000)
  void pinsAreHonouredWhereThereIsRoomAndDoNotCountAsRebalance(@ForAll long seed) {
    Request request = smallCase(new Random(seed), true);
    Result result = Placement.compute(request);
    int[] pins = ExhaustivePlacement.pins(request);
    for (int shard = 0; shard < pins.length; shard++) {
      if (pins[shard] != NONE) {
        assertThat(result.leaders()[shard]).as(describe(seed, request)).isEqualTo(pins[shard]);
      }
    }
    for (Move move : result.moves()) {
      if (pins[move.shard()] != NONE) {
        assertThat(move.cause())
            .as(describe(seed, request))
            .isEqualTo(move.from() == NONE ? Cause.VACANT : Cause.PINNED);
      }
    }
  }

  @Example
  void aPinIsPassedOverWhileItsWorkerDrainsIsFullOrUnable() {
    List<Member> members = List.of(member("a", 1, 1, "", false), member("b", 1, 9, "", false));
    Request request = withPins(members, new int[] {1, 1, 1}, Map.of(0, 0, 2, 0));
    assertThat(Placement.compute(request).leaders()).containsExactly(0, 1, 1);
    request.unable().put(0, Set.of(0));
    assertThat(Placement.compute(request).leaders()).containsExactly(1, 1, 0);
    List<Member> drains = List.of(member("a", 1, 1, "", true), member("b", 1, 9, "", false));
    assertThat(Placement.compute(withPins(drains, new int[] {1, 1, 1}, Map.of(0, 0))).moves())
        .isEmpty();
  }

  @Example
  void oneWorkerPinnedBeyondItsShareKeepsThatAndTheOthersShareTheRest() {
    int[] leaders = new int[10];
    Arrays.setAll(leaders, shard -> shard % 3);
    Map<Integer, Integer> pins = new HashMap<>();
    IntStream.range(0, 6).forEach(shard -> pins.put(shard, 2));
    Result result = Placement.compute(withPins(equal(3), leaders, pins));
    assertThat(loads(result.leaders(), 3)).containsExactly(2, 2, 6);
    assertThat(result.moves())
        .filteredOn(move -> move.cause() == Cause.PINNED)
        .extracting(Move::shard)
        .containsExactly(0, 1, 3, 4);
    assertThat(result.moves()).filteredOn(move -> move.cause() == Cause.REBALANCE).hasSize(1);
  }

  @Property(tries = 3000)
  void aShardLeavesAWorkerThatIsUnableIfAnotherHasRoom(@ForAll long seed) {
    Request request = smallCase(new Random(seed), true);
    Result result = Placement.compute(request);
    int[] load = loads(result.leaders(), request.members().size());
    for (int shard = 0; shard < request.shards(); shard++) {
      int leader = result.leaders()[shard];
      for (int other = 0; leader != NONE && other < load.length; other++) {
        Member member = request.members().get(other);
        if (request.isUnable(leader, shard)
            && !request.isUnable(other, shard)
            && !member.draining()) {
          assertThat(load[other])
              .as("load of %s for %s, %s", other, shard, describe(seed, request))
              .isEqualTo(member.maxShards());
        }
      }
    }
  }

  @Property(tries = 3000)
  void oneShardThatALeaderCannotLeadLeavesLoadsAsTheyShouldBe(@ForAll long seed) {
    Random random = new Random(seed);
    Request request = smallCase(random, false);
    // Balanced, and then one worker says that it cannot lead one of its shards.
    request = after(request, Placement.compute(request));
    int shard = random.nextInt(request.shards());
    int worker = request.leaders()[shard];
    if (request.pins().containsKey(shard)
        || ExhaustivePlacement.caps(request.members()) < request.shards()) {
      return;
    }
    request.unable().put(worker, Set.of(shard));
    Result result = Placement.compute(request);
    if (ExhaustivePlacement.everyShardCanBeLedWithinQuotas(request)) {
      checkLoads(request, result, describe(seed, request));
      assertThat(result.leaders()[shard]).as(describe(seed, request)).isNotEqualTo(worker);
      assertThat(result.moves()).as(describe(seed, request)).hasSizeBetween(1, 2);
    }
    assertThat(Placement.compute(after(request, result)).moves())
        .as("again: %s", describe(seed, request))
        .isEmpty();
  }

  @Property(tries = 1000)
  void aShardThatNoWorkerCanLeadStaysWhereItIs(@ForAll long seed) {
    Random random = new Random(seed);
    Group group = Group.settled(random, 2 + random.nextInt(6), 1 + random.nextInt(40), 1);
    Request request = group.request(new HashMap<>());
    Set<Integer> shards = Set.of(random.nextInt(group.shards()));
    for (int worker = 0; worker < group.size(); worker++) {
      request.unable().put(worker, shards);
    }
    assertThat(Placement.compute(request).moves()).as("%s, seed %s", shards, seed).isEmpty();
  }

  @Property(tries = 1000)
  void fewShardsThatSomeWorkersCannotLeadDoNotDisturbTheOthers(@ForAll long seed) {
    Random random = new Random(seed);
    Group group = Group.settled(random, 7 + random.nextInt(6), 40 + random.nextInt(80), 1);
    Request request = group.request(new HashMap<>());
    int pairs = 1 + random.nextInt(3);
    for (int i = 0; i < pairs; i++) {
      int shard = random.nextInt(group.shards());
      int worker = random.nextBoolean() ? group.leaders[shard] : random.nextInt(group.size());
      request.unable().computeIfAbsent(worker, w -> new HashSet<>()).add(shard);
    }
    Result result = Placement.compute(request);
    checkLoads(request, result, describe(seed, request));
    for (int shard = 0; shard < group.shards(); shard++) {
      assertThat(request.isUnable(result.leaders()[shard], shard))
          .as("%s, %s", shard, describe(seed, request))
          .isFalse();
    }
    // Each goes to another worker, which may give up one for it.
    assertThat(result.moves()).as(describe(seed, request)).hasSizeLessThanOrEqualTo(2 * pairs);
    assertThat(Placement.compute(after(request, result)).moves())
        .as("again: %s", describe(seed, request))
        .isEmpty();
  }

  @Example
  void aShardThatSomeWorkersCannotLeadDisplacesOthersOnlyWhereNobodyElseHasRoom() {
    Request vacant = withPins(equal(3), new int[] {0, 0, 1, 1, 2, NONE}, Map.of());
    vacant.unable().put(0, Set.of(5));
    assertThat(Placement.compute(vacant).moves())
        .containsExactly(new Move(5, NONE, 2, Cause.VACANT));

    // Worker 2 cannot lead any of three, so one of the others has two, and stays so.
    Request two = withPins(equal(3), new int[] {0, 1, 1}, Map.of());
    two.unable().put(2, Set.of(0, 1, 2));
    assertThat(Placement.compute(two).moves()).isEmpty();

    // Only worker 2 can lead shard 0, and 1 is pinned there: so it is the one that has two of four.
    Request only = withPins(equal(3), new int[] {NONE, 2, 1, 1}, Map.of(1, 2));
    only.unable().put(0, Set.of(0));
    only.unable().put(1, Set.of(0));
    assertThat(loads(Placement.compute(only).leaders(), 3)).containsExactly(1, 1, 2);
  }

  /** Where many pairs are unable it may take another round, but it comes to rest. */
  @Property(tries = 5000)
  void unableWorkersDoNotMakeShardsGoToAndFro(@ForAll long seed) {
    Request request = smallCase(new Random(seed), true);
    Request now = request;
    for (int round = 0; round < 3; round++) {
      now = after(now, Placement.compute(now));
    }
    assertThat(Placement.compute(now).moves()).as(describe(seed, request)).isEmpty();
  }

  // ---------------------------------------------------------------- standbys

  @Property(tries = 3000)
  void standbysAreOpenDistinctAsManyAsThereCanBeAndElsewhere(@ForAll long seed) {
    Request request = smallCase(new Random(seed), true);
    checkStandbys(request, Placement.compute(request), describe(seed, request));
  }

  @Property(tries = 500)
  void anyOneCrashLeavesTheOthersBalanced(@ForAll long seed) {
    Random random = new Random(seed);
    Group group = Group.equal(2 + random.nextInt(9), random.nextInt(120), 1 + random.nextInt(2));
    group.churn(random, random.nextInt(6));
    for (int gone = 0; gone < group.size(); gone++) {
      checkBalancedWithout(group.leaders, group.standbys[0], group.size(), gone, "seed " + seed);
    }
  }

  @Property(tries = 1000)
  void eachLeadersStandbysGoToWhoWillHaveLeastAndHasRoom(@ForAll long seed) {
    Random random = new Random(seed);
    Request request = smallCase(random, 2 + random.nextInt(9), random.nextInt(80), false);
    Result result = Placement.compute(request);
    List<Member> members = request.members();
    int[] load = loads(result.leaders(), members.size());
    for (int leader = 0; request.ranks() > 0 && leader < members.size(); leader++) {
      int[] with = load.clone();
      for (int shard = 0; shard < request.shards(); shard++) {
        if (result.leaders()[shard] == leader && result.standbys()[0][shard] != NONE) {
          with[result.standbys()[0][shard]]++;
        }
      }
      for (int one : peers(members, leader)) {
        for (int other : peers(members, leader)) {
          if (with[one] > load[one] && with[other] < members.get(other).maxShards()) {
            double takes = with[one] / members.get(one).capacity();
            double would = (with[other] + 1) / members.get(other).capacity();
            assertThat(with[one] <= members.get(one).maxShards() && takes <= would + 1e-9)
                .as("%s or %s for %s, %s", one, other, leader, describe(seed, request))
                .isTrue();
          }
        }
      }
    }
  }

  @Property(tries = 1000)
  void noLaterStandbyCouldGoToAWorkerThatHasFewer(@ForAll long seed) {
    Random random = new Random(seed);
    int ranks = 2 + random.nextInt(2);
    Group group = Group.random(random, 2 + random.nextInt(8), random.nextInt(80), ranks);
    group.churn(random, random.nextInt(6));
    for (int rank = 1; rank < ranks; rank++) {
      int[] held = loads(group.standbys[rank], group.size());
      for (int shard = 0; shard < group.shards(); shard++) {
        int standby = group.standbys[rank][shard];
        for (int other = 0; standby != NONE && other < group.size(); other++) {
          boolean nearer = group.isElsewhere(standby, shard) && !group.isElsewhere(other, shard);
          boolean free = group.leaders[shard] != other && !nearer;
          for (int lower = 0; lower < rank; lower++) {
            free &= group.standbys[lower][shard] != other;
          }
          double has = held[standby] / group.members.get(standby).capacity();
          double would = (held[other] + 1) / group.members.get(other).capacity();
          assertThat(free && has > would)
              .as("%s for %s at rank %s of %s, seed %s", other, standby, rank, shard, seed)
              .isFalse();
        }
      }
    }
  }

  /**
   * With fixed seeds, because it is likely and no law: a worker that takes part in each shard of
   * another as its leader or an earlier standby can relieve it of none.
   */
  @Example
  void laterStandbysOfManyShardsAreSpreadEvenly() {
    for (long seed = 0; seed < 1000; seed++) {
      Random random = new Random(seed);
      int ranks = 2 + random.nextInt(2);
      Group group = Group.equal(ranks + 2 + random.nextInt(6), 60 + random.nextInt(200), ranks);
      group.churn(random, random.nextInt(6));
      for (int rank = 1; rank < ranks && group.size() > ranks + 1; rank++) {
        int[] held = loads(group.standbys[rank], group.size());
        assertThat(spread(held))
            .as("rank %s, seed %s: %s", rank, seed, string(held))
            .isLessThanOrEqualTo(1);
      }
    }
  }

  @Property(tries = 1000)
  void fewStandbysChangeWhenOneWorkerJoinsOrLeaves(@ForAll long seed) {
    Random random = new Random(seed);
    int ranks = 1 + random.nextInt(3);
    Group group = Group.equal(3 + random.nextInt(8), 200 + random.nextInt(800), ranks);
    group.churn(random, random.nextInt(4));
    int fewer = group.size();
    if (random.nextBoolean()) {
      group.join(random.nextInt(fewer + 1), member("new"));
    } else {
      fewer--;
      group.crash(random.nextInt(group.size()));
    }
    checkFewChanged(group, group.compute(), fewer, "seed " + seed);
  }

  // ---------------------------------------------------------------- determinism

  @Property(tries = 1000)
  void orderOfMapsAndSetsDoesNotMatter(@ForAll long seed) {
    Random random = new Random(seed);
    Request request = smallCase(random, 1 + random.nextInt(8), random.nextInt(60), true);
    Request other =
        new Request(
            request.members(),
            request.leaders().clone(),
            request.standbys(),
            request.ranks(),
            (BitSet) request.tentative().clone(),
            (BitSet) request.preferred().clone(),
            reordered(request.pins(), random, pin -> pin),
            reordered(request.unable(), random, set -> reordered(set, random)),
            (BitSet) request.floating().clone());
    Result one = Placement.compute(request);
    Result two = Placement.compute(other);
    assertThat(two.leaders()).as(describe(seed, request)).isEqualTo(one.leaders());
    assertThat(two.standbys()).as(describe(seed, request)).isDeepEqualTo(one.standbys());
    assertThat(two.moves()).as(describe(seed, request)).isEqualTo(one.moves());
  }

  private static <V> Map<Integer, V> reordered(
      Map<Integer, V> map, Random random, UnaryOperator<V> value) {
    List<Integer> keys = new ArrayList<>(map.keySet());
    Collections.shuffle(keys, random);
    Map<Integer, V> other = random.nextBoolean() ? new LinkedHashMap<>() : new HashMap<>(1);
    keys.forEach(key -> other.put(key, value.apply(map.get(key))));
    return other;
  }

  private static Set<Integer> reordered(Set<Integer> set, Random random) {
    List<Integer> elements = new ArrayList<>(set);
    Collections.shuffle(elements, random);
    return new LinkedHashSet<>(elements);
  }

  // ---------------------------------------------------------------- edges

  @Example
  void nobodyAtAll() {
    Result result = Placement.compute(Request.plain(List.of(), none(3), new int[0][], 2));
    assertThat(result.leaders()).containsExactly(NONE, NONE, NONE);
    assertThat(result.standbys()).isDeepEqualTo(new int[][] {none(3), none(3)});
    assertThat(result.moves()).isEmpty();
    assertThat(Placement.compute(Request.plain(equal(2), none(0), new int[0][], 1)).moves())
        .isEmpty();
  }

  @Example
  void oneShardAndOneWorker() {
    Result result = Placement.compute(Request.plain(equal(1), none(1), new int[0][], 2));
    assertThat(result.leaders()).containsExactly(0);
    assertThat(result.moves()).containsExactly(new Move(0, NONE, 0, Cause.VACANT));
    assertThat(result.standbys()).isDeepEqualTo(new int[][] {none(1), none(1)});
  }

  @Example
  void moreWorkersThanShards() {
    Result result = Placement.compute(Request.plain(equal(9), none(4), new int[0][], 1));
    assertThat(loads(result.leaders(), 9)).containsExactly(1, 1, 1, 1, 0, 0, 0, 0, 0);
    // Who would take over is one of those that lead nothing.
    assertThat(Arrays.stream(result.standbys()[0])).allMatch(worker -> worker >= 4);
  }

  @Example
  void whereAllDrainOrTakeNoneNothingIsLed() {
    List<Member> drain = List.of(member("a", 1, 9, "", true), member("b", 1, 9, "", true));
    Result drained = Placement.compute(Request.plain(drain, new int[] {0, 1}, new int[0][], 1));
    assertThat(drained.moves())
        .containsExactly(
            new Move(0, 0, NONE, Cause.DRAINING), new Move(1, 1, NONE, Cause.DRAINING));
    assertThat(drained.standbys()).isDeepEqualTo(new int[][] {none(2)});
    List<Member> full = List.of(member("a", 1, 0, "", false), member("b", 1, 0, "", false));
    Result capped = Placement.compute(Request.plain(full, new int[] {0, NONE}, new int[0][], 1));
    assertThat(capped.moves()).containsExactly(new Move(0, 0, NONE, Cause.REBALANCE));
    assertThat(capped.leaders()).containsExactly(NONE, NONE);
  }

  @Example
  void shardsBeyondAllCapsWaitAndNoneIsTakenFromALeader() {
    List<Member> members = List.of(member("a", 1, 2, "", false), member("b", 1, 1, "", false));
    int[] leaders = {NONE, NONE, 0, 0, 1};
    Result result = Placement.compute(Request.plain(members, leaders, new int[0][], 0));
    assertThat(result.moves()).isEmpty();
    assertThat(result.leaders()).containsExactly(leaders);
  }

  // ---------------------------------------------------------------- scale

  @Example
  @Tag("scale")
  void hundredThousandShardsOverAHundredWorkers() {
    atScale(100_000, 100, 2);
  }

  @Example
  @Tag("scale")
  void hundredThousandShardsOverAThousandWorkers() {
    atScale(100_000, 1000, 2);
  }

  /** Prints how long it takes; nothing depends on that here. */
  private static void atScale(int shards, int workers, int ranks) {
    String what = shards + " shards, " + workers + " workers, " + ranks + " standbys";
    Group group = Group.equal(workers, shards, ranks);
    time(what + ", new group", Group.fresh(workers, shards, ranks));
    checkGroup(group, what);
    Result again = group.compute();
    assertThat(again.moves()).isEmpty();
    assertThat(changedStandbys(group, again)).containsOnly(0);

    group.join(workers / 3, member("new"));
    Result joined = group.compute();
    assertThat(joined.moves()).hasSize(shards / (workers + 1));
    System.out.println("one joins, standbys changed: " + string(changedStandbys(group, joined)));
    checkFewChanged(group, joined, workers, what);
    time(what + ", one joins", group);
    group.apply();
    checkGroup(group, what);

    group.crash(workers / 2);
    Result left = group.compute();
    assertThat(left.moves()).isEmpty();
    System.out.println("one crashes, standbys changed: " + string(changedStandbys(group, left)));
    checkFewChanged(group, left, workers, what);
    group.apply();
    checkGroup(group, what);

    group.leave(7);
    int own = (int) Arrays.stream(group.leaders).filter(leader -> leader == NONE).count();
    assertThat(group.apply().moves()).hasSize(own);
    time(what + ", nothing has changed", group);
  }

  private static void time(String what, Group group) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 6; i++) {
      long start = System.nanoTime();
      group.compute();
      best = Math.min(best, System.nanoTime() - start);
    }
    System.out.printf("placement of %s: %d ms%n", what, best / 1_000_000);
  }

  /** That it is balanced, its standbys are as they should be, and any tenth crash leaves it so. */
  private static void checkGroup(Group group, String what) {
    for (int gone = 0; gone < group.size(); gone += group.size() / 10) {
      checkBalancedWithout(group.leaders, group.standbys[0], group.size(), gone, what);
    }
    Request request = group.request();
    Result result = new Result(group.leaders, group.standbys, List.of());
    checkLedWithinCaps(request, result, what);
    checkStandbys(request, result, what);
    int[] load = loads(group.leaders, group.size());
    assertThat(spread(load)).as(what).isLessThanOrEqualTo(1);
  }

  // ---------------------------------------------------------------- checks

  private static void checkLedWithinCaps(Request request, Result result, String what) {
    List<Member> members = request.members();
    int[] load = loads(result.leaders(), members.size());
    for (int w = 0; w < load.length; w++) {
      assertThat(load[w])
          .as("load of %s, %s", w, what)
          .isLessThanOrEqualTo(members.get(w).draining() ? 0 : members.get(w).maxShards());
    }
    assertThat((long) Arrays.stream(load).sum())
        .as("led, %s", what)
        .isEqualTo(Math.min(request.shards(), ExhaustivePlacement.caps(members)));
  }

  private static void checkLoads(Request request, Result result, String what) {
    double[] share = ExhaustivePlacement.exact(request);
    int[] load = loads(result.leaders(), share.length);
    for (int w = 0; w < share.length; w++) {
      assertThat(load[w])
          .as("load of %s, share %s, %s", w, share[w], what)
          .isBetween(ExhaustivePlacement.floor(share[w]), ExhaustivePlacement.ceiling(share[w]));
    }
  }

  /** The moves are what the leaders differ in, in order, each with the cause that it has. */
  private static void checkMoves(Request request, Result result, String what) {
    int[] pins = ExhaustivePlacement.pins(request);
    List<Move> expected = new ArrayList<>();
    for (int shard = 0; shard < request.shards(); shard++) {
      int from = request.leaders()[shard];
      int to = result.leaders()[shard];
      if (from != to) {
        Cause cause =
            from == NONE
                ? Cause.VACANT
                : pins[shard] != NONE
                    ? Cause.PINNED
                    : request.members().get(from).draining()
                        ? Cause.DRAINING
                        : request.isUnable(from, shard) ? Cause.UNABLE : Cause.REBALANCE;
        expected.add(new Move(shard, from, to, cause));
      }
    }
    assertThat(result.moves()).as(what).isEqualTo(expected);
  }

  private static void checkStandbys(Request request, Result result, String what) {
    List<Member> members = request.members();
    int open = (int) members.stream().filter(m -> !m.draining()).count();
    Map<String, Integer> openIn = new HashMap<>();
    members.stream()
        .filter(m -> !m.draining())
        .forEach(m -> openIn.merge(m.zone(), 1, Integer::sum));
    int most = Math.max(0, Math.min(request.ranks(), open - 1));
    assertThat(result.standbys()).as(what).hasDimensions(request.ranks(), request.shards());
    for (int shard = 0; shard < request.shards(); shard++) {
      int leader = result.leaders()[shard];
      for (int rank = 0; rank < request.ranks(); rank++) {
        int standby = result.standbys()[rank][shard];
        boolean expected = leader != NONE && rank < most;
        if ((standby != NONE) != expected) {
          throw new AssertionError("rank " + rank + " of " + shard + ", " + what);
        }
        boolean bad = standby != NONE && (standby == leader || members.get(standby).draining());
        for (int lower = 0; lower < rank && standby != NONE; lower++) {
          bad |= result.standbys()[lower][shard] == standby;
        }
        if (bad) {
          throw new AssertionError(standby + " at rank " + rank + " of " + shard + ", " + what);
        }
        if (standby != NONE
            && members.get(standby).zone().equals(members.get(leader).zone())
            && rank < open - openIn.get(members.get(leader).zone())) {
          throw new AssertionError("zone of " + standby + " for " + shard + ", " + what);
        }
      }
    }
  }

  private static void checkBalancedWithout(
      int[] leaders, int[] standbys, int workers, int gone, String what) {
    int[] load = loads(leaders, workers);
    for (int shard = 0; shard < leaders.length; shard++) {
      if (leaders[shard] == gone) {
        load[standbys[shard]]++;
      }
    }
    int[] rest = IntStream.range(0, workers).filter(w -> w != gone).map(w -> load[w]).toArray();
    assertThat(spread(rest))
        .as("without %s, %s: %s", gone, what, string(load))
        .isLessThanOrEqualTo(1);
  }

  /**
   * The worker that comes or goes takes along its share as a leader and its share as a standby, and
   * each leader may spread one shard more or less to a peer: in practice a fraction of these. A
   * rank also mends what the lower ones have taken from it.
   */
  private static void checkFewChanged(Group group, Result result, int fewer, String what) {
    double share = (double) group.shards() / (fewer + 1);
    int[] changed = changedStandbys(group, result);
    for (int rank = 0; rank < Math.min(changed.length, fewer - 1); rank++) {
      assertThat(changed[rank] - (2 + rank) * share)
          .as("changed at rank %s, share %s, %s", rank, share, what)
          .isLessThanOrEqualTo(fewer * (fewer + 1) / 4.0);
    }
  }

  private static int[] changedStandbys(Group group, Result result) {
    int[] changed = new int[result.standbys().length];
    for (int rank = 0; rank < changed.length; rank++) {
      for (int shard = 0; shard < group.shards(); shard++) {
        changed[rank] += group.standbys[rank][shard] == result.standbys()[rank][shard] ? 0 : 1;
      }
    }
    return changed;
  }

  /** Who may be first standby for a leader: in another zone, if there is a worker. */
  private static List<Integer> peers(List<Member> members, int leader) {
    List<Integer> all =
        IntStream.range(0, members.size())
            .filter(w -> w != leader && !members.get(w).draining())
            .boxed()
            .toList();
    String zone = members.get(leader).zone();
    List<Integer> elsewhere =
        all.stream().filter(w -> !members.get(w).zone().equals(zone)).toList();
    return elsewhere.isEmpty() ? all : elsewhere;
  }

  private static int movesOfLiving(Request request, Result result) {
    return (int)
        result.moves().stream()
            .filter(move -> move.from() != NONE)
            .filter(move -> !request.members().get(move.from()).draining())
            .count();
  }

  // ---------------------------------------------------------------- cases

  private static Member member(String id) {
    return member(id, 1, UNLIMITED, "", false);
  }

  private static Member member(String id, double capacity, int cap, String zone, boolean drains) {
    return new Member(id, capacity, cap, zone, drains);
  }

  private static List<Member> equal(int workers) {
    return IntStream.range(0, workers).mapToObj(w -> member("w" + w)).toList();
  }

  private static double capacity(Random random) {
    return random.nextInt(4) == 0
        ? 0.1 + 5 * random.nextDouble()
        : CAPACITIES[random.nextInt(CAPACITIES.length)];
  }

  private static int[] none(int shards) {
    int[] none = new int[shards];
    Arrays.fill(none, NONE);
    return none;
  }

  private static int[] loads(int[] leaders, int workers) {
    int[] load = new int[workers];
    Arrays.stream(leaders).filter(w -> w != NONE).forEach(w -> load[w]++);
    return load;
  }

  private static int spread(int[] load) {
    return Arrays.stream(load).max().orElse(0) - Arrays.stream(load).min().orElse(0);
  }

  private static String string(int[] numbers) {
    return Arrays.toString(numbers);
  }

  private static Request withPins(List<Member> members, int[] leaders, Map<Integer, Integer> pins) {
    return new Request(
        members,
        leaders,
        new int[0][],
        0,
        new BitSet(),
        new BitSet(),
        pins,
        new HashMap<>(),
        new BitSet());
  }

  private static Request after(Request request, Result result) {
    return new Request(
        request.members(),
        result.leaders(),
        result.standbys(),
        request.ranks(),
        request.tentative(),
        request.preferred(),
        request.pins(),
        request.unable(),
        request.floating());
  }

  private static Request smallCase(Random random, boolean unable) {
    return smallCase(random, 1 + random.nextInt(4), 1 + random.nextInt(6), unable);
  }

  private static Request smallCase(Random random, int workers, int shards, boolean unable) {
    List<Member> members = new ArrayList<>();
    boolean weighted = random.nextBoolean();
    boolean capped = random.nextInt(3) == 0;
    boolean drains = random.nextInt(3) == 0;
    int zones = 1 + random.nextInt(3);
    for (int w = 0; w < workers; w++) {
      members.add(
          member(
              "w" + w,
              weighted ? capacity(random) : 1,
              capped && random.nextBoolean() ? random.nextInt(shards + 2) : UNLIMITED,
              "zone" + random.nextInt(zones),
              drains && random.nextInt(3) == 0));
    }
    int[] leaders = none(shards);
    int vacant = random.nextInt(4);
    int among = 1 + random.nextInt(Math.max(1, workers));
    for (int shard = 0; shard < shards && workers > 0; shard++) {
      leaders[shard] = random.nextInt(4) < vacant ? NONE : random.nextInt(among);
    }
    int[][] standbys = new int[random.nextInt(4)][shards];
    for (int[] rank : standbys) {
      Arrays.setAll(rank, shard -> random.nextInt(workers + 1) - 1);
    }
    Map<Integer, Integer> pins = new HashMap<>();
    Map<Integer, Set<Integer>> cannot = new HashMap<>();
    int pinned = random.nextInt(3) == 0 ? random.nextInt(shards + 1) : 0;
    int pairs = unable && random.nextBoolean() ? random.nextInt(2 + shards) : 0;
    for (int i = 0; i < pinned && workers > 0; i++) {
      pins.put(random.nextInt(shards), random.nextInt(workers));
    }
    for (int i = 0; i < pairs && workers > 0 && shards > 0; i++) {
      cannot
          .computeIfAbsent(random.nextInt(workers), w -> new HashSet<>())
          .add(random.nextInt(shards));
    }
    return new Request(
        members,
        leaders,
        standbys,
        random.nextInt(4),
        new BitSet(),
        new BitSet(),
        pins,
        cannot,
        new BitSet());
  }

  private static String describe(long seed, Request request) {
    return "seed "
        + seed
        + ": "
        + request.members()
        + " lead "
        + string(request.leaders())
        + " standbys "
        + Arrays.deepToString(request.standbys())
        + " ranks "
        + request.ranks()
        + " pins "
        + request.pins()
        + " unable "
        + request.unable();
  }

  /** A group over time: workers come and go, and what placement says is done. */
  private static final class Group {
    final List<Member> members = new ArrayList<>();
    final int ranks;
    int[] leaders;
    int[][] standbys;

    private Group(List<Member> members, int shards, int ranks) {
      this.members.addAll(members);
      this.ranks = ranks;
      this.leaders = none(shards);
      this.standbys = new int[ranks][];
      Arrays.setAll(standbys, rank -> none(shards));
    }

    static Group fresh(int workers, int shards, int ranks) {
      return new Group(PlacementTest.equal(workers), shards, ranks);
    }

    static Group equal(int workers, int shards, int ranks) {
      Group group = fresh(workers, shards, ranks);
      group.apply();
      return group;
    }

    /** A group with a history: any worker may be the one that has one shard more than others. */
    static Group settled(Random random, int workers, int shards, int ranks) {
      Group group = equal(workers, shards, ranks);
      group.churn(random, random.nextInt(4));
      group.shuffle(random);
      return group;
    }

    static Group random(Random random, int workers, int shards, int ranks) {
      Group group = fresh(workers, shards, ranks);
      int zones = 1 + random.nextInt(3);
      group.members.replaceAll(
          m -> member(m.id(), capacity(random), UNLIMITED, "zone" + random.nextInt(zones), false));
      group.apply();
      return group;
    }

    int size() {
      return members.size();
    }

    int shards() {
      return leaders.length;
    }

    Request request() {
      return Request.plain(members, leaders, standbys, ranks);
    }

    Request request(Map<Integer, Set<Integer>> unable) {
      return new Request(
          members,
          leaders,
          standbys,
          ranks,
          new BitSet(),
          new BitSet(),
          Map.of(),
          unable,
          new BitSet());
    }

    Result compute() {
      return Placement.compute(request());
    }

    Result apply() {
      Result result = compute();
      leaders = result.leaders();
      standbys = result.standbys();
      return result;
    }

    void join(int at, Member member) {
      members.add(at, member);
      renumber(w -> w >= at ? w + 1 : w);
    }

    void leave(int worker) {
      members.remove(worker);
      renumber(w -> w == worker ? NONE : w > worker ? w - 1 : w);
    }

    /** It leaves, and the first standbys of its shards take over. */
    void crash(int worker) {
      for (int shard = 0; shard < shards(); shard++) {
        if (leaders[shard] == worker) {
          leaders[shard] = standbys[0][shard];
        }
      }
      leave(worker);
    }

    void drain(int worker, boolean drains) {
      Member m = members.get(worker);
      members.set(worker, member(m.id(), m.capacity(), m.maxShards(), m.zone(), drains));
    }

    /** The same loads, with other shards. */
    private void shuffle(Random random) {
      List<Integer> all = new ArrayList<>(Arrays.stream(leaders).boxed().toList());
      Collections.shuffle(all, random);
      leaders = all.stream().mapToInt(w -> w).toArray();
      apply();
    }

    /** The same workers in another order. */
    void renumber(Random random) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, size()).boxed().toList());
      Collections.shuffle(order, random);
      List<Member> before = List.copyOf(members);
      for (int w = 0; w < size(); w++) {
        members.set(order.get(w), before.get(w));
      }
      renumber(order::get);
    }

    void churn(Random random, int times) {
      for (int i = 0; i < times; i++) {
        switch (random.nextInt(size() < 3 ? 1 : ranks == 0 ? 2 : 3)) {
          case 0 -> join(random.nextInt(size() + 1), member("new" + i));
          case 1 -> leave(random.nextInt(size()));
          default -> crash(random.nextInt(size()));
        }
        apply();
      }
    }

    boolean isElsewhere(int worker, int shard) {
      return !members.get(worker).zone().equals(members.get(leaders[shard]).zone());
    }

    private void renumber(IntUnaryOperator number) {
      IntUnaryOperator each = w -> w == NONE ? NONE : number.applyAsInt(w);
      leaders = Arrays.stream(leaders).map(each).toArray();
      standbys = standbys.clone();
      Arrays.setAll(standbys, rank -> Arrays.stream(standbys[rank]).map(each).toArray());
    }
  }
}
