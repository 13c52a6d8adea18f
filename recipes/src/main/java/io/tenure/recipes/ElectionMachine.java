package io.tenure.recipes;

import io.tenure.internal.CommitProtocol;
import io.tenure.internal.EntryNaming;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.scope.Predecessor;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The election of one candidate as a state machine: takes an event, returns what to do. It knows no
 * Curator, clock, thread or log; {@link LeaderElection} feeds it and carries its actions out.
 *
 * <p><b>Who decides.</b> The latch's queue says who may try; the elect transaction alone says who
 * is leader. So being at the head of the queue is a hint: if it is wrong, a transaction fails and
 * the scope is read again.
 *
 * <p><b>Lost answers.</b> A transaction without an answer may have been applied, may be applied
 * later, or never. The machine reads the record and looks for the nonce of its own attempt. If it
 * is not there, it sends <em>the same</em> transaction again, at the version that was read: should
 * the first copy still be on its way, then exactly one of the two finds that version, and a further
 * reading tells the outcome. That is also why an attempt that the user has given up, or that fails
 * for another reason, is not simply forgotten: it could still come true, with no caller to use the
 * lease. The attempt is carried to its end, and then resigned.
 *
 * <p><b>Ends.</b> The lease is over before the transaction that records the end is sent, and never
 * comes back. If the session ends first, the end is recorded by the successor, as {@code lost}.
 *
 * <p>Confined to the monitor's event thread.
 */
final class ElectionMachine {

  private final Supplier<String> nonces;
  private final Consumer<StateChange> trace;

  private ElectionState state = ElectionState.IDLE;
  private boolean headOfQueue;

  /** The user has given up, but an attempt may still come true. */
  private Optional<String> leaving = Optional.empty();

  /** The user wants the office again once the ending of the last tenure is settled. */
  private boolean joinAfterEnd;

  /**
   * The attempt or tenure: the session it belongs to, its nonce, and what was last read or written.
   */
  private long session;

  private String nonce = "";
  private Optional<ScopeView> view = Optional.empty();

  private Optional<Predecessor> predecessor = Optional.empty();

  /** Whether an elect transaction of this nonce has been sent whose outcome is not known. */
  private boolean attemptUnknown;

  private Optional<Transition.End> ending = Optional.empty();

  /** How the next transaction names its entries. */
  private EntryNaming naming = EntryNaming.PLAIN;

  /** How often in a row a try was in vain; the rim pauses longer with each. */
  private int conflicts;

  /** How often in a row the scope could not be read in office. */
  private int failedReadings;

  private boolean persistentLeaderTold;

  /** Whether the leader node has changed since the reading that is under way was asked for. */
  private boolean changedMeanwhile;

  /**
   * A machine.
   *
   * @param trace is told of each change of state
   */
  ElectionMachine(Supplier<String> nonces, Consumer<StateChange> trace) {
    this.nonces = nonces;
    this.trace = trace;
  }

  ElectionState state() {
    return state;
  }

  /** The session of the attempt or the tenure; 0 if there is none. */
  long session() {
    return session;
  }

  /** Takes an event. Events that come too late to matter have no actions. */
  List<ElectionAction> on(ElectionEvent event) {
    List<ElectionAction> out = new ArrayList<>();
    if (event instanceof ElectionEvent.Join) {
      join(out);
    } else if (event instanceof ElectionEvent.Leave leave) {
      leave(leave.reason(), out);
    } else if (event instanceof ElectionEvent.QueueHead) {
      queueHead(out);
    } else if (event instanceof ElectionEvent.QueueLost) {
      queueLost();
    } else if (event instanceof ElectionEvent.ScopeRead read) {
      scopeRead(read, out);
    } else if (event instanceof ElectionEvent.ReadFailed failed) {
      failed(failed.cause(), out);
    } else if (event instanceof ElectionEvent.Committed committed) {
      committed(committed.after(), out);
    } else if (event instanceof ElectionEvent.NotCommitted not) {
      notCommitted(not.unknown(), out);
    } else if (event instanceof ElectionEvent.EntryTaken) {
      naming = EntryNaming.of(nonces.get());
      notCommitted(false, out);
    } else if (event instanceof ElectionEvent.CommitFailed failed) {
      failed(failed.cause(), out);
    } else if (event instanceof ElectionEvent.OfficeChanged) {
      officeChanged(out);
    } else if (event instanceof ElectionEvent.End end) {
      end(end.end(), out);
    } else if (event instanceof ElectionEvent.SessionGone gone) {
      sessionGone(gone.session(), out);
    }
    return out;
  }

  private void join(List<ElectionAction> out) {
    switch (state) {
      case IDLE -> {
        newAttempt();
        become(ElectionState.QUEUED);
        out.add(new ElectionAction.JoinQueue());
      }
      case ENDING -> joinAfterEnd = true;
      // An attempt that was given up is still on its way: take it up again.
      default -> leaving = Optional.empty();
    }
  }

  private void leave(String reason, List<ElectionAction> out) {
    switch (state) {
      case QUEUED -> goIdle(out);
      case READING, WAITING -> {
        if (attemptUnknown) {
          leaving = Optional.of(reason);
        } else {
          goIdle(out);
        }
      }
      case ELECTING -> leaving = Optional.of(reason);
      case ENDING -> joinAfterEnd = false;
      // Granted just before the user gave up: no caller will ever use that lease.
      case IN_OFFICE -> end(new Transition.Resigned(reason), out);
      case IDLE -> {}
    }
  }

  private void queueHead(List<ElectionAction> out) {
    headOfQueue = true;
    if (state == ElectionState.QUEUED) {
      read(out);
    }
  }

  private void queueLost() {
    headOfQueue = false;
    if (state == ElectionState.WAITING && !attemptUnknown) {
      become(ElectionState.QUEUED);
    }
  }

  private void officeChanged(List<ElectionAction> out) {
    switch (state) {
      case WAITING -> read(out);
      case READING -> changedMeanwhile = true;
      case IN_OFFICE -> out.add(new ElectionAction.Read(false, 0));
      default -> {}
    }
  }

  private void scopeRead(ElectionEvent.ScopeRead read, List<ElectionAction> out) {
    switch (state) {
      case READING -> decide(read, out);
      case IN_OFFICE -> inspectOffice(read, out);
      case ENDING -> decideEnd(read, out);
      default -> {}
    }
  }

  /** At the head of the queue, with a fresh reading: who is in office? */
  private void decide(ElectionEvent.ScopeRead read, List<ElectionAction> out) {
    if (read.view().isEmpty() && leaving.isPresent()) {
      // A transaction on a scope that was deleted or emptied cannot come true; it may have before.
      if (attemptUnknown && session == read.session()) {
        dropLeader(out);
      }
      goIdle(out);
      return;
    }
    if (read.view().isEmpty() || read.session() == 0) {
      readAfterPause(out); // Deleted after it was made, or between two sessions: once more.
      return;
    }
    ScopeView found = read.view().get();
    if (isOwn(found.record()) && session == read.session()) {
      view = Optional.of(found);
      granted(out);
      return;
    }
    if (session != read.session()) {
      // What was sent in an earlier session can no longer come true.
      newAttempt();
      session = read.session();
    }
    boolean mayStillCommit =
        attemptUnknown && view.isPresent() && view.get().version() == found.version();
    if (leaving.isPresent() && !mayStillCommit) {
      if (attemptUnknown && isNodeOfTheAttempt(found)) {
        dropLeader(out);
      }
      goIdle(out);
      return;
    }
    boolean sentBefore = attemptUnknown;
    attemptUnknown = mayStillCommit;
    if (found.leader().isPresent()) {
      meetLeader(found, sentBefore, out);
      return;
    }
    persistentLeaderTold = false;
    if (!headOfQueue && !mayStillCommit) {
      become(ElectionState.QUEUED);
      return;
    }
    view = Optional.of(found);
    predecessor = CommitProtocol.predecessorAfter(found.record());
    become(ElectionState.ELECTING);
    out.add(new ElectionAction.Elect(found, session, nonce, naming));
  }

  /**
   * There is a leader node. To wait for the end of a tenure of one's own would leave the scope
   * without a leader for as long as the session lives.
   */
  private void meetLeader(ScopeView found, boolean sentBefore, List<ElectionAction> out) {
    ScopeView.LeaderData node = found.leader().orElseThrow();
    if (attemptUnknown && node.owner() == session) {
      // No leader node came of another attempt at that version: this one was applied after the
      // record was read and before the leader node was.
      readAfterPause(out);
      return;
    }
    if (sentBefore && isNodeOfTheAttempt(found)) {
      // The attempt came true, and its record was overwritten since.
      out.add(new ElectionAction.DropLeader(session, nonce));
      newAttempt();
      session = node.owner();
      readAfterPause(out);
      return;
    }
    view = Optional.of(found);
    if (node.owner() == 0 && !persistentLeaderTold) {
      persistentLeaderTold = true;
      out.add(new ElectionAction.WarnOfPersistentLeader());
    }
    conflicts = 0;
    if (changedMeanwhile) {
      read(out); // The watch has fired before the rest of the answer came, and fires once.
      return;
    }
    become(ElectionState.WAITING);
  }

  private boolean isNodeOfTheAttempt(ScopeView found) {
    return found
        .leader()
        .filter(node -> node.owner() == session)
        .flatMap(node -> LeaderNode.nonce(node.data()))
        .filter(nonce::equals)
        .isPresent();
  }

  private void committed(ScopeView after, List<ElectionAction> out) {
    naming = EntryNaming.PLAIN;
    switch (state) {
      case ELECTING -> {
        view = Optional.of(after);
        granted(out);
      }
      case ENDING -> finishEnd(ending.orElseThrow(), true, out);
      default -> {}
    }
  }

  private void notCommitted(boolean unknown, List<ElectionAction> out) {
    switch (state) {
      case ELECTING -> {
        attemptUnknown |= unknown;
        if (leaving.isPresent() && !attemptUnknown) {
          goIdle(out);
        } else {
          readAfterPause(out);
        }
      }
      case ENDING -> {
        if (++conflicts > CommitProtocol.MANY_CONFLICTS) {
          dropLeader(out); // No other candidate can be elected while the node is there.
          finishEnd(ending.orElseThrow(), false, out);
        } else {
          out.add(new ElectionAction.Read(false, conflicts));
        }
      }
      default -> {}
    }
  }

  private void granted(List<ElectionAction> out) {
    conflicts = 0;
    naming = EntryNaming.PLAIN;
    attemptUnknown = false;
    ScopeView office = view.orElseThrow();
    if (leaving.isPresent()) {
      Transition.End end = new Transition.Resigned(leaving.get());
      leaving = Optional.empty();
      ending = Optional.of(end);
      become(ElectionState.ENDING);
      out.add(new ElectionAction.CommitEnd(office, session, end, naming));
      out.add(new ElectionAction.LeaveQueue());
      return;
    }
    become(ElectionState.IN_OFFICE);
    out.add(new ElectionAction.Grant(office, session, predecessor));
    out.add(new ElectionAction.Read(false, 0)); // to watch the leader node
  }

  /** In office, after the leader node has changed or to set its watch. */
  private void inspectOffice(ElectionEvent.ScopeRead read, List<ElectionAction> out) {
    if (read.session() != session) {
      return; // SessionGone says what this means.
    }
    if (read.view().isEmpty()) {
      Transition.End lost = new Transition.Lost("the scope was deleted");
      over(lost, out);
      dropLeader(out); // Where the record alone was emptied, the node is still there.
      goIdleAfter(lost, false, out);
      return;
    }
    ScopeView found = read.view().get();
    if (!isOwn(found.record())) {
      Transition.End lost = new Transition.Lost("the record tells of another tenure");
      over(lost, out);
      dropLeader(out);
      goIdleAfter(lost, false, out);
      return;
    }
    failedReadings = 0;
    view = Optional.of(found);
    if (!found.hasLeaderNodeOf(nonce, session)) {
      end(new Transition.Revoked("the leader node was deleted by an operator"), out);
      return;
    }
    byte[] data = found.leader().orElseThrow().data();
    Optional<String> revocation = LeaderNode.revocation(data);
    if (revocation.isPresent()) {
      out.add(new ElectionAction.Revoke(revocation.get()));
    } else if (LeaderNode.nonce(data).isEmpty()) {
      out.add(new ElectionAction.WarnOfText(data));
    }
  }

  private void end(Transition.End end, List<ElectionAction> out) {
    if (state != ElectionState.IN_OFFICE) {
      return; // The first reason to end a tenure is the one that counts.
    }
    ending = Optional.of(end);
    over(end, out);
    become(ElectionState.ENDING);
    out.add(new ElectionAction.CommitEnd(view.orElseThrow(), session, end, naming));
    out.add(new ElectionAction.LeaveQueue());
  }

  /** The outcome of the ending transaction is not known, or the scope had changed. */
  private void decideEnd(ElectionEvent.ScopeRead read, List<ElectionAction> out) {
    Transition.End end = ending.orElseThrow();
    if (read.session() != session) {
      finishEnd(end, false, out);
      return;
    }
    if (read.view().isEmpty()) {
      dropLeader(out); // Where the record alone was emptied, the node is still there.
      finishEnd(end, false, out);
      return;
    }
    ScopeView found = read.view().get();
    if (!found.record().isOf(nonce)) {
      // A later election has recorded our end, and the trail says how. Or the record was set back
      // by hand, and the leader node is still there.
      boolean newer = found.record().epoch() > view.orElseThrow().record().epoch();
      if (!newer) {
        dropLeader(out);
      }
      finishEnd(end, newer, out);
    } else if (found.record().isLed()) {
      view = Optional.of(found);
      out.add(new ElectionAction.CommitEnd(found, session, end, naming));
    } else {
      finishEnd(found.record().end().orElse(end), true, out);
    }
  }

  private void failed(TenureException cause, List<ElectionAction> out) {
    switch (state) {
      case READING, ELECTING -> {
        if (attemptUnknown) {
          // The caller need not wait, but the attempt could come true later, without a caller.
          leaving = Optional.of(leaving.orElse(String.valueOf(cause.getMessage())));
          readAfterPause(out);
          out.add(new ElectionAction.Fail(cause));
        } else {
          fail(cause, out);
        }
      }
      case IN_OFFICE -> {
        // Nothing is known against the tenure; but what an operator writes is not seen.
        failedReadings++;
        if (failedReadings == 1) {
          out.add(new ElectionAction.WarnOfReading(cause));
        }
        out.add(new ElectionAction.Read(false, failedReadings));
      }
      case ENDING -> {
        dropLeader(out);
        finishEnd(ending.orElseThrow(), false, out);
      }
      default -> {}
    }
  }

  private void sessionGone(long gone, List<ElectionAction> out) {
    if (gone != session) {
      return;
    }
    switch (state) {
      case IN_OFFICE -> {
        Transition.End lost =
            new Transition.Lost("session " + Sessions.format(gone) + " ended in office");
        over(lost, out);
        goIdleAfter(lost, false, out);
      }
      case ENDING -> finishEnd(ending.orElseThrow(), false, out);
      case ELECTING -> {
        // Nothing that was sent in that session can come true.
        if (leaving.isPresent()) {
          goIdle(out);
        } else {
          attemptUnknown = false;
          become(ElectionState.QUEUED);
          if (headOfQueue) {
            read(out);
          }
        }
      }
      case READING, WAITING -> {
        attemptUnknown = false;
        if (leaving.isPresent()) {
          goIdle(out);
        }
      }
      default -> {}
    }
  }

  private void read(List<ElectionAction> out) {
    changedMeanwhile = false;
    become(ElectionState.READING);
    out.add(new ElectionAction.Read(leaving.isEmpty(), 0));
  }

  /** The last try was in vain: the next comes later. */
  private void readAfterPause(List<ElectionAction> out) {
    conflicts++;
    if (conflicts == CommitProtocol.MANY_CONFLICTS) {
      out.add(new ElectionAction.WarnOfConflicts(conflicts));
    }
    changedMeanwhile = false;
    become(ElectionState.READING);
    out.add(new ElectionAction.Read(leaving.isEmpty(), conflicts));
  }

  private void dropLeader(List<ElectionAction> out) {
    out.add(new ElectionAction.DropLeader(session, nonce));
  }

  private void over(Transition.End end, List<ElectionAction> out) {
    out.add(new ElectionAction.LeaseOver(end));
  }

  private void fail(TenureException cause, List<ElectionAction> out) {
    goIdle(out);
    out.add(new ElectionAction.Fail(cause));
  }

  private void goIdle(List<ElectionAction> out) {
    become(ElectionState.IDLE);
    out.add(new ElectionAction.LeaveQueue());
  }

  private void goIdleAfter(Transition.End end, boolean recorded, List<ElectionAction> out) {
    goIdle(out);
    out.add(new ElectionAction.Ended(end, recorded));
  }

  private void finishEnd(Transition.End end, boolean recorded, List<ElectionAction> out) {
    become(ElectionState.IDLE);
    out.add(new ElectionAction.Ended(end, recorded));
    if (joinAfterEnd) {
      join(out);
    }
  }

  private void newAttempt() {
    nonce = nonces.get();
    session = 0;
    attemptUnknown = false;
    conflicts = 0;
    failedReadings = 0;
    view = Optional.empty();
    ending = Optional.empty();
    naming = EntryNaming.PLAIN;
  }

  private boolean isOwn(ScopeRecord record) {
    return record.isLed() && record.isOf(nonce);
  }

  /** The one door: every change of state goes through here. */
  private void become(ElectionState next) {
    if (state != next && !state.successors().contains(next)) {
      throw new IllegalStateException("an election cannot go from " + state + " to " + next);
    }
    if (next == ElectionState.IDLE) {
      leaving = Optional.empty();
      headOfQueue = false;
    }
    if (next == ElectionState.QUEUED && state == ElectionState.IDLE) {
      joinAfterEnd = false;
    }
    boolean changes = state != next;
    state = next;
    if (changes) {
      trace.accept(change());
    }
  }

  private StateChange change() {
    long epoch = view.map(known -> known.record().epoch()).orElse(0L);
    return switch (state) {
      case ELECTING -> StateChange.electing(session, epoch + 1);
      case IN_OFFICE -> StateChange.inOffice(session, epoch);
      case ENDING -> StateChange.ending(session, epoch, ending.orElseThrow());
      case IDLE -> StateChange.to("idle");
      case QUEUED -> StateChange.to("queued");
      case READING -> StateChange.to("reading");
      case WAITING -> StateChange.to("waiting");
    };
  }
}
