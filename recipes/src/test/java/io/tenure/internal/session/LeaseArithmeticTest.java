package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tenure.scope.LeaseTermsException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

/** The lease's arithmetic, against slow and obvious twins. */
class LeaseArithmeticTest {

  private static final long MILLI = 1_000_000;

  @Property(tries = 5000)
  void whatIsLeftIsTheSmallerOfBothClocksWithoutOverflow(
      @ForAll long start,
      @ForAll @LongRange(min = 0, max = 1L << 60) long passed,
      @ForAll @LongRange(min = 0, max = 1L << 60) long duration,
      @ForAll @LongRange(min = -1L << 50, max = 1L << 50) long wallStart,
      @ForAll @LongRange(min = -1L << 50, max = 1L << 50) long wallNow) {
    Moment deadline = new Moment(start, wallStart).plusNanos(duration);
    long left =
        Moment.nanosLeft(deadline.monotonicNanos(), deadline.wallMillis(), start + passed, wallNow);

    BigInteger monotonic = BigInteger.valueOf(duration).subtract(BigInteger.valueOf(passed));
    BigInteger wall =
        BigInteger.valueOf(Math.floorDiv(duration, MILLI))
            .add(BigInteger.valueOf(wallStart))
            .subtract(BigInteger.valueOf(wallNow))
            .multiply(BigInteger.valueOf(MILLI));
    BigInteger smaller = monotonic.min(wall).max(BigInteger.valueOf(Long.MIN_VALUE));
    if (monotonic.subtract(wall).abs().compareTo(BigInteger.valueOf(MILLI)) > 0) {
      assertThat(left).isEqualTo(smaller.longValueExact());
    } else {
      // Within the wall clock's own millisecond either may be taken.
      assertThat(BigInteger.valueOf(left).subtract(smaller).abs())
          .isLessThanOrEqualTo(BigInteger.valueOf(MILLI));
    }
  }

  @Example
  void aWallClockThatJumpsForwardShortensAndOneThatJumpsBackDoesNotLengthen() {
    Moment deadline = new Moment(0, 0).plusNanos(10_000 * MILLI);
    assertThat(left(deadline, 1_000 * MILLI, 1_000)).isEqualTo(9_000 * MILLI);
    assertThat(left(deadline, 1_000 * MILLI, 4_000)).isEqualTo(6_000 * MILLI);
    assertThat(left(deadline, 1_000 * MILLI, 3_600_000)).isNegative();
    assertThat(left(deadline, 1_000 * MILLI, -3_600_000)).isEqualTo(9_000 * MILLI);
    assertThat(left(deadline, 1_000 * MILLI, Long.MIN_VALUE / 2)).isEqualTo(9_000 * MILLI);
    assertThat(left(deadline, 1_000 * MILLI, Long.MAX_VALUE)).isNegative();
  }

  @Example
  void aMonotonicClockThatStopsWhileTheMachineSleepsIsOvertakenByTheWallClock() {
    Moment deadline = new Moment(0, 0).plusNanos(10_000 * MILLI);
    assertThat(left(deadline, 5 * MILLI, 60_000)).isNegative();
  }

  @Example
  void aMonotonicClockMayOverflow() {
    Moment deadline = new Moment(Long.MAX_VALUE - 5 * MILLI, 0).plusNanos(10 * MILLI);
    assertThat(left(deadline, Long.MIN_VALUE + MILLI, 6)).isBetween(3 * MILLI, 4 * MILLI);
  }

  private static long left(Moment deadline, long nowNanos, long nowMillis) {
    return Moment.nanosLeft(deadline.monotonicNanos(), deadline.wallMillis(), nowNanos, nowMillis);
  }

  @Example
  void defaultTermsAreTheDesignsFormula() {
    LeaseTerms terms = terms(Duration.ofSeconds(12), Optional.empty(), Optional.empty());
    // ack interval 2 s + tickTime/2 1 s + allowance 0.6 s
    assertThat(terms.marginNanos()).isEqualTo(3_600 * MILLI);
    assertThat(terms.sessionShareNanos()).isEqualTo(8_400 * MILLI);
    assertThat(terms.longest()).isEqualTo(Duration.ofMillis(8_400));
  }

  @Example
  void termsThatLeaveNoTimeAreRefusedWithTheNumbers() {
    assertThatExceptionOfType(LeaseTermsException.class)
        .isThrownBy(() -> terms(Duration.ofMillis(1600), Optional.empty(), Optional.empty()))
        .withMessageContaining("session timeout 1600 ms")
        .withMessageContaining("safety margin 1346 ms")
        .withMessageContaining("ack interval 266 ms")
        .withMessageNotContaining("no time to act: the lease");
  }

  @Example
  void aMarginBelowTheDerivedMinimumIsRefused() {
    assertThatExceptionOfType(LeaseTermsException.class)
        .isThrownBy(
            () ->
                terms(Duration.ofSeconds(12), Optional.of(Duration.ofSeconds(1)), Optional.empty()))
        .withMessageContaining("safety margin 1000 ms is less than ack interval + tickTime/2");
  }

  @Example
  void endlessDurationsAreCutAndDoNotOverflow() {
    LeaseTerms terms =
        terms(
            Duration.ofSeconds(12),
            Optional.empty(),
            Optional.of(Duration.ofSeconds(Long.MAX_VALUE)));
    assertThat(terms.leaseNanos()).isEqualTo(Long.MAX_VALUE / 4);
    assertThat(terms.longest()).isEqualTo(Duration.ofMillis(8_400));
  }

  private static LeaseTerms terms(
      Duration session, Optional<Duration> margin, Optional<Duration> lease) {
    return LeaseTerms.of(session, Optional.empty(), Duration.ofSeconds(2), margin, lease);
  }

  private static final long SESSION = 12_000 * MILLI;
  private static final long ACK = 2_000 * MILLI;
  private static final long HALF_TICK = 1_000 * MILLI;
  private static final long ALLOWANCE = 600 * MILLI;
  private static final SessionTiming TIMING = timing(false);

  private static SessionTiming timing(boolean observerMaster) {
    return SessionTiming.of(Optional.empty(), Duration.ofNanos(2 * HALF_TICK), observerMaster);
  }

  private static QuorumEvidence evidence(Optional<Moment> born) {
    return evidence(TIMING, born);
  }

  private static QuorumEvidence evidence(SessionTiming timing, Optional<Moment> born) {
    assertThat(timing.ackIntervalNanos(SESSION)).isEqualTo(ACK);
    assertThat(timing.allowanceNanos(SESSION)).isEqualTo(ALLOWANCE);
    return new QuorumEvidence(timing, SESSION, born);
  }

  private static Optional<Moment> acknowledged(QuorumEvidence evidence, Moment sent, Moment now) {
    return acknowledged(TIMING, evidence, sent, now);
  }

  private static Optional<Moment> acknowledged(
      SessionTiming timing, QuorumEvidence evidence, Moment sent, Moment now) {
    return evidence
        .acknowledged(sent, now, SESSION)
        .map(proof -> proof.anchor(timing.reachNanos(SESSION)));
  }

  private static Moment at(long millis) {
    return new Moment(millis * MILLI, millis);
  }

  @Example
  void withContactsInTimeAnAcknowledgementCountsFromItsOwnSendTime() {
    QuorumEvidence evidence = evidence(Optional.empty());
    for (int ms = 0; ms < 60_000; ms += 1_000) {
      evidence.answered(at(ms), at(ms), SESSION);
      if (ms >= 5_000) {
        assertThat(acknowledged(evidence, at(ms + 100), at(ms + 100))).contains(at(ms + 100));
      }
    }
  }

  @Example
  void afterALongSilenceAnAcknowledgementCountsFromTheOldContact() {
    QuorumEvidence evidence = evidence(Optional.empty());
    evidence.answered(at(0), at(0), SESSION);
    acknowledged(evidence, at(5_000), at(5_000));
    // The contact of 0 ms is settled; one ack interval and tickTime/2 is what the margin covers.
    assertThat(acknowledged(evidence, at(5_001), at(5_001))).contains(at(3_000));
    QuorumEvidence second = evidence(Optional.empty());
    second.answered(at(0), at(0), SESSION);
    assertThat(acknowledged(second, at(5_000), at(5_000))).contains(at(3_000));
  }

  @Example
  void anAcknowledgementWithoutAnySettledContactProvesNothing() {
    QuorumEvidence evidence = evidence(Optional.empty());
    assertThat(acknowledged(evidence, at(0), at(0))).isEmpty();
    assertThat(acknowledged(evidence, at(1_000), at(1_000))).isEmpty();
    assertThat(evidence.nanosUntilSettled(at(1_000))).contains(600 * MILLI);
    assertThat(acknowledged(evidence, at(1_700), at(1_700))).contains(at(1_700));
    assertThat(evidence.nanosUntilSettled(at(1_700))).contains(0L);
  }

  @Example
  void aContactThatWasHeldUpOnItsWaySettlesNothing() {
    QuorumEvidence evidence = evidence(Optional.empty());
    acknowledged(evidence, at(0), at(0));
    // The connection stalls until 9 s, and lets everything through at once: until then the server
    // has heard nothing, and it may be cut off from the quorum before its next answer to a ping.
    evidence.answered(at(1_000), at(9_000), SESSION);
    evidence.answered(at(5_000), at(9_000), SESSION);
    assertThat(acknowledged(evidence, at(8_900), at(9_000))).contains(at(3_000));
    // What was answered at 9 s is settled by an operation of 10.6 s.
    assertThat(evidence.nanosUntilSettled(at(9_100))).contains(1_500 * MILLI);
    assertThat(acknowledged(evidence, at(10_600), at(10_700))).contains(at(10_600));
  }

  @Example
  void aSessionThatWasSeenUnbornCountsAtOnce() {
    QuorumEvidence evidence = evidence(Optional.of(at(0)));
    assertThat(evidence.nanosUntilSettled(at(100))).contains(0L);
    assertThat(acknowledged(evidence, at(100), at(100))).contains(at(100));
  }

  @Example
  void contactsOfALostConnectionAreForgotten() {
    QuorumEvidence evidence = evidence(Optional.empty());
    evidence.answered(at(0), at(0), SESSION);
    evidence.disconnected();
    assertThat(acknowledged(evidence, at(3_000), at(3_000))).isEmpty();
  }

  /** What the quorum leader knows of a session whose client is connected to another server. */
  private static final class Quorum {
    private final Random random;
    private final boolean observer;
    private long observed = -1;
    private long lastTouch = -1;
    private long heard;
    private long nextPing;
    private long nextPingOfObserver;

    /**
     * A quorum.
     *
     * @param observer whether the client is connected to an observer, which follows a follower
     */
    Quorum(Random random, boolean observer) {
      this.random = random;
      this.observer = observer;
      this.nextPing = random.nextInt((int) (HALF_TICK / MILLI)) * MILLI;
      this.nextPingOfObserver = random.nextInt((int) (HALF_TICK / MILLI)) * MILLI;
    }

    /** Time passes: servers answer the pings that fall into it. */
    void until(long now) {
      while (Math.min(nextPing, nextPingOfObserver) <= now) {
        if (nextPingOfObserver < nextPing) {
          lastTouch = Math.max(lastTouch, observed);
          nextPingOfObserver += untilNextPing();
          continue;
        }
        if (lastTouch >= 0) {
          heard = Math.max(heard, lastTouch);
        }
        nextPing += untilNextPing();
      }
    }

    /**
     * A ping comes each half tick, late by up to the allowance; the next one is not late as well.
     */
    private long untilNextPing() {
      return HALF_TICK + random.nextInt((int) (ALLOWANCE / MILLI)) * MILLI;
    }

    void touch(long now) {
      until(now);
      if (observer) {
        observed = now;
      } else {
        lastTouch = now;
      }
    }
  }

  /** Runs schedules; returns how often a bound would have outlived the session on the server. */
  private static int violations(boolean naive, long seed, int schedules) {
    return violations(naive, TIMING, false, seed, schedules);
  }

  private static int violations(
      boolean naive, SessionTiming timing, boolean observer, long seed, int schedules) {
    LeaseTerms terms =
        LeaseTerms.of(Duration.ofNanos(SESSION), timing, Optional.empty(), Optional.empty());
    int violations = 0;
    Random random = new Random(seed);
    for (int s = 0; s < schedules; s++) {
      Quorum quorum = new Quorum(random, observer);
      QuorumEvidence evidence = evidence(timing, Optional.empty());
      long now = 0;
      for (int i = 0; i < 40; i++) {
        now +=
            random.nextInt(10) == 0
                ? random.nextInt(11_000) * MILLI
                : random.nextInt(1_200) * MILLI;
        quorum.until(now);
        if (now - quorum.heard >= SESSION) {
          break; // the session has ended: no further acknowledgement comes
        }
        if (random.nextInt(30) == 0) {
          evidence.disconnected();
          // Connecting again tells the quorum leader at once.
          quorum.heard = now;
          continue;
        }
        Moment sent = at(now / MILLI);
        if (random.nextInt(8) == 0) {
          // The connection stalls: requests go on to be sent, and arrive all together.
          long until = now + random.nextInt(9_000) * MILLI;
          List<Moment> held = new ArrayList<>();
          while (now < until) {
            held.add(at(now / MILLI));
            now += ACK / 2;
          }
          sent = at(now / MILLI);
          now += random.nextInt(200) * MILLI;
          quorum.until(now);
          if (now - quorum.heard >= SESSION) {
            break;
          }
          for (Moment contact : held) {
            evidence.answered(contact, at(now / MILLI), SESSION);
          }
        }
        quorum.touch(now);
        if (random.nextBoolean()) {
          evidence.answered(sent, at(now / MILLI), SESSION);
          continue;
        }
        Optional<Moment> anchor = acknowledged(timing, evidence, sent, at(now / MILLI));
        // The follower is cut off right now: the quorum leader will hear nothing more.
        long ends = quorum.heard + SESSION;
        Optional<Moment> charged = naive ? Optional.of(sent) : anchor;
        if (charged.isPresent()
            && charged.get().monotonicNanos() + terms.sessionShareNanos() > ends) {
          violations++;
        }
      }
    }
    return violations;
  }

  @Property(tries = 50)
  void noBoundOutlivesTheSessionWhereverTheFollowerIsCutOff(@ForAll long seed) {
    assertThat(violations(false, seed, 200)).isZero();
  }

  @Property(tries = 50)
  void noBoundOutlivesTheSessionWhereObserversFollowFollowersAndTheMonitorKnows(@ForAll long seed) {
    assertThat(violations(false, timing(true), true, seed, 200)).isZero();
  }

  @Example
  void theSimulationCatchesAMonitorThatDoesNotKnowOfObserversThatFollowFollowers() {
    assertThat(violations(false, timing(false), true, 1, 2_000)).isPositive();
  }

  @Example
  void withObserversThatFollowFollowersAnAcknowledgementCountsFromAboutItsOwnSendTime() {
    QuorumEvidence evidence = evidence(timing(true), Optional.empty());
    for (int ms = 0; ms < 60_000; ms += 1_000) {
      evidence.answered(at(ms), at(ms), SESSION);
      if (ms >= 5_000) {
        Moment sent = at(ms + 100);
        Moment anchor = acknowledged(timing(true), evidence, sent, sent).orElseThrow();
        assertThat(anchor.monotonicNanosUntil(sent)).isBetween(0L, ALLOWANCE / 2);
      }
    }
  }

  @Example
  void theMarginContainsTheWholeTickWhereObserversFollowFollowers() {
    LeaseTerms terms =
        LeaseTerms.of(Duration.ofSeconds(12), timing(true), Optional.empty(), Optional.empty());
    // ack interval 2 s + tickTime 2 s + allowance 0.6 s
    assertThat(terms.marginNanos()).isEqualTo(4_600 * MILLI);
    assertThatExceptionOfType(LeaseTermsException.class)
        .isThrownBy(
            () ->
                LeaseTerms.of(
                    Duration.ofSeconds(12),
                    timing(true),
                    Optional.of(Duration.ofMillis(3_500)),
                    Optional.empty()))
        .withMessageContaining("safety margin 3500 ms is less than ack interval + tickTime = 2000");
  }

  @Example
  void theSimulationCatchesABoundThatIsChargedFromTheSendTimeAlone() {
    assertThat(violations(true, 1, 2_000)).isPositive();
  }
}
