package io.tenure.sharding;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.scope.Candidate;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The core of a worker: what it does about each shard. Takes an event and the wall time (which is
 * only written into entries), and returns actions; knows no Curator, clock, thread or log.
 *
 * <p><b>The plan steers, the commit protocol decides.</b> Each shard has a role from the plan and a
 * {@link SlotState}. Whatever the plan says, a shard is led only by an elect transaction that the
 * server applied, so a plan that is wrong, old or written twice can cost a retry, never a second
 * leader.
 *
 * <p><b>Who tries when.</b>
 *
 * <ul>
 *   <li>{@code LEAD}: as soon as there is no leader node.
 *   <li>{@code STAND_BY}, first rank: on the deletion of the leader node, at once and without
 *       reading, on the record that it knows. That commits exactly if the leader was <em>lost</em>:
 *       every other end has set the record to another version. So a handoff, in which the leader
 *       resigns, is left to the successor that the plan names.
 *   <li>{@code STAND_BY} otherwise: if the office stays vacant for a while, in which whoever should
 *       have it did not take it.
 * </ul>
 *
 * <p><b>One task at a time.</b> A shard whose last task still runs, because a step of it hangs, is
 * not led again by this worker; it says so in its registration ({@code unable}).
 *
 * <p>Invariants: a lease is out exactly in {@code LEADING}; the attempt's nonce changes only when
 * nothing sent with the old one can come true any more.
 *
 * <p>Confined to one thread.
 */
final class WorkerMachine {

  /** So many failed commits in a row are no race any more. */
  private static final int MAX_CONFLICTS = 20;

  /**
   * Entries beyond the retention that a take-over without reading may leave for the next transition
   * to delete.
   */
  private static final int RETENTION_SLACK = 8;

  /** A vacant office is left this long to whom the plan wants in it. */
  static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int MAX_DOUBLINGS = 6;

  private final Candidate candidate;
  private final Retention retention;
  private final Supplier<String> nonces;
  private final Map<String, ShardSlot> slots = new HashMap<>();

  private long session;
  private boolean closing;
  private String closeReason = "";
  private long wakes;

  // Of the event that is being handled.
  private Instant now = Instant.EPOCH;
  private List<WorkerAction> out = new ArrayList<>();
  private boolean report;

  WorkerMachine(Candidate candidate, Retention retention, Supplier<String> nonces) {
    this.candidate = candidate;
    this.retention = retention;
    this.nonces = nonces;
  }

  /** Handles one event. */
  List<WorkerAction> on(WorkerEvent event, Instant wallTime) {
    now = wallTime;
    out = new ArrayList<>();
    report = false;
    dispatch(event);
    if (report) {
      out.add(new WorkerAction.Report());
    }
    return out;
  }

  Collection<ShardSlot> slots() {
    return slots.values();
  }

  Optional<ShardSlot> slot(String shard) {
    return Optional.ofNullable(slots.get(shard));
  }

  private void dispatch(WorkerEvent event) {
    if (event instanceof WorkerEvent.Planned planned) {
      planned(planned.plan());
    } else if (event instanceof WorkerEvent.SessionBegun begun) {
      session = begun.session();
    } else if (event instanceof WorkerEvent.SessionGone gone) {
      sessionGone(gone.session());
    } else if (event instanceof WorkerEvent.Close close) {
      close(close.reason());
    } else if (event instanceof WorkerEvent.Looked e) {
      with(e.shard(), slot -> looked(slot, e.view()));
    } else if (event instanceof WorkerEvent.LookFailed e) {
      with(e.shard(), slot -> lookFailed(slot, e.lasting()));
    } else if (event instanceof WorkerEvent.OfficeChanged e) {
      with(e.shard(), slot -> officeChanged(slot, e.deleted()));
    } else if (event instanceof WorkerEvent.Committed e) {
      with(e.shard(), this::committed);
    } else if (event instanceof WorkerEvent.NotCommitted e) {
      with(e.shard(), slot -> notCommitted(slot, e.unknown()));
    } else if (event instanceof WorkerEvent.AuditMissing e) {
      with(
          e.shard(),
          slot -> {
            notCommitted(slot, false);
            slot.auditMissing = true;
          });
    } else if (event instanceof WorkerEvent.CommitFailed e) {
      with(e.shard(), slot -> commitFailed(slot, e.cause()));
    } else if (event instanceof WorkerEvent.End e) {
      with(e.shard(), slot -> end(slot, e.end()));
    } else if (event instanceof WorkerEvent.TaskGone e) {
      with(e.shard(), slot -> taskGone(slot, e.rests()));
    } else if (event instanceof WorkerEvent.WarmedUp e) {
      with(e.shard(), this::warmedUp);
    } else if (event instanceof WorkerEvent.Wake e) {
      with(e.shard(), slot -> wake(slot, e.number()));
    }
  }

  private interface Handler {
    void handle(ShardSlot slot);
  }

  /** What comes for a shard that is no longer of interest comes too late. */
  private void with(String shard, Handler handler) {
    ShardSlot slot = slots.get(shard);
    if (slot != null) {
      handler.handle(slot);
      forgetIfUnused(slot);
    }
  }

  private void forgetIfUnused(ShardSlot slot) {
    if (slot.state == SlotState.IDLE && slot.role == ShardRole.NONE && !slot.taskAlive) {
      slots.remove(slot.shard);
    }
  }

  // ---- the plan ----

  private void planned(PlanNode plan) {
    if (closing) {
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
    for (String shard : List.copyOf(slots.keySet())) {
      roles.putIfAbsent(shard, ShardRole.NONE);
    }
    roles.forEach(
        (shard, role) -> {
          ShardSlot slot = slots.computeIfAbsent(shard, ShardSlot::new);
          slot.rank = ranks.getOrDefault(shard, 0);
          slot.reason = reasons.getOrDefault(shard, slot.reason);
          assign(slot, role);
          forgetIfUnused(slot);
        });
  }

  private void assign(ShardSlot slot, ShardRole role) {
    ShardRole before = slot.role;
    slot.role = role;
    if (role == ShardRole.TAKE_OVER && slot.warmth == ShardSlot.Warmth.COLD && !slot.taskAlive) {
      slot.warmth = ShardSlot.Warmth.WARMING;
      out.add(new WorkerAction.WarmUp(slot.shard));
    } else if (role != ShardRole.TAKE_OVER && role != ShardRole.LEAD) {
      coolDown(slot);
    }
    switch (slot.state) {
      case IDLE -> {
        if (role != ShardRole.NONE) {
          look(slot);
        }
      }
      case WAITING -> {
        if (role == ShardRole.NONE) {
          become(slot, SlotState.IDLE);
        } else if (role != before && !slot.isLeaderThere()) {
          look(slot);
        }
      }
      case LEADING -> {
        if (role == ShardRole.LEAD) {
          report |= before == ShardRole.STAND_BY; // The plan has heard of the take-over.
        } else if (before == ShardRole.LEAD || role != ShardRole.STAND_BY) {
          stop(slot, handoff(slot));
        }
      }
      case RESTING -> {
        if (role == ShardRole.NONE) {
          rested(slot);
          become(slot, SlotState.IDLE);
        }
      }
      default -> {
        // What is under way ends first, and then looks at the role.
      }
    }
  }

  private static Transition.End handoff(ShardSlot slot) {
    return new Transition.Resigned(slot.reason.isEmpty() ? "handoff" : "handoff: " + slot.reason);
  }

  private void coolDown(ShardSlot slot) {
    if (slot.warmth != ShardSlot.Warmth.COLD && slot.state != SlotState.LEADING) {
      slot.warmth = ShardSlot.Warmth.COLD;
      out.add(new WorkerAction.CoolDown(slot.shard));
      report = true;
    }
  }

  private void warmedUp(ShardSlot slot) {
    if (slot.warmth == ShardSlot.Warmth.WARMING) {
      slot.warmth = ShardSlot.Warmth.READY;
      report = true;
    }
  }

  // ---- reading ----

  private void look(ShardSlot slot) {
    become(slot, SlotState.LOOKING);
    boolean watch = slot.role != ShardRole.LEAD || slot.isLeaderThere();
    out.add(new WorkerAction.Look(slot.shard, watch, slot.conflicts > 0 || slot.attemptUnknown));
  }

  private void looked(ShardSlot slot, Optional<ScopeView> view) {
    switch (slot.state) {
      case LOOKING -> decide(slot, view);
      case LEADING -> inspectOffice(slot, view);
      case ENDING -> decideEnd(slot, view);
      default -> {}
    }
  }

  /** A fresh reading: who is in office? */
  private void decide(ShardSlot slot, Optional<ScopeView> found) {
    boolean wasWatched = slot.role != ShardRole.LEAD || slot.isLeaderThere();
    if (found.isPresent() && isOwn(slot, found.get().record())) {
      slot.keep(found.get());
      granted(slot);
      return;
    }
    if (slot.attemptUnknown) {
      // A transaction at a version that has passed cannot come true any more.
      slot.attemptUnknown =
          found.isPresent()
              ? slot.view != null && slot.view.version() == found.get().version()
              : slot.view == null;
    }
    slot.view = null;
    found.ifPresent(slot::keep);
    if (slot.role == ShardRole.NONE && !slot.attemptUnknown) {
      become(slot, SlotState.IDLE);
    } else if (slot.isLeaderThere()) {
      if (wasWatched) {
        becomeWaiting(slot);
      } else {
        look(slot); // Once more, now with a watch.
      }
    } else if (mayTake(slot)) {
      elect(slot, found);
    } else {
      becomeWaiting(slot);
      if (slot.role == ShardRole.STAND_BY && !slot.taskAlive) {
        later(slot, GRACE_NANOS * (slot.rank + 1));
      }
    }
  }

  private boolean mayTake(ShardSlot slot) {
    boolean shall =
        slot.role == ShardRole.LEAD || (slot.role == ShardRole.STAND_BY && slot.graceOver);
    // An attempt that may still come true is finished first, and ended if nobody wants it.
    return slot.attemptUnknown || (shall && !slot.taskAlive);
  }

  private void becomeWaiting(ShardSlot slot) {
    slot.graceOver = false;
    slot.conflicts = 0;
    become(slot, SlotState.WAITING);
  }

  private void lookFailed(ShardSlot slot, Optional<TenureException> lasting) {
    switch (slot.state) {
      case LOOKING -> {
        if (lasting.isPresent()) {
          failed(slot, lasting.get());
        } else {
          later(slot, RETRY_NANOS);
        }
      }
      case ENDING -> {
        if (lasting.isPresent()) {
          giveUpEnding(slot);
        } else {
          later(slot, RETRY_NANOS);
        }
      }
      case LEADING -> {
        if (lasting.isEmpty()) {
          later(slot, RETRY_NANOS); // It is not watched yet. Whether it is held, the lease decides.
        }
      }
      default -> {}
    }
  }

  private void officeChanged(ShardSlot slot, boolean deleted) {
    switch (slot.state) {
      case LEADING -> out.add(new WorkerAction.Look(slot.shard, true, false));
      case WAITING -> {
        if (deleted && mayTakeUnread(slot)) {
          elect(slot, Optional.ofNullable(slot.view));
        } else {
          look(slot);
        }
      }
      default -> {}
    }
  }

  private boolean mayTakeUnread(ShardSlot slot) {
    if (slot.role != ShardRole.STAND_BY || slot.rank > 0 || slot.taskAlive || slot.view == null) {
      return false;
    }
    ScopeRecord record = slot.view.record();
    return slot.isLeaderThere()
        && record.isLed()
        && record.auditNext() - record.auditFirst() + 3
            <= (long) retention.entries() + RETENTION_SLACK;
  }

  // ---- being elected ----

  private void elect(ShardSlot slot, Optional<ScopeView> found) {
    if (!slot.attemptUnknown) {
      slot.nonce = nonces.get();
    }
    become(slot, SlotState.ELECTING);
    Incumbent incumbent = new Incumbent(candidate, Sessions.format(session), slot.nonce, now);
    String reason = slot.role == ShardRole.STAND_BY ? "stood by" : electedReason(slot);
    Commit commit;
    slot.predecessor = null;
    if (found.isEmpty()) {
      commit = CommitProtocol.found(incumbent, reason, retention, now);
    } else {
      ScopeView view =
          new ScopeView(
              found.get().record(),
              found.get().version(),
              Optional.empty(),
              found.get().entryNames());
      slot.predecessor = CommitProtocol.predecessorAfter(view.record()).orElse(null);
      // Without the names nothing can be deleted; the next transition makes up for it.
      Retention kept = view.entryNames().isEmpty() ? Retention.KEEP_ALL : retention;
      commit = CommitProtocol.elect(view, incumbent, reason, kept, now);
      if (slot.auditMissing) {
        commit = CommitProtocol.withAudit(commit);
      }
    }
    slot.view = found.isEmpty() ? null : slot.view;
    send(slot, commit);
  }

  private static String electedReason(ShardSlot slot) {
    return slot.reason.isEmpty() ? "as planned" : slot.reason;
  }

  private void send(ShardSlot slot, Commit commit) {
    slot.sent = commit.after();
    out.add(new WorkerAction.Send(slot.shard, commit));
  }

  private void committed(ShardSlot slot) {
    ScopeView after = slot.sent;
    if (after == null) {
      return;
    }
    slot.sent = null;
    slot.auditMissing = false;
    switch (slot.state) {
      case ELECTING -> {
        slot.keep(after);
        granted(slot);
      }
      case ENDING -> {
        slot.keep(after);
        finishEnd(slot, true);
      }
      default -> {}
    }
  }

  private void notCommitted(ShardSlot slot, boolean unknown) {
    slot.conflicts++;
    slot.auditMissing = false;
    switch (slot.state) {
      case ELECTING -> {
        slot.attemptUnknown |= unknown;
        if (slot.conflicts > MAX_CONFLICTS) {
          failed(slot, contended());
        } else {
          look(slot);
        }
      }
      case ENDING -> {
        if (slot.conflicts > MAX_CONFLICTS) {
          giveUpEnding(slot);
        } else {
          out.add(new WorkerAction.Look(slot.shard, false, true));
        }
      }
      default -> {}
    }
  }

  private void commitFailed(ShardSlot slot, TenureException cause) {
    switch (slot.state) {
      case ELECTING -> failed(slot, cause);
      case ENDING -> {
        out.add(new WorkerAction.Failed(slot.shard, cause));
        giveUpEnding(slot);
      }
      default -> {}
    }
  }

  private static TenureException contended() {
    return new CoordinationException(
        "the scope changed "
            + MAX_CONFLICTS
            + " times in a row between reading and committing: something other than Tenure "
            + "writes to its record");
  }

  private void granted(ShardSlot slot) {
    slot.conflicts = 0;
    slot.failures = 0;
    slot.attemptUnknown = false;
    slot.graceOver = false;
    boolean wanted = slot.role == ShardRole.LEAD || slot.role == ShardRole.STAND_BY;
    if (!wanted || closing || slot.taskAlive) {
      // The plan has changed its mind meanwhile.
      slot.ending = new Transition.Resigned(closing ? closeReason : handoff(slot).reason());
      become(slot, SlotState.ENDING);
      commitEnd(slot, Optional.ofNullable(slot.view), false);
      return;
    }
    report |= slot.warmth == ShardSlot.Warmth.READY || slot.role == ShardRole.STAND_BY;
    report |= clearUnable(slot);
    slot.taskAlive = true;
    become(slot, SlotState.LEADING);
    out.add(
        new WorkerAction.Grant(
            slot.shard,
            slot.view == null ? missing(slot) : slot.view,
            session,
            Optional.ofNullable(slot.predecessor)));
    slot.predecessor = null;
    // To watch the leader node, and to see what happened to it before it was watched.
    out.add(new WorkerAction.Look(slot.shard, true, false));
  }

  private static ScopeView missing(ShardSlot slot) {
    throw new IllegalStateException("shard " + slot.shard + " is led without a record");
  }

  // ---- in office ----

  /** In office, after the leader node has changed or to set its watch. */
  private void inspectOffice(ShardSlot slot, Optional<ScopeView> read) {
    if (read.isEmpty() || !isOwn(slot, read.get().record())) {
      lost(
          slot,
          new Transition.Lost(
              read.isEmpty() ? "the scope was deleted" : "the record tells of another tenure"));
      return;
    }
    ScopeView found = read.get();
    if (found.leader().isEmpty()) {
      slot.keep(found);
      end(slot, new Transition.Revoked("the leader node was deleted by an operator"));
      return;
    }
    byte[] data = found.leader().get().data();
    Optional<String> revocation = LeaderNode.revocation(data);
    if (revocation.isPresent()) {
      stop(slot, new Transition.Revoked(revocation.get()));
    } else if (!isOwnNode(slot, data)) {
      out.add(new WorkerAction.WarnOfText(slot.shard, data));
    }
  }

  private void lost(ShardSlot slot, Transition.End lost) {
    out.add(new WorkerAction.LeaseOver(slot.shard, lost));
    if (slot.view != null) {
      out.add(new WorkerAction.DropLeader(slot.shard, slot.view));
    }
    out.add(new WorkerAction.Ended(slot.shard, lost, false));
    slot.view = null;
    leftOffice(slot);
  }

  private void stop(ShardSlot slot, Transition.End why) {
    out.add(new WorkerAction.RequestStop(slot.shard, why));
  }

  private void end(ShardSlot slot, Transition.End end) {
    if (slot.state != SlotState.LEADING) {
      return; // The first reason to end a tenure is the one that counts.
    }
    slot.ending = end;
    out.add(new WorkerAction.LeaseOver(slot.shard, end));
    become(slot, SlotState.ENDING);
    commitEnd(slot, Optional.ofNullable(slot.view), false);
  }

  private void commitEnd(ShardSlot slot, Optional<ScopeView> from, boolean namesRead) {
    ScopeView view = from.orElseGet(() -> missing(slot));
    if (!namesRead && CommitProtocol.needsEntryNames(view.record(), retention)) {
      out.add(new WorkerAction.Look(slot.shard, false, false)); // It brings the names.
      return;
    }
    send(slot, CommitProtocol.end(view, ending(slot), retention, now));
  }

  private static Transition.End ending(ShardSlot slot) {
    Transition.End end = slot.ending;
    return end == null ? new Transition.Resigned("") : end;
  }

  /**
   * The outcome of the ending transaction is not known, or the scope had changed, or names came.
   */
  private void decideEnd(ShardSlot slot, Optional<ScopeView> read) {
    if (read.isEmpty()) {
      slot.view = null;
      finishEnd(slot, false);
      return;
    }
    ScopeView found = read.get();
    boolean newer = slot.view != null && found.record().epoch() > slot.view.record().epoch();
    slot.keep(found);
    if (!found.record().isOf(slot.nonce)) {
      finishEnd(slot, newer); // Somebody was elected since, which recorded our end.
    } else if (found.record().isLed()) {
      commitEnd(slot, read, true);
    } else {
      slot.ending = found.record().end().orElseGet(() -> ending(slot));
      finishEnd(slot, true);
    }
  }

  private void giveUpEnding(ShardSlot slot) {
    if (slot.view != null) {
      out.add(new WorkerAction.DropLeader(slot.shard, slot.view));
    }
    finishEnd(slot, false);
  }

  private void finishEnd(ShardSlot slot, boolean recorded) {
    out.add(new WorkerAction.Ended(slot.shard, ending(slot), recorded));
    leftOffice(slot);
  }

  /** Out of office: what does the plan want now? */
  private void leftOffice(ShardSlot slot) {
    Transition.End end = slot.ending;
    slot.ending = null;
    slot.conflicts = 0;
    slot.warmth = ShardSlot.Warmth.COLD;
    report |= slot.role == ShardRole.STAND_BY;
    if (slot.state == SlotState.LEADING) {
      become(slot, SlotState.IDLE);
    }
    if (slot.role == ShardRole.NONE || closing) {
      slot.role = ShardRole.NONE;
      become(slot, SlotState.IDLE);
    } else if (slot.taskAlive && end instanceof Transition.Lapsed) {
      // A step hangs. Whoever stands by takes over; if nobody does, the plan finds somebody else.
      slot.unable = true;
      report = true;
      look(slot);
    } else if (end instanceof Transition.Revoked && slot.role == ShardRole.LEAD) {
      rest(slot, GRACE_NANOS * (GroupSettings.MAX_STANDBYS + 1));
    } else if (slot.unable) {
      rest(slot, restNanos(slot));
    } else {
      look(slot);
    }
  }

  private void taskGone(ShardSlot slot, boolean rests) {
    slot.taskAlive = false;
    slot.warmth = ShardSlot.Warmth.COLD;
    if (rests && slot.role == ShardRole.LEAD) {
      slot.failures++;
      slot.unable = true;
      report = true;
      if (slot.state == SlotState.WAITING || slot.state == SlotState.LOOKING) {
        rest(slot, restNanos(slot)); // In ENDING, it rests when the end is known.
      }
      return;
    }
    report |= clearUnable(slot);
    if (slot.state == SlotState.WAITING && !slot.isLeaderThere()) {
      look(slot);
    }
  }

  private static boolean clearUnable(ShardSlot slot) {
    boolean was = slot.unable;
    slot.unable = false;
    return was;
  }

  // ---- waiting for time to pass ----

  private void failed(ShardSlot slot, TenureException cause) {
    slot.failures++;
    slot.attemptUnknown = false;
    out.add(new WorkerAction.Failed(slot.shard, cause));
    if (slot.role == ShardRole.NONE) {
      become(slot, SlotState.IDLE);
    } else {
      rest(slot, restNanos(slot));
    }
  }

  private static long restNanos(ShardSlot slot) {
    return REST_NANOS << Math.min(MAX_DOUBLINGS, Math.max(0, slot.failures - 1));
  }

  private void rest(ShardSlot slot, long nanos) {
    become(slot, SlotState.RESTING);
    later(slot, nanos);
  }

  private void rested(ShardSlot slot) {
    slot.wake = 0;
    report |= clearUnable(slot);
  }

  private void later(ShardSlot slot, long nanos) {
    slot.wake = ++wakes;
    out.add(new WorkerAction.Later(slot.shard, slot.wake, nanos));
  }

  private void wake(ShardSlot slot, long number) {
    if (slot.wake != number) {
      return;
    }
    slot.wake = 0;
    switch (slot.state) {
      case LOOKING -> look(slot);
      case ENDING -> out.add(new WorkerAction.Look(slot.shard, false, true));
      case RESTING -> {
        rested(slot);
        look(slot);
      }
      case LEADING -> out.add(new WorkerAction.Look(slot.shard, true, false));
      case WAITING -> {
        slot.graceOver = slot.role == ShardRole.STAND_BY && !slot.isLeaderThere();
        look(slot);
      }
      default -> {}
    }
  }

  // ---- the session and the end ----

  private void sessionGone(long gone) {
    if (gone != session) {
      return;
    }
    session = 0;
    for (ShardSlot slot : List.copyOf(slots.values())) {
      if (slot.state == SlotState.LEADING) {
        Transition.End lost =
            new Transition.Lost("session " + Sessions.format(gone) + " ended in office");
        out.add(new WorkerAction.LeaseOver(slot.shard, lost));
        out.add(new WorkerAction.Ended(slot.shard, lost, false));
      } else if (slot.state == SlotState.ENDING) {
        out.add(new WorkerAction.Ended(slot.shard, ending(slot), false));
      }
      reset(slot);
    }
  }

  /** As if it had never been heard of; only a task that still runs is remembered. */
  private void reset(ShardSlot slot) {
    if (slot.warmth != ShardSlot.Warmth.COLD && !slot.taskAlive) {
      out.add(new WorkerAction.CoolDown(slot.shard));
    }
    ShardSlot fresh = new ShardSlot(slot.shard);
    fresh.taskAlive = slot.taskAlive;
    slots.put(slot.shard, fresh);
    forgetIfUnused(fresh);
  }

  private void close(String reason) {
    closing = true;
    closeReason = reason;
    for (ShardSlot slot : List.copyOf(slots.values())) {
      slot.role = ShardRole.NONE;
      coolDown(slot);
      switch (slot.state) {
        case LEADING -> stop(slot, new Transition.Resigned(reason));
        case LOOKING, WAITING, RESTING -> {
          if (!slot.attemptUnknown) {
            become(slot, SlotState.IDLE);
          }
        }
        default -> {}
      }
      forgetIfUnused(slot);
    }
  }

  private boolean isOwn(ShardSlot slot, ScopeRecord record) {
    return record.isLed() && !slot.nonce.isEmpty() && record.isOf(slot.nonce);
  }

  private static boolean isOwnNode(ShardSlot slot, byte[] data) {
    try {
      return LeaderNode.parse("leader", data).incumbent().nonce().equals(slot.nonce);
    } catch (TenureException e) {
      return false;
    }
  }

  /** The one door: every change of a slot's state goes through here. */
  private static void become(ShardSlot slot, SlotState next) {
    if (slot.state != next && !slot.state.successors().contains(next)) {
      throw new IllegalStateException(
          "shard " + slot.shard + " cannot go from " + slot.state + " to " + next);
    }
    if (next != SlotState.LOOKING) {
      slot.wake = 0;
    }
    slot.state = next;
  }
}
