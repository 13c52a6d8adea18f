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
    List<String> differences = new ArrayList<>();
    compare(differences, "shards", shards, found.shards());
    compare(differences, "standbys", standbys, found.standbys());
    compare(differences, "settleWindow", settleWindow, found.settleWindow());
    compare(differences, "movesInFlight", movesInFlight, found.movesInFlight());
    compare(differences, "readyLimit", readyLimit, found.readyLimit());
    compare(differences, "retention", retention, found.retention());
    compare(differences, "loadBalancing", loadBalancing, found.loadBalancing());
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

  private static <T> void compare(
      List<String> differences, String name, Optional<T> told, T found) {
    if (told.isPresent() && !told.get().equals(found)) {
      differences.add(name + " " + shown(told.get()) + " here and " + shown(found) + " there");
    }
  }

  private static String shown(Object value) {
    return value instanceof Optional<?> optional
        ? optional.map(Object::toString).orElse("off")
        : value.toString();
  }
}
