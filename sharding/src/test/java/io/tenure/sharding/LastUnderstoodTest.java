package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.scope.ForeignDataException;
import io.tenure.scope.TenureException;
import io.tenure.testing.LogLines;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a coordinator goes by while a znode is damaged, and that each is said once. */
class LastUnderstoodTest {

  private static final GroupPaths PATHS = new GroupPaths("/orders");
  private static final GroupSettings SETTINGS = GroupSettings.of(ShardSet.numbered(12));
  private static final TenureException DAMAGED = new ForeignDataException("/orders is no JSON");
  private static final String WORKER = "/orders/workers/w-1-0000000007";
  private static final String PIN = "/orders/directives/pin-3";

  private final LogLines lines = LogLines.of(LastUnderstood.class.getName());
  private final LastUnderstood last = new LastUnderstood(PATHS, Optional::empty);

  @AfterEach
  void endLines() {
    lines.close();
  }

  private static CoordinatorMachine.Worker worker(String id, long incarnation) {
    return new CoordinatorMachine.Worker(StillGroup.node(id), incarnation);
  }

  private static Directives.Written written(String path, String data) {
    return new Directives.Written(path, data.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> said() {
    return lines.atLeast(ch.qos.logback.classic.Level.INFO).stream()
        .map(event -> event.getFormattedMessage())
        .toList();
  }

  // ---------------------------------------------------------------- settings

  @Test
  void damagedSettingsAreThoseThatWereReadLastAndSaidOnceUntilTheyWereGoodAgain() {
    assertThat(last.settings(SETTINGS)).isSameAs(SETTINGS);
    assertThat(said()).isEmpty();
    Stat stat = new Stat();
    stat.setMzxid(0x1a);
    stat.setMtime(Instant.parse("2026-03-01T02:00:00Z").toEpochMilli());
    assertThat(last.settings(DAMAGED, stat)).isSameAs(SETTINGS);
    assertThat(last.settings(DAMAGED, null)).isSameAs(SETTINGS);
    assertThat(lines.warnings())
        .singleElement()
        .asString()
        .contains(
            "/orders is no JSON (last written by zxid 0x1a at 2026-03-01T02:00:00Z)",
            "set /orders " + new String(SETTINGS.bytes(), StandardCharsets.UTF_8));
    last.retain(Set.of());
    last.settings(DAMAGED, stat);
    assertThat(lines.warnings()).as("no reading of the children forgets it").hasSize(1);

    GroupSettings changed = SETTINGS.withShards(ShardSet.numbered(13));
    assertThat(last.settings(changed)).isSameAs(changed);
    assertThat(said()).hasSize(2).last().asString().contains("can be read again");
    last.settings(changed);
    assertThat(said()).hasSize(2);
    assertThat(last.settings(DAMAGED, null)).isSameAs(changed);
    assertThat(lines.warnings()).hasSize(2);
    assertThat(lines.warnings().get(1)).contains("/orders is no JSON. Unless");
  }

  @Test
  void settingsThatWereNeverReadAreThoseOfTheOwnWorkerAndWithoutTheseTheProblemIsThrown() {
    assertThatThrownBy(() -> last.settings(DAMAGED, null)).isSameAs(DAMAGED);
    assertThat(said()).isEmpty();
    LastUnderstood joined = new LastUnderstood(PATHS, () -> Optional.of(SETTINGS));
    assertThat(joined.settings(DAMAGED, null)).isSameAs(SETTINGS);
  }

  @Test
  void longSettingsAreNotShownWhole() {
    int[] spare = {0, 400 - bytesWith(0).length(), 401 - bytesWith(0).length()};
    for (int round = 0; round < spare.length; round++) {
      GroupSettings settings = SETTINGS.withShards(named(spare[round]));
      LastUnderstood of = new LastUnderstood(PATHS, () -> Optional.of(settings));
      of.settings(DAMAGED, null);
      String json = new String(settings.bytes(), StandardCharsets.UTF_8);
      assertThat(json).hasSize(round == 0 ? bytesWith(0).length() : 399 + round);
      assertThat(lines.warnings().get(round))
          .endsWith(round < 2 ? json : "with the data that it had before");
    }
  }

  private static ShardSet named(int more) {
    return ShardSet.named(List.of("a", "b".repeat(100), "c".repeat(50 + more)));
  }

  private static String bytesWith(int more) {
    return new String(SETTINGS.withShards(named(more)).bytes(), StandardCharsets.UTF_8);
  }

  // ---------------------------------------------------------------- registrations

  @Test
  void aDamagedRegistrationCountsAsItLastDidAndIsSaidOnceUntilItWasGoodAgain() {
    CoordinatorMachine.Worker good = worker("w-1", 7);
    assertThat(last.worker(WORKER, good)).isSameAs(good);
    for (int i = 0; i < 2; i++) {
      assertThat(last.worker(WORKER, DAMAGED, id -> false)).containsSame(good);
      assertThat(lines.warnings()).hasSize(1);
    }
    assertThat(lines.warnings().get(0)).contains("counts as it last did", "/orders is no JSON");
    last.worker(WORKER, good);
    last.worker(WORKER, DAMAGED, id -> false);
    assertThat(lines.warnings()).hasSize(2);
    last.retain(Set.of("/orders/workers/w-2-0000000008"));
    assertThat(last.worker(WORKER, DAMAGED, id -> false)).as("another with its path").isEmpty();
    assertThat(lines.warnings()).hasSize(3);
    assertThat(lines.warnings().get(2)).contains("a registration is passed over");
    last.retain(Set.of(WORKER));
    last.worker(WORKER, DAMAGED, id -> false);
    assertThat(lines.warnings()).hasSize(3);
  }

  @Test
  void aRegistrationThatWasNeverUnderstoodCountsIfThePlanKnowsItsWorker() {
    Optional<CoordinatorMachine.Worker> known = last.worker(WORKER, DAMAGED, "w-1"::equals);
    assertThat(known).map(CoordinatorMachine.Worker::id).contains("w-1");
    assertThat(known).map(CoordinatorMachine.Worker::incarnation).contains(7L);
    assertThat(known.orElseThrow().node().maxShards()).isEqualTo(Integer.MAX_VALUE);
    assertThat(last.worker(WORKER, DAMAGED, "w-2"::equals)).isEmpty();
    String odd = "/orders/workers/a%2Fb-1-0000000000";
    assertThat(last.worker(odd, DAMAGED, "a/b-1"::equals))
        .map(CoordinatorMachine.Worker::incarnation)
        .contains(0L);
  }

  @Test
  void whatIsNoRegistrationsNameIsNoWorkers() {
    for (String name :
        List.of(
            "w-1", // Without the number of ten digits.
            "w-1-7",
            "-0000000007",
            "w",
            "w-1-000000000x",
            "w-1--000000001",
            "%zz-0000000007",
            "x".repeat(2_000) + "-0000000007")) {
      assertThat(last.worker("/orders/workers/" + name, DAMAGED, id -> true)).as(name).isEmpty();
    }
    assertThat(last.worker("/others/workers/w-1-0000000007", DAMAGED, id -> true)).isEmpty();
  }

  // ---------------------------------------------------------------- directives

  @Test
  void aDamagedDirectiveCountsAsItLastDidAndIsSaidOnceUntilItWasGoodAgain() {
    Directives.Written good = written(PIN, "w-1");
    Directives.Written damaged = written(PIN, "{");
    assertThat(last.directives(List.of(good), Map.of()).pins()).isEqualTo(Map.of("3", "w-1"));
    for (int i = 0; i < 2; i++) {
      Directives still = last.directives(List.of(damaged), Map.of());
      assertThat(still.pins()).isEqualTo(Map.of("3", "w-1"));
      assertThat(still.ignored()).isEmpty();
      assertThat(lines.warnings()).hasSize(1);
    }
    assertThat(lines.warnings().get(0)).contains("directive " + PIN + " counts as it last did");
    last.directives(List.of(good), Map.of());
    last.directives(List.of(damaged), Map.of());
    assertThat(lines.warnings()).hasSize(2);
    last.retain(Set.of());
    Directives passed = last.directives(List.of(damaged), Map.of());
    assertThat(passed.pins()).isEmpty();
    assertThat(passed.ignored()).containsOnlyKeys(PIN);
    assertThat(lines.warnings()).as("told with what is ignored").hasSize(2);
  }

  @Test
  void aDirectiveThatCannotBeReadCountsAsItLastDidOrIsPassedOverAndSaidOnce() {
    Map<String, String> unreadable = Map.of(PIN, "the server denies read");
    for (int i = 0; i < 2; i++) {
      assertThat(last.directives(List.of(), unreadable).pins()).isEmpty();
      assertThat(lines.warnings())
          .singleElement()
          .asString()
          .contains("passed over: the server denies read");
    }
    last.directives(List.of(written(PIN, "w-1")), Map.of());
    for (int i = 0; i < 2; i++) {
      assertThat(last.directives(List.of(), unreadable).pins()).isEqualTo(Map.of("3", "w-1"));
      assertThat(lines.warnings()).hasSize(2);
    }
    assertThat(lines.warnings().get(1)).contains("counts as it last did", "denies read");
    assertThat(last.directives(List.of(), Map.of()).pins()).as("it was deleted").isEmpty();
    last.retain(Set.of(PIN));
    assertThat(last.directives(List.of(), unreadable).pins()).isEqualTo(Map.of("3", "w-1"));
  }

  @Test
  void whatIsPassedOverIsSaidOnceForAsLongAsItIsThere() {
    last.passedOver(WORKER, "no ephemeral node");
    last.passedOver(WORKER, "no ephemeral node");
    assertThat(lines.warnings()).containsExactly("group=/orders passed over: no ephemeral node");
    last.retain(Set.of(WORKER));
    last.passedOver(WORKER, "no ephemeral node");
    assertThat(lines.warnings()).hasSize(1);
    last.retain(Set.of());
    last.passedOver(WORKER, "no ephemeral node");
    assertThat(lines.warnings()).hasSize(2);
  }
}
