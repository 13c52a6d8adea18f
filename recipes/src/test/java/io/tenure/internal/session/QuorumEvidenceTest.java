package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import net.jqwik.api.Example;

/**
 * What answers prove, to the millisecond. The session timeout is 12 s and tickTime 2 s: contacts
 * settle after 1,600 ms and are kept 400 ms apart, and the reach is 3 s.
 */
class QuorumEvidenceTest {

  private static final long MILLI = 1_000_000;
  private static final long TIMEOUT = 12_000 * MILLI;
  private static final SessionTiming TIMING =
      SessionTiming.of(Optional.empty(), Duration.ofSeconds(2), false);

  private QuorumEvidence evidence = new QuorumEvidence(TIMING, TIMEOUT, Optional.empty());

  private static Moment at(long millis) {
    return new Moment(millis * MILLI, millis);
  }

  private void answered(long millis) {
    evidence.answered(at(millis), at(millis), TIMEOUT);
  }

  private Optional<Moment> settledBy(long millis) {
    return evidence
        .acknowledged(at(millis), at(millis), TIMEOUT)
        .map(QuorumEvidence.Proof::settled);
  }

  @Example
  void aContactIsKeptFromAQuarterOfTheSettlingTimeAfterTheLastOne() {
    answered(0);
    answered(399);
    assertThat(settledBy(2_100)).contains(at(0));

    evidence = new QuorumEvidence(TIMING, TIMEOUT, Optional.empty());
    answered(0);
    answered(400);
    assertThat(settledBy(2_100)).contains(at(400));
  }

  @Example
  void anOperationSettlesAContactThatWasAnsweredTheSettlingTimeBefore() {
    evidence.answered(at(0), at(100), TIMEOUT);
    assertThat(settledBy(1_699)).isEmpty();
    assertThat(settledBy(1_700)).contains(at(0));
  }

  @Example
  void whatIsSettledAndTheNewestOperationNeverGoBack() {
    answered(0);
    answered(2_000);
    assertThat(settledBy(4_000)).contains(at(2_000));
    QuorumEvidence.Proof late = evidence.acknowledged(at(3_900), at(4_100), TIMEOUT).orElseThrow();
    assertThat(late.sent()).isEqualTo(at(4_000));
    assertThat(late.settled()).isEqualTo(at(2_000));
  }

  @Example
  void aReconnectDoesNotSetBackWhatIsSettled() {
    evidence = new QuorumEvidence(TIMING, TIMEOUT, Optional.of(at(1_000)));
    assertThat(evidence.acknowledged(at(500), at(600), TIMEOUT).orElseThrow().settled())
        .isEqualTo(at(1_000));
    evidence.connected(TIMEOUT);
    assertThat(evidence.proof().orElseThrow().settled()).isEqualTo(at(1_000));
  }

  @Example
  void aConnectionThatMayBeTheFirstSettlesNothingAndLimitsTheTimeout() {
    evidence = new QuorumEvidence(TIMING, TIMEOUT, Optional.of(at(0)));
    evidence.acknowledged(at(500), at(600), TIMEOUT);
    evidence.mayHaveConnected(4_000 * MILLI);
    assertThat(evidence.proof().orElseThrow().settled()).isEqualTo(at(0));
    assertThat(evidence.timeoutNanos()).isEqualTo(4_000 * MILLI);
  }

  @Example
  void aReconnectBeforeAnyAnswerSettlesNothing() {
    evidence.connected(TIMEOUT);
    assertThat(evidence.acknowledged(at(10), at(10), TIMEOUT)).isEmpty();
  }

  @Example
  void anOperationIsWorthWaitingForUntilItsContactIsSettled() {
    assertThat(evidence.nanosUntilSettled(at(0))).isEmpty();
    answered(0);
    assertThat(evidence.nanosUntilSettled(at(1_000))).contains(600 * MILLI);
    assertThat(evidence.nanosUntilSettled(at(3_000))).contains(0L);
    assertThat(evidence.nanosUntilSettled(at(3_001))).isEmpty();
  }

  @Example
  void whatIsSettledNeedsNoWaitWithinTheReach() {
    evidence = new QuorumEvidence(TIMING, TIMEOUT, Optional.of(at(0)));
    assertThat(evidence.nanosUntilSettled(at(3_000))).contains(0L);
    assertThat(evidence.nanosUntilSettled(at(3_001))).isEmpty();
  }

  @Example
  void theTimeoutsAreToldAsTheyAreInForce() {
    assertThat(evidence.timeoutNanos()).isEqualTo(TIMEOUT);
    evidence.connected(4_000 * MILLI);
    assertThat(evidence.timeoutNanos()).isEqualTo(4_000 * MILLI);
    assertThat(evidence.longestTimeoutNanos()).isEqualTo(TIMEOUT);
  }

  @Example
  void anObserverBehindAFollowerDoublesTheSettlingTime() {
    assertThat(TIMING.settleNanos(TIMEOUT)).isEqualTo(1_600 * MILLI);
    SessionTiming relayed = SessionTiming.of(Optional.empty(), Duration.ofSeconds(2), true);
    assertThat(relayed.settleNanos(TIMEOUT)).isEqualTo(3_200 * MILLI);
    assertThat(relayed.reachNanos(TIMEOUT)).isEqualTo(4_000 * MILLI);
    SessionTiming often =
        SessionTiming.of(Optional.of(Duration.ofMillis(400)), Duration.ofSeconds(2), true);
    assertThat(often.settleNanos(TIMEOUT))
        .as("half of a short ack interval is less than the allowance")
        .isEqualTo(2_400 * MILLI);
  }

  @Example
  void theAnchorIsTheEarlierOfTheOperationAndTheSettledContactWithItsReach() {
    QuorumEvidence.Proof proof = new QuorumEvidence.Proof(at(5_000), at(1_000), TIMEOUT);
    assertThat(proof.anchor(3_000 * MILLI)).isEqualTo(at(4_000));
    assertThat(proof.anchor(4_500 * MILLI)).isEqualTo(at(5_000));
  }
}
