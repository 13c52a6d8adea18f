package io.tenure.recipes;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.testing.InMemoryScope;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * One candidate of an election on a scope in memory, whose network and servers do what a test says,
 * step by step: the simulation's rim without its dice.
 */
final class ScheduledCandidate {

  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");

  private final InMemoryScope scope;
  private final String id;
  private final ElectionMachine machine;
  private final long session;
  private int nonces;

  /** What was sent and has no answer yet, or has none any longer and may still arrive. */
  private final Deque<Commit> sent = new ArrayDeque<>();

  private boolean reads;
  private boolean holdsLease;

  ScheduledCandidate(InMemoryScope scope, String id, long session) {
    this.scope = scope;
    this.id = id;
    this.session = session;
    this.machine = new ElectionMachine(() -> id + "-" + nonces++, change -> {});
  }

  private void feed(ElectionEvent event) {
    for (ElectionAction action : machine.on(event)) {
      if (action instanceof ElectionAction.Read) {
        reads = true;
      } else if (action instanceof ElectionAction.Elect elect) {
        Candidate candidate = new Candidate(id, "h", 1, Optional.empty());
        Incumbent incumbent =
            new Incumbent(candidate, Sessions.format(elect.session()), elect.nonce(), NOW);
        sent.add(
            CommitProtocol.elect(
                elect.view(), incumbent, "head", Retention.KEEP_ALL, NOW, elect.naming()));
      } else if (action instanceof ElectionAction.CommitEnd end) {
        sent.add(CommitProtocol.end(end.view(), end.end(), Retention.KEEP_ALL, NOW, end.naming()));
      } else if (action instanceof ElectionAction.Grant) {
        holdsLease = true;
      } else if (action instanceof ElectionAction.LeaseOver) {
        holdsLease = false;
      } else if (action instanceof ElectionAction.DropLeader) {
        scope.sessionEnds(session);
      }
    }
  }

  // ---- what the user does ----

  void joins() {
    feed(new ElectionEvent.Join());
  }

  void givesUp() {
    feed(new ElectionEvent.Leave("gave up"));
  }

  // ---- what the network and the servers do ----

  void isCalledFromTheQueue() {
    feed(new ElectionEvent.QueueHead());
  }

  void hearsThatTheOfficeHasChanged() {
    feed(new ElectionEvent.OfficeChanged());
  }

  /** The reading that is under way is answered with what there is. */
  void hasRead() {
    hasRead(scope.read());
  }

  /** The same with a record that was read earlier than the leader node. */
  void hasRead(ScopeView record) {
    if (!reads) {
      throw new AssertionError(id + " reads nothing, it is " + machine.state());
    }
    reads = false;
    ScopeView found =
        new ScopeView(record.record(), record.version(), scope.leader, record.entryNames());
    feed(new ElectionEvent.ScopeRead(Optional.of(found), session));
  }

  /** The connection is lost with the transaction that was sent last; it may arrive later. */
  void losesTheConnection() {
    feed(new ElectionEvent.NotCommitted(true));
  }

  /** The oldest transaction that has not arrived does, without an answer. */
  boolean whatWasSentFirstArrives() {
    return scope.apply(sent.remove(), session);
  }

  /** The transaction that was sent last arrives and is answered. */
  void isAnswered() {
    Commit commit = sent.removeLast();
    feed(
        scope.apply(commit, session)
            ? new ElectionEvent.Committed(commit.after())
            : new ElectionEvent.NotCommitted(false));
  }

  /** All that is under way is answered, until nothing is. */
  void settles() {
    for (int step = 0; reads || !sent.isEmpty(); step++) {
      if (step > 100) {
        throw new AssertionError(id + " never settles, it is " + machine.state());
      }
      if (!sent.isEmpty()) {
        isAnswered();
      } else {
        hasRead();
      }
    }
  }

  // ---- what it is ----

  boolean holdsLease() {
    return holdsLease;
  }

  boolean isIdle() {
    return machine.state() == ElectionState.IDLE;
  }
}
