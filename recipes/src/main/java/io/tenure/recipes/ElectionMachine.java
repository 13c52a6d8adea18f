package io.tenure.recipes;

import io.tenure.internal.Backoff;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.Candidacy;
import io.tenure.internal.leadership.Claim;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.internal.leadership.ScopeLeadership;
import io.tenure.internal.leadership.ScopeReading;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * The election of one candidate: a {@link ScopeLeadership} whose claim is a place in the latch's
 * queue. Takes an event, returns what to do. It knows no Curator, clock, thread or log; {@link
 * LeaderElection} feeds it and carries its actions out.
 *
 * <p><b>The queue's claim.</b> At the head of the queue the candidate may try. It waits for the end
 * of the tenure before, makes the scope where there is none, and tries on for as long as the user
 * wants the office: each conflict is the progress of another candidate. It leaves the queue as soon
 * as it ends its tenure, or stands no longer.
 *
 * <p><b>A user who gives up</b> while an attempt may still come true no longer waits; the attempt
 * is carried to its end, and resigned.
 *
 * <p>Confined to the monitor's event thread.
 */
final class ElectionMachine {

  /** The pauses between tries that were in vain because the scope had changed. */
  static final long FIRST_PAUSE_NANOS = 5_000_000;

  static final long LONGEST_PAUSE_NANOS = 2_000_000_000;

  private final Candidacy candidacy;
  private final ScopeLeadership leadership;
  private final DoubleSupplier lot;
  private final Consumer<StateChange> trace;

  private boolean inQueue;
  private boolean headOfQueue;

  /** The user has given up, but an attempt may still come true. */
  private Optional<String> leaving = Optional.empty();

  /** The user wants the office again once the ending of the last tenure is settled. */
  private boolean joinAfterEnd;

  /** What the event that is being handled has led to. */
  private List<ElectionAction> out = new ArrayList<>();

  /**
   * A machine.
   *
   * @param lot from 0 to less than 1, for the length of pauses
   * @param trace is told of each change of state
   */
  ElectionMachine(
      Candidate candidate,
      Retention retention,
      Supplier<String> nonces,
      DoubleSupplier lot,
      Consumer<StateChange> trace) {
    this.candidacy = new Candidacy(candidate, retention, nonces, true);
    this.leadership = new ScopeLeadership(candidacy, new QueueClaim());
    this.lot = lot;
    this.trace = trace;
  }

  LeadershipState state() {
    return leadership.state();
  }

  /** The session of the attempt or the tenure; 0 if there is none. */
  long session() {
    return leadership.session();
  }

  /**
   * Takes an event. Events that come too late to matter have no actions.
   *
   * @param wallTime when it happens; only written into entries
   */
  List<ElectionAction> on(ElectionEvent event, Instant wallTime) {
    List<ElectionAction> actions = new ArrayList<>();
    out = actions;
    candidacy.begin(wallTime);
    event.deliver(this);
    return actions;
  }

  // ---- for events ----

  ScopeLeadership leadership() {
    return leadership;
  }

  void join() {
    switch (leadership.state()) {
      case IDLE -> {
        joinAfterEnd = false;
        leadership.hold(0);
        inQueue = true;
        out.add(new ElectionAction.JoinQueue());
      }
      case ENDING -> joinAfterEnd = true;
      // An attempt that was given up is still on its way: take it up again.
      default -> leaving = Optional.empty();
    }
  }

  void leave(String reason) {
    switch (leadership.state()) {
      case QUEUED, READING, WAITING -> {
        leaving = Optional.of(reason);
        leadership.leaveAlone();
      }
      case ELECTING -> leaving = Optional.of(reason);
      case ENDING -> joinAfterEnd = false;
      // Granted just before the user gave up: no caller will ever use that lease.
      case IN_OFFICE -> leadership.end(new Transition.Resigned(reason));
      default -> {}
    }
  }

  void queueHead() {
    headOfQueue = true;
    if (leadership.state() == LeadershipState.QUEUED) {
      leadership.look();
    }
  }

  void queueLost() {
    headOfQueue = false;
    if (leadership.state() == LeadershipState.WAITING && !leadership.isAttemptUnknown()) {
      leadership.hold(0);
    }
  }

  void sessionGone(long gone) {
    if (gone == leadership.session()) {
      leadership.sessionGone(gone);
    }
  }

  private long pauseNanos(int times) {
    return Backoff.nanos(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS, times, lot.getAsDouble());
  }

  /** A place in the latch's queue. */
  private final class QueueClaim implements Claim {

    @Override
    public boolean isOver() {
      return leaving.isPresent();
    }

    @Override
    public Answer mayTry(ScopeReading found, boolean watched) {
      if (found.view().isEmpty()) {
        return Answer.of(Next.READ_AGAIN); // The rim makes the scope of one that stands.
      }
      return Answer.of(headOfQueue ? Next.TRY : Next.HOLD);
    }

    @Override
    public Optional<Transition.End> unwanted() {
      return leaving.map(Transition.Resigned::new);
    }

    @Override
    public String reason() {
      return "head of the queue";
    }

    @Override
    public LeadershipState held() {
      return LeadershipState.QUEUED;
    }

    @Override
    public boolean watches(boolean officeChanged) {
      return true;
    }

    @Override
    public long waitsFor(ScopeReading leader) {
      return 0;
    }

    @Override
    public OptionalLong triesInVain(int conflicts) {
      if (conflicts == CommitProtocol.MANY_CONFLICTS) {
        out.add(new ElectionAction.WarnOfConflicts(conflicts));
      }
      return OptionalLong.of(pauseNanos(conflicts));
    }

    @Override
    public long endsInVain(int conflicts) {
      return pauseNanos(conflicts);
    }

    @Override
    public Answer refused(TenureException cause, boolean attemptUnknown) {
      if (!attemptUnknown) {
        return Answer.of(Next.GIVE_UP);
      }
      // The caller need not wait, but the attempt could come true later, without a caller.
      leaving = Optional.of(leaving.orElse(String.valueOf(cause.getMessage())));
      return Answer.of(Next.READ_AGAIN);
    }

    @Override
    public long officeUnreadable(TenureException cause, int times) {
      if (times == 1) {
        out.add(new ElectionAction.WarnOfReading(cause));
      }
      return pauseNanos(times);
    }

    @Override
    public void act(LeadershipAction action) {
      out.add(new ElectionAction.OfScope(action));
    }

    @Override
    public void became(Optional<StateChange> change) {
      change.ifPresent(trace);
    }

    @Override
    public void woken() {}

    @Override
    public void granted() {}

    @Override
    public void endRefused(TenureException cause) {}

    @Override
    public void standsNoLonger() {
      leaving = Optional.empty();
      headOfQueue = false;
      if (inQueue) {
        inQueue = false;
        out.add(new ElectionAction.LeaveQueue());
      }
    }

    @Override
    public void left(Transition.End end) {
      if (joinAfterEnd) {
        join();
      }
    }

    @Override
    public void sessionEnded() {
      if (headOfQueue) {
        leadership.look();
      }
    }
  }
}
