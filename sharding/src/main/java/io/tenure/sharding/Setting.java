package io.tenure.sharding;

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
