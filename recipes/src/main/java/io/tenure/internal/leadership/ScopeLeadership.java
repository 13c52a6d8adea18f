package io.tenure.internal.leadership;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.LeadershipAction.DropLeader;
import io.tenure.internal.leadership.LeadershipAction.Ended;
import io.tenure.internal.leadership.LeadershipAction.Grant;
import io.tenure.internal.leadership.LeadershipAction.Later;
import io.tenure.internal.leadership.LeadershipAction.LeaseOver;
import io.tenure.internal.leadership.LeadershipAction.Read;
import io.tenure.internal.leadership.LeadershipAction.Refused;
import io.tenure.internal.leadership.LeadershipAction.RequestStop;
import io.tenure.internal.leadership.LeadershipAction.Send;
import io.tenure.internal.leadership.LeadershipAction.WarnOfPersistentLeader;
import io.tenure.internal.leadership.LeadershipAction.WarnOfText;
import io.tenure.internal.leadership.LeadershipAction.Watch;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Predecessor;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One candidate's leadership of one scope, as a state machine: the one interpreter of the commit
 * protocol. Takes what happens, and has its {@link Claim} carry out what is to be done. It knows no
 * Curator, clock, thread or log.
 *
 * <p><b>Who decides.</b> The claim says who may try; the elect transaction alone says who is
 * leader. So a claim is a hint: if it is wrong, a transaction fails and the scope is read again.
 *
 * <p><b>Lost answers.</b> A transaction without an answer may have been applied, may be applied
 * later, or never. The record is read and the nonce of the attempt compared. If it is not there and
 * the scope is as it was, <em>the same</em> transaction is sent again: should the first copy still
 * be on its way, then exactly one of the two finds that version, and a further reading tells the
 * outcome. An attempt whose outcome is unknown is therefore never forgotten, also where it is
 * unwanted: it could come true later, with no holder of the lease. The attempt is carried to its
 * end, and then resigned.
 *
 * <p><b>Ends.</b> The lease is over before the transaction that records the end is sent, and never
 * comes back. If the session ends first, the end is recorded by the successor, as {@code lost}.
 *
 * <p>Invariants: a lease is out exactly in {@code IN_OFFICE}; at most one transaction is under way,
 * and at most one reading is acted on.
 *
 * <p>Confined to one thread.
 */
public final class ScopeLeadership {

  private static final int MANY_CONFLICTS = CommitProtocol.MANY_CONFLICTS;

  /** Before a reading that failed for want of a connection, and after a leader node was dropped. */
  private static final long RETRY_NANOS = 100_000_000;

  private final Candidacy candidacy;
  private final Claim claim;
  private final ScopeCommits commits;
  private final KnownScope known;

  private LeadershipState state = LeadershipState.IDLE;

  /** Of the attempt or the tenure; 0 before a reading told. */
  private long session;

  /** Of the present attempt, or the tenure that came of it; empty without either. */
  private String nonce = "";

  private Optional<Predecessor> predecessor = Optional.empty();

  /** The attempt's transaction may still come true. */
  private boolean attemptUnknown;

  private Transition.@Nullable End ending;

  /** The holder of the lease was asked to stop. */
  private boolean stopping;

  /** What a reading will find once the transaction that is under way is committed. */
  private @Nullable ScopeView sent;

  /** The reading that is waited for; 0 if none is. Answers to others are too old to act on. */
  private long reading;

  /** That reading watches the leader node. */
  private boolean readingWatches;

  /** The leader node has changed since that reading was asked for. */
  private boolean changed;

  /** The wake-up that is waited for; 0 if none is. */
  private long wake;

  /** How often in a row a try was in vain. */
  private int conflicts;

  /** How often in a row the scope could not be read in office. */
  private int failedReadings;

  private boolean persistentLeaderTold;

  /** Of a scope that the candidate wants nothing of. */
  public ScopeLeadership(Candidacy candidacy, Claim claim) {
    this.candidacy = candidacy;
    this.claim = claim;
    this.commits = new ScopeCommits(candidacy);
    this.known = new KnownScope(candidacy.keepsNames());
  }

  // ---- what it stands at ----

  public LeadershipState state() {
    return state;
  }

  /** The session of the attempt or the tenure; 0 if there is none. */
  public long session() {
    return session;
  }

  /** Whether an attempt may still come true whose outcome is not known. */
  public boolean isAttemptUnknown() {
    return attemptUnknown;
  }

  /** In office, or something that was sent may still put the candidate there. */
  public boolean isOccupied() {
    return switch (state) {
      case ELECTING, IN_OFFICE, ENDING -> true;
      case IDLE, QUEUED, RESTING, READING, WAITING -> attemptUnknown;
    };
  }

  /** Whether there was a leader node when the scope was last read. */
  public boolean isLeaderThere() {
    return known.isLeaderThere();
  }

  /** Whether the holder of the lease was asked to stop. */
  public boolean isStopping() {
    return stopping;
  }

  /** Whether a wake-up is waited for. */
  public boolean hasTimer() {
    return wake != 0;
  }

  /** How the tenure ends, while the end is not settled. */
  public Optional<Transition.End> ending() {
    return Optional.ofNullable(ending);
  }

  /** The epoch of the tenure that is in office; 0 if none is. */
  public long epochInOffice() {
    return state == LeadershipState.IN_OFFICE ? known.office().record().epoch() : 0;
  }

  // ---- what the claim wants ----

  /** Reads the scope, and decides. */
  public void look() {
    look(claim.watches(false) || known.isLeaderThere());
  }

  /** Tries without a reading: no scope of its kind was there when this session began. */
  public void electUnread(long inSession) {
    session = inSession;
    elect(Optional.empty());
  }

  /**
   * Leaves the scope alone.
   *
   * @param nanos when to wake up; 0 if not by time
   */
  public void hold(long nanos) {
    become(claim.held());
    laterIf(nanos);
  }

  /** Wants nothing more of the scope, unless an attempt may still come true. */
  public void leaveAlone() {
    if (!attemptUnknown) {
      goIdle();
    }
  }

  /** Asks the holder to stop. Meanwhile, what the ending transaction needs can be read. */
  public void stop(Transition.End why) {
    boolean first = !stopping;
    stopping = true;
    claim.act(new RequestStop(why));
    if (first && commits.missesNames(known.office())) {
      ask(false, false);
    }
  }

  /** Ends the tenure, if there is one: the first reason to end a tenure is the one that counts. */
  public void end(Transition.End end) {
    if (state == LeadershipState.IN_OFFICE) {
      claim.act(new LeaseOver(end));
      beginEnding(end);
    }
  }

  /** No entry of the trail may be deleted by this candidate, from now on. */
  public void keepAllEntries() {
    commits.trimDenied();
  }

  // ---- what happens: reading ----

  /** The answer to a reading. */
  public void read(long number, ScopeReading found) {
    if (number != reading) {
      return;
    }
    reading = 0;
    switch (state) {
      case READING -> decide(found);
      case IN_OFFICE -> inspectOffice(found);
      case ENDING -> decideEnd(found);
      default -> {}
    }
  }

  /** A reading has failed; empty if the scope can be read once there is a connection. */
  public void readFailed(long number, Optional<TenureException> lasting) {
    if (number != reading) {
      return;
    }
    reading = 0;
    if (lasting.isEmpty()) {
      later(RETRY_NANOS); // In office it is not watched meanwhile. The lease decides if it is held.
      return;
    }
    switch (state) {
      case READING -> failed(lasting.get());
      case IN_OFFICE -> later(claim.officeUnreadable(lasting.get(), ++failedReadings));
      case ENDING -> giveUpEnding();
      default -> {}
    }
  }

  /** The watched leader node was created, set or deleted, or could not be watched. */
  public void officeChanged() {
    changed = true;
    switch (state) {
      case IN_OFFICE -> ask(true, false);
      case WAITING -> look(claim.watches(true));
      default -> {}
    }
  }

  /** What {@link Later} asked for; late ones are dropped by their number. */
  public void woken(long number) {
    if (number != wake) {
      return;
    }
    wake = 0;
    switch (state) {
      case READING -> look();
      case ENDING -> ask(false, true);
      case IN_OFFICE -> ask(true, false);
      case QUEUED, RESTING, WAITING -> {
        claim.woken();
        look();
      }
      default -> {}
    }
  }

  // ---- what happens: committing ----

  /** The transaction was applied. */
  public void committed() {
    ScopeView after = sent;
    if (after == null) {
      return;
    }
    sent = null;
    commits.committed();
    switch (state) {
      case ELECTING -> {
        known.keep(after, false);
        granted();
      }
      case ENDING -> {
        known.keep(after, false);
        outOfOffice(endingNow(), true);
      }
      default -> {}
    }
  }

  /** The transaction was not applied, since the scope has changed; or it is not known if it was. */
  public void notCommitted(boolean unknown) {
    sent = null;
    commits.notCommitted();
    switch (state) {
      case ELECTING -> {
        attemptUnknown |= unknown;
        if (claim.isOver() && !attemptUnknown) {
          goIdle();
        } else {
          readAgain();
        }
      }
      case ENDING -> endInVain();
      default -> {}
    }
  }

  private void endInVain() {
    if (++conflicts > MANY_CONFLICTS) {
      giveUpEnding(); // No other candidate can be elected while the node is there.
      return;
    }
    long pause = claim.endsInVain(conflicts);
    if (pause > 0) {
      later(pause);
    } else {
      ask(false, true);
    }
  }

  /** It was not applied, since the parent of the entries does not exist. */
  public void auditMissing() {
    notCommitted(false);
    commits.auditMissing();
  }

  /** It was not applied, since an entry that is too old cannot be deleted. */
  public void trimBlocked() {
    commits.trimBlocked();
    notCommitted(false);
  }

  /** It was not applied, since a znode that no transition made is in the place of its entry. */
  public void entryTaken() {
    commits.entryTaken();
    notCommitted(false);
  }

  /** It was not applied, since this candidate may not delete the entries that are too old. */
  public void trimDenied() {
    commits.trimDenied();
    notCommitted(false);
  }

  /** The transaction failed for a reason that trying again at once does not mend. */
  public void commitFailed(TenureException cause) {
    sent = null;
    switch (state) {
      case ELECTING -> failed(cause);
      case ENDING -> {
        claim.endRefused(cause);
        giveUpEnding();
      }
      default -> {}
    }
  }

  // ---- what happens: the session ----

  /** The session has ended: nothing that was sent in that session can come true now. */
  public void sessionGone(long gone) {
    sent = null;
    switch (state) {
      case IN_OFFICE -> {
        Transition.End lost =
            new Transition.Lost("session " + Sessions.format(gone) + " ended in office");
        claim.act(new LeaseOver(lost));
        outOfOffice(lost, false);
      }
      case ENDING -> outOfOffice(endingNow(), false);
      case ELECTING -> {
        attemptUnknown = false;
        if (claim.isOver()) {
          goIdle();
        } else {
          hold(0);
          claim.sessionEnded();
        }
      }
      case QUEUED, RESTING, READING, WAITING -> {
        attemptUnknown = false;
        if (claim.isOver()) {
          goIdle();
        }
      }
      case IDLE -> {}
    }
  }

  // ---- standing for the office ----

  private void look(boolean watch) {
    become(LeadershipState.READING);
    ask(watch, conflicts > 0 || attemptUnknown);
  }

  private void ask(boolean watch, boolean sync) {
    reading = candidacy.nextNumber();
    readingWatches = watch;
    changed = false;
    boolean stands = state == LeadershipState.READING && !claim.isOver();
    claim.act(
        new Read(reading, stands, watch, sync, commits.names(known.view(), known.hasLongTrail())));
  }

  /** The last try was in vain: the next comes later, or the scope is left alone. */
  private void readAgain() {
    OptionalLong pause = claim.triesInVain(++conflicts);
    if (pause.isEmpty()) {
      failed(contended());
    } else if (pause.getAsLong() == 0) {
      look();
    } else {
      become(LeadershipState.READING);
      later(pause.getAsLong());
    }
  }

  private static TenureException contended() {
    return new CoordinationException(
        "the scope changed "
            + MANY_CONFLICTS
            + " times in a row between reading and committing: something other than Tenure "
            + "writes to its record");
  }

  /** A fresh reading: who is in office? */
  private void decide(ScopeReading found) {
    if (found.session() == 0) {
      readAgain();
      return;
    }
    if (session != found.session()) {
      attemptUnknown = false; // What was sent in an earlier session can no longer come true.
      nonce = "";
      session = found.session();
    }
    ScopeView read = found.view().orElse(null);
    if (read != null && KnownScope.isLedBy(read.record(), nonce)) {
      known.keep(read, false);
      granted();
      return;
    }
    boolean sentBefore = attemptUnknown;
    attemptUnknown = sentBefore && known.isAsIn(read);
    if (attemptUnknown && KnownScope.isNodeOf(read, session)) {
      // No leader node came of another attempt at that version: this one was applied after the
      // record was read and before the leader node was.
      readAgain();
      return;
    }
    boolean passed = sentBefore && !attemptUnknown;
    boolean overwritten = passed && KnownScope.isNodeOf(read, session, nonce);
    if (overwritten || (passed && read == null)) {
      dropLeader(); // The attempt came true, or may have, and its record was overwritten since.
    }
    known.forget();
    found.view().ifPresent(view -> known.keep(view, false));
    if (claim.isOver() && !attemptUnknown) {
      goIdle();
    } else if (overwritten) {
      known.forget();
      conflicts = 1; // The next reading is behind the deletion.
      become(LeadershipState.READING);
      later(RETRY_NANOS);
    } else if (known.isLeaderThere()) {
      meetLeader(found);
    } else {
      persistentLeaderTold = false;
      if (attemptUnknown) {
        elect(found.view()); // It is finished first, and ended if it is unwanted.
      } else {
        follow(claim.mayTry(found, readingWatches), found.view());
      }
    }
  }

  private void follow(Claim.Answer answer, Optional<ScopeView> found) {
    switch (answer.next()) {
      case TRY -> elect(found);
      case WAIT -> becomeWaiting(answer.wakeNanos());
      case WATCH_FIRST -> look(true);
      case HOLD -> hold(answer.wakeNanos());
      case READ_AGAIN -> readAgain();
      case GIVE_UP -> goIdle();
    }
  }

  private void meetLeader(ScopeReading found) {
    boolean persistent =
        found.view().flatMap(ScopeView::leader).filter(node -> node.owner() == 0).isPresent();
    if (persistent && !persistentLeaderTold) {
      claim.act(new WarnOfPersistentLeader());
    }
    persistentLeaderTold = persistent;
    if (readingWatches && !changed) {
      becomeWaiting(claim.waitsFor(found));
    } else {
      look(true); // Now with a watch, or behind what has changed meanwhile: a watch fires once.
    }
  }

  private void becomeWaiting(long wakeNanos) {
    conflicts = 0;
    known.trailIsLong(commits.needsNames(known.view(), known.hasLongTrail()));
    if (!attemptUnknown) {
      known.forgetView();
    }
    become(LeadershipState.WAITING);
    laterIf(wakeNanos);
  }

  private void elect(Optional<ScopeView> found) {
    if (!attemptUnknown) {
      nonce = candidacy.nonce();
    }
    become(LeadershipState.ELECTING);
    predecessor = found.flatMap(read -> CommitProtocol.predecessorAfter(read.record()));
    send(() -> commits.elect(found, candidacy.incumbent(session, nonce), claim.reason()));
  }

  private void send(Supplier<Commit> making) {
    // A reading from before would tell of the office as it was, and lead to a second copy.
    reading = 0;
    Commit commit;
    try {
      commit = making.get();
    } catch (Throwable thrown) { // A bug of ours, or a class that is missing at run time.
      commitFailed(new CoordinationException("the making of a transaction failed", thrown));
      return;
    }
    sent = commit.after();
    claim.act(new Send(commit, session));
  }

  /** The scope cannot be read or written, while the candidate stands for the office. */
  private void failed(TenureException cause) {
    claim.act(new Refused(cause));
    if (!attemptUnknown) {
      known.forget();
    }
    follow(claim.refused(cause, attemptUnknown), Optional.empty());
  }

  private void granted() {
    conflicts = 0;
    failedReadings = 0;
    commits.elected();
    attemptUnknown = false;
    Optional<Transition.End> unwanted = claim.unwanted();
    if (unwanted.isPresent()) {
      beginEnding(unwanted.get());
      return;
    }
    stopping = false;
    become(LeadershipState.IN_OFFICE);
    claim.granted();
    claim.act(new Grant(known.office(), session, predecessor));
    predecessor = Optional.empty();
    claim.act(new Watch()); // The operators' way to end a tenure is through the leader node.
  }

  // ---- in office ----

  /** In office, after the leader node has changed, or to learn the entries' names. */
  private void inspectOffice(ScopeReading read) {
    if (read.session() != session) {
      return; // The news of that session says what this means.
    }
    if (read.view().isEmpty()) {
      lost(new Transition.Lost("the scope was deleted"));
      return;
    }
    ScopeView found = read.view().get();
    if (!KnownScope.isLedBy(found.record(), nonce)) {
      lost(new Transition.Lost("the record tells of another tenure"));
      return;
    }
    failedReadings = 0;
    known.keep(found, stopping);
    if (!found.hasLeaderNodeOf(nonce, session)) {
      end(new Transition.Revoked("the leader node was deleted by an operator"));
      return;
    }
    byte[] data = found.leader().orElseThrow().data();
    Optional<String> revocation = LeaderNode.revocation(data);
    if (revocation.isPresent()) {
      stop(new Transition.Revoked(revocation.get()));
    } else if (LeaderNode.nonce(data).isEmpty()) {
      claim.act(new WarnOfText(data));
    }
  }

  private void lost(Transition.End lost) {
    claim.act(new LeaseOver(lost));
    dropLeader(); // Where the record alone was emptied, the node is still there.
    known.forget();
    outOfOffice(lost, false);
  }

  private void beginEnding(Transition.End end) {
    ending = end;
    become(LeadershipState.ENDING);
    commitEnd(false);
    if (state == LeadershipState.ENDING) {
      claim.standsNoLonger();
    }
  }

  private void commitEnd(boolean namesRead) {
    ScopeView office = known.office();
    if (!namesRead && commits.missesNames(office)) {
      if (reading == 0) {
        ask(false, false);
      } // Else: the answer that is on its way brings them.
    } else {
      send(() -> commits.end(office, endingNow()));
    }
  }

  /**
   * The outcome of the ending transaction is not known, or the scope had changed, or names came.
   */
  private void decideEnd(ScopeReading read) {
    if (read.session() != session) {
      outOfOffice(endingNow(), false);
      return;
    }
    if (read.view().isEmpty()) {
      giveUpEnding(); // Where the record alone was emptied, the node is still there.
      return;
    }
    ScopeView found = read.view().get();
    boolean newer = found.record().epoch() > known.office().record().epoch();
    known.keep(found, true);
    if (!found.record().isOf(nonce)) {
      if (newer) {
        outOfOffice(endingNow(), true); // A later election has recorded our end.
      } else {
        giveUpEnding(); // The record was set back by hand, and the node is still there.
      }
    } else if (found.record().isLed()) {
      commitEnd(true);
    } else {
      outOfOffice(found.record().end().orElseGet(this::endingNow), true);
    }
  }

  private void giveUpEnding() {
    dropLeader();
    outOfOffice(endingNow(), false);
  }

  private void outOfOffice(Transition.End end, boolean recorded) {
    goIdle();
    claim.act(new Ended(end, recorded));
    claim.left(end);
  }

  // ---- helpers ----

  private Transition.End endingNow() {
    Transition.End end = ending;
    return end == null ? new Transition.Resigned("") : end;
  }

  private void dropLeader() {
    claim.act(new DropLeader(session, nonce));
  }

  private void laterIf(long nanos) {
    if (nanos > 0) {
      later(nanos);
    }
  }

  private void later(long nanos) {
    wake = candidacy.nextNumber();
    claim.act(new Later(wake, nanos));
  }

  private void goIdle() {
    become(LeadershipState.IDLE);
    claim.standsNoLonger();
  }

  /** The one door: every change of state goes through here. */
  private void become(LeadershipState next) {
    if (state != next && !state.successors().contains(next)) {
      throw new IllegalStateException("a leadership cannot go from " + state + " to " + next);
    }
    wake = 0;
    if (next == LeadershipState.IDLE) {
      reading = 0;
      session = 0;
      nonce = "";
      conflicts = 0;
      stopping = false;
      ending = null;
      attemptUnknown = false;
    }
    boolean changes = state != next;
    state = next;
    claim.became(changes ? Optional.of(change()) : Optional.empty());
  }

  private StateChange change() {
    long epoch = known.epoch();
    return switch (state) {
      case ELECTING -> StateChange.electing(session, epoch + 1);
      case IN_OFFICE -> StateChange.inOffice(session, epoch);
      case ENDING -> StateChange.ending(session, epoch, endingNow());
      case IDLE, RESTING -> StateChange.to("idle");
      case QUEUED -> StateChange.to("queued");
      case READING -> StateChange.to("reading");
      case WAITING -> StateChange.to("waiting");
    };
  }
}
