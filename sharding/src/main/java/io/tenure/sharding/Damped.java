package io.tenure.sharding;

import java.time.Instant;
import java.util.Optional;

/**
 * A worker whose sessions keep ending soon after they began, without a goodbye: it gets shards back
 * later and later. Immutable.
 *
 * @param deaths how many sessions in a row ended so
 * @param until when it gets shards again, by the coordinator's clock; empty if it does now
 */
public record Damped(int deaths, Optional<Instant> until) {

  /** In words, for tables and logs. */
  @Override
  public String toString() {
    return deaths
        + (deaths == 1 ? " session" : " sessions in a row")
        + " ended soon after the beginning"
        + until.map(time -> ", gets no shards until " + time).orElse("");
  }
}
