package io.tenure.sharding;

import io.tenure.scope.Retention;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of a group that are to have other values, while its workers run; a setting that is not
 * named stays as it is. Immutable.
 *
 * <pre>{@code
 * group.apply(
 *     new GroupChange.ChangeSettings(
 *         SettingsChange.none().withStandbys(2).withRetention(Retention.last(50)),
 *         "a second zone"));
 * }</pre>
 *
 * <p>A setting that was changed so belongs to the group: a worker that is built with another value
 * takes the group's and says so in its log. The set of shards is changed by {@link
 * GroupChange.Resize} and its like.
 *
 * @param standbys how many workers stand by for each shard
 * @param settleWindow how long no further worker must have joined before shards move to those that
 *     did
 * @param movesInFlight how many planned moves are under way at a time
 * @param readyLimit how long a planned move waits for its successor to get ready
 * @param retention how many entries of each shard's audit trail are kept
 * @param loadBalancing whether, and how, busy workers shed shards
 */
public record SettingsChange(
    Optional<Integer> standbys,
    Optional<Duration> settleWindow,
    Optional<Integer> movesInFlight,
    Optional<Duration> readyLimit,
    Optional<Retention> retention,
    Optional<Optional<LoadBalancing>> loadBalancing) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value and the rule
   */
  public SettingsChange {
    over(
        GroupSettings.of(ShardSet.numbered(1)),
        standbys,
        settleWindow,
        movesInFlight,
        readyLimit,
        retention,
        loadBalancing);
  }

  /** Nothing changes. */
  public static SettingsChange none() {
    return new SettingsChange(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** The same with so many standbys, 0 to 3. */
  public SettingsChange withStandbys(int count) {
    return new SettingsChange(
        Optional.of(count), settleWindow, movesInFlight, readyLimit, retention, loadBalancing);
  }

  /** The same with that settle window. */
  public SettingsChange withSettleWindow(Duration window) {
    return new SettingsChange(
        standbys, Optional.of(window), movesInFlight, readyLimit, retention, loadBalancing);
  }

  /** The same with so many planned moves at a time. */
  public SettingsChange withMovesInFlight(int count) {
    return new SettingsChange(
        standbys, settleWindow, Optional.of(count), readyLimit, retention, loadBalancing);
  }

  /** The same with that ready limit. */
  public SettingsChange withReadyLimit(Duration limit) {
    return new SettingsChange(
        standbys, settleWindow, movesInFlight, Optional.of(limit), retention, loadBalancing);
  }

  /** The same with so much of each trail kept. */
  public SettingsChange withRetention(Retention kept) {
    return new SettingsChange(
        standbys, settleWindow, movesInFlight, readyLimit, Optional.of(kept), loadBalancing);
  }

  /** The same with busy workers shedding shards like that, or, if it is empty, none. */
  public SettingsChange withLoadBalancing(Optional<LoadBalancing> balancing) {
    return new SettingsChange(
        standbys, settleWindow, movesInFlight, readyLimit, retention, Optional.of(balancing));
  }

  /** Whether no setting is named. */
  public boolean isEmpty() {
    return named().isEmpty();
  }

  /** The settings that are named. */
  Set<Setting> named() {
    Set<Setting> named = EnumSet.noneOf(Setting.class);
    standbys.ifPresent(value -> named.add(Setting.STANDBYS));
    settleWindow.ifPresent(value -> named.add(Setting.SETTLE_WINDOW));
    movesInFlight.ifPresent(value -> named.add(Setting.MOVES_IN_FLIGHT));
    readyLimit.ifPresent(value -> named.add(Setting.READY_LIMIT));
    retention.ifPresent(value -> named.add(Setting.RETENTION));
    loadBalancing.ifPresent(value -> named.add(Setting.LOAD_BALANCING));
    return named;
  }

  /** The settings of a group after the change. */
  GroupSettings over(GroupSettings present) {
    return over(
        present, standbys, settleWindow, movesInFlight, readyLimit, retention, loadBalancing);
  }

  private static GroupSettings over(
      GroupSettings present,
      Optional<Integer> standbys,
      Optional<Duration> settleWindow,
      Optional<Integer> movesInFlight,
      Optional<Duration> readyLimit,
      Optional<Retention> retention,
      Optional<Optional<LoadBalancing>> loadBalancing) {
    return new GroupSettings(
        present.shards(),
        standbys.orElse(present.standbys()),
        settleWindow.orElse(present.settleWindow()),
        movesInFlight.orElse(present.movesInFlight()),
        readyLimit.orElse(present.readyLimit()),
        retention.orElse(present.retention()),
        loadBalancing.orElse(present.loadBalancing()));
  }
}
