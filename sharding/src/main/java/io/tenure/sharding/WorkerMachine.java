package io.tenure.sharding;

import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * The core of a worker: takes an event and the wall time (which is only written into entries), and
 * says what to do; knows no Curator, clock, thread or log.
 *
 * <p><b>The plan steers, the commit protocol decides.</b> Each shard has a role from the plan and a
 * {@link SlotState}. Whatever the plan says, a shard is led only by an elect transaction that the
 * server applied, so a plan that is wrong, old or written twice can cost a retry, never a second
 * leader. This class turns plan and session into roles; what a role means for one shard is {@link
 * ShardMachine}'s.
 *
 * <p>A plan that is not there says nothing: roles stay as they are.
 *
 * <p>Confined to one thread.
 */
final class WorkerMachine {

  private final ShardMachine machine;
  private final Map<String, ShardSlot> slots = new HashMap<>();

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
    this.machine = new ShardMachine(candidate, retention, nonces, lot, trace);
  }

  /**
   * Handles one event.
   *
   * @param actions takes what is to be done, one by one while a large plan is gone through: so the
   *     first transactions are under way when the last are made. It must not call this machine
   */
  void on(WorkerEvent event, Instant wallTime, Consumer<WorkerAction> actions) {
    machine.begin(wallTime, actions);
    dispatch(event);
    machine.finish();
  }

  /** The shards that there is something to know of, in no order. */
  Collection<ShardSlot> slots() {
    return slots.values();
  }

  Optional<ShardSlot> slot(String shard) {
    return Optional.ofNullable(slots.get(shard));
  }

  /** What has failed here lately. */
  FailingShards failing() {
    return machine.failing();
  }

  /** How many shards are led, or may come to be, or are to be no more. */
  int occupied() {
    return machine.occupied();
  }

  private void dispatch(WorkerEvent event) {
    if (event instanceof WorkerEvent.Planned planned) {
      planned(planned.plan());
    } else if (event instanceof WorkerEvent.SessionBegun begun) {
      machine.session = begun.session();
      machine.sessionTimeoutNanos = begun.timeoutNanos();
      untouched = begun.untouched();
    } else if (event instanceof WorkerEvent.Retained retained) {
      machine.retain(retained.retention());
    } else if (event instanceof WorkerEvent.SessionGone gone) {
      sessionGone(gone.session());
    } else if (event instanceof WorkerEvent.Close close) {
      close(close.reason());
    } else if (event instanceof WorkerEvent.Looked e) {
      with(e.shard(), slot -> machine.looked(slot, e));
    } else if (event instanceof WorkerEvent.LookFailed e) {
      with(e.shard(), slot -> machine.lookFailed(slot, e.number(), e.lasting()));
    } else if (event instanceof WorkerEvent.OfficeChanged e) {
      with(e.shard(), machine::officeChanged);
    } else if (event instanceof WorkerEvent.Inspect e) {
      with(e.shard(), machine::officeChanged);
    } else if (event instanceof WorkerEvent.Committed e) {
      with(e.shard(), machine::committed);
    } else if (event instanceof WorkerEvent.NotCommitted e) {
      with(e.shard(), slot -> machine.notCommitted(slot, e.unknown()));
    } else if (event instanceof WorkerEvent.AuditMissing e) {
      with(e.shard(), machine::auditMissing);
    } else if (event instanceof WorkerEvent.TrimDenied e) {
      with(e.shard(), machine::trimDenied);
    } else if (event instanceof WorkerEvent.TrimBlocked e) {
      with(e.shard(), machine::trimBlocked);
    } else if (event instanceof WorkerEvent.EntryTaken e) {
      with(e.shard(), machine::entryTaken);
    } else if (event instanceof WorkerEvent.CommitFailed e) {
      with(e.shard(), slot -> machine.commitFailed(slot, e.cause()));
    } else if (event instanceof WorkerEvent.End e) {
      with(e.shard(), slot -> machine.end(slot, e.epoch(), e.end()));
    } else if (event instanceof WorkerEvent.TaskGone e) {
      with(e.shard(), slot -> machine.taskGone(slot, e.rests(), e.lasted(), e.failure()));
    } else if (event instanceof WorkerEvent.WarmedUp e) {
      with(e.shard(), machine::warmedUp);
    } else if (event instanceof WorkerEvent.WarmUpFailed e) {
      with(e.shard(), slot -> machine.warmUpFailed(slot, e.failure()));
    } else if (event instanceof WorkerEvent.Wake e) {
      machine.failureWakes(e.shard(), e.number(), slot(e.shard()));
      with(e.shard(), slot -> machine.wake(slot, e.number()));
    }
  }

  /** What comes for a shard that is no longer of interest comes too late. */
  private void with(String shard, Consumer<ShardSlot> handler) {
    ShardSlot slot = slots.get(shard);
    if (slot != null) {
      handler.accept(slot);
      forgetIfUnused(slot);
    }
  }

  private void forgetIfUnused(ShardSlot slot) {
    if (slot.isUnused()) {
      slots.remove(slot.shard);
    }
  }

  private void planned(PlanNode plan) {
    if (machine.closing.isPresent() || machine.session == 0) {
      return;
    }
    Map<String, String> reasons = new HashMap<>();
    plan.reasons().forEach((reason, shards) -> shards.forEach(s -> reasons.put(s, reason)));
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
    slots.keySet().forEach(shard -> roles.putIfAbsent(shard, ShardRole.NONE));
    roles.forEach(
        (shard, role) -> {
          ShardSlot slot = slots.computeIfAbsent(shard, ShardSlot::new);
          slot.rank = ranks.getOrDefault(shard, 0);
          slot.reason = reasons.getOrDefault(shard, slot.reason);
          machine.assign(slot, role, untouched);
          forgetIfUnused(slot);
        });
    untouched = false;
  }

  private void sessionGone(long gone) {
    if (gone != machine.session) {
      return;
    }
    machine.session = 0;
    Transition.End lost =
        new Transition.Lost("session " + Sessions.format(gone) + " ended in office");
    for (ShardSlot slot : List.copyOf(slots.values())) {
      machine.sessionGone(slot, lost);
      // As if it had never been heard of; only a task that still runs is remembered.
      ShardSlot fresh = new ShardSlot(slot.shard);
      fresh.taskAlive = slot.taskAlive;
      fresh.unable = slot.unable;
      slots.put(slot.shard, fresh);
      forgetIfUnused(fresh);
    }
  }

  private void close(String reason) {
    machine.closing = Optional.of(reason);
    for (ShardSlot slot : List.copyOf(slots.values())) {
      machine.close(slot, reason);
      forgetIfUnused(slot);
    }
  }
}
