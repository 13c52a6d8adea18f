package io.tenure.internal.session;

import java.time.Duration;
import java.util.Optional;

/**
 * The durations that follow from a session timeout. The timeout belongs to a connection and may be
 * another one after the next reconnect, so each of them is a function of it. Immutable; pure.
 *
 * <p><b>Reports.</b> A server tells the quorum leader of the clients that it has heard of in its
 * answer to a ping, which comes every tickTime/2. An observer that follows another server than the
 * quorum leader (ZooKeeper's {@code observerMasterPort}) answers the pings of that follower, which
 * keeps what it hears until its own answer to the quorum leader: two reports, one after the other.
 *
 * @param askedAckIntervalNanos the age up to which an acknowledgement is young; 0 for a share of
 *     the session timeout
 * @param halfTickNanos tickTime/2, the period of pings
 * @param relayed whether the client may be connected to an observer that follows a follower
 */
public record SessionTiming(long askedAckIntervalNanos, long halfTickNanos, boolean relayed) {

  /** The default ack interval is this part of the session timeout. */
  private static final int ACK_INTERVALS_PER_SESSION = 6;

  /** The default network allowance is this part of the session timeout. */
  private static final int ALLOWANCES_PER_SESSION = 20;

  /**
   * The durations of sessions with these servers.
   *
   * @param ackInterval the age up to which an acknowledgement is young; default a sixth of the
   *     session timeout
   * @param tickTime the servers' tickTime
   * @param relayed whether the client may be connected to an observer that follows a follower
   */
  public static SessionTiming of(
      Optional<Duration> ackInterval, Duration tickTime, boolean relayed) {
    return new SessionTiming(
        ackInterval.map(LeaseTerms::nanos).orElse(0L), LeaseTerms.nanos(tickTime) / 2, relayed);
  }

  /** How many reports lie between the client's server and the quorum leader. */
  private int reports() {
    return relayed ? 2 : 1;
  }

  /** How long reports wait for pings, at most, on their way to the quorum leader. */
  long reportNanos() {
    return reports() * halfTickNanos;
  }

  /** The same, for errors. */
  String reportTerm() {
    return relayed ? "tickTime" : "tickTime/2";
  }

  long ackIntervalNanos(long timeoutNanos) {
    return askedAckIntervalNanos > 0
        ? askedAckIntervalNanos
        : timeoutNanos / ACK_INTERVALS_PER_SESSION;
  }

  /** What a safety margin contains for the network, and for clocks that advance differently. */
  long allowanceNanos(long timeoutNanos) {
    return timeoutNanos / ALLOWANCES_PER_SESSION;
  }

  /** How far before an operation a contact was answered that the operation settles. */
  long settleNanos(long timeoutNanos) {
    return reportNanos()
        + reports() * Math.min(allowanceNanos(timeoutNanos), ackIntervalNanos(timeoutNanos) / 2);
  }

  /** How much older than an operation a settled contact may be at no cost; a margin covers it. */
  long reachNanos(long timeoutNanos) {
    return ackIntervalNanos(timeoutNanos) + reportNanos();
  }
}
