package io.tenure.internal.session;

import io.tenure.lease.LeaseClock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The two bounds of one lease; the derivation is at {@link LeaseTerms}.
 *
 * <p>Thread-safe without locks. The progress deadline is written by the working thread; the
 * session's anchor is read from the monitor. A reader may see one clock's part of a deadline newer
 * than the other clock's: it takes the smaller of both, so it sees at worst an older, shorter
 * bound.
 */
public final class LeaseBounds {

  private final LeaseClock clock;
  private final Supplier<Monitor.@Nullable Acknowledgement> acknowledgements;
  private final LeaseTerms terms;
  private final long session;

  private volatile long progressNanos;
  private volatile long progressMillis;

  /** Set once, and then the lease is over, regardless of the clocks and the servers. */
  private volatile boolean over;

  LeaseBounds(
      LeaseClock clock,
      Supplier<Monitor.@Nullable Acknowledgement> acknowledgements,
      LeaseTerms terms,
      long session,
      Moment start) {
    this.clock = clock;
    this.acknowledgements = acknowledgements;
    this.terms = terms;
    this.session = session;
    moveTo(start);
  }

  /** Nanoseconds left, never negative. */
  public long remainingNanos() {
    if (over) {
      return 0;
    }
    long nowNanos = clock.monotonicNanos();
    long nowMillis = clock.wallMillis();
    long left =
        Math.min(
            Moment.nanosLeft(progressNanos, progressMillis, nowNanos, nowMillis),
            sessionNanos(nowNanos, nowMillis));
    if (left > 0) {
      return left;
    }
    over = true;
    return 0;
  }

  private long sessionNanos(long nowNanos, long nowMillis) {
    Monitor.@Nullable Acknowledgement ack = acknowledgements.get();
    if (ack == null || ack.session() != session) {
      return 0;
    }
    long timeoutNanos = timeoutNanos(ack);
    long shareNanos = terms.sessionShareNanos(timeoutNanos);
    if (shareNanos <= 0) {
      return 0;
    }
    // The anchor of the proof is the earlier of these two, spelled out so as not to allocate.
    Moment sent = ack.proof().sent();
    Moment settled = ack.proof().settled();
    long sinceSent =
        Moment.nanosLeft(sent.monotonicNanos(), sent.wallMillis(), nowNanos, nowMillis);
    long sinceSettled =
        Moment.nanosLeft(settled.monotonicNanos(), settled.wallMillis(), nowNanos, nowMillis);
    return Math.min(sinceSent, sinceSettled + terms.timing().reachNanos(timeoutNanos)) + shareNanos;
  }

  /**
   * The timeout to reckon with. A shorter one of the present connection counts from the moment that
   * the client knows it, although the acknowledgement was for a longer one: the quorum leader goes
   * by it already.
   */
  private static long timeoutNanos(Monitor.Acknowledgement ack) {
    return Math.min(ack.proof().timeoutNanos(), ack.connectionTimeoutNanos().getAsLong());
  }

  /**
   * Moves the progress bound; only the working thread does. A lease whose bound has passed by then
   * is over, also if no thread has looked yet: a thread that slept between its look at the lease
   * and this call must not bring it back to life.
   */
  public void progress(Moment now) {
    if (Moment.nanosLeft(progressNanos, progressMillis, now.monotonicNanos(), now.wallMillis())
        <= 0) {
      over = true;
    } else {
      moveTo(now);
    }
  }

  private void moveTo(Moment now) {
    Moment deadline = now.plusNanos(terms.leaseNanos());
    progressNanos = deadline.monotonicNanos();
    progressMillis = deadline.wallMillis();
  }

  public void end() {
    over = true;
  }

  /**
   * How old the last acknowledgement is; very old if there is none, or if it was for a longer
   * session timeout than the present connection's.
   */
  public long acknowledgementAgeNanos(Moment now) {
    Monitor.@Nullable Acknowledgement ack = acknowledgements.get();
    return ack == null || ack.session() != session || timeoutNanos(ack) < ack.proof().timeoutNanos()
        ? Long.MAX_VALUE
        : ack.proof().sent().monotonicNanosUntil(now);
  }

  /** The terms, with the session timeout that is in force now. */
  public LeaseTerms terms() {
    Monitor.@Nullable Acknowledgement ack = acknowledgements.get();
    return ack == null || ack.session() != session ? terms : terms.at(timeoutNanos(ack));
  }

  /** Why nothing remains, in words for the audit trail. */
  public String whyOver() {
    Moment now = Moment.now(clock);
    long sinceRenewal = terms.leaseNanos() - (progressNanos - now.monotonicNanos());
    return "last renewal by the working thread "
        + LeaseTerms.show(sinceRenewal)
        + " ago, "
        + whyOfSession(now);
  }

  private String whyOfSession(Moment now) {
    Monitor.@Nullable Acknowledgement ack = acknowledgements.get();
    if (ack == null || ack.session() != session) {
      return "the client's session is over or was given up";
    }
    String why =
        "last acknowledgement by the quorum "
            + LeaseTerms.show(ack.proof().sent().monotonicNanosUntil(now))
            + " ago";
    LeaseTerms present = terms.at(timeoutNanos(ack));
    if (present.sessionTimeoutNanos() >= terms.sessionTimeoutNanos()) {
      return why;
    }
    return why
        + "; on the present connection the session timeout is "
        + LeaseTerms.show(present.sessionTimeoutNanos())
        + " and not "
        + LeaseTerms.show(terms.sessionTimeoutNanos())
        + (present.sessionShareNanos() <= 0
            ? ", no more than the safety margin " + LeaseTerms.show(present.marginNanos())
            : "");
  }
}
