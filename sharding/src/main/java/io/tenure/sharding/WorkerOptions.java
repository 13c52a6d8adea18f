package io.tenure.sharding;

import io.tenure.internal.session.FailureText;
import io.tenure.scope.Candidate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * What one worker is made of. Immutable.
 *
 * @param zone empty if not given
 * @param leaderNodeBytes what the paths of its leader nodes take at most
 * @param margin the safety margin, where it is not the default
 * @param lease the lease duration, where it is not the default
 * @param concurrency how many steps can run at a time
 * @param overloadThreshold utilization, from 0 to 1, from which the worker is overloaded
 * @param failureText what ZooKeeper is told of what tasks throw
 * @param pool where steps run
 * @param callbacks where listeners run
 */
record WorkerOptions(
    GroupPaths paths,
    Candidate candidate,
    String zone,
    double capacity,
    int maxShards,
    int leaderNodeBytes,
    SettingsWish wish,
    Optional<Duration> margin,
    Optional<Duration> lease,
    int concurrency,
    double overloadThreshold,
    ShardTaskFactory factory,
    FailureText failureText,
    WorkerListener listener,
    Executor pool,
    Executor callbacks) {

  String id() {
    return candidate.id();
  }

  String group() {
    return paths.group();
  }
}
