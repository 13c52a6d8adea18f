package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tenure.scope.Retention;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Example;

/** What a group's settings may be: who breaks a rule reads the value and the rule. */
class GroupRulesTest {

  private static final GroupSettings USUAL = GroupSettings.of(ShardSet.numbered(12));

  private static void broken(Runnable make, String... says) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(make::run)
        .withMessageContainingAll(says);
  }

  // ---------------------------------------------------------------- shards

  @Example
  void aNumberedSetHasFromOneToTheMostShards() {
    assertThat(ShardSet.numbered(1).names()).containsExactly("0");
    assertThat(ShardSet.numbered(ShardSet.MAX_SHARDS).indexOf("99999")).isEqualTo(99_999);
    broken(() -> ShardSet.numbered(0), "0 shards", "1 to 100000");
    broken(() -> ShardSet.numbered(100_001), "100001 shards", "1 to 100000");
  }

  @Example
  void onlyTheExactNumberIsAShardOfANumberedSet() {
    ShardSet set = ShardSet.numbered(12);
    assertThat(set.indexOf("11")).isEqualTo(11);
    for (String none : List.of("", "12", "-1", "01", "00", "+1", "1 ", "x", "٣", "99999999999")) {
      assertThat(set.indexOf(none)).as(none).isEqualTo(-1);
      assertThat(set.contains(none)).isFalse();
    }
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> set.name(12))
        .withMessage("shard 12 of 12");
  }

  @Example
  void aNamedSetIsSortedAndNothingStandsInItTwice() {
    ShardSet set = ShardSet.named(List.of("us", "eu", "0-3", "köln"));
    assertThat(set.names()).containsExactly("0-3", "eu", "köln", "us");
    assertThat(set.indexOf("us")).isEqualTo(3);
    assertThat(set.indexOf("ap")).isEqualTo(-1);
    assertThat(set).isEqualTo(ShardSet.named(List.of("köln", "0-3", "eu", "us")));
    assertThat(set)
        .isNotEqualTo(ShardSet.numbered(4))
        .hasToString("4 named shards (0-3, eu, köln, us)");
    broken(() -> ShardSet.named(List.of()), "0 shards", "1 to 100000");
    broken(() -> ShardSet.named(List.of("a", "b", "a")), "\"a\" stands twice");
  }

  @Example
  void whatCannotBeAShardsNameIsSaidWithTheRule() {
    broken(() -> ShardSet.named(List.of("")), "has 0 characters", "1 to 200");
    broken(() -> ShardSet.named(List.of("x".repeat(201))), "has 201 characters", "1 to 200");
    broken(() -> ShardSet.named(List.of("a/b")), "\"a/b\" has a slash");
    for (String word : List.of("latch", "leader", "audit", "checkpoint", "quarantine")) {
      broken(() -> ShardSet.named(List.of(word)), "\"" + word + "\" is one of the words");
    }
    for (String bad : List.of(".", "..", "a\u0000b", "\uD800")) {
      broken(() -> ShardSet.named(List.of(bad)), "cannot be a znode's name: choose another");
    }
  }

  @Example
  void allNamesTogetherMustFitIntoAZnode() {
    List<String> names = IntStream.range(0, 2000).mapToObj(i -> "x".repeat(150) + i).toList();
    broken(() -> ShardSet.named(names), "2000 shards", "more than 262144 bytes", "shorter names");
    assertThat(ShardSet.named(names.subList(0, 1500)).size()).isEqualTo(1500);
    broken(() -> ShardSet.named(Collections.nCopies(100_001, "x")), "100001 shards");
  }

  // ---------------------------------------------------------------- settings

  private static GroupSettings settings(int standbys, Duration settle, int moves, Duration ready) {
    return new GroupSettings(
        USUAL.shards(), standbys, settle, moves, ready, USUAL.retention(), Optional.empty());
  }

  @Example
  void settingsBeyondTheirBoundsAreRefused() {
    Duration second = Duration.ofSeconds(1);
    broken(() -> settings(4, second, 1, second), "4 standbys", "0 to 3");
    broken(() -> settings(-1, second, 1, second), "-1 standbys", "0 to 3");
    broken(() -> settings(1, second.negated(), 1, second), "PT-1S", "0 to 1 hour");
    broken(() -> settings(1, Duration.ofHours(2), 1, second), "PT2H", "0 to 1 hour");
    broken(() -> settings(1, second, 0, second), "0 planned moves", "at least 1");
    broken(() -> settings(1, second, 1, second.negated()), "PT-1S", "0 to 1 day");
    broken(() -> settings(1, second, 1, Duration.ofDays(2)), "PT48H", "0 to 1 day");
    assertThat(settings(3, Duration.ofHours(1), 1, Duration.ofDays(1)).standbys()).isEqualTo(3);
    assertThat(settings(0, Duration.ZERO, 1, Duration.ZERO).standbys()).isZero();
  }

  @Example
  void loadBalancingBeyondItsBoundsIsRefused() {
    Duration minute = Duration.ofMinutes(1);
    broken(() -> new LoadBalancing(Duration.ofMillis(99), 0.15, 5), "PT0.099S", "100 ms to 1 day");
    broken(() -> new LoadBalancing(Duration.ofDays(2), 0.15, 5), "PT48H", "100 ms to 1 day");
    for (double band : new double[] {0, 0.009, 0.995, 1, -1, Double.NaN}) {
      broken(() -> new LoadBalancing(minute, band, 5), "is " + band, "0.01 to 0.99");
    }
    broken(() -> new LoadBalancing(minute, 0.15, 0), "moves 0 shards", "at least 1");
  }

  // ---------------------------------------------------------------- what a worker was told

  private static SettingsWish wish(
      Optional<ShardSet> shards,
      Optional<Duration> settle,
      Optional<Optional<LoadBalancing>> load) {
    return new SettingsWish(
        shards,
        Optional.empty(),
        settle,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        load);
  }

  private static SettingsWish told(GroupSettings all) {
    return new SettingsWish(
        Optional.of(all.shards()),
        Optional.of(all.standbys()),
        Optional.of(all.settleWindow()),
        Optional.of(all.movesInFlight()),
        Optional.of(all.readyLimit()),
        Optional.of(all.retention()),
        Optional.of(all.loadBalancing()));
  }

  private static void refused(SettingsWish wish, GroupSettings found, String... says) {
    assertThatExceptionOfType(GroupSettingsException.class)
        .isThrownBy(() -> wish.check("/orders", found, ChangedSettings.none()))
        .withMessageContaining("/orders")
        .withMessageContainingAll(says);
  }

  @Example
  void aWorkerThatWasToldNothingTakesEverythingOver() {
    SettingsWish nothing = wish(Optional.empty(), Optional.empty(), Optional.empty());
    nothing.check("/orders", USUAL, ChangedSettings.none());
    assertThat(nothing.over(USUAL)).isEqualTo(USUAL);
    assertThatExceptionOfType(GroupSettingsException.class)
        .isThrownBy(() -> nothing.forNewGroup("/orders"))
        .withMessageContainingAll("/orders", "was not told its shards", "shards(...)");
  }

  @Example
  void everySettingThatDiffersIsNamedWithBothValues() {
    GroupSettings other =
        new GroupSettings(
            ShardSet.numbered(16),
            2,
            Duration.ofSeconds(5),
            7,
            Duration.ofSeconds(9),
            Retention.last(50),
            Optional.of(LoadBalancing.DEFAULT));
    refused(
        told(other),
        USUAL,
        "shards 16 numbered shards here and 12 numbered shards there",
        "standbys 2 here and 1 there",
        "settleWindow PT5S here and PT3S there",
        "movesInFlight 7 here and 100 there",
        "readyLimit PT9S here and PT30S there",
        "retention Retention[entries=50] here and Retention[entries=20] there",
        "loadBalancing LoadBalancing[interval=PT30S, deadBand=0.15, movesPerInterval=5] here and"
            + " off there",
        "leave it away to take that over");
    told(other).check("/orders", other, ChangedSettings.none());
    assertThat(told(other).forNewGroup("/orders")).isEqualTo(other);
    refused(
        wish(Optional.empty(), Optional.empty(), Optional.of(Optional.empty())),
        other,
        "loadBalancing off here and LoadBalancing");
  }

  @Example
  void whatWasChangedWhileTheGroupRanOverrulesWhatAWorkerWasTold() {
    GroupSettings told =
        new GroupSettings(
            ShardSet.numbered(16),
            2,
            Duration.ofSeconds(5),
            7,
            Duration.ofSeconds(9),
            Retention.last(50),
            Optional.of(LoadBalancing.DEFAULT));
    ChangedSettings all = ChangedSettings.none().with(List.of(Setting.values()));
    assertThat(told(told).check("/orders", USUAL, all))
        .hasSize(7)
        .contains(
            "shards 16 numbered shards here and 12 numbered shards there",
            "standbys 2 here and 1 there");
    ChangedSettings two = ChangedSettings.none().with(List.of(Setting.SHARDS, Setting.STANDBYS));
    assertThatExceptionOfType(GroupSettingsException.class)
        .isThrownBy(() -> told(told).check("/orders", USUAL, two))
        .withMessageContainingAll("settleWindow PT5S", "loadBalancing", "tenure settings")
        .withMessageNotContainingAny("shards 16", "standbys");
    SettingsWish named =
        wish(Optional.of(ShardSet.named(List.of("a"))), Optional.empty(), Optional.empty());
    assertThatExceptionOfType(GroupSettingsException.class)
        .as("a set of another kind")
        .isThrownBy(() -> named.check("/orders", USUAL, all))
        .withMessageContaining("12 numbered shards there");
  }

  @Example
  void ofNamedShardsThatLookTheSameThoseAreNamedThatAreNot() {
    List<String> common = List.of("a", "b", "c", "d", "e");
    ShardSet here = ShardSet.named(concat(common, "here"));
    ShardSet there = ShardSet.named(concat(common, "there"));
    refused(
        wish(Optional.of(here), Optional.empty(), Optional.empty()),
        USUAL.withShards(there),
        "6 named shards (a, b, c, d, e, ...), among them here here and",
        "6 named shards (a, b, c, d, e, ...), among them there there");
  }

  private static List<String> concat(List<String> some, String one) {
    return java.util.stream.Stream.concat(some.stream(), java.util.stream.Stream.of(one)).toList();
  }

  @Example
  void aWorkerIsNotRefusedByTheGroupThatItHasMadeItself() {
    // The group keeps milliseconds and whole per cent.
    SettingsWish wish =
        wish(
            Optional.of(ShardSet.numbered(3)),
            Optional.of(Duration.ofNanos(1_500_001)),
            Optional.of(Optional.of(new LoadBalancing(Duration.ofNanos(100_000_007), 0.155, 5))));
    for (double band : new double[] {0.01, 0.014, 0.155, 0.989, 0.99}) {
      SettingsWish one =
          wish(
              wish.shards(),
              wish.settleWindow(),
              Optional.of(Optional.of(new LoadBalancing(Duration.ofMillis(100), band, 5))));
      byte[] made = one.forNewGroup("/orders").bytes();
      one.check("/orders", GroupSettings.parse("/orders", made), ChangedSettings.none());
    }
    wish.check(
        "/orders",
        GroupSettings.parse("/orders", wish.forNewGroup("/orders").bytes()),
        ChangedSettings.none());
  }
}
