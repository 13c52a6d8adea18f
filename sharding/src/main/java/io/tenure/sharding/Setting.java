package io.tenure.sharding;

import io.tenure.scope.Retention;
import java.time.Duration;

/**
 * The settings of a group one by one, by the names that people read: in messages, in the group's
 * trail, and in the field {@code changed} of the group's znode.
 */
enum Setting {
  SHARDS("shards"),
  STANDBYS("standbys"),
  SETTLE_WINDOW("settleWindow"),
  MOVES_IN_FLIGHT("movesInFlight"),
  READY_LIMIT("readyLimit"),
  RETENTION("retention"),
  LOAD_BALANCING("loadBalancing");

  private final String word;

  Setting(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }

  /** Its value in words: {@code 2}, {@code 30s}, {@code all}, {@code off}. */
  String text(GroupSettings settings) {
    return switch (this) {
      case SHARDS -> settings.shards().toString();
      case STANDBYS -> Integer.toString(settings.standbys());
      case SETTLE_WINDOW -> text(settings.settleWindow());
      case MOVES_IN_FLIGHT -> Integer.toString(settings.movesInFlight());
      case READY_LIMIT -> text(settings.readyLimit());
      case RETENTION ->
          settings.retention().equals(Retention.KEEP_ALL)
              ? "all"
              : Integer.toString(settings.retention().entries());
      case LOAD_BALANCING ->
          settings
              .loadBalancing()
              .map(
                  load ->
                      text(load.interval())
                          + ","
                          + Math.round(load.deadBand() * 100)
                          + "%,"
                          + load.movesPerInterval())
              .orElse("off");
    };
  }

  private static String text(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  /** Its value among others. */
  Object of(GroupSettings settings) {
    return switch (this) {
      case SHARDS -> settings.shards();
      case STANDBYS -> settings.standbys();
      case SETTLE_WINDOW -> settings.settleWindow();
      case MOVES_IN_FLIGHT -> settings.movesInFlight();
      case READY_LIMIT -> settings.readyLimit();
      case RETENTION -> settings.retention();
      case LOAD_BALANCING -> settings.loadBalancing();
    };
  }
}
