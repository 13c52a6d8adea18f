package io.tenure.sharding;

import io.tenure.scope.Retention;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one worker was told of the group's settings. What it was not told, it takes from the group,
 * or from what is usual if it makes the group. Immutable.
 */
record SettingsWish(
    Optional<ShardSet> shards,
    Optional<Integer> standbys,
    Optional<Duration> settleWindow,
    Optional<Integer> movesInFlight,
    Optional<Duration> readyLimit,
    Optional<Retention> retention,
    Optional<Optional<LoadBalancing>> loadBalancing) {

  private static final int MAX_NAMED = 3;

  /**
   * The settings of a group that this worker makes.
   *
   * @throws GroupSettingsException if it was not told the shards
   */
  GroupSettings forNewGroup(String group) {
    ShardSet told =
        shards.orElseThrow(
            () ->
                new GroupSettingsException(
                    "group "
                        + group
                        + " does not exist, and this worker was not told its shards: give"
                        + " shards(...), or start a worker that knows them first"));
    return over(GroupSettings.of(told));
  }

  /**
   * Settings with what this worker was told.
   *
   * @throws IllegalArgumentException if a value breaks its rule
   */
  GroupSettings over(GroupSettings usual) {
    return new GroupSettings(
        shards.orElse(usual.shards()),
        standbys.orElse(usual.standbys()),
        settleWindow.orElse(usual.settleWindow()),
        movesInFlight.orElse(usual.movesInFlight()),
        readyLimit.orElse(usual.readyLimit()),
        retention.orElse(usual.retention()),
        loadBalancing.orElse(usual.loadBalancing()));
  }

  /**
   * Checks that a group is as this worker was told, or was changed while it ran: then the group's
   * value counts, except for a set of shards of another kind.
   *
   * @return what the worker was told in vain: each setting, with both values
   * @throws GroupSettingsException naming each setting that differs and was not changed, with both
   *     values
   */
  List<String> check(String group, GroupSettings found, ChangedSettings changed) {
    // What was told as the group would have written it: times in milliseconds, and so on.
    GroupSettings told = GroupSettings.parse(group, over(found).bytes());
    List<String> differences = new ArrayList<>();
    List<String> overruled = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      boolean groups = changed.contains(setting) && isOfOneKind(setting, told, found);
      compare(groups ? overruled : differences, setting, told, found);
    }
    if (!differences.isEmpty()) {
      throw new GroupSettingsException(
          "this worker was told other settings than group "
              + group
              + " has: "
              + String.join("; ", differences)
              + ". Give what the group has, or leave it away to take that over, or change the"
              + " group: with the command tenure settings or tenure shards, or with ShardGroup");
    }
    return overruled;
  }

  private static boolean isOfOneKind(Setting setting, GroupSettings told, GroupSettings found) {
    return setting != Setting.SHARDS || told.shards().isNumbered() == found.shards().isNumbered();
  }

  private static void compare(
      List<String> differences, Setting setting, GroupSettings told, GroupSettings found) {
    Object here = setting.of(told);
    Object there = setting.of(found);
    if (!here.equals(there)) {
      differences.add(
          setting.word() + " " + shown(here, there) + " here and " + shown(there, here) + " there");
    }
  }

  /** A value, and how it differs from another if that is not to be seen. */
  private static String shown(Object value, Object other) {
    if (value instanceof ShardSet set
        && other instanceof ShardSet than
        && !set.isNumbered()
        && !than.isNumbered()) {
      List<String> more = set.names().stream().filter(name -> !than.contains(name)).toList();
      return set
          + (more.isEmpty()
              ? ""
              : ", among them "
                  + String.join(", ", more.subList(0, Math.min(MAX_NAMED, more.size()))));
    }
    return value instanceof Optional<?> optional
        ? optional.map(Object::toString).orElse("off")
        : value.toString();
  }
}
