package io.tenure.internal.leadership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.tenure.internal.StateChange;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.Example;

/**
 * What no claim can do to a leadership. The ways of the two claims are told by the tests of
 * elections and of shards.
 */
class ScopeLeadershipTest {

  private static final long SESSION = 1;

  private final InMemoryScope scope = new InMemoryScope();
  private final List<LeadershipAction> actions = new ArrayList<>();
  private final List<Transition.End> ends = new ArrayList<>();
  private final Anything claim = new Anything();
  private final ScopeLeadership leadership =
      new ScopeLeadership(
          new Candidacy(
              new Candidate("w-1", "h", 1, Optional.empty()), Retention.KEEP_ALL, () -> "n", true),
          claim);

  private LeadershipAction.Send elects() {
    leadership.look();
    LeadershipAction.Read read = (LeadershipAction.Read) last();
    leadership.read(read.number(), new ScopeReading(scope.find(), SESSION));
    return (LeadershipAction.Send) last();
  }

  private LeadershipAction last() {
    return actions.get(actions.size() - 1);
  }

  @Example
  void aTransactionThatCannotBeMadeIsRefusedAndNotWaitedFor() {
    claim.broken = true;
    leadership.look();
    LeadershipAction.Read read = (LeadershipAction.Read) last();
    leadership.read(read.number(), new ScopeReading(scope.find(), SESSION));
    assertThat(last()).isInstanceOf(LeadershipAction.Refused.class);
    assertThat(((LeadershipAction.Refused) last()).cause()).hasCauseInstanceOf(Error.class);
    assertThat(leadership.state()).isEqualTo(LeadershipState.IDLE);
  }

  @Example
  void anAnswerToAnotherReadingThanTheLastChangesNothing() {
    leadership.look();
    LeadershipAction.Read first = (LeadershipAction.Read) last();
    leadership.look();
    leadership.read(first.number(), new ScopeReading(scope.find(), SESSION));
    leadership.readFailed(first.number(), Optional.empty());
    assertThat(actions).hasSize(2).hasOnlyElementsOfType(LeadershipAction.Read.class);
    assertThat(leadership.state()).isEqualTo(LeadershipState.READING);
  }

  @Example
  void anAnswerThatComesTwiceElectsOnce() {
    LeadershipAction.Send send = elects();
    assertThat(scope.apply(send.commit(), SESSION)).isTrue();
    leadership.committed();
    int before = actions.size();
    leadership.committed();
    leadership.notCommitted(true);
    assertThat(actions).hasSize(before);
    assertThat(leadership.epochInOffice()).isEqualTo(1);
  }

  @Example
  void theClaimIsToldOnceHowTheTenureEnded() {
    assertThat(scope.apply(elects().commit(), SESSION)).isTrue();
    leadership.committed();
    leadership.end(new Transition.Resigned("done"));
    leadership.end(new Transition.Lapsed("later"));
    leadership.committed();
    assertThat(ends).containsExactly(new Transition.Resigned("done"));
    assertThat(leadership.state()).isEqualTo(LeadershipState.IDLE);
    assertThat(leadership.session()).isZero();
  }

  @Example
  void aClaimThatWantsWhatCannotBeIsABug() {
    assertThat(scope.apply(elects().commit(), SESSION)).isTrue();
    leadership.committed();
    assertThatIllegalStateException()
        .isThrownBy(() -> leadership.hold(0))
        .withMessage("a leadership cannot go from IN_OFFICE to RESTING");
  }

  /** A claim that always lets the candidate try. */
  private final class Anything implements Claim {
    private boolean broken;

    @Override
    public boolean isOver() {
      return false;
    }

    @Override
    public Answer mayTry(ScopeReading found, boolean watched) {
      return Answer.of(Next.TRY);
    }

    @Override
    public Optional<Transition.End> unwanted() {
      return Optional.empty();
    }

    @Override
    public String reason() {
      if (broken) {
        throw new NoSuchMethodError("as with another version of a library");
      }
      return "always";
    }

    @Override
    public LeadershipState held() {
      return LeadershipState.RESTING;
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
      return OptionalLong.of(0);
    }

    @Override
    public long endsInVain(int conflicts) {
      return 0;
    }

    @Override
    public Answer refused(TenureException cause, boolean attemptUnknown) {
      return Answer.of(Next.GIVE_UP);
    }

    @Override
    public long officeUnreadable(TenureException cause, int times) {
      return 1;
    }

    @Override
    public void act(LeadershipAction action) {
      actions.add(action);
    }

    @Override
    public void became(Optional<StateChange> change) {}

    @Override
    public void woken() {}

    @Override
    public void granted() {}

    @Override
    public void endRefused(TenureException cause) {}

    @Override
    public void standsNoLonger() {}

    @Override
    public void left(Transition.End end) {
      ends.add(end);
    }

    @Override
    public void sessionEnded() {}
  }
}
