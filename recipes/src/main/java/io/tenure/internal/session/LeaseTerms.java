package io.tenure.internal.session;

import io.tenure.scope.LeaseTermsException;
import java.time.Duration;
import java.util.Optional;

/**
 * The durations that bound a lease, and the rules that hold them to each other. Immutable; pure.
 *
 * <p><b>The session bound</b> is the send time of the last acknowledged quorum operation + session
 * timeout − margin, where margin = ack interval + tickTime/2 + network allowance (tickTime instead
 * of its half where observers follow followers, see below).
 *
 * <p>Why this is safe. The quorum leader ends a session when it has not heard of it for the session
 * timeout. It hears of a client that is connected to a follower only through that follower, which
 * sends the list of clients it has heard from inside its answers to the quorum leader's pings,
 * every tickTime/2. So let <i>T</i> be when an operation was sent that the quorum has acknowledged,
 * and let <i>C</i> be when an earlier request was sent on the same connection, one whose answer was
 * there at least tickTime/2 + allowance before <i>T</i>. Between that answer and <i>T</i> the
 * follower, which had the request by then, answered a ping, and that answer travelled to the quorum
 * leader ahead of the operation on the same stream; so the quorum leader has heard of the session
 * not before <i>C</i>, and keeps it until <i>C</i> + session timeout at least. The acknowledgement
 * alone does not prove more: the follower may be cut off right after it.
 *
 * <p>If requests are answered at once and at most one ack interval apart, then <i>C</i> ≥ <i>T</i>
 * − ack interval − tickTime/2 − allowance, which gives the margin. That premise is not taken on
 * trust: {@link QuorumEvidence} remembers <i>C</i>, and where it is older (the process was stopped,
 * say), the bound is charged from <i>C</i> instead.
 *
 * <p><b>Observers that follow a follower</b> ({@code observerMasterPort}) report to that follower,
 * and it reports what it heard with its own next answer, while an operation goes through it at
 * once. So there are two waits for a ping, one after the other, and {@link SessionTiming} counts
 * both for a contact to be settled, and in the margin.
 *
 * <p><b>The session timeout belongs to the connection.</b> A server grants its own to a session
 * that comes to it from another, and the quorum leader goes by that from then on. So an
 * acknowledgement carries the timeout that was in force for it, and the margin is the one that
 * belongs to that timeout.
 *
 * <p><b>The progress bound</b> is the last {@code renew()} by the working thread + lease duration.
 *
 * @param sessionTimeoutNanos as negotiated with the server
 * @param timing what follows from a session timeout
 * @param askedMarginNanos the safety margin; 0 for the least one + the network allowance
 * @param leaseNanos the lease duration
 */
public record LeaseTerms(
    long sessionTimeoutNanos, SessionTiming timing, long askedMarginNanos, long leaseNanos) {

  /**
   * The terms that follow from what was asked for and what was negotiated.
   *
   * @throws LeaseTermsException with the numbers, if they leave no time to act
   */
  public static LeaseTerms of(
      Duration sessionTimeout,
      Optional<Duration> ackInterval,
      Duration tickTime,
      Optional<Duration> margin,
      Optional<Duration> lease) {
    return of(sessionTimeout, SessionTiming.of(ackInterval, tickTime, false), margin, lease);
  }

  /**
   * The same, from durations that are known already.
   *
   * @throws LeaseTermsException with the numbers, if they leave no time to act
   */
  public static LeaseTerms of(
      Duration sessionTimeout,
      SessionTiming timing,
      Optional<Duration> margin,
      Optional<Duration> lease) {
    long session = sessionTimeout.toNanos();
    LeaseTerms terms =
        new LeaseTerms(
            session,
            timing,
            margin.map(LeaseTerms::nanos).orElse(0L),
            lease.map(LeaseTerms::nanos).orElse(session));
    long ack = terms.ackIntervalNanos();
    if (margin.isPresent() && terms.askedMarginNanos() < timing.reachNanos(session)) {
      throw new LeaseTermsException(
          "the safety margin "
              + show(terms.askedMarginNanos())
              + " is less than ack interval + "
              + timing.reportTerm()
              + " = "
              + show(ack)
              + " + "
              + show(timing.reportNanos())
              + ": the session could end on the server while the lease is held. "
              + "Give a larger margin, or a shorter ack interval");
    }
    if (terms.sessionShareNanos() <= ack) {
      throw new LeaseTermsException(
          "no time to act: session timeout "
              + show(session)
              + " (as negotiated; the server may have lowered what was asked for) - safety margin "
              + show(terms.marginNanos())
              + " = "
              + show(terms.sessionShareNanos())
              + ", and it must be more than the ack interval "
              + show(ack)
              + ". Ask for a longer session timeout, raise the server's maxSessionTimeout, "
              + "or give a smaller margin or ack interval");
    }
    if (terms.leaseNanos <= 0) {
      throw new LeaseTermsException(
          "no time to act: the lease duration is "
              + show(terms.leaseNanos)
              + "; it must be positive");
    }
    return terms;
  }

  /** The same with another session timeout. */
  LeaseTerms at(long timeoutNanos) {
    return timeoutNanos == sessionTimeoutNanos
        ? this
        : new LeaseTerms(timeoutNanos, timing, askedMarginNanos, leaseNanos);
  }

  /** The age up to which an acknowledgement is young. */
  public long ackIntervalNanos() {
    return timing.ackIntervalNanos(sessionTimeoutNanos);
  }

  /** The safety margin. */
  public long marginNanos() {
    return marginNanos(sessionTimeoutNanos);
  }

  /** The safety margin that belongs to a session timeout. */
  long marginNanos(long timeoutNanos) {
    long least = timing.reachNanos(timeoutNanos);
    return askedMarginNanos > 0
        ? Math.max(askedMarginNanos, least)
        : least + timing.allowanceNanos(timeoutNanos);
  }

  /** What the session bound leaves right after an acknowledgement that took no time. */
  public long sessionShareNanos() {
    return sessionShareNanos(sessionTimeoutNanos);
  }

  /** The same for another session timeout; negative if the margin is longer. */
  long sessionShareNanos(long timeoutNanos) {
    return timeoutNanos - marginNanos(timeoutNanos);
  }

  /** The longest that a lease of these terms can have left. */
  public Duration longest() {
    return Duration.ofNanos(Math.max(0, Math.min(sessionShareNanos(), leaseNanos)));
  }

  public String show() {
    return "session "
        + show(sessionTimeoutNanos)
        + " - margin "
        + show(marginNanos())
        + " = "
        + show(sessionShareNanos())
        + ", lease "
        + show(leaseNanos)
        + ", ack interval "
        + show(ackIntervalNanos());
  }

  /** Durations of more than 292 years are cut to that. */
  public static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? Long.MIN_VALUE / 4 : Long.MAX_VALUE / 4;
    }
  }

  static String show(long nanos) {
    return (nanos / 1_000_000) + " ms";
  }
}
