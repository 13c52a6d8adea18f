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
   * Checks that a group is as this worker was told.
   *
   * @throws GroupSettingsException naming each setting that differs, with both values
   */
  void check(String group, GroupSettings found) {
    // What was told as the group would have written it: times in milliseconds, and so on.
    GroupSettings told = GroupSettings.parse(group, over(found).bytes());
    List<String> differences = new ArrayList<>();
    compare(differences, "shards", told.shards(), found.shards());
    compare(differences, "standbys", told.standbys(), found.standbys());
    compare(differences, "settleWindow", told.settleWindow(), found.settleWindow());
    compare(differences, "movesInFlight", told.movesInFlight(), found.movesInFlight());
    compare(differences, "readyLimit", told.readyLimit(), found.readyLimit());
    compare(differences, "retention", told.retention(), found.retention());
    compare(differences, "loadBalancing", told.loadBalancing(), found.loadBalancing());
    if (!differences.isEmpty()) {
      throw new GroupSettingsException(
          "this worker was told other settings than group "
              + group
              + " has: "
              + String.join("; ", differences)
              + ". Give what the group has, or leave it away to take that over, or change the"
              + " group with ShardGroup");
    }
  }

  private static void compare(List<String> differences, String name, Object told, Object found) {
    if (!told.equals(found)) {
      differences.add(
          name + " " + shown(told, found) + " here and " + shown(found, told) + " there");
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
