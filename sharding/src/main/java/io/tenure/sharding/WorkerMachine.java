package io.tenure.sharding;

import io.tenure.internal.ScopeView;
import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.ScopeReading;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * The core of a worker: takes an event and the wall time (which is only written into entries), and
 * says what to do; knows no Curator, clock, thread or log.
 *
 * <p><b>The plan steers, the commit protocol decides.</b> Each shard has a role from the plan and a
 * state. Under any plan, a shard is led only by an elect transaction that the server applied, so a
 * plan that is wrong, old or written twice can cost a retry, never a second leader. This class
 * turns plan and session into roles; what a role means for one shard is its {@link ShardClaim}'s.
 *
 * <p>A plan that is not there says nothing: roles stay as they are.
 *
 * <p>Confined to one thread.
 */
final class WorkerMachine {

  private final ShardClaims claims;
  private final Map<String, ShardClaim> shards = new HashMap<>();

  /** No shard had a scope when the session began; until the first plan, which makes use of it. */
  private boolean untouched;

  /**
   * A machine.
   *
   * @param lot from 0 to less than 1, for the length of rests
   * @param trace is told of each change of a shard's state
   */
  WorkerMachine(
      Candidate candidate,
      Retention retention,
      Supplier<String> nonces,
      DoubleSupplier lot,
      BiConsumer<String, StateChange> trace) {
    this.claims = new ShardClaims(candidate, retention, nonces, lot, trace);
  }

  /**
   * Handles one event.
   *
   * @param actions takes what is to be done, one by one while a large plan is gone through: so the
   *     first transactions are under way when the last are made. It must not call this machine
   */
  void on(WorkerEvent event, Instant wallTime, Consumer<WorkerAction> actions) {
    claims.begin(wallTime, actions);
    event.deliver(this);
    claims.finish();
  }

  /** The shards that there is something to know of, in no order. */
  Collection<ShardClaim> shards() {
    return shards.values();
  }

  Optional<ShardClaim> shard(String shard) {
    return Optional.ofNullable(shards.get(shard));
  }

  /** What has failed here lately. */
  FailingShards failing() {
    return claims.failing();
  }

  /** How many shards are led, may come to be led, or are to be given up. */
  int occupied() {
    return claims.occupied();
  }

  // ---- for events ----

  /** What comes for a shard that is no longer of interest comes too late. */
  void with(String shard, Consumer<ShardClaim> handler) {
    ShardClaim claim = shards.get(shard);
    if (claim != null) {
      handler.accept(claim);
      forgetIfUnused(claim);
    }
  }

  private void forgetIfUnused(ShardClaim claim) {
    if (claim.isUnused()) {
      shards.remove(claim.shard());
    }
  }

  void looked(String shard, long number, Optional<ScopeView> view, OptionalLong desertedNanos) {
    ScopeReading found =
        new ScopeReading(
            view, claims.session(), desertedNanos.isPresent(), desertedNanos.orElse(0));
    with(shard, claim -> claim.leadership().read(number, found));
  }

  void wake(String shard, long number) {
    claims.failureWakes(shard, number, shard(shard));
    with(shard, claim -> claim.leadership().woken(number));
  }

  void retain(Retention retention) {
    claims.candidacy().retain(retention);
  }

  void sessionBegun(long session, long timeoutNanos, boolean noScopeYet) {
    claims.sessionBegun(session, timeoutNanos);
    untouched = noScopeYet;
  }

  void planned(PlanNode plan) {
    if (claims.closing().isPresent() || claims.session() == 0) {
      return;
    }
    Map<String, String> reasons = new HashMap<>();
    plan.reasons().forEach((reason, named) -> named.forEach(s -> reasons.put(s, reason)));
    Map<String, ShardRole> roles = new HashMap<>();
    Map<String, Integer> ranks = new HashMap<>();
    for (int rank = plan.standsBy().size() - 1; rank >= 0; rank--) {
      for (String shard : plan.standsBy().get(rank)) {
        roles.put(shard, ShardRole.STAND_BY);
        ranks.put(shard, rank);
      }
    }
    plan.takesOver().forEach(shard -> roles.put(shard, ShardRole.TAKE_OVER));
    plan.leads().forEach(shard -> roles.put(shard, ShardRole.LEAD));
    shards.keySet().forEach(shard -> roles.putIfAbsent(shard, ShardRole.NONE));
    roles.forEach(
        (shard, role) -> {
          ShardClaim claim = shards.computeIfAbsent(shard, name -> new ShardClaim(name, claims));
          claim.assign(
              role,
              ranks.getOrDefault(shard, 0),
              Optional.ofNullable(reasons.get(shard)),
              untouched);
          forgetIfUnused(claim);
        });
    untouched = false;
  }

  void sessionGone(long gone) {
    if (gone != claims.session()) {
      return;
    }
    claims.sessionGone();
    for (ShardClaim claim : List.copyOf(shards.values())) {
      ShardClaim next = claim.sessionGone(gone);
      shards.put(claim.shard(), next);
      forgetIfUnused(next);
    }
  }

  void close(String reason) {
    claims.close(reason);
    for (ShardClaim claim : List.copyOf(shards.values())) {
      claim.close(reason);
      forgetIfUnused(claim);
    }
  }
}
