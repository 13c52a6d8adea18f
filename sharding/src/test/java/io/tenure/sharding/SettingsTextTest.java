package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tenure.scope.Retention;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Settings in words, and how a change names them. */
class SettingsTextTest {

  private static final GroupSettings USUAL = GroupSettings.of(ShardSet.numbered(12));

  private static List<String> words(GroupSettings settings) {
    return Arrays.stream(Setting.values())
        .map(setting -> setting.word() + " " + setting.text(settings))
        .toList();
  }

  @Test
  void eachSettingHasAWordAndItsValueIsAsPeopleWriteIt() {
    assertThat(words(USUAL))
        .containsExactly(
            "shards 12 numbered shards",
            "standbys 1",
            "settleWindow 3s",
            "movesInFlight 100",
            "readyLimit 30s",
            "retention 20",
            "loadBalancing off");
    GroupSettings others =
        new GroupSettings(
            ShardSet.named(List.of("a", "b", "c", "d", "e")),
            0,
            Duration.ofMillis(1500),
            1,
            Duration.ZERO,
            Retention.KEEP_ALL,
            Optional.of(new LoadBalancing(Duration.ofMillis(2500), 0.155, 7)));
    assertThat(words(others))
        .containsExactly(
            "shards 5 named shards (a, b, c, d, e)",
            "standbys 0",
            "settleWindow 1500ms",
            "movesInFlight 1",
            "readyLimit 0s",
            "retention all",
            "loadBalancing 2500ms,16%,7");
    assertThat(Setting.LOAD_BALANCING.of(others)).isEqualTo(others.loadBalancing());
  }

  @Test
  void aChangeNamesWhatItChangesAndLeavesTheRest() {
    SettingsChange none = SettingsChange.none();
    assertThat(none.isEmpty()).isTrue();
    assertThat(none.over(USUAL)).isEqualTo(USUAL);
    SettingsChange all =
        none.withStandbys(2)
            .withSettleWindow(Duration.ofSeconds(5))
            .withMovesInFlight(7)
            .withReadyLimit(Duration.ofSeconds(9))
            .withRetention(Retention.last(50))
            .withLoadBalancing(Optional.of(LoadBalancing.DEFAULT));
    assertThat(all.isEmpty()).isFalse();
    assertThat(all.named())
        .containsExactly(Arrays.stream(Setting.values()).skip(1).toArray(Setting[]::new));
    assertThat(all.over(USUAL))
        .isEqualTo(
            new GroupSettings(
                USUAL.shards(),
                2,
                Duration.ofSeconds(5),
                7,
                Duration.ofSeconds(9),
                Retention.last(50),
                Optional.of(LoadBalancing.DEFAULT)));
    assertThat(none.withStandbys(2).named()).containsExactly(Setting.STANDBYS);
    assertThat(none.withReadyLimit(Duration.ZERO).over(all.over(USUAL)).standbys()).isEqualTo(2);
    assertThatIllegalArgumentException().isThrownBy(() -> none.withStandbys(4));
  }

  @Test
  void whatWasChangedIsKnownByNameOneByOne() {
    ChangedSettings two = ChangedSettings.none().with(List.of(Setting.SHARDS, Setting.STANDBYS));
    assertThat(two.containsAll(List.of(Setting.SHARDS, Setting.STANDBYS))).isTrue();
    assertThat(two.containsAll(List.of(Setting.SHARDS, Setting.RETENTION))).isFalse();
    assertThat(two.contains(Setting.RETENTION)).isFalse();
  }

  @Test
  void theBoundsOfLoadBalancingAreWithin() {
    Duration least = Duration.ofMillis(100);
    assertThat(new LoadBalancing(least, 0.01, 1).interval()).isEqualTo(least);
    Duration most = Duration.ofDays(1);
    assertThat(new LoadBalancing(most, 0.99, 1).interval()).isEqualTo(most);
  }

  @Test
  void aDampedWorkerIsToldInWords() {
    assertThat(new Damped(1, Optional.empty()))
        .hasToString("1 session ended soon after the beginning");
    assertThat(new Damped(4, Optional.of(Instant.parse("2026-03-01T02:00:40Z"))))
        .hasToString(
            "4 sessions in a row ended soon after the beginning, gets no shards until"
                + " 2026-03-01T02:00:40Z");
  }
}
