package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.ScopeView;
import io.tenure.scope.AuditEntry;
import io.tenure.testing.InMemoryScope;
import java.util.Optional;
import net.jqwik.api.Example;

/**
 * Schedules of an election that once went wrong, each reduced to the few events that it takes;
 * {@link ElectionSimulationTest} looks for others.
 */
class KeptSchedulesTest {

  private final InMemoryScope scope = new InMemoryScope();
  private final ScheduledCandidate first = new ScheduledCandidate(scope, "w-1", 1);
  private final ScheduledCandidate second = new ScheduledCandidate(scope, "w-2", 2);

  private static void isCalledAndReads(ScheduledCandidate candidate) {
    candidate.joins();
    candidate.isCalledFromTheQueue();
    candidate.hasRead();
  }

  private String history() {
    StringBuilder words = new StringBuilder();
    for (AuditEntry entry : scope.history) {
      words.append(entry.transition().word()).append(' ').append(entry.epoch()).append(' ');
    }
    return words.toString().strip();
  }

  /**
   * It waited for its own leader node to go, and no candidate led for as long as its session lived.
   * Found by the simulation.
   */
  @Example
  void anElectionThatIsAppliedBetweenTheTwoReadsOfItsCandidateIsNotWaitedFor() {
    isCalledAndReads(first);
    first.losesTheConnection();
    ScopeView before = scope.read();
    assertThat(first.whatWasSentFirstArrives()).isTrue();
    first.hasRead(before);
    first.settles();
    assertThat(first.holdsLease()).isTrue();
    assertThat(history()).isEqualTo("elected 1");
  }

  /**
   * The leader took the node of the next one for a text in its own, and held its lease on. Found by
   * the simulation, after 150,000 schedules.
   */
  @Example
  void aLeaderThatFindsTheNodeOfTheNextBesideItsOwnRecordHoldsNoLease() {
    isCalledAndReads(first);
    first.isAnswered();
    first.hasRead();
    assertThat(first.holdsLease()).isTrue();
    ScopeView before = scope.read();
    scope.leader = Optional.empty(); // By an operator.
    isCalledAndReads(second);
    second.isAnswered();
    first.hearsThatTheOfficeHasChanged();
    first.hasRead(before);
    assertThat(first.holdsLease()).isFalse();
    assertThat(second.holdsLease()).isTrue();
  }

  /**
   * Its leader node belonged to no lease, and no candidate could be elected. The simulation and the
   * model find it.
   */
  @Example
  void anAttemptThatIsGivenUpWhileItsOutcomeIsUnknownAndComesTrueFreesTheOffice() {
    isCalledAndReads(first);
    first.losesTheConnection();
    first.givesUp();
    assertThat(first.whatWasSentFirstArrives()).isTrue();
    first.settles();
    assertThat(first.isIdle()).isTrue();
    assertThat(first.holdsLease()).isFalse();
    isCalledAndReads(second);
    second.settles();
    assertThat(second.holdsLease()).isTrue();
    assertThat(history()).isEqualTo("elected 1 resigned 1 elected 2");
  }

  /** The same where the attempt never arrives: it is carried to an end, and that end is its own. */
  @Example
  void anAttemptThatIsGivenUpAndNeverArrivesIsCarriedToItsEnd() {
    isCalledAndReads(first);
    first.losesTheConnection();
    first.givesUp();
    first.hasRead(); // The same transaction is sent again, and one of the two is applied.
    first.isAnswered();
    first.settles();
    assertThat(first.isIdle()).isTrue();
    assertThat(scope.leader).isEmpty();
    assertThat(history()).isEqualTo("elected 1 resigned 1");
  }
}
