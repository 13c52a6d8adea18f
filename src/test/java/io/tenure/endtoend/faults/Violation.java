package io.tenure.endtoend.faults;

/** A promise that a history breaks, with what breaks it. */
record Violation(Rule rule, String shard, String text) {

  /** What is promised. */
  enum Rule {
    /** No two leases of a shard are held at one instant. */
    TWO_HELD,
    /** A later tenure has a larger epoch, and one epoch belongs to one tenure. */
    EPOCH_ORDER,
    /** Epochs have no gap. */
    EPOCH_GAP,
    /** The store takes no write of an older epoch after one of a newer. */
    STALE_WRITE,
    /** The trail keeps its own rules. */
    TRAIL_UNSOUND,
    /** Every leader is in the trail. */
    NOT_IN_TRAIL,
    /** Every leader led between the election and the end that the trail tells of. */
    OUTSIDE_TENURE,
    /** What a lease says of its predecessor is what the trail says. */
    PREDECESSOR,
    /** Soon after the last fault each shard is led. */
    NOT_LED,
    /** A shard to which nothing happened does not change its leader because of another one. */
    HEALTHY_MOVED,
    /** A shard is not elected more often than the faults that met it account for. */
    TOO_MANY_ELECTIONS,
    /** Soon after the last fault the workers hold as many watchers as before the first. */
    WATCHERS_LEFT,
    /** Soon after the last fault the workers have as many threads as before the first. */
    THREADS_LEFT,
    /** Soon after the last fault the workers ask the servers as seldom as before the first. */
    REQUESTS_LEFT,
    /** A worker ends when it is told to, when it is replaced, and when its client is closed. */
    DID_NOT_END
  }

  @Override
  public String toString() {
    return rule + " shard " + shard + ": " + text;
  }
}
