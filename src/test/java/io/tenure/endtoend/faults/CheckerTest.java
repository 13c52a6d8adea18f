package io.tenure.endtoend.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.endtoend.faults.Fault.Kind;
import io.tenure.endtoend.faults.History.Claim;
import io.tenure.endtoend.faults.History.Costs;
import io.tenure.endtoend.faults.History.Held;
import io.tenure.endtoend.faults.History.Holder;
import io.tenure.endtoend.faults.History.Recorded;
import io.tenure.endtoend.faults.History.Trail;
import io.tenure.endtoend.faults.History.Trouble;
import io.tenure.endtoend.faults.History.Use;
import io.tenure.endtoend.faults.History.Write;
import io.tenure.endtoend.faults.Violation.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each promise is broken once in a history made by hand, and found; a sound one passes. */
class CheckerTest {

  private static final long MS = 1_000_000;
  private static final Holder FIRST = new Holder("w-1", 11, 1);
  private static final Holder SECOND = new Holder("w-2", 22, 2);
  private static final Vitals BEFORE = new Vitals(12, 20, 60, 90);

  private final List<Held> held =
      new ArrayList<>(List.of(held(FIRST, 100, 900), held(SECOND, 1_000, 5_000)));
  private final List<Use> uses =
      new ArrayList<>(List.of(use(FIRST, 1, 200), use(SECOND, 1, 1_100)));
  private final List<Write> writes =
      new ArrayList<>(List.of(write(FIRST, 210, true), write(SECOND, 1_110, true)));
  private final List<Claim> claims =
      new ArrayList<>(List.of(new Claim("0", SECOND, "w-1", 1, "resigned")));
  private final List<Recorded> tenures =
      new ArrayList<>(
          List.of(
              new Recorded(FIRST, 90 * MS, OptionalLong.of(910 * MS), "resigned", true),
              new Recorded(SECOND, 990 * MS, OptionalLong.empty(), "", false)));
  private final List<String> findings = new ArrayList<>();
  private final Map<String, Trail> others = new HashMap<>();
  private final List<Trouble> troubles =
      new ArrayList<>(List.of(trouble(Kind.KILL_WORKER, 920, Set.of())));
  private Optional<Costs> costs = Optional.of(new Costs(BEFORE, BEFORE));
  private long calm = 3_000 * MS;

  private static Trouble trouble(Kind kind, long from, Set<String> shards) {
    boolean isUsers = kind.target() == Fault.Target.USERS;
    return new Trouble(kind, from * MS, (from + 100) * MS, shards, isUsers, kind.upsets());
  }

  private static Held held(Holder holder, long from, long until) {
    return new Held("0", holder, from * MS, until * MS, 10);
  }

  private static Use use(Holder holder, long number, long begin) {
    return new Use("0", holder, number, begin * MS, OptionalLong.of((begin + 10) * MS));
  }

  private static Write write(Holder holder, long at, boolean accepted) {
    return new Write("0", holder, at, accepted, at * MS);
  }

  private History history() {
    Map<String, Trail> trails = new HashMap<>(others);
    trails.put("0", new Trail(tenures, findings));
    return new History(
        List.of("0"), held, uses, writes, claims, trails, 50 * MS, calm, troubles, costs);
  }

  private List<Rule> broken() {
    return new Checker(Duration.ofSeconds(1), 10, Duration.ofMillis(50))
        .check(history()).stream().map(Violation::rule).distinct().toList();
  }

  @Test
  void aSoundHistoryBreaksNothing() {
    assertThat(broken()).isEmpty();
  }

  @Test
  void twoLeasesHeldAtOneInstantAreFound() {
    held.set(0, held(FIRST, 100, 1_001));
    assertThat(broken()).contains(Rule.TWO_HELD);
  }

  @Test
  void aLongLeaseThatOutlastsAShortLaterOneIsFoundWithTheOneAfterThatAsWell() {
    held.set(0, held(FIRST, 100, 950));
    tenures.set(0, new Recorded(FIRST, 90 * MS, OptionalLong.of(960 * MS), "resigned", true));
    held.add(held(new Holder("w-3", 33, 3), 4_000, 4_500));
    assertThat(broken()).contains(Rule.TWO_HELD, Rule.NOT_IN_TRAIL);
  }

  @Test
  void anEpochThatDoesNotGrowIsFound() {
    held.set(1, held(new Holder("w-2", 22, 1), 1_000, 5_000));
    assertThat(broken()).contains(Rule.EPOCH_ORDER, Rule.NOT_IN_TRAIL);
  }

  @Test
  void aGapInTheEpochsIsFound() {
    tenures.remove(0);
    held.remove(0);
    uses.remove(0);
    writes.remove(0);
    claims.clear();
    assertThat(broken()).containsExactly(Rule.EPOCH_GAP);
  }

  @Test
  void aWriteOfAnOlderEpochThatWasTakenIsFoundAndOneThatWasRefusedIsNot() {
    writes.add(write(FIRST, 1_200, false));
    assertThat(broken()).isEmpty();
    writes.add(write(FIRST, 1_300, true));
    assertThat(broken()).containsExactly(Rule.STALE_WRITE);
  }

  @Test
  void aTrailThatBreaksItsOwnRulesIsFound() {
    findings.add("the trail has a gap");
    assertThat(broken()).containsExactly(Rule.TRAIL_UNSOUND);
  }

  @Test
  void whoActedWithoutStandingInTheTrailIsFound() {
    uses.add(use(new Holder("w-1", 11, 3), 2, 5_100));
    assertThat(broken()).containsExactly(Rule.NOT_IN_TRAIL);
  }

  @Test
  void aLeaseBeforeItsElectionOrAfterItsEndIsFound() {
    tenures.set(0, new Recorded(FIRST, 160 * MS, OptionalLong.of(840 * MS), "resigned", true));
    assertThat(broken()).containsExactly(Rule.OUTSIDE_TENURE);
  }

  @Test
  void aFalseWordAboutThePredecessorIsFound() {
    claims.set(0, new Claim("0", SECOND, "w-1", 1, "lost"));
    assertThat(broken()).containsExactly(Rule.PREDECESSOR);
  }

  @Test
  void aShardThatIsNotLedAgainInTimeIsFound() {
    held.set(1, held(SECOND, 1_000, 2_000));
    assertThat(broken()).containsExactly(Rule.NOT_LED);
    calm = 1_500 * MS;
    assertThat(broken()).isEmpty();
  }

  @Test
  void aShardThatMovesWhileAnotherFailsIsFoundAndOneThatFailsItselfIsNot() {
    troubles.set(0, trouble(Kind.TASK_THROWS, 920, Set.of("1")));
    assertThat(broken()).containsExactly(Rule.HEALTHY_MOVED, Rule.TOO_MANY_ELECTIONS);
    troubles.add(trouble(Kind.EXECUTOR_REJECTS, 930, Set.of("0")));
    assertThat(broken()).isEmpty();
  }

  @Test
  void aShardThatMovesBeforeAnythingHappensIsFound() {
    troubles.set(0, trouble(Kind.KILL_WORKER, 1_200, Set.of()));
    assertThat(broken()).containsExactly(Rule.HEALTHY_MOVED);
  }

  @Test
  void aShardMayMoveWhenASessionWasLostThoughNoFaultSaysWhy() {
    troubles.clear();
    tenures.set(0, new Recorded(FIRST, 90 * MS, OptionalLong.of(910 * MS), "lost", false));
    claims.set(0, new Claim("0", SECOND, "w-1", 1, "lost"));
    assertThat(broken()).isEmpty();
  }

  @Test
  void aShardThatFailsByItselfIsNoLossOfASessionThatLetsOthersMove() {
    Holder third = new Holder("w-1", 11, 1);
    Recorded lapsed = new Recorded(third, 60 * MS, OptionalLong.of(930 * MS), "lapsed", false);
    others.put("1", new Trail(List.of(lapsed), List.of()));
    troubles.clear();
    assertThat(broken()).doesNotContain(Rule.HEALTHY_MOVED);
    troubles.add(trouble(Kind.TASK_BLOCKS, 900, Set.of("1")));
    assertThat(broken()).contains(Rule.HEALTHY_MOVED);
  }

  @Test
  void aShardThatIsElectedMoreOftenThanTheFaultsAccountForIsFound() {
    for (int epoch = 3; epoch < 5; epoch++) {
      long from = 5_000L * (epoch - 2);
      Holder holder = new Holder("w-1", 11, epoch);
      Recorded last = tenures.remove(tenures.size() - 1);
      OptionalLong until = OptionalLong.of((from - 5) * MS);
      tenures.add(new Recorded(last.holder(), last.from(), until, "resigned", true));
      tenures.add(new Recorded(holder, from * MS, OptionalLong.empty(), "", false));
      assertThat(broken()).hasSize(epoch == 4 ? 1 : 0);
    }
    assertThat(broken()).containsExactly(Rule.TOO_MANY_ELECTIONS);
  }

  @Test
  void watchersThreadsAndRequestsThatDoNotReturnToWhatTheyWereAreFound() {
    costs = Optional.of(new Costs(BEFORE, new Vitals(12, 25, 65, 95)));
    assertThat(broken()).isEmpty();
    costs = Optional.of(new Costs(BEFORE, new Vitals(12, 60, 65, 95)));
    assertThat(broken()).containsExactly(Rule.REQUESTS_LEFT);
    costs = Optional.of(new Costs(BEFORE, new Vitals(12, 25, 90, 95)));
    assertThat(broken()).containsExactly(Rule.WATCHERS_LEFT);
    costs = Optional.of(new Costs(BEFORE, new Vitals(12, 25, 65, 130)));
    assertThat(broken()).containsExactly(Rule.THREADS_LEFT);
  }

  @Test
  void moreShardsMayHaveMoreWatchers() {
    costs = Optional.of(new Costs(BEFORE, new Vitals(24, 25, 125, 95)));
    assertThat(broken()).isEmpty();
  }

  @Test
  void shardsAreCountedAsHealthyUntilSomethingMeetsThem() {
    troubles.set(0, trouble(Kind.TASK_THROWS, 100, Set.of("1")));
    troubles.add(trouble(Kind.KILL_WORKER, 300, Set.of()));
    troubles.add(trouble(Kind.TASK_BLOCKS, 500, Set.of("1")));
    assertThat(HealthyShards.count(history())).isEqualTo(1);
  }

  @Test
  void whatWasTrimmedIsKnownFromTheLookBefore() {
    TrailKeeper keeper = new TrailKeeper();
    Recorded open = new Recorded(FIRST, 90 * MS, OptionalLong.empty(), "", false);
    Recorded trimmed =
        new Recorded(FIRST, Long.MAX_VALUE, OptionalLong.of(910 * MS), "resigned", true);
    keeper.see(Map.of("0", List.of(open)));
    keeper.see(Map.of("0", List.of(trimmed, tenures.get(1))));
    keeper.see(Map.of("0", List.of(tenures.get(1))));
    assertThat(keeper.tenures("0")).isEqualTo(tenures);
  }
}
