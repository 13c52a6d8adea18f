package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.LeaseClock;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Optional;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

/** What a lease has left, by the acknowledgement and the session timeout that go with it. */
class LeaseBoundsTest {

  private static final long MILLI = 1_000_000;
  private static final long SESSION = 7;
  private static final long LONG_TIMEOUT = 12_000 * MILLI;
  private static final long SHORT_TIMEOUT = 4_000 * MILLI;

  /** The margin is 2 s + 1 s + 0.6 s of 12 s, and 0.667 s + 1 s + 0.2 s of 4 s. */
  private static final LeaseTerms TERMS = terms(Optional.empty());

  private long nowMillis;
  private Monitor.Acknowledgement last = acknowledged(SESSION, 0, 0, LONG_TIMEOUT);
  private long connectionTimeoutNanos = LONG_TIMEOUT;
  private final LeaseBounds bounds = bounds(TERMS);

  private static LeaseTerms terms(Optional<Duration> margin) {
    return terms(margin, Duration.ofHours(1));
  }

  private static LeaseTerms leaseOf(Duration lease) {
    return terms(Optional.empty(), lease);
  }

  private static LeaseTerms terms(Optional<Duration> margin, Duration lease) {
    return LeaseTerms.of(
        Duration.ofNanos(LONG_TIMEOUT),
        Optional.empty(),
        Duration.ofSeconds(2),
        margin,
        Optional.of(lease));
  }

  private LeaseBounds bounds(LeaseTerms terms) {
    LeaseClock clock =
        new LeaseClock() {
          @Override
          public long monotonicNanos() {
            return nowMillis * MILLI;
          }

          @Override
          public long wallMillis() {
            return nowMillis;
          }
        };
    return new LeaseBounds(clock, () -> last, terms, SESSION, at(0));
  }

  private static Moment at(long millis) {
    return new Moment(millis * MILLI, millis);
  }

  private Monitor.Acknowledgement acknowledged(
      long session, long sentMillis, long settledMillis, long timeoutNanos) {
    return new Monitor.Acknowledgement(
        session,
        new QuorumEvidence.Proof(at(sentMillis), at(settledMillis), timeoutNanos),
        () -> connectionTimeoutNanos);
  }

  private long remainingMillis() {
    return bounds.remainingNanos() / MILLI;
  }

  @Example
  void anAcknowledgementIsWorthTheSessionTimeoutLessTheMargin() {
    assertThat(bounds.remainingNanos()).isEqualTo(8_400 * MILLI);
    nowMillis = 8_399;
    assertThat(bounds.remainingNanos()).isEqualTo(MILLI);
    nowMillis = 8_400;
    assertThat(bounds.remainingNanos()).isZero();
  }

  @Example
  void anAcknowledgementOfAnotherSessionIsWorthNothing() {
    last = acknowledged(SESSION + 1, 0, 0, LONG_TIMEOUT);
    assertThat(bounds.acknowledgementAgeNanos(at(1))).isEqualTo(Long.MAX_VALUE);
    assertThat(bounds.remainingNanos()).isZero();
    assertThat(bounds.whyOver()).contains("the client's session is over or was given up");
  }

  @Example
  void aContactThatIsTooOldShortensTheLease() {
    nowMillis = 5_000;
    last = acknowledged(SESSION, 5_000, 0, LONG_TIMEOUT);
    assertThat(remainingMillis()).isEqualTo(3_000 + 8_400 - 5_000);
  }

  @Example
  void aShorterTimeoutOfTheNextConnectionCountsBeforeAnythingIsAcknowledgedOnIt() {
    nowMillis = 1_000;
    assertThat(remainingMillis()).isEqualTo(7_400);
    connectionTimeoutNanos = SHORT_TIMEOUT;
    assertThat(remainingMillis()).isEqualTo(2_133 - 1_000);
    assertThat(bounds.acknowledgementAgeNanos(at(1_000))).isEqualTo(Long.MAX_VALUE);
    assertThat(bounds.terms().ackIntervalNanos() / MILLI).isEqualTo(666);
  }

  @Example
  void anAcknowledgementForAShorterTimeoutStaysThatWhenTheNextConnectionHasALongerOne() {
    last = acknowledged(SESSION, 0, 0, SHORT_TIMEOUT);
    connectionTimeoutNanos = LONG_TIMEOUT;
    assertThat(remainingMillis()).isEqualTo(2_133);
    last = acknowledged(SESSION, 0, 0, LONG_TIMEOUT);
    assertThat(remainingMillis()).isEqualTo(8_400);
  }

  @Example
  void aTimeoutBelowTheMarginEndsTheLeaseForGoodAndSaysSo() {
    LeaseBounds wide = bounds(terms(Optional.of(Duration.ofSeconds(5))));
    assertThat(wide.remainingNanos()).isEqualTo(7_000 * MILLI);
    connectionTimeoutNanos = SHORT_TIMEOUT;
    assertThat(wide.remainingNanos()).isZero();
    assertThat(wide.whyOver())
        .contains("the session timeout is 4000 ms and not 12000 ms")
        .contains("no more than the safety margin 5000 ms");
    connectionTimeoutNanos = LONG_TIMEOUT;
    assertThat(wide.remainingNanos()).isZero();
  }

  @Example
  void aConnectionThatEndedTheSessionLeavesNothing() {
    connectionTimeoutNanos = -1;
    assertThat(bounds.remainingNanos()).isZero();
  }

  @Example
  void noAcknowledgementAtAllIsWorthNothing() {
    last = null;
    assertThat(bounds.acknowledgementAgeNanos(at(1))).isEqualTo(Long.MAX_VALUE);
    assertThat(bounds.whyOver()).contains("the client's session is over or was given up");
    assertThat(bounds.terms()).isEqualTo(TERMS);
    assertThat(bounds.remainingNanos()).isZero();
  }

  @Example
  void anAcknowledgementIsAsOldAsItsRequest() {
    last = acknowledged(SESSION, 300, 200, LONG_TIMEOUT);
    assertThat(bounds.acknowledgementAgeNanos(at(1_000))).isEqualTo(700 * MILLI);
  }

  @Example
  void aMarginAsLongAsTheTimeoutLeavesNothingWhateverTheClocksSay() {
    LeaseBounds wide = bounds(terms(Optional.of(Duration.ofSeconds(5))));
    connectionTimeoutNanos = 5_000 * MILLI;
    last = acknowledged(SESSION, 10, 10, LONG_TIMEOUT);
    assertThat(wide.remainingNanos()).isZero();
    assertThat(wide.whyOver()).endsWith("no more than the safety margin 5000 ms");
  }

  @Example
  void renewalMovesTheProgressBoundUntilTheMomentInWhichItIsReached() {
    LeaseBounds brief = bounds(leaseOf(Duration.ofSeconds(3)));
    nowMillis = 2_999;
    assertThat(brief.remainingNanos()).isEqualTo(MILLI);
    brief.progress(at(2_999));
    assertThat(brief.remainingNanos()).isEqualTo(3_000 * MILLI);
    nowMillis = 5_999;
    last = acknowledged(SESSION, 5_999, 5_999, LONG_TIMEOUT);
    brief.progress(at(5_999));
    assertThat(brief.remainingNanos()).isZero();
  }

  @Example
  void aLeaseThatEndedStaysSo() {
    bounds.end();
    assertThat(bounds.remainingNanos()).isZero();
  }

  @Example
  void theReasonTellsBothAges() {
    LeaseBounds brief = bounds(leaseOf(Duration.ofSeconds(3)));
    nowMillis = 1_000;
    brief.progress(at(1_000));
    last = acknowledged(SESSION, 3_000, 3_000, LONG_TIMEOUT);
    nowMillis = 4_500;
    assertThat(brief.whyOver())
        .isEqualTo(
            "last renewal by the working thread 3500 ms ago, last acknowledgement by the quorum 1500 ms ago");
  }

  @Property(tries = 2000)
  void whatIsLeftIsTheDesignsFormula(
      @ForAll @LongRange(min = 0, max = 20_000) long sent,
      @ForAll @LongRange(min = 0, max = 20_000) long settled,
      @ForAll @LongRange(min = 0, max = 20_000) long later,
      @ForAll @LongRange(min = 1, max = 60) long ackTimeoutSeconds,
      @ForAll @LongRange(min = 1, max = 60) long connectionTimeoutSeconds) {
    nowMillis = sent + later;
    last = acknowledged(SESSION, sent, settled, ackTimeoutSeconds * 1_000 * MILLI);
    connectionTimeoutNanos = connectionTimeoutSeconds * 1_000 * MILLI;
    long left = bounds(TERMS).remainingNanos();

    BigInteger timeout =
        BigInteger.valueOf(Math.min(ackTimeoutSeconds, connectionTimeoutSeconds) * 1_000 * MILLI);
    BigInteger reach = timeout.divide(BigInteger.valueOf(6)).add(nanos(1_000));
    BigInteger margin = reach.add(timeout.divide(BigInteger.valueOf(20)));
    BigInteger anchor = nanos(sent).min(nanos(settled).add(reach));
    BigInteger formula =
        anchor.add(timeout).subtract(margin).subtract(nanos(nowMillis)).max(BigInteger.ZERO);
    // The wall clock's part of a moment is cut to its millisecond.
    assertThat(BigInteger.valueOf(left)).isBetween(formula.subtract(nanos(1)), formula);
  }

  private static BigInteger nanos(long millis) {
    return BigInteger.valueOf(millis).multiply(BigInteger.valueOf(MILLI));
  }
}
