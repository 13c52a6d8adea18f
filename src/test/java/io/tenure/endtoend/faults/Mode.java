package io.tenure.endtoend.faults;

/** What the workers of a run go by. */
enum Mode {
  /** Tenure, as it is. */
  TENURE("tenure"),

  /** A plain LeaderLatch for each shard, whose word counts as the lease. It has no epoch. */
  LATCH("latch"),

  /**
   * Tenure with clocks that hardly move when a fault comes, so that no lease runs out by itself:
   * the bounds might as well not be there. The checker must find two leases held at once.
   */
  NO_BOUND("no bound"),

  /**
   * Tenure whose tasks do not give the store their epoch, so that it takes every write. The checker
   * must find a write of an older tenure after a newer one's.
   */
  NO_FENCE("no fence");

  private final String word;

  Mode(String word) {
    this.word = word;
  }

  /** For people. */
  String word() {
    return word;
  }

  boolean isTenure() {
    return this != LATCH;
  }

  boolean isFenced() {
    return this == TENURE || this == NO_BOUND;
  }
}
