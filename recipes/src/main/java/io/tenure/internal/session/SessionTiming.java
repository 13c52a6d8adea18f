package io.tenure.internal.session;

import java.time.Duration;
import java.util.Optional;

/**
 * The durations that follow from a session timeout. The timeout belongs to a connection and may be
 * another one after the next reconnect, so each of them is a function of it. Immutable; pure.
 *
 * @param askedAckIntervalNanos the age up to which an acknowledgement is young; 0 for a share of
 *     the session timeout
 * @param halfTickNanos tickTime/2, the quorum leader's ping period
 */
record SessionTiming(long askedAckIntervalNanos, long halfTickNanos) {

  /** The default ack interval is this part of the session timeout. */
  private static final int ACK_INTERVALS_PER_SESSION = 6;

  /** The default network allowance is this part of the session timeout. */
  private static final int ALLOWANCES_PER_SESSION = 20;

  static SessionTiming of(Optional<Duration> ackInterval, Duration tickTime) {
    return new SessionTiming(
        ackInterval.map(LeaseTerms::nanos).orElse(0L), LeaseTerms.nanos(tickTime) / 2);
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
    return halfTickNanos
        + Math.min(allowanceNanos(timeoutNanos), ackIntervalNanos(timeoutNanos) / 2);
  }

  /** How much older than an operation a settled contact may be at no cost; a margin covers it. */
  long reachNanos(long timeoutNanos) {
    return ackIntervalNanos(timeoutNanos) + halfTickNanos;
  }
}
