package io.tenure.recipes;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeView;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.internal.leadership.ScopeReading;
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

  /** The reading that is under way, and the pause that is not over; 0 if there is none. */
  private long reading;

  private long pause;
  private boolean watches;
  private boolean holdsLease;

  ScheduledCandidate(InMemoryScope scope, String id, long session) {
    this.scope = scope;
    this.id = id;
    this.session = session;
    this.machine =
        new ElectionMachine(
            new Candidate(id, "h", 1, Optional.empty()),
            Retention.KEEP_ALL,
            () -> id + "-" + nonces++,
            () -> 0,
            change -> {});
  }

  private void feed(ElectionEvent event) {
    for (ElectionAction action : machine.on(event, NOW)) {
      if (action instanceof ElectionAction.OfScope of) {
        perform(of.action());
      }
    }
  }

  private void perform(LeadershipAction action) {
    if (action instanceof LeadershipAction.Read read) {
      reading = read.number();
    } else if (action instanceof LeadershipAction.Watch) {
      watches = true; // A reading sets the watch.
    } else if (action instanceof LeadershipAction.Later later) {
      pause = later.number();
    } else if (action instanceof LeadershipAction.Send send) {
      sent.add(send.commit());
    } else if (action instanceof LeadershipAction.Grant) {
      holdsLease = true;
    } else if (action instanceof LeadershipAction.LeaseOver) {
      holdsLease = false;
    } else if (action instanceof LeadershipAction.DropLeader) {
      scope.sessionEnds(session);
    }
  }

  /** Whether a reading is under way, or is once a pause is over. */
  private boolean reads() {
    if (watches) {
      watches = false;
      feed(new ElectionEvent.OfficeChanged());
    }
    if (reading == 0 && pause != 0) {
      feed(new ElectionEvent.Wake(pause));
      pause = 0;
    }
    return reading != 0;
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
    if (!reads()) {
      throw new AssertionError(id + " reads nothing, it is " + machine.state());
    }
    long number = reading;
    reading = 0;
    ScopeView found =
        new ScopeView(record.record(), record.version(), scope.leader, record.entryNames());
    feed(new ElectionEvent.ScopeRead(number, new ScopeReading(Optional.of(found), session)));
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
            ? new ElectionEvent.Committed()
            : new ElectionEvent.NotCommitted(false));
  }

  /** All that is under way is answered, until nothing is. */
  void settles() {
    for (int step = 0; reads() || !sent.isEmpty(); step++) {
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
    return machine.state() == LeadershipState.IDLE;
  }
}
