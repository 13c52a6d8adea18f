package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;

/** How the coordinator tells its own plan from what another hand has written. */
class PlanCopyTest {

  private static final String TOP = "/orders/plan";

  private final PlanCopy copy = new PlanCopy(TOP);
  private final Map<String, Optional<PlanCopy.Found>> found = new LinkedHashMap<>();

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<PlanCopy.Found> node(String data, int children) {
    Stat stat = new Stat();
    stat.setNumChildren(children);
    return Optional.of(new PlanCopy.Found(bytes(data), stat));
  }

  private List<String> compare() {
    return copy.compare(found).stream()
        .map(one -> one.path().substring(TOP.length()) + " " + one.kind())
        .toList();
  }

  @Test
  void whatIsAsItWasWrittenDiffersInNothing() {
    copy.begin(Map.of(TOP, bytes("v1"), TOP + "/w-1", bytes("a")), List.of(TOP + "/w-1"));
    copy.wrote(TOP + "/w-2", bytes("b"));
    copy.deleted(TOP + "/w-1");
    found.put(TOP, node("v1", 1));
    found.put(TOP + "/w-1", Optional.empty());
    found.put(TOP + "/w-2", node("b", 0));
    assertThat(compare()).isEmpty();
  }

  @Test
  void eachKindOfHandIsTold() {
    copy.begin(
        Map.of(
            TOP,
            bytes("v1"),
            TOP + "/w-1",
            bytes("a"),
            TOP + "/w-2",
            bytes("b"),
            TOP + "/w-3",
            bytes("c")),
        List.of(TOP + "/w-1", TOP + "/w-2", TOP + "/w-3"));
    found.put(TOP, node("", 3));
    found.put(TOP + "/w-1", node("x", 0));
    found.put(TOP + "/w-2", Optional.empty());
    found.put(TOP + "/w-3", node("c", 1));
    found.put(TOP + "/notes", node("n", 0));
    found.put(TOP + "/w-3/note", node("", 0));
    assertThat(compare())
        .containsExactly(
            " EMPTIED", "/notes FOREIGN", "/w-1 CHANGED", "/w-2 DELETED", "/w-3/note FOREIGN");
    assertThat(copy.isThere(TOP + "/w-2")).isFalse();
  }

  @Test
  void aPlanThatCannotBeDeletedIsNobodysDifference() {
    copy.begin(Map.of(TOP + "/w-1", bytes("a")), List.of(TOP + "/w-1"));
    copy.abandoned(TOP + "/w-1");
    found.put(TOP + "/w-1", node("a", 1));
    assertThat(compare()).isEmpty();
    assertThat(copy.isThere(TOP + "/w-1")).isTrue();
  }

  @Test
  void eventsOfOwnWritesAreNotSuspectAndOneMoreIs() {
    PlanEvents events = new PlanEvents();
    events.expect(List.of(TOP, TOP + "/w-1"));
    assertThat(events.happened(TOP + "/w-1")).isFalse();
    assertThat(events.happened(TOP + "/w-1")).isTrue();
    assertThat(events.happened(TOP + "/w-2")).isTrue();
    assertThat(events.take()).containsExactlyInAnyOrder(TOP + "/w-1", TOP + "/w-2");
    events.answered();
    assertThat(events.happened(TOP)).as("the answer was there").isTrue();
    events.suspectAll();
    assertThat(events.isAllSuspect()).isTrue();
    assertThat(events.take()).containsExactly(TOP);
    assertThat(events.isAllSuspect()).isFalse();
  }

  @Test
  void repairsComeLessAndLessOftenUntilThereWasNoneForAWhile() {
    PlanRepairs repairs = new PlanRepairs(() -> 0);
    long now = 7;
    for (int i = 0; i < 8; i++) {
      assertThat(repairs.nanosLeft(now)).isZero();
      repairs.repaired(now);
      assertThat(repairs.isFightNews()).as("once, at the third").isEqualTo(i == 2);
      long pause = TimeUnit.SECONDS.toNanos(Math.min(60, 1L << i));
      assertThat(repairs.nanosLeft(now)).isEqualTo(pause);
      now += pause;
      repairs.calm(now);
    }
    now += PlanRepairs.FORGIVEN_NANOS;
    repairs.calm(now);
    repairs.repaired(now);
    assertThat(repairs.nanosLeft(now)).isEqualTo(TimeUnit.SECONDS.toNanos(1));
  }

  @Test
  void aPlanThatIsReadAnewIsAllThatCounts() {
    copy.begin(Map.of(TOP + "/w-1", bytes("a")), List.of(TOP + "/w-1", TOP + "/w-2"));
    copy.abandoned(TOP + "/w-1");
    copy.begin(Map.of(TOP, bytes("v2"), TOP + "/w-3", bytes("c")), List.of(TOP + "/w-4"));
    assertThat(copy.paths()).containsExactlyInAnyOrder(TOP, TOP + "/w-3");
    assertThat(copy.data(TOP + "/w-3")).contains(bytes("c"));
    assertThat(copy.data(TOP + "/w-1")).isEmpty();
    for (String there : List.of("", "/w-3", "/w-4")) {
      assertThat(copy.isThere(TOP + there)).as(there).isTrue();
    }
    assertThat(copy.isThere(TOP + "/w-1")).isFalse();
    assertThat(copy.isThere(TOP + "/w-2")).isFalse();
    found.put(TOP + "/w-1", node("a", 0));
    assertThat(compare()).as("abandoned by the plan before").containsExactly("/w-1 FOREIGN");
    assertThat(copy.isThere(TOP + "/w-1")).isTrue();
  }

  @Test
  void soManySuspectsAreRememberedAndWithMoreAllAreSuspect() {
    PlanEvents events = new PlanEvents();
    for (int i = 0; i < 10_000; i++) {
      assertThat(events.happened(TOP + "/w-" + i)).isTrue();
      assertThat(events.isAllSuspect()).isFalse();
    }
    assertThat(events.happened(TOP + "/more")).isTrue();
    assertThat(events.isAllSuspect()).isTrue();
    assertThat(events.take()).hasSize(10_000);
    assertThat(events.take()).isEmpty();
  }

  private static PlanCopy.Difference difference(PlanCopy.Kind kind, int worker) {
    return new PlanCopy.Difference(TOP + "/w-" + worker, kind, Optional.empty());
  }

  @Test
  void eachKindOfDifferenceAtEachPathIsToldOnceUntilThereWasNoneForAWhile() {
    PlanRepairs repairs = new PlanRepairs(() -> 0);
    List<PlanCopy.Difference> both =
        List.of(difference(PlanCopy.Kind.CHANGED, 1), difference(PlanCopy.Kind.DELETED, 1));
    assertThat(repairs.news(both)).isEqualTo(both);
    assertThat(repairs.news(both)).isEmpty();
    long begun = 1_000;
    repairs.repaired(begun);
    repairs.calm(begun + PlanRepairs.FORGIVEN_NANOS - 1);
    assertThat(repairs.news(both)).isEmpty();
    assertThat(repairs.isResting(begun + TimeUnit.SECONDS.toNanos(1) - 1)).isTrue();
    assertThat(repairs.isResting(begun + TimeUnit.SECONDS.toNanos(1))).isFalse();
    repairs.calm(begun + PlanRepairs.FORGIVEN_NANOS);
    assertThat(repairs.news(both)).isEqualTo(both);
    assertThat(repairs.isResting(begun)).as("nothing is waited for").isFalse();
    repairs.calm(begun + 3 * PlanRepairs.FORGIVEN_NANOS);
    assertThat(repairs.news(both)).as("there was none to be forgiven").isEmpty();
  }

  @Test
  void aFightIsNewsAgainAfterItWasForgiven() {
    PlanRepairs repairs = new PlanRepairs(() -> 0);
    for (int fight = 0; fight < 2; fight++) {
      for (int i = 1; i <= PlanRepairs.FIGHT; i++) {
        assertThat(repairs.isFightNews()).isFalse();
        repairs.repaired(0);
      }
      assertThat(repairs.isFightNews()).isTrue();
      assertThat(repairs.isFightNews()).isFalse();
      repairs.calm(PlanRepairs.FORGIVEN_NANOS);
    }
  }

  @Test
  void soManyDifferencesAreRememberedAsTold() {
    PlanRepairs repairs = new PlanRepairs(() -> 0);
    for (int worker = 0; worker <= 1_000; worker++) {
      assertThat(repairs.news(List.of(difference(PlanCopy.Kind.CHANGED, worker)))).hasSize(1);
      if (worker == 999) {
        assertThat(repairs.news(List.of(difference(PlanCopy.Kind.CHANGED, 0)))).isEmpty();
      }
    }
    assertThat(repairs.news(List.of(difference(PlanCopy.Kind.CHANGED, 0)))).hasSize(1);
  }

  @Test
  void whatWasWrittenIsForgottenWhenThePlanIsReadAnew() {
    copy.wrote(TOP + "/w-1", bytes("a"));
    copy.begin(Map.of(), List.of());
    assertThat(copy.paths()).isEmpty();
    assertThat(copy.isThere(TOP + "/w-1")).isFalse();
  }

  @Test
  void onlyWhatBelongsToTheWorkersIsMended() {
    for (PlanCopy.Kind kind : PlanCopy.Kind.values()) {
      assertThat(difference(kind, 1).isToBeMended()).isEqualTo(kind != PlanCopy.Kind.FOREIGN);
      assertThat(kind.words()).startsWith("was ");
    }
  }
}
