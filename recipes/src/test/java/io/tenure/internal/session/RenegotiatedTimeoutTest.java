package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Leases in a session whose timeout changes with each connection, against a quorum that may lose
 * the client at any moment.
 */
class RenegotiatedTimeoutTest {

  private static final long MILLI = 1_000_000;
  private static final int HALF_TICK_MILLIS = 1_000;
  private static final int ALLOWANCE_MILLIS = 200;
  private static final SessionTiming TIMING =
      SessionTiming.of(Optional.empty(), Duration.ofMillis(2 * HALF_TICK_MILLIS), false);
  private static final LeaseTerms TERMS =
      LeaseTerms.of(
          Duration.ofSeconds(12),
          Optional.empty(),
          Duration.ofMillis(2 * HALF_TICK_MILLIS),
          Optional.empty(),
          Optional.empty());

  /** How a lease reckons with the timeout; all but one are wrong. */
  private enum Reckoning {
    EVIDENCE,
    /** That of the connections on which anything was answered. */
    ANSWERED,
    /** The one that was negotiated first, as if it were the session's. */
    FIRST,
    /** The present connection's, also where it is the longer one. */
    PRESENT
  }

  /** A report of a follower that the client has left, on its way to the quorum leader. */
  private record Report(long arrivesMillis, int timeoutMillis) {}

  /**
   * The quorum leader's idea of the session, and the follower that the client is connected to. As
   * ZooKeeper has it: a session ends its timeout after the leader heard of it, whichever timeout
   * the one who told had; a new leader gives each session the timeout that it was created with.
   */
  private static final class Quorum {
    private final Random random;
    private final int createdWithMillis;
    private final PriorityQueue<Report> reports =
        new PriorityQueue<>(Comparator.comparing(Report::arrivesMillis));
    private int timeoutMillis;
    private long endsMillis;
    private boolean touched;
    private long nextPingMillis;

    Quorum(Random random, int createdWithMillis) {
      this.random = random;
      this.createdWithMillis = createdWithMillis;
      this.timeoutMillis = createdWithMillis;
      this.endsMillis = createdWithMillis;
      this.nextPingMillis = random.nextInt(HALF_TICK_MILLIS);
    }

    /** Time passes; false if the session has ended. */
    boolean until(long nowMillis) {
      while (true) {
        long report = reports.isEmpty() ? Long.MAX_VALUE : reports.peek().arrivesMillis();
        long next = Math.min(report, nextPingMillis);
        if (endsMillis <= Math.min(next, nowMillis)) {
          return false;
        }
        if (next > nowMillis) {
          return true;
        }
        if (report == next) {
          endsMillis = next + reports.remove().timeoutMillis();
        } else {
          if (touched) {
            endsMillis = next + timeoutMillis;
            touched = false;
          }
          nextPingMillis += HALF_TICK_MILLIS + random.nextInt(ALLOWANCE_MILLIS);
        }
      }
    }

    /** The client connects to another follower, which asks the leader to validate the session. */
    void connect(long nowMillis, int newTimeoutMillis) {
      if (touched) {
        reports.add(
            new Report(
                nowMillis + random.nextInt(HALF_TICK_MILLIS + ALLOWANCE_MILLIS), timeoutMillis));
      }
      timeoutMillis = newTimeoutMillis;
      touched = false;
      endsMillis = nowMillis + timeoutMillis;
      nextPingMillis = nowMillis + random.nextInt(HALF_TICK_MILLIS);
    }

    void elects(long nowMillis) {
      reports.clear();
      touched = false;
      endsMillis = nowMillis + createdWithMillis;
    }

    /** When the session ends if the client is cut off from its follower, and this from the rest. */
    long endsIfCutOffMillis() {
      long ends = endsMillis;
      List<Report> inOrder =
          reports.stream().sorted(Comparator.comparing(Report::arrivesMillis)).toList();
      for (Report report : inOrder) {
        if (ends <= report.arrivesMillis()) {
          return ends;
        }
        ends = report.arrivesMillis() + report.timeoutMillis();
      }
      return ends;
    }
  }

  private static Moment at(long millis) {
    return new Moment(millis * MILLI, millis);
  }

  /** Runs schedules; returns how often a lease would have outlived the session. */
  private static int violations(Reckoning reckoning, int firstMillis, long seed, int schedules) {
    Random random = new Random(seed);
    int violations = 0;
    for (int s = 0; s < schedules; s++) {
      Quorum quorum = new Quorum(random, firstMillis);
      QuorumEvidence evidence =
          new QuorumEvidence(TIMING, firstMillis * MILLI, Optional.of(at(-1)));
      int timeoutMillis = firstMillis;
      long now = 0;
      for (int i = 0; i < 60; i++) {
        now += random.nextInt(random.nextInt(6) == 0 ? 3_000 : 400);
        if (!quorum.until(now)) {
          break;
        }
        int what = random.nextInt(12);
        if (what == 0) {
          evidence.disconnected();
          timeoutMillis = random.nextBoolean() ? 4_000 : 12_000;
          quorum.connect(now, timeoutMillis);
          if (reckoning != Reckoning.ANSWERED) {
            evidence.connected(timeoutMillis * MILLI);
          }
        } else if (what == 1) {
          quorum.elects(now);
          evidence.disconnected();
          now += random.nextInt(500);
          if (!quorum.until(now)) {
            break;
          }
          quorum.connect(now, timeoutMillis);
          evidence.connected(timeoutMillis * MILLI);
        } else {
          quorum.touched = true;
          if (what == 2) {
            continue; // A ping of the client's own, or a request whose answer is lost.
          }
          if (what < 6) {
            evidence.answered(at(now), at(now), timeoutMillis * MILLI);
          } else {
            evidence.acknowledged(at(now), at(now), timeoutMillis * MILLI);
          }
        }
        Optional<QuorumEvidence.Proof> proof = evidence.proof();
        if (proof.isPresent()
            && leaseEnds(reckoning, proof.get(), timeoutMillis, firstMillis)
                > quorum.endsIfCutOffMillis()) {
          violations++;
        }
      }
    }
    return violations;
  }

  private static long leaseEnds(
      Reckoning reckoning, QuorumEvidence.Proof proof, int presentMillis, int firstMillis) {
    long timeoutNanos =
        switch (reckoning) {
          case EVIDENCE, ANSWERED -> Math.min(proof.timeoutNanos(), presentMillis * MILLI);
          case FIRST -> firstMillis * MILLI;
          case PRESENT -> presentMillis * MILLI;
        };
    return (proof.anchor(TIMING.reachNanos(timeoutNanos)).monotonicNanos()
            + TERMS.sessionShareNanos(timeoutNanos))
        / MILLI;
  }

  @Property(tries = 30)
  void noLeaseOutlivesASessionWhoseTimeoutChanges(@ForAll long seed) {
    assertThat(violations(Reckoning.EVIDENCE, 12_000, seed, 200)).isZero();
    assertThat(violations(Reckoning.EVIDENCE, 4_000, seed, 200)).isZero();
  }

  @Example
  void theSimulationCatchesATimeoutThatIsTakenForTheSessions() {
    assertThat(violations(Reckoning.FIRST, 12_000, 1, 2_000)).isPositive();
  }

  @Example
  void theSimulationCatchesALongerTimeoutThatCountsAtOnce() {
    assertThat(violations(Reckoning.PRESENT, 12_000, 1, 2_000)).isPositive();
  }

  @Example
  void theSimulationCatchesAConnectionWhoseTimeoutCountsOnlyOnceAnythingIsAnsweredOnIt() {
    assertThat(violations(Reckoning.ANSWERED, 12_000, 1, 20_000)).isPositive();
  }

  @Example
  void theSimulationCatchesATimeoutThatANewQuorumLeaderDoesNotKnow() {
    assertThat(violations(Reckoning.PRESENT, 4_000, 1, 2_000)).isPositive();
  }

  @Example
  void aShorterTimeoutIsInForceAtOnceAndALongerOneWhenItsConnectionIsSettled() {
    QuorumEvidence evidence = new QuorumEvidence(TIMING, 12_000 * MILLI, Optional.of(at(0)));
    assertThat(timeoutOfAcknowledgement(evidence, 100, 12_000)).isEqualTo(12_000);
    evidence.connected(4_000 * MILLI);
    assertThat(evidence.proof().orElseThrow().timeoutNanos()).isEqualTo(4_000 * MILLI);
    assertThat(timeoutOfAcknowledgement(evidence, 1_000, 4_000)).isEqualTo(4_000);
    evidence.connected(12_000 * MILLI);
    assertThat(timeoutOfAcknowledgement(evidence, 2_000, 12_000)).isEqualTo(4_000);
    assertThat(timeoutOfAcknowledgement(evidence, 3_200, 12_000)).isEqualTo(4_000);
    assertThat(timeoutOfAcknowledgement(evidence, 4_300, 12_000)).isEqualTo(4_000);
    assertThat(timeoutOfAcknowledgement(evidence, 4_400, 12_000)).isEqualTo(12_000);
  }

  @Example
  void aTimeoutIsNeverLongerThanTheOneThatTheSessionWasFirstSeenWith() {
    QuorumEvidence evidence = new QuorumEvidence(TIMING, 4_000 * MILLI, Optional.of(at(0)));
    for (int ms = 0; ms < 20_000; ms += 500) {
      assertThat(timeoutOfAcknowledgement(evidence, ms, 12_000)).isEqualTo(4_000);
    }
  }

  @Example
  void aReconnectSettlesWhatWasAnsweredBefore() {
    QuorumEvidence evidence = new QuorumEvidence(TIMING, 12_000 * MILLI, Optional.of(at(0)));
    evidence.acknowledged(at(100), at(150), 12_000 * MILLI);
    evidence.answered(at(4_000), at(4_050), 12_000 * MILLI);
    evidence.disconnected();
    assertThat(evidence.proof().orElseThrow().settled()).isEqualTo(at(0));
    evidence.connected(12_000 * MILLI);
    assertThat(evidence.proof().orElseThrow().settled()).isEqualTo(at(4_000));
  }

  /** The session has gone on with 4 s, and is on a connection with 12 s since. */
  private static QuorumEvidence onALongerConnection() {
    QuorumEvidence evidence = new QuorumEvidence(TIMING, 12_000 * MILLI, Optional.of(at(0)));
    assertThat(timeoutOfAcknowledgement(evidence, 100, 12_000)).isEqualTo(12_000);
    evidence.connected(4_000 * MILLI);
    evidence.connected(12_000 * MILLI);
    return evidence;
  }

  @Example
  void aConnectionIsSettledFromItsFirstAnswerOnAndNotFromTheRequest() {
    QuorumEvidence evidence = onALongerConnection();
    evidence.answered(at(2_000), at(2_900), 12_000 * MILLI);
    evidence.answered(at(3_300), at(3_300), 12_000 * MILLI);
    evidence.answered(at(4_150), at(4_150), 12_000 * MILLI);
    assertThat(timeoutOfAcknowledgement(evidence, 4_600, 12_000)).isEqualTo(4_000);
    assertThat(timeoutOfAcknowledgement(evidence, 5_400, 12_000)).isEqualTo(12_000);
  }

  @Example
  void aContactDuringWhichAShorterTimeoutWasSeenBringsNoLongerOne() {
    QuorumEvidence evidence = onALongerConnection();
    evidence.answered(at(2_000), at(2_000), 12_000 * MILLI);
    evidence.answered(at(3_300), at(3_300), 4_000 * MILLI);
    assertThat(timeoutOfAcknowledgement(evidence, 4_600, 12_000)).isEqualTo(4_000);
  }

  private static long timeoutOfAcknowledgement(
      QuorumEvidence evidence, long millis, long connectionTimeoutMillis) {
    return evidence
            .acknowledged(at(millis), at(millis), connectionTimeoutMillis * MILLI)
            .orElseThrow()
            .timeoutNanos()
        / MILLI;
  }

  @Example
  void aSessionIsYoungerThanTheLastLookBeforeItsHandle() {
    SessionBirth birth = new SessionBirth(at(0), 0);
    assertThat(birth.bornAfter(0)).isEmpty();
    assertThat(birth.bornAfter(1)).contains(at(0));
    birth.looked(at(10), 0);
    birth.looked(at(20), 1);
    birth.looked(at(30), 1);
    assertThat(birth.bornAfter(1)).contains(at(10));
    assertThat(birth.bornAfter(2)).contains(at(30));
    assertThat(birth.bornAfter(0)).isEmpty();
    assertThat(new SessionBirth(at(0), 1).bornAfter(1)).isEmpty();
  }
}
