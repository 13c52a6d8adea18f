package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.EntryNaming;
import io.tenure.internal.Incumbent;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.internal.session.FailureText;
import io.tenure.scope.Candidate;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of a worker's shards, each in its {@link ShardSlot}: what to do about one
 * shard. {@link WorkerMachine} hands it the events.
 *
 * <p><b>Who tries when.</b>
 *
 * <ul>
 *   <li>{@code LEAD}: as soon as there is no leader node.
 *   <li>{@code STAND_BY}, first rank: as soon as there is none and the last leader did not resign.
 *       A leader that resigns makes way for whom the plan names; after any other end nobody is
 *       named, and to ask the coordinator would take time.
 *   <li>{@code STAND_BY} otherwise: if the office stays vacant for a while, in which whoever should
 *       have it did not take it.
 *   <li>{@code TAKE_OVER}: not yet.
 * </ul>
 *
 * <p>Nobody takes an office whose leader node was deleted by hand before its leader has recorded
 * the end.
 *
 * <p><b>Lost answers.</b> A transaction without an answer may have been applied, may be applied
 * later, or never. The record is read and the nonce of the attempt compared. If it is not there and
 * the version has not changed, <em>the same</em> transaction is sent again: of its copies at most
 * one finds that version. An attempt whose outcome is unknown is carried to its end even if the
 * plan no longer wants it, and then resigned: else it could come true without a task.
 *
 * <p><b>One task at a time.</b> A shard whose last task still runs, because a step of it hangs, is
 * not led again by this worker; it says so in its registration ({@code unable}, {@code failing}).
 *
 * <p><b>A shard that fails</b> is left alone for a while, longer each time, in every role; see
 * {@link FailingShards}. A standby on which the shard fails leaves the shard to others.
 *
 * <p>Invariants: a lease is out exactly in {@code LEADING}; at most one transaction of a shard is
 * under way, and at most one reading is acted on.
 *
 * <p>Confined to one thread.
 */
final class ShardMachine {

  /** So many failed commits in a row are no race any more. */
  private static final int MAX_CONFLICTS = CommitProtocol.MANY_CONFLICTS;

  /** A vacant office is left this long to whom the plan wants in it. */
  static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * Longer for one that was never taken, since a new group has thousands of them; and for one that
   * this worker itself has just made free for another.
   */
  private static final int LONGER_GRACES = 5;

  /** Whoever gets a shard to stand by for lets those come first who get one to lead. */
  private static final long STAND_BY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A task that hands its shard over so soon does not want it at all. */
  private static final Duration AT_ONCE = Duration.ofSeconds(10);

  private final Candidate candidate;
  private Retention retention;
  private final Supplier<String> nonces;
  private final DoubleSupplier lot;
  private final BiConsumer<String, StateChange> trace;
  private final FailingShards failing;

  /** The present session; 0 if there is none. */
  long session;

  /** Its timeout. */
  long sessionTimeoutNanos;

  /** Why the worker closes; empty while it does not. */
  Optional<String> closing = Optional.empty();

  private int occupied;
  private long wakes;
  private long looks;

  // Of the event that is being handled.
  private Instant now = Instant.EPOCH;
  private Consumer<WorkerAction> out = action -> {};
  private boolean report;

  /**
   * A machine.
   *
   * @param lot from 0 to less than 1, for the length of rests
   * @param trace is told of each change of a shard's state
   */
  ShardMachine(
      Candidate candidate,
      Retention retention,
      Supplier<String> nonces,
      DoubleSupplier lot,
      BiConsumer<String, StateChange> trace) {
    this.candidate = candidate;
    this.retention = retention;
    this.nonces = nonces;
    this.lot = lot;
    this.failing = new FailingShards(lot);
    this.trace = trace;
  }

  /**
   * An event begins.
   *
   * @param wallTime when it happens; only written into entries
   * @param actions takes what is to be done, at once
   */
  void begin(Instant wallTime, Consumer<WorkerAction> actions) {
    now = wallTime;
    out = actions;
    report = false;
  }

  /** The event has been handled. */
  void finish() {
    if (report) {
      out.accept(new WorkerAction.Report());
    }
  }

  // ---- the plan ----

  /**
   * Gives a shard another role.
   *
   * @param untouched no shard had a scope when this session began: try without reading
   */
  void assign(ShardSlot slot, ShardRole role, boolean untouched) {
    ShardRole before = slot.role;
    slot.role = role;
    if (role == ShardRole.TAKE_OVER) {
      warmUp(slot);
    } else if (role != ShardRole.LEAD) {
      coolDown(slot);
    }
    switch (slot.state) {
      case IDLE -> {
        if (role == ShardRole.LEAD && untouched && isAble(slot)) {
          elect(slot, Optional.empty());
        } else if (role == ShardRole.STAND_BY) {
          rest(slot, STAND_BY_NANOS);
        } else if (role != ShardRole.NONE) {
          look(slot);
        }
      }
      case WAITING -> {
        if (role == ShardRole.NONE) {
          leaveAlone(slot);
        } else if (role != before && !slot.leaderThere) {
          look(slot);
        }
      }
      case LEADING -> {
        // Whoever took over keeps leading as a standby until the plan has heard of it.
        if (!isWanted(slot) && (role == ShardRole.NONE || before == ShardRole.LEAD)) {
          stop(slot, handoff(slot));
        }
        report |= role != before;
      }
      // The registration may still say "took over"; in another role nothing else corrects it.
      case ENDING -> report |= role != before;
      case RESTING -> {
        if (role == ShardRole.NONE) {
          leaveAlone(slot);
        } else if (role != before && before == ShardRole.STAND_BY) {
          look(slot);
        }
      }
      default -> {
        // What is under way ends first, and then looks at the role.
      }
    }
  }

  private void leaveAlone(ShardSlot slot) {
    if (slot.attemptUnknown) {
      return; // It could come true later, without a task.
    }
    become(slot, SlotState.IDLE);
  }

  private static Transition.End handoff(ShardSlot slot) {
    return new Transition.Resigned(slot.reason.isEmpty() ? "handoff" : "handoff: " + slot.reason);
  }

  private void warmUp(ShardSlot slot) {
    if (slot.warmth == ShardSlot.Warmth.COLD && isAble(slot)) {
      slot.warmth = ShardSlot.Warmth.WARMING;
      out.accept(new WorkerAction.WarmUp(slot.shard));
    }
  }

  /** Its last task is gone, and it need not rest. */
  private boolean isAble(ShardSlot slot) {
    return !slot.taskAlive && !slot.unable && !failing.rests(slot.shard);
  }

  private void coolDown(ShardSlot slot) {
    if (slot.warmth != ShardSlot.Warmth.COLD && !slot.taskAlive) {
      slot.warmth = ShardSlot.Warmth.COLD;
      out.accept(new WorkerAction.CoolDown(slot.shard));
      report = true;
    }
  }

  void warmedUp(ShardSlot slot) {
    if (slot.warmth == ShardSlot.Warmth.WARMING) {
      slot.warmth = ShardSlot.Warmth.READY;
      failing.gotReady(slot.shard);
      report = true;
    }
  }

  /** The plan hears of it, and calls the move off; later, this worker may be asked once more. */
  void warmUpFailed(ShardSlot slot, String failure) {
    if (slot.warmth == ShardSlot.Warmth.WARMING) {
      slot.warmth = ShardSlot.Warmth.COLD;
      failsOnceMore(slot, FailingShard.Phase.WARM_UP, failure);
    }
  }

  // ---- reading ----

  private void look(ShardSlot slot) {
    look(slot, slot.role != ShardRole.LEAD || slot.leaderThere);
  }

  private void look(ShardSlot slot, boolean watch) {
    become(slot, SlotState.LOOKING);
    boolean unsure = slot.conflicts > 0 || slot.attemptUnknown;
    ask(slot, watch, unsure);
  }

  private void ask(ShardSlot slot, boolean watch, boolean sync) {
    slot.look = ++looks;
    slot.lookWatches = watch;
    slot.changed = false;
    out.accept(new WorkerAction.Look(slot.shard, slot.look, watch, sync, names(slot)));
  }

  private WorkerAction.Names names(ShardSlot slot) {
    if (slot.keepsAll) {
      return WorkerAction.Names.NO;
    }
    return needsNames(slot) ? WorkerAction.Names.YES : WorkerAction.Names.IF_LONG;
  }

  private boolean needsNames(ShardSlot slot) {
    return slot.view == null
        ? slot.longTrail && !slot.keepsAll
        : CommitProtocol.needsEntryNames(slot.view.record(), retention(slot));
  }

  /** Counts from the next transaction on. */
  void retain(Retention entries) {
    retention = entries;
  }

  private Retention retention(ShardSlot slot) {
    return slot.keepsAll || slot.keepsNext ? Retention.KEEP_ALL : retention;
  }

  private static void forget(ShardSlot slot) {
    slot.view = null;
    slot.leaderThere = false;
    slot.longTrail = false;
  }

  void looked(ShardSlot slot, WorkerEvent.Looked looked) {
    Optional<ScopeView> view = looked.view();
    if (looked.number() != slot.look) {
      return;
    }
    slot.look = 0;
    switch (slot.state) {
      case LOOKING -> decide(slot, view, looked);
      case LEADING -> inspectOffice(slot, view);
      case ENDING -> decideEnd(slot, view);
      default -> {}
    }
  }

  /** A fresh reading: who is in office? */
  private void decide(ShardSlot slot, Optional<ScopeView> found, WorkerEvent.Looked looked) {
    if (found.isPresent() && isOwn(slot, found.get().record())) {
      slot.keep(found.get(), false);
      granted(slot);
      return;
    }
    if (slot.attemptUnknown && found.isPresent() && isNodeOfTheAttempt(slot, found.get())) {
      // It came true, and its record was overwritten since: else that tenure would never end.
      out.accept(new WorkerAction.DropLeader(slot.shard, slot.nonce));
      slot.attemptUnknown = false;
      forget(slot);
      rest(slot, RETRY_NANOS);
      return;
    }
    if (slot.attemptUnknown && found.isEmpty() && slot.view != null) {
      // The record was emptied, or the scope deleted: the attempt may have come true before.
      out.accept(new WorkerAction.DropLeader(slot.shard, slot.nonce));
    }
    // A transaction at a version that has passed cannot come true any more.
    slot.attemptUnknown &= isAsBefore(slot.view, found.orElse(null));
    forget(slot);
    found.ifPresent(view -> slot.keep(view, false));
    if (!looked.deserted()) {
      slot.awaitedNanos = 0;
    }
    if (slot.role == ShardRole.NONE && !slot.attemptUnknown) {
      leaveAlone(slot);
    } else if (slot.leaderThere) {
      if (slot.lookWatches && !slot.changed) {
        becomeWaiting(slot);
      } else {
        look(slot); // Once more: now with a watch, or behind what has changed meanwhile.
      }
    } else if (mayTake(slot)) {
      if (looked.deserted() && awaitsEnd(slot, looked.leaderTimeoutNanos())) {
        if (slot.awaitedNanos == 0) {
          warnOfDeletion(slot);
        }
        slot.awaitedNanos += RETRY_NANOS;
        becomeWaiting(slot);
        later(slot, RETRY_NANOS);
      } else {
        elect(slot, found);
      }
    } else if (slot.role == ShardRole.STAND_BY && !slot.lookWatches) {
      look(slot); // It has to wait, and watches who comes.
    } else {
      long grace = graceNanos(slot);
      becomeWaiting(slot);
      if (slot.role == ShardRole.STAND_BY && !slot.taskAlive) {
        later(slot, grace);
      } else if (slot.role == ShardRole.LEAD && slot.taskAlive && !slot.unable) {
        later(slot, GRACE_NANOS); // If the task still runs then, it hangs.
      }
    }
  }

  /** By the plan, this worker leads the shard, or gets ready to. */
  private static boolean isWanted(ShardSlot slot) {
    return slot.role == ShardRole.LEAD || slot.role == ShardRole.TAKE_OVER;
  }

  private boolean isNodeOfTheAttempt(ShardSlot slot, ScopeView found) {
    return found
        .leader()
        .filter(node -> node.owner() == session)
        .flatMap(node -> LeaderNode.nonce(node.data()))
        .filter(slot.nonce::equals)
        .isPresent();
  }

  /**
   * The leader node was deleted by hand, and its leader's session lives. The leader may hold its
   * lease until it hears of that, and is let record its end first. It has two session timeouts to
   * do so: no acknowledgement from after the deletion reaches it before the news of the deletion
   * does, and after half of that the last one from before is worth nothing. If the record is led
   * even then, its leader has given up to write it. The timeout is the leader's, which may have
   * asked for a longer one than this worker; one that does not say it is taken to have this one's.
   */
  private boolean awaitsEnd(ShardSlot slot, long leaderTimeoutNanos) {
    ScopeRecord record = known(slot).record();
    boolean own =
        record
            .incumbent()
            .map(
                last ->
                    last.candidate().id().equals(candidate.id())
                        && last.session().equals(Sessions.format(session)))
            .orElse(true);
    return !own
        && !slot.attemptUnknown
        && slot.awaitedNanos < 2 * Math.max(sessionTimeoutNanos, leaderTimeoutNanos);
  }

  private void warnOfDeletion(ShardSlot slot) {
    ScopeRecord record = known(slot).record();
    record
        .incumbent()
        .ifPresent(
            last ->
                out.accept(
                    new WorkerAction.WarnOfDeletion(slot.shard, record.epoch(), last.candidate())));
  }

  /** Whether nothing was committed between two readings, nor the scope deleted and made again. */
  private static boolean isAsBefore(@Nullable ScopeView before, @Nullable ScopeView now) {
    if (before == null || now == null) {
      return before == null && now == null;
    }
    return before.version() == now.version()
        && before.record().digest().equals(now.record().digest());
  }

  /** The office is vacant: may this worker take it? */
  private boolean mayTake(ShardSlot slot) {
    if (slot.attemptUnknown) {
      return true; // It is finished first, and ended if it is not wanted.
    }
    if (!isAble(slot)) {
      return false; // It rests first, and others may have a try.
    }
    return switch (slot.role) {
      case LEAD -> true;
      case STAND_BY -> slot.graceOver || (isFirst(slot) && wasInterrupted(slot));
      case TAKE_OVER, NONE -> false;
    };
  }

  private boolean isFirst(ShardSlot slot) {
    return slot.rank == 0 && !failing.isFailing(slot.shard);
  }

  private long graceNanos(ShardSlot slot) {
    if (failing.isFailing(slot.shard)) {
      // Its leader may be resting, and is as likely to succeed.
      return FailingShards.LONGEST_REST_NANOS + GRACE_NANOS * (slot.rank + 1);
    }
    ScopeView view = slot.view;
    boolean longer =
        view == null
            || view.record()
                .incumbent()
                .map(last -> last.candidate().id().equals(candidate.id()))
                .orElse(true);
    return GRACE_NANOS * (slot.rank + (longer ? LONGER_GRACES : 1));
  }

  private static boolean wasInterrupted(ShardSlot slot) {
    if (slot.view == null) {
      return false;
    }
    ScopeRecord record = slot.view.record();
    return record.isLed() || record.end().map(Transition.End::needsRecovery).orElse(false);
  }

  private void becomeWaiting(ShardSlot slot) {
    slot.graceOver = false;
    slot.conflicts = 0;
    slot.longTrail = needsNames(slot);
    if (!slot.attemptUnknown) {
      slot.view = null; // It will be read again before anything is decided.
    }
    become(slot, SlotState.WAITING);
    if (slot.role == ShardRole.TAKE_OVER) {
      warmUp(slot);
      if (slot.taskAlive && !slot.unable) {
        later(slot, GRACE_NANOS); // If the task still runs then, no other gets ready.
      }
    }
  }

  void lookFailed(ShardSlot slot, long number, Optional<TenureException> lasting) {
    if (number != slot.look) {
      return;
    }
    slot.look = 0;
    if (lasting.isEmpty()) {
      later(slot, RETRY_NANOS); // In LEADING: it is not watched yet. Whether it is held, the lease
      // decides.
      return;
    }
    switch (slot.state) {
      case LOOKING -> failed(slot, lasting.get());
      case LEADING -> {
        // Nothing is known against the tenure; but what changed the office is still to be seen.
        out.accept(new WorkerAction.Failed(slot.shard, lasting.get()));
        later(slot, pauseNanos(slot));
      }
      case ENDING -> giveUpEnding(slot);
      default -> {}
    }
  }

  void officeChanged(ShardSlot slot) {
    slot.changed = true;
    switch (slot.state) {
      case LEADING -> ask(slot, true, false);
      case WAITING -> {
        // Most likely the leader is gone. Whoever is next will lead at once and need no watch on
        // the vacant office: that is one request less for each shard of a worker that is lost.
        boolean next =
            slot.role == ShardRole.LEAD || (slot.role == ShardRole.STAND_BY && slot.rank == 0);
        look(slot, !next);
      }
      default -> {}
    }
  }

  // ---- being elected ----

  private void elect(ShardSlot slot, Optional<ScopeView> found) {
    if (!slot.attemptUnknown) {
      slot.nonce = nonces.get();
    }
    become(slot, SlotState.ELECTING);
    Incumbent incumbent = new Incumbent(candidate, Sessions.format(session), slot.nonce, now);
    String reason =
        slot.role == ShardRole.STAND_BY
            ? "stood by"
            : slot.reason.isEmpty() ? "as planned" : slot.reason;
    slot.predecessor =
        found.flatMap(view -> CommitProtocol.predecessorAfter(view.record())).orElse(null);
    Commit commit =
        found.isEmpty()
            ? CommitProtocol.found(incumbent, reason, retention(slot), now, slot.naming)
            : CommitProtocol.elect(
                found.get(), incumbent, reason, retention(slot), now, slot.naming);
    send(slot, commit);
  }

  private void send(ShardSlot slot, Commit commit) {
    // A reading from before it would tell of the office as it was, and lead to a second copy.
    slot.look = 0;
    slot.sent = commit.after();
    out.accept(
        new WorkerAction.Send(
            slot.shard, slot.auditMissing ? CommitProtocol.withAudit(commit) : commit));
  }

  void committed(ShardSlot slot) {
    ScopeView after = slot.sent;
    if (after == null) {
      return;
    }
    slot.sent = null;
    slot.auditMissing = false;
    slot.naming = EntryNaming.PLAIN;
    slot.keepsNext = false;
    switch (slot.state) {
      case ELECTING -> {
        slot.keep(after, false);
        granted(slot);
      }
      case ENDING -> {
        slot.keep(after, false);
        finishEnd(slot, true);
      }
      default -> {}
    }
  }

  void notCommitted(ShardSlot slot, boolean unknown) {
    slot.sent = null;
    slot.auditMissing = false;
    slot.conflicts++;
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
          ask(slot, false, true);
        }
      }
      default -> {}
    }
  }

  void auditMissing(ShardSlot slot) {
    notCommitted(slot, false);
    slot.auditMissing = true;
  }

  /** There may be thousands that cannot be deleted, and one is found with each try. */
  void trimBlocked(ShardSlot slot) {
    slot.keepsNext = true;
    notCommitted(slot, false);
  }

  /** Its next transaction has names that nobody could take ahead. */
  void entryTaken(ShardSlot slot) {
    slot.naming = EntryNaming.of(nonces.get());
    notCommitted(slot, false);
  }

  /** That it may not trim a trail is no reason for a worker not to lead. */
  void trimDenied(ShardSlot slot) {
    slot.keepsAll = true;
    notCommitted(slot, false);
  }

  void commitFailed(ShardSlot slot, TenureException cause) {
    slot.sent = null;
    switch (slot.state) {
      case ELECTING -> failed(slot, cause);
      case ENDING -> {
        out.accept(new WorkerAction.Failed(slot.shard, cause));
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
    slot.naming = EntryNaming.PLAIN;
    slot.attemptUnknown = false;
    slot.graceOver = false;
    boolean wanted = slot.role == ShardRole.LEAD || slot.role == ShardRole.STAND_BY;
    if (!wanted || closing.isPresent() || slot.taskAlive) {
      // The plan has changed its mind meanwhile.
      slot.ending = closing.<Transition.End>map(Transition.Resigned::new).orElse(handoff(slot));
      become(slot, SlotState.ENDING);
      commitEnd(slot, false);
      return;
    }
    report |= slot.warmth == ShardSlot.Warmth.READY || slot.role == ShardRole.STAND_BY;
    // Whatever got ready is the task that leads now; what it still says of that comes too late.
    slot.warmth = ShardSlot.Warmth.COLD;
    slot.taskAlive = true;
    slot.stopping = false;
    slot.failures = 0;
    slot.electedAt = now;
    become(slot, SlotState.LEADING);
    remember(slot, FailingShards.SUCCESS_NANOS);
    out.accept(
        new WorkerAction.Grant(
            slot.shard, known(slot), session, Optional.ofNullable(slot.predecessor)));
    slot.predecessor = null;
    // The operators' way to end a tenure is through the leader node.
    out.accept(new WorkerAction.Watch(slot.shard));
  }

  private static ScopeView known(ShardSlot slot) {
    ScopeView view = slot.view;
    if (view == null) {
      throw new IllegalStateException("shard " + slot.shard + " is led without a record");
    }
    return view;
  }

  // ---- in office ----

  /** In office, after the leader node has changed, or to learn the entries' names. */
  private void inspectOffice(ShardSlot slot, Optional<ScopeView> read) {
    if (read.isEmpty() || !isOwn(slot, read.get().record())) {
      lost(
          slot,
          new Transition.Lost(
              read.isEmpty() ? "the scope was deleted" : "the record tells of another tenure"));
      return;
    }
    ScopeView found = read.get();
    slot.keep(found, slot.stopping);
    if (!found.hasLeaderNodeOf(slot.nonce, session)) {
      leave(slot, new Transition.Revoked("the leader node was deleted by an operator"));
      return;
    }
    byte[] data = found.leader().orElseThrow().data();
    Optional<String> revocation = LeaderNode.revocation(data);
    if (revocation.isPresent()) {
      stop(slot, new Transition.Revoked(revocation.get()));
    } else if (LeaderNode.nonce(data).isEmpty()) {
      out.accept(new WorkerAction.WarnOfText(slot.shard, data));
    }
  }

  private void lost(ShardSlot slot, Transition.End lost) {
    out.accept(new WorkerAction.LeaseOver(slot.shard, lost));
    out.accept(new WorkerAction.DropLeader(slot.shard, slot.nonce));
    out.accept(new WorkerAction.Ended(slot.shard, lost, false));
    forget(slot);
    leftOffice(slot);
  }

  /** Asks the task to stop. While it does, what the ending transaction needs can be read. */
  void stop(ShardSlot slot, Transition.End why) {
    boolean first = !slot.stopping;
    slot.stopping = true;
    out.accept(new WorkerAction.RequestStop(slot.shard, why));
    if (first && needsNames(slot)) {
      ask(slot, false, false);
    }
  }

  void end(ShardSlot slot, long epoch, Transition.End end) {
    if (slot.state == SlotState.LEADING && known(slot).record().epoch() == epoch) {
      leave(slot, end);
    } // Else: the first reason to end a tenure is the one that counts.
  }

  private void leave(ShardSlot slot, Transition.End end) {
    slot.ending = end;
    out.accept(new WorkerAction.LeaseOver(slot.shard, end));
    become(slot, SlotState.ENDING);
    commitEnd(slot, false);
  }

  private void commitEnd(ShardSlot slot, boolean namesRead) {
    ScopeView view = known(slot);
    if (!namesRead && needsNames(slot) && view.entryNames().isEmpty()) {
      if (slot.look == 0) {
        ask(slot, false, false);
      } // Else: the answer that is on its way brings them.
    } else {
      send(slot, CommitProtocol.end(view, ending(slot), retention(slot), now, slot.naming));
    }
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
      giveUpEnding(slot); // Where the record alone was emptied, the node is still there.
      return;
    }
    ScopeView found = read.get();
    boolean newer = found.record().epoch() > known(slot).record().epoch();
    slot.keep(found, true);
    if (!found.record().isOf(slot.nonce)) {
      if (newer) {
        finishEnd(slot, true); // A later election has recorded our end.
      } else {
        giveUpEnding(slot); // The record was set back by hand, and the node is still there.
      }
    } else if (found.record().isLed()) {
      commitEnd(slot, true);
    } else {
      slot.ending = found.record().end().orElseGet(() -> ending(slot));
      finishEnd(slot, true);
    }
  }

  private void giveUpEnding(ShardSlot slot) {
    out.accept(new WorkerAction.DropLeader(slot.shard, slot.nonce));
    finishEnd(slot, false);
  }

  private void finishEnd(ShardSlot slot, boolean recorded) {
    out.accept(new WorkerAction.Ended(slot.shard, ending(slot), recorded));
    leftOffice(slot);
  }

  /** Out of office: what does the plan want now? */
  private void leftOffice(ShardSlot slot) {
    Transition.End end = slot.ending;
    slot.ending = null;
    slot.nonce = "";
    slot.conflicts = 0;
    slot.stopping = false;
    report |= slot.role != ShardRole.LEAD;
    become(slot, SlotState.IDLE);
    remember(slot, FailingShards.REMEMBERED_NANOS);
    if (end instanceof Transition.Lapsed lapsed) {
      slot.unable = slot.taskAlive; // A step hangs.
      lapsed(slot, lapsed);
    }
    if (slot.role == ShardRole.NONE || closing.isPresent()) {
      slot.role = ShardRole.NONE;
    } else if (slot.unable) {
      look(slot); // A standby takes over; if there is none, the plan finds another worker.
    } else if (end instanceof Transition.Revoked && slot.role == ShardRole.LEAD) {
      rest(slot, GRACE_NANOS * (GroupSettings.MAX_STANDBYS + 1));
    } else if (failing.rests(slot.shard)) {
      become(slot, SlotState.RESTING); // Until the rest is over, see failureWakes.
    } else {
      look(slot);
    }
  }

  void taskGone(ShardSlot slot, boolean rests, boolean lasted, Optional<String> failure) {
    slot.taskAlive = false;
    report |= clearUnable(slot);
    if (failing.returned(slot.shard)) {
      report = true; // However old the tenure is by now, its step has failed to end in time.
      remember(slot, FailingShards.REMEMBERED_NANOS);
    } else if (lasted) {
      report |= failing.isKnown(slot.shard);
      failing.forget(slot.shard);
    }
    if (failure.isPresent()) {
      failsOnceMore(slot, FailingShard.Phase.OFFICE, failure.get());
    } else if (rests && slot.role != ShardRole.NONE) {
      handsOver(slot);
    }
    if (failing.rests(slot.shard)) {
      if (slot.state == SlotState.WAITING) {
        become(slot, SlotState.RESTING);
      } // In ENDING, it rests when the end is known.
      return;
    }
    if (slot.role == ShardRole.TAKE_OVER) {
      warmUp(slot);
    }
    if (slot.state == SlotState.WAITING && !slot.leaderThere) {
      look(slot);
    }
  }

  // ---- shards that fail ----

  /** Leaves a shard alone for a while, after each failure for longer. */
  private void failsOnceMore(ShardSlot slot, FailingShard.Phase in, String error) {
    long wake = ++wakes;
    long nanos = failing.failed(slot.shard, in, error, now, wake);
    out.accept(new WorkerAction.Later(slot.shard, wake, nanos));
    report = true;
  }

  private void handsOver(ShardSlot slot) {
    Transition.End end = slot.ending;
    boolean atOnce = Duration.between(slot.electedAt, now).compareTo(AT_ONCE) < 0;
    long wake = ++wakes;
    String reason = end == null ? "the task has closed its lease" : end.reason();
    long nanos = failing.handedOver(slot.shard, atOnce, reason, now, wake);
    out.accept(new WorkerAction.Later(slot.shard, wake, nanos));
    report = true;
  }

  private void lapsed(ShardSlot slot, Transition.Lapsed end) {
    long wake = ++wakes;
    long nanos = failing.lapsed(slot.shard, slot.taskAlive, "lapsed: " + end.reason(), now, wake);
    out.accept(new WorkerAction.Later(slot.shard, wake, nanos));
    report = true;
  }

  /** A shard that is known to have failed is forgotten unless it fails again before. */
  private void remember(ShardSlot slot, long nanos) {
    long wake = ++wakes;
    if (failing.awaits(slot.shard, wake)) {
      out.accept(new WorkerAction.Later(slot.shard, wake, nanos));
    }
  }

  /**
   * A wake-up that may end the rest of a shard that has failed, or the memory of that.
   *
   * @param slot empty if the plan has nothing to do for it now
   */
  void failureWakes(String shard, long number, Optional<ShardSlot> slot) {
    FailingShards.Change change = failing.wake(shard, number);
    report |= change != FailingShards.Change.NOTHING;
    if (change == FailingShards.Change.RESTED && slot.isPresent()) {
      ShardSlot rested = slot.get();
      boolean waits = rested.state == SlotState.RESTING && rested.wake == 0;
      if (waits || rested.state == SlotState.WAITING) {
        look(rested);
      }
    }
    if (change == FailingShards.Change.RESTED && closing.isEmpty()) {
      long wake = ++wakes;
      failing.awaits(shard, wake);
      out.accept(new WorkerAction.Later(shard, wake, FailingShards.REMEMBERED_NANOS));
    }
  }

  FailingShards failing() {
    return failing;
  }

  /** It may lead again, unless its last task still runs: then that is said until it is gone. */
  private void rested(ShardSlot slot) {
    if (slot.taskAlive && isWanted(slot) && !slot.unable) {
      slot.unable = true;
      report = true;
    }
  }

  private static boolean clearUnable(ShardSlot slot) {
    boolean was = slot.unable;
    slot.unable = false;
    return was;
  }

  // ---- waiting for time to pass ----

  private void failed(ShardSlot slot, TenureException cause) {
    out.accept(new WorkerAction.Failed(slot.shard, cause));
    if (!slot.attemptUnknown) {
      forget(slot);
    }
    if (slot.role == ShardRole.NONE && slot.attemptUnknown) {
      rest(slot, pauseNanos(slot));
    } else if (slot.role == ShardRole.NONE) {
      leaveAlone(slot);
    } else {
      failsOnceMore(slot, FailingShard.Phase.OFFICE, FailureText.of(cause));
      become(slot, SlotState.RESTING);
    }
  }

  /** Before what has to be done, and fails, is tried again. */
  private long pauseNanos(ShardSlot slot) {
    slot.failures++;
    return Backoff.nanos(
        FailingShards.FIRST_REST_NANOS,
        FailingShards.LONGEST_REST_NANOS,
        slot.failures,
        lot.getAsDouble());
  }

  private void rest(ShardSlot slot, long nanos) {
    become(slot, SlotState.RESTING);
    later(slot, nanos);
  }

  private void later(ShardSlot slot, long nanos) {
    slot.wake = ++wakes;
    out.accept(new WorkerAction.Later(slot.shard, slot.wake, nanos));
  }

  void wake(ShardSlot slot, long number) {
    if (slot.wake != number) {
      return;
    }
    slot.wake = 0;
    switch (slot.state) {
      case LOOKING -> look(slot);
      case ENDING -> ask(slot, false, true);
      case LEADING -> ask(slot, true, false);
      case RESTING -> {
        rested(slot);
        look(slot);
      }
      case WAITING -> {
        rested(slot);
        slot.graceOver = slot.role == ShardRole.STAND_BY && !slot.leaderThere;
        look(slot);
      }
      default -> {}
    }
  }

  // ---- the end ----

  /** The session has ended: what becomes of the shard. */
  void sessionGone(ShardSlot slot, Transition.End lost) {
    if (slot.state == SlotState.LEADING) {
      out.accept(new WorkerAction.LeaseOver(slot.shard, lost));
      out.accept(new WorkerAction.Ended(slot.shard, lost, false));
    } else if (slot.state == SlotState.ENDING) {
      out.accept(new WorkerAction.Ended(slot.shard, ending(slot), false));
    }
    coolDown(slot);
    remember(slot, FailingShards.REMEMBERED_NANOS);
    slot.attemptUnknown = false; // Nothing that was sent in that session can come true now.
    become(slot, SlotState.IDLE);
  }

  /** The worker closes. */
  void close(ShardSlot slot, String reason) {
    slot.role = ShardRole.NONE;
    coolDown(slot);
    switch (slot.state) {
      case LEADING -> stop(slot, new Transition.Resigned(reason));
      case LOOKING, WAITING, RESTING -> leaveAlone(slot);
      default -> {}
    }
  }

  private static boolean isOwn(ShardSlot slot, ScopeRecord record) {
    return record.isLed() && !slot.nonce.isEmpty() && record.isOf(slot.nonce);
  }

  /** How many shards are led, or may come to be, or are to be no more. */
  int occupied() {
    return occupied;
  }

  private void count(ShardSlot slot) {
    boolean now =
        switch (slot.state) {
          case ELECTING, LEADING, ENDING -> true;
          case IDLE, LOOKING, WAITING, RESTING -> slot.attemptUnknown;
        };
    occupied += (now ? 1 : 0) - (slot.occupied ? 1 : 0);
    slot.occupied = now;
  }

  /** The one door: every change of a slot's state goes through here. */
  private void become(ShardSlot slot, SlotState next) {
    if (slot.state != next && !slot.state.successors().contains(next)) {
      throw new IllegalStateException(
          "shard " + slot.shard + " cannot go from " + slot.state + " to " + next);
    }
    slot.wake = 0;
    if (next == SlotState.IDLE) {
      slot.look = 0;
    }
    boolean changes = slot.state != next;
    slot.state = next;
    count(slot);
    if (changes) {
      trace.accept(slot.shard, change(slot));
    }
  }

  private StateChange change(ShardSlot slot) {
    long epoch = slot.view == null ? 0 : slot.view.record().epoch();
    return switch (slot.state) {
      case ELECTING -> StateChange.electing(session, epoch + 1);
      case LEADING -> StateChange.inOffice(session, epoch);
      case ENDING -> StateChange.ending(session, epoch, ending(slot));
      case IDLE, RESTING -> StateChange.to("idle");
      case LOOKING -> StateChange.to("reading");
      case WAITING -> StateChange.to("waiting");
    };
  }
}
