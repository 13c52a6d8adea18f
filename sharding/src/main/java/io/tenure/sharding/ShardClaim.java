package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.Claim;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.internal.leadership.ScopeLeadership;
import io.tenure.internal.leadership.ScopeReading;
import io.tenure.internal.session.FailureText;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The plan's claim on one shard: whether this worker may try to lead the shard now. What a try is,
 * and what becomes of it, is the {@link ScopeLeadership}'s.
 *
 * <p><b>Who tries when.</b>
 *
 * <ul>
 *   <li>{@code LEAD}: as soon as there is no leader node.
 *   <li>{@code STAND_BY}, first rank: as soon as there is none and the last leader did not resign.
 *       A leader that resigns makes way for the worker that the plan names; after any other end no
 *       worker is named, and to ask the coordinator would take time.
 *   <li>{@code STAND_BY} otherwise: if the office stays vacant for a while, in which the worker
 *       that should have it did not take it.
 *   <li>{@code TAKE_OVER}: not yet.
 * </ul>
 *
 * <p>No worker takes an office whose leader node was deleted by hand before its leader has recorded
 * the end.
 *
 * <p><b>One task at a time.</b> A shard whose last task still runs, because a step of it hangs, is
 * not led again by this worker; it says so in its registration ({@code unable}, {@code failing}).
 *
 * <p><b>A shard that fails</b> is left alone for a while, longer each time, in every role; see
 * {@link FailingShards}. A standby on which the shard fails leaves the shard to others.
 *
 * <p>Small, since there are thousands. Confined to one thread.
 */
final class ShardClaim implements Claim {

  /** How far the task of a planned successor is. */
  enum Warmth {
    COLD,
    WARMING,
    READY
  }

  /** A vacant office is left this long to the worker that the plan wants in it. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * Longer for one that was never taken, since a new group has thousands of them; and for one that
   * this worker itself has just made free for another.
   */
  private static final int LONGER_GRACES = 5;

  /** A worker that gets a shard to stand by for lets those come first that get one to lead. */
  private static final long STAND_BY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Between two looks at an office whose leader has to record its end first. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A task that hands its shard over so soon does not want it at all. */
  private static final Duration AT_ONCE = Duration.ofSeconds(10);

  private final String shard;
  private final ShardClaims claims;
  private final ScopeLeadership leadership;

  private ShardRole role = ShardRole.NONE;

  /** Among those that stand by; the first is 0. */
  private int rank;

  /** Why the plan gave or took the shard. */
  private String reason = "";

  private Warmth warmth = Warmth.COLD;

  /** When its last tenure began, by the wall clock. */
  private Instant electedAt = Instant.EPOCH;

  /** A task of an earlier tenure still runs, or this one's does. */
  private boolean taskAlive;

  /** The last task still runs although its tenure has ended, until that task is gone. */
  private boolean unable;

  /** A standby has waited for the others long enough. */
  private boolean graceOver;

  /** How long the end of a tenure was awaited whose leader node was deleted by hand. */
  private long awaitedNanos;

  /** How often in a row an action failed that is due under any plan. */
  private int failures;

  /** Counted as led, or as a shard that may come to be. */
  private boolean occupied;

  /** The session is gone: another claim takes the place of this one. */
  private boolean replaced;

  ShardClaim(String shard, ShardClaims claims) {
    this.shard = shard;
    this.claims = claims;
    this.leadership = new ScopeLeadership(claims.candidacy(), this);
  }

  // ---- what is known of the shard ----

  String shard() {
    return shard;
  }

  ShardRole role() {
    return role;
  }

  LeadershipState state() {
    return leadership.state();
  }

  /** For events of the scope. */
  ScopeLeadership leadership() {
    return leadership;
  }

  boolean isLed() {
    return leadership.state() == LeadershipState.IN_OFFICE;
  }

  /**
   * Led although the plan does not know: it stood by, or was to take over later. Not while it stops
   * because the plan has made it a standby.
   */
  boolean isTakenOver() {
    return isLed()
        && !leadership.isStopping()
        && (role == ShardRole.STAND_BY || role == ShardRole.TAKE_OVER);
  }

  boolean isReady() {
    return warmth == Warmth.READY && !isLed();
  }

  /** The last task still runs although its tenure has ended: the shard cannot be led here. */
  boolean isUnable() {
    return unable;
  }

  /** A task was told to get ready, and not told since that it is not needed. */
  boolean isWarm() {
    return warmth != Warmth.COLD;
  }

  boolean isUnused() {
    return leadership.state() == LeadershipState.IDLE && role == ShardRole.NONE && !taskAlive;
  }

  // ---- the plan ----

  /**
   * Gives the shard another role.
   *
   * @param why the plan's reason; empty if it gives none, which leaves the last one
   * @param untouched no shard had a scope when this session began: try without reading
   */
  void assign(ShardRole next, int nextRank, Optional<String> why, boolean untouched) {
    ShardRole before = role;
    role = next;
    rank = nextRank;
    reason = why.orElse(reason);
    if (role == ShardRole.TAKE_OVER) {
      warmUp();
    } else if (role != ShardRole.LEAD) {
      coolDown();
    }
    switch (leadership.state()) {
      case IDLE -> begin(untouched);
      case WAITING -> {
        if (role == ShardRole.NONE) {
          leadership.leaveAlone();
        } else if (role != before && !leadership.isLeaderThere()) {
          leadership.look();
        }
      }
      case IN_OFFICE -> {
        // A standby that took over keeps leading until the plan has heard of it.
        if (!isWanted() && (role == ShardRole.NONE || before == ShardRole.LEAD)) {
          leadership.stop(handoff());
        }
        claims.reportIf(role != before);
      }
      // The registration may still say "took over"; in another role nothing else corrects it.
      case ENDING -> claims.reportIf(role != before);
      case RESTING -> {
        if (role == ShardRole.NONE) {
          leadership.leaveAlone();
        } else if (role != before && before == ShardRole.STAND_BY) {
          leadership.look();
        }
      }
      default -> {
        // What is under way ends first, and then looks at the role.
      }
    }
  }

  private void begin(boolean untouched) {
    if (role == ShardRole.LEAD && untouched && isAble()) {
      leadership.electUnread(claims.session());
    } else if (role == ShardRole.STAND_BY) {
      leadership.hold(STAND_BY_NANOS);
    } else if (role != ShardRole.NONE) {
      leadership.look();
    }
  }

  /** By the plan, this worker leads the shard, or gets ready to. */
  private boolean isWanted() {
    return role == ShardRole.LEAD || role == ShardRole.TAKE_OVER;
  }

  private Transition.End handoff() {
    return new Transition.Resigned(reason.isEmpty() ? "handoff" : "handoff: " + reason);
  }

  private void warmUp() {
    if (warmth == Warmth.COLD && isAble()) {
      warmth = Warmth.WARMING;
      claims.act(new WorkerAction.WarmUp(shard));
    }
  }

  /** Its last task is gone, and it need not rest. */
  private boolean isAble() {
    return !taskAlive && !unable && !claims.failing().rests(shard);
  }

  private void coolDown() {
    if (warmth != Warmth.COLD && !taskAlive) {
      warmth = Warmth.COLD;
      claims.act(new WorkerAction.CoolDown(shard));
      claims.reportIf(true);
    }
  }

  void warmedUp() {
    if (warmth == Warmth.WARMING) {
      warmth = Warmth.READY;
      claims.failing().gotReady(shard);
      claims.reportIf(true);
    }
  }

  /** The plan hears of it, and calls the move off; later, this worker may be asked once more. */
  void warmUpFailed(String failure) {
    if (warmth == Warmth.WARMING) {
      warmth = Warmth.COLD;
      failsOnceMore(FailingShard.Phase.WARM_UP, failure);
    }
  }

  /** The session has ended. The claim that comes next remembers only a task that still runs. */
  ShardClaim sessionGone(long gone) {
    role = ShardRole.NONE;
    replaced = true;
    leadership.sessionGone(gone);
    coolDown();
    claims.remember(shard, FailingShards.REMEMBERED_NANOS);
    ShardClaim next = new ShardClaim(shard, claims);
    next.taskAlive = taskAlive;
    next.unable = unable;
    return next;
  }

  /** The worker closes. */
  void close(String why) {
    role = ShardRole.NONE;
    coolDown();
    switch (leadership.state()) {
      case IN_OFFICE -> leadership.stop(new Transition.Resigned(why));
      case READING, WAITING, RESTING -> leadership.leaveAlone();
      default -> {}
    }
  }

  // ---- whether it may try ----

  @Override
  public boolean isOver() {
    return role == ShardRole.NONE;
  }

  @Override
  public Answer mayTry(ScopeReading found, boolean watched) {
    if (!found.deserted()) {
      awaitedNanos = 0;
    }
    if (isToTake(found)) {
      return found.deserted() && awaitsEnd(found) ? waitForEnd(found) : Answer.of(Next.TRY);
    }
    if (role == ShardRole.STAND_BY && !watched) {
      return Answer.of(Next.WATCH_FIRST); // It has to wait, and watches who comes.
    }
    graceOver = false;
    if (role == ShardRole.STAND_BY && !taskAlive) {
      return new Answer(Next.WAIT, graceNanos(found.view()));
    } else if (role == ShardRole.LEAD && taskAlive && !unable) {
      return new Answer(Next.WAIT, GRACE_NANOS); // If the task still runs then, it hangs.
    }
    return new Answer(Next.WAIT, takeOverNanos());
  }

  private boolean isToTake(ScopeReading found) {
    if (!isAble()) {
      return false; // It rests first, and others may have a try.
    }
    return switch (role) {
      case LEAD -> true;
      case STAND_BY -> graceOver || (isFirst() && wasInterrupted(found.view()));
      case TAKE_OVER, NONE -> false;
    };
  }

  private boolean isFirst() {
    return rank == 0 && !claims.failing().isFailing(shard);
  }

  private static boolean wasInterrupted(Optional<ScopeView> found) {
    return found
        .map(ScopeView::record)
        .filter(
            record ->
                record.isLed() || record.end().map(Transition.End::needsRecovery).orElse(false))
        .isPresent();
  }

  private long graceNanos(Optional<ScopeView> found) {
    if (claims.failing().isFailing(shard)) {
      // Its leader may be resting, and is as likely to succeed.
      return FailingShards.LONGEST_REST_NANOS + GRACE_NANOS * (rank + 1);
    }
    boolean longer =
        found
            .flatMap(view -> view.record().incumbent())
            .map(last -> last.candidate().id().equals(claims.candidacy().candidate().id()))
            .orElse(true);
    return GRACE_NANOS * (rank + (longer ? LONGER_GRACES : 1));
  }

  /**
   * The leader node was deleted by hand, and its leader's session lives. The leader may hold its
   * lease until it hears of the deletion, and is let record its end first. It has two session
   * timeouts to do so: no acknowledgement from after the deletion reaches it before the news of the
   * deletion does, and after half of that the last one from before is worth nothing. If the record
   * is led even then, its leader has given up to write it. The timeout is the leader's, which may
   * have asked for a longer one than this worker; one that does not say it is taken to have this
   * one's.
   */
  private boolean awaitsEnd(ScopeReading found) {
    String session = Sessions.format(claims.session());
    boolean own =
        found
            .view()
            .flatMap(view -> view.record().incumbent())
            .map(
                last ->
                    last.candidate().id().equals(claims.candidacy().candidate().id())
                        && last.session().equals(session))
            .orElse(true);
    return !own
        && awaitedNanos < 2 * Math.max(claims.sessionTimeoutNanos(), found.leaderTimeoutNanos());
  }

  private Answer waitForEnd(ScopeReading found) {
    if (awaitedNanos == 0) {
      ScopeRecord record = found.view().orElseThrow().record();
      claims.act(
          new WorkerAction.WarnOfDeletion(
              shard, record.epoch(), record.incumbent().orElseThrow().candidate()));
    }
    awaitedNanos += LOOK_NANOS;
    graceOver = false;
    return new Answer(Next.WAIT, LOOK_NANOS);
  }

  @Override
  public long waitsFor(ScopeReading leader) {
    awaitedNanos = 0;
    graceOver = false;
    return takeOverNanos();
  }

  /** Gets ready, where another worker still leads. If the task before runs on, it hangs. */
  private long takeOverNanos() {
    if (role != ShardRole.TAKE_OVER) {
      return 0;
    }
    warmUp();
    return taskAlive && !unable ? GRACE_NANOS : 0;
  }

  @Override
  public Optional<Transition.End> unwanted() {
    boolean wanted = role == ShardRole.LEAD || role == ShardRole.STAND_BY;
    if (wanted && claims.closing().isEmpty() && !taskAlive) {
      return Optional.empty();
    }
    // The plan has changed its mind meanwhile.
    return Optional.of(
        claims.closing().<Transition.End>map(Transition.Resigned::new).orElseGet(this::handoff));
  }

  @Override
  public String reason() {
    if (role == ShardRole.STAND_BY) {
      return "stood by";
    }
    return reason.isEmpty() ? "as planned" : reason;
  }

  @Override
  public LeadershipState held() {
    return LeadershipState.RESTING;
  }

  /**
   * After a change the leader is most likely gone. The worker that is next will lead at once and
   * needs no watch on the vacant office: that is one request less for each shard of a worker that
   * is lost.
   */
  @Override
  public boolean watches(boolean officeChanged) {
    boolean next = officeChanged && role == ShardRole.STAND_BY && rank == 0;
    return role != ShardRole.LEAD && !next;
  }

  @Override
  public OptionalLong triesInVain(int conflicts) {
    return conflicts > CommitProtocol.MANY_CONFLICTS ? OptionalLong.empty() : OptionalLong.of(0);
  }

  @Override
  public long endsInVain(int conflicts) {
    return 0;
  }

  // ---- what comes of it ----

  @Override
  public void act(LeadershipAction action) {
    claims.act(new WorkerAction.OfShard(shard, action));
  }

  @Override
  public void became(Optional<StateChange> change) {
    boolean now = leadership.isOccupied();
    claims.count((now ? 1 : 0) - (occupied ? 1 : 0));
    occupied = now;
    change.ifPresent(told -> claims.changed(shard, told));
  }

  @Override
  public void woken() {
    if (taskAlive && isWanted() && !unable) {
      unable = true; // It may lead again, and its last task runs: that is said until it is gone.
      claims.reportIf(true);
    }
    if (leadership.state() == LeadershipState.WAITING) {
      graceOver = role == ShardRole.STAND_BY && !leadership.isLeaderThere();
    }
  }

  @Override
  public void granted() {
    claims.reportIf(warmth == Warmth.READY || role == ShardRole.STAND_BY);
    graceOver = false;
    awaitedNanos = 0;
    // The task that got ready is the one that leads now; what it still says of that comes too late.
    warmth = Warmth.COLD;
    taskAlive = true;
    failures = 0;
    electedAt = claims.now();
    claims.remember(shard, FailingShards.SUCCESS_NANOS);
  }

  @Override
  public Answer refused(TenureException cause, boolean attemptUnknown) {
    if (role != ShardRole.NONE) {
      failsOnceMore(FailingShard.Phase.OFFICE, FailureText.of(cause));
      return Answer.of(Next.HOLD); // Until the rest is over, see failureRested.
    }
    return attemptUnknown ? new Answer(Next.HOLD, pauseNanos(++failures)) : Answer.of(Next.GIVE_UP);
  }

  @Override
  public long officeUnreadable(TenureException cause, int times) {
    act(new LeadershipAction.Refused(cause));
    return pauseNanos(times);
  }

  private long pauseNanos(int times) {
    return Backoff.nanos(
        FailingShards.FIRST_REST_NANOS, FailingShards.LONGEST_REST_NANOS, times, claims.lot());
  }

  @Override
  public void endRefused(TenureException cause) {
    act(new LeadershipAction.Refused(cause));
  }

  @Override
  public void standsNoLonger() {}

  @Override
  public void sessionEnded() {}

  /** Out of office: what does the plan want now? */
  @Override
  public void left(Transition.End end) {
    if (replaced) {
      return;
    }
    graceOver = false;
    claims.reportIf(role != ShardRole.LEAD);
    claims.remember(shard, FailingShards.REMEMBERED_NANOS);
    if (end instanceof Transition.Lapsed lapsed) {
      unable = taskAlive; // A step hangs.
      lapsed(lapsed);
    }
    if (role == ShardRole.NONE || claims.closing().isPresent()) {
      role = ShardRole.NONE;
    } else if (unable) {
      leadership.look(); // A standby takes over; if there is none, the plan finds another worker.
    } else if (end instanceof Transition.Revoked && role == ShardRole.LEAD) {
      leadership.hold(GRACE_NANOS * (GroupSettings.MAX_STANDBYS + 1));
    } else if (claims.failing().rests(shard)) {
      leadership.hold(0); // Until the rest is over, see failureRested.
    } else {
      leadership.look();
    }
  }

  /** The task has stopped while its lease held, or the lease ran out. */
  void end(long epoch, Transition.End end) {
    if (leadership.epochInOffice() == epoch) {
      leadership.end(end);
    }
  }

  void taskGone(boolean rests, boolean lasted, Optional<String> failure) {
    FailingShards failing = claims.failing();
    taskAlive = false;
    claims.reportIf(unable);
    unable = false;
    if (failing.returned(shard)) {
      // However old the tenure is by now, its step has failed to end in time.
      claims.reportIf(true);
      claims.remember(shard, FailingShards.REMEMBERED_NANOS);
    } else if (lasted) {
      claims.reportIf(failing.isKnown(shard));
      failing.forget(shard);
    }
    if (failure.isPresent()) {
      failsOnceMore(FailingShard.Phase.OFFICE, failure.get());
    } else if (rests && role != ShardRole.NONE) {
      handsOver();
    }
    if (failing.rests(shard)) {
      if (leadership.state() == LeadershipState.WAITING) {
        leadership.hold(0);
      } // In ENDING, it rests when the end is known.
      return;
    }
    if (role == ShardRole.TAKE_OVER) {
      warmUp();
    }
    if (leadership.state() == LeadershipState.WAITING && !leadership.isLeaderThere()) {
      leadership.look();
    }
  }

  // ---- shards that fail ----

  /** Leaves the shard alone for a while, after each failure for longer. */
  private void failsOnceMore(FailingShard.Phase in, String error) {
    long wake = claims.candidacy().nextNumber();
    restsUntil(wake, claims.failing().failed(shard, in, error, claims.now(), wake));
  }

  private void handsOver() {
    long wake = claims.candidacy().nextNumber();
    boolean atOnce = Duration.between(electedAt, claims.now()).compareTo(AT_ONCE) < 0;
    String why =
        leadership.ending().map(Transition.End::reason).orElse("the task has closed its lease");
    restsUntil(wake, claims.failing().handedOver(shard, atOnce, why, claims.now(), wake));
  }

  private void lapsed(Transition.Lapsed end) {
    long wake = claims.candidacy().nextNumber();
    String why = "lapsed: " + end.reason();
    restsUntil(wake, claims.failing().lapsed(shard, taskAlive, why, claims.now(), wake));
  }

  private void restsUntil(long wake, long nanos) {
    claims.later(shard, wake, nanos);
    claims.reportIf(true);
  }

  /** The rest of a shard that has failed is over. */
  void failureRested() {
    boolean waits = leadership.state() == LeadershipState.RESTING && !leadership.hasTimer();
    if (waits || leadership.state() == LeadershipState.WAITING) {
      leadership.look();
    }
  }
}
