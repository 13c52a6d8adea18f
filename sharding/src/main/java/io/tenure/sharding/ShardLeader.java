package io.tenure.sharding;

import io.tenure.scope.Tenure;
import java.time.Instant;
import java.util.Optional;

/**
 * Who leads a shard.
 *
 * @param shard its name
 * @param workerId the worker
 * @param endpoint where it can be reached, if it said so
 * @param epoch the tenure's number, which is the fencing token
 * @param since when it was elected, by its own clock; shown, never compared
 */
public record ShardLeader(
    String shard, String workerId, Optional<String> endpoint, long epoch, Instant since) {

  static ShardLeader of(String shard, Tenure tenure) {
    return new ShardLeader(
        shard,
        tenure.candidate().id(),
        tenure.candidate().endpoint(),
        tenure.epoch(),
        tenure.since());
  }
}
