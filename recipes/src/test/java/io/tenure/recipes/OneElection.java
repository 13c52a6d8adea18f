package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Backoff;
import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.internal.leadership.ScopeReading;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One election and its scope, told as what the election hears and what it then wants done: pauses
 * are over at once when the next answer comes.
 */
abstract class OneElection {

  static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  static final long SESSION = 1;

  final List<StateChange> changes = new ArrayList<>();
  int nonces;
  InMemoryScope scope = new InMemoryScope();
  ElectionMachine machine = machine();

  /** The transaction that was sent last. */
  Optional<Commit> sent = Optional.empty();

  // What the machine asked for last; 0 if it has been answered.
  private long reading;
  private long wake;

  /** The scope is read at once. */
  record Reads(boolean stands) {}

  /** The scope is read after a pause. */
  record Pauses(long nanos) {}

  /** An election is sent on what was read, in that session. */
  record Elects(int version, long epoch, long session, String nonce, boolean plainNames) {}

  /** The end of a tenure is sent. */
  record Ends(int version, long epoch, long session, Transition.End end, boolean plainNames) {}

  final ElectionMachine machine() {
    return new ElectionMachine(
        by("n", SESSION).candidate(),
        Retention.KEEP_ALL,
        () -> "n" + ++nonces,
        () -> 0,
        changes::add);
  }

  /** The nonce that was drawn last. */
  final String nonce() {
    return "n" + nonces;
  }

  final void again() {
    scope = new InMemoryScope();
    machine = machine();
    reading = 0;
    wake = 0;
  }

  // ---- what the election hears ----

  /** What it then wants done, in words that tests compare. */
  final List<Object> on(ElectionEvent event) {
    return inWords(actions(event));
  }

  private List<ElectionAction> actions(ElectionEvent event) {
    List<ElectionAction> actions = machine.on(event, NOW);
    for (ElectionAction action : actions) {
      if (action instanceof ElectionAction.OfScope of) {
        if (of.action() instanceof LeadershipAction.Read read) {
          reading = read.number();
        } else if (of.action() instanceof LeadershipAction.Later later) {
          wake = later.number();
        } else if (of.action() instanceof LeadershipAction.Send send) {
          sent = Optional.of(send.commit());
        }
      }
    }
    return actions;
  }

  final List<Object> read(Optional<ScopeView> found, long session) {
    return on(reads(found, session));
  }

  final List<Object> read(ScopeView found) {
    return read(Optional.of(found), SESSION);
  }

  final List<Object> read() {
    return read(scope.read());
  }

  /** The answer to the reading that is waited for, or that comes after the pause. */
  final ElectionEvent reads(Optional<ScopeView> found, long session) {
    long answered = asked();
    return new ElectionEvent.ScopeRead(answered, new ScopeReading(found, session));
  }

  final ElectionEvent readFails(TenureException cause) {
    return new ElectionEvent.ReadFailed(asked(), cause);
  }

  private long asked() {
    if (reading == 0 && wake != 0) {
      actions(new ElectionEvent.Wake(wake));
    }
    if (reading == 0) {
      actions(new ElectionEvent.OfficeChanged());
    }
    long asked = reading;
    reading = 0;
    wake = 0;
    return asked;
  }

  // ---- in words ----

  private static List<Object> inWords(List<ElectionAction> actions) {
    List<Object> words = new ArrayList<>();
    for (ElectionAction action : actions) {
      if (action instanceof ElectionAction.OfScope of) {
        words.add(inWords(of.action()));
      } else {
        words.add(action);
      }
    }
    return words;
  }

  private static Object inWords(LeadershipAction action) {
    if (action instanceof LeadershipAction.Read read) {
      return new Reads(read.stands());
    } else if (action instanceof LeadershipAction.Later later) {
      return new Pauses(later.nanos());
    } else if (action instanceof LeadershipAction.Send send) {
      Commit commit = send.commit();
      int version = commit.after().version() - 1;
      long epoch = commit.after().record().epoch();
      boolean plain = commit.after().record().suffix().isEmpty();
      return commit.elects()
          ? new Elects(
              version,
              epoch,
              send.session(),
              commit.after().record().incumbent().orElseThrow().nonce(),
              plain)
          : new Ends(
              version, epoch, send.session(), commit.after().record().end().orElseThrow(), plain);
    }
    return action;
  }

  /** The pause after so many tries in a row that were in vain. */
  static Pauses pauses(int times) {
    return new Pauses(
        Backoff.nanos(
            ElectionMachine.FIRST_PAUSE_NANOS, ElectionMachine.LONGEST_PAUSE_NANOS, times, 0));
  }

  final Elects elects(ScopeView on, long session, String nonce) {
    return new Elects(on.version(), on.record().epoch() + 1, session, nonce, true);
  }

  final Ends ends(ScopeView on, long session, Transition.End end) {
    return new Ends(on.version(), on.record().epoch(), session, end, true);
  }

  // ---- stories ----

  static Incumbent by(String nonce, long session) {
    return new Incumbent(
        new Candidate("w-" + session, "h", 1, Optional.empty()),
        Sessions.format(session),
        nonce,
        NOW);
  }

  final Commit elect(String nonce, long session) {
    return CommitProtocol.elect(scope.read(), by(nonce, session), "h", Retention.KEEP_ALL, NOW);
  }

  final void atHead() {
    on(new ElectionEvent.Join());
    on(new ElectionEvent.QueueHead());
    assertThat(machine.state()).isEqualTo(LeadershipState.READING);
  }

  final List<Object> inOffice() {
    atHead();
    read();
    assertThat(scope.apply(elect(nonce(), SESSION), SESSION)).isTrue();
    List<Object> actions = on(new ElectionEvent.Committed());
    assertThat(machine.state()).isEqualTo(LeadershipState.IN_OFFICE);
    return actions;
  }
}
