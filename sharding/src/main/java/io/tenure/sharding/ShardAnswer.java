package io.tenure.sharding;

import java.time.Duration;
import java.util.Optional;

/**
 * What a {@link ShardDirectory} knows of a shard. Immutable.
 *
 * @param leader the shard's leader; empty if there is none, or no such shard
 * @param trustedFor for how long that can be trusted from when the directory was asked, even if
 *     nothing more is heard; zero if it is old. See {@link ShardDirectory#trustedFor()}
 */
public record ShardAnswer(Optional<ShardLeader> leader, Duration trustedFor) {

  /** Whether it could be trusted when the directory was asked. */
  public boolean isTrusted() {
    return !trustedFor.isZero();
  }
}
