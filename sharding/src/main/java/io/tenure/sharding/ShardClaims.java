package io.tenure.sharding;

import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.Candidacy;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * What the claims of one worker share: the session, whether the worker closes, what has failed on
 * it, and where actions go.
 *
 * <p>Confined to one thread.
 */
final class ShardClaims {

  private final Candidacy candidacy;
  private final FailingShards failing;
  private final DoubleSupplier lot;
  private final BiConsumer<String, StateChange> trace;

  private long session;
  private long sessionTimeoutNanos;
  private Optional<String> closing = Optional.empty();
  private int occupied;

  // Of the event that is being handled.
  private Consumer<WorkerAction> out = action -> {};
  private boolean report;

  /**
   * Claims of a worker without a session.
   *
   * @param lot from 0 to less than 1, for the length of rests
   * @param trace is told of each change of a shard's state
   */
  ShardClaims(
      Candidate candidate,
      Retention retention,
      Supplier<String> nonces,
      DoubleSupplier lot,
      BiConsumer<String, StateChange> trace) {
    this.candidacy = new Candidacy(candidate, retention, nonces, false);
    this.failing = new FailingShards(lot);
    this.lot = lot;
    this.trace = trace;
  }

  /**
   * An event begins.
   *
   * @param wallTime when it happens; only written into entries
   * @param actions takes what is to be done, at once
   */
  void begin(Instant wallTime, Consumer<WorkerAction> actions) {
    candidacy.begin(wallTime);
    out = actions;
    report = false;
  }

  /** The event has been handled. */
  void finish() {
    if (report) {
      out.accept(new WorkerAction.Report());
    }
  }

  void sessionBegun(long begun, long timeoutNanos) {
    session = begun;
    sessionTimeoutNanos = timeoutNanos;
  }

  void sessionGone() {
    session = 0;
  }

  /** The present session; 0 if there is none. */
  long session() {
    return session;
  }

  long sessionTimeoutNanos() {
    return sessionTimeoutNanos;
  }

  void close(String reason) {
    closing = Optional.of(reason);
  }

  /** Why the worker closes; empty while it does not. */
  Optional<String> closing() {
    return closing;
  }

  /** How many shards are led, may come to be led, or are to be given up. */
  int occupied() {
    return occupied;
  }

  /** One more is occupied, or one less. */
  void count(int more) {
    occupied += more;
  }

  Candidacy candidacy() {
    return candidacy;
  }

  FailingShards failing() {
    return failing;
  }

  Instant now() {
    return candidacy.now();
  }

  double lot() {
    return lot.getAsDouble();
  }

  void act(WorkerAction action) {
    out.accept(action);
  }

  void later(String shard, long number, long nanos) {
    out.accept(new WorkerAction.OfShard(shard, new LeadershipAction.Later(number, nanos)));
  }

  /** The registration is to say something new, if that is so. */
  void reportIf(boolean changes) {
    report |= changes;
  }

  void changed(String shard, StateChange change) {
    trace.accept(shard, change);
  }

  /** A shard that is known to have failed is forgotten unless it fails again before. */
  void remember(String shard, long nanos) {
    long wake = candidacy.nextNumber();
    if (failing.awaits(shard, wake)) {
      later(shard, wake, nanos);
    }
  }

  /**
   * A wake-up that may end the rest of a shard that has failed, or the memory of the failure.
   *
   * @param claim empty if the plan has nothing to do for that shard now
   */
  void failureWakes(String shard, long number, Optional<ShardClaim> claim) {
    FailingShards.Change change = failing.wake(shard, number);
    report |= change != FailingShards.Change.NOTHING;
    if (change == FailingShards.Change.RESTED) {
      claim.ifPresent(ShardClaim::failureRested);
      if (closing.isEmpty()) {
        remember(shard, FailingShards.REMEMBERED_NANOS);
      }
    }
  }
}
