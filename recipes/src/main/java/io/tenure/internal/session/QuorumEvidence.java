package io.tenure.internal.session;

import java.util.ArrayDeque;
import java.util.Optional;

/**
 * What the answered requests of one session prove about the quorum leader's idea of it; the
 * derivation is at {@link LeaseTerms}.
 *
 * <p>A <em>contact</em> is a request that was answered on the present connection. An acknowledged
 * quorum operation sent at <i>T</i> <em>settles</em> the contacts that were answered at least
 * tickTime/2 + allowance before it (twice that where observers follow followers): the quorum leader
 * has heard of the session since they were sent. The answer counts there, and not the request: one
 * that was held up on its way may have reached the server together with the operation. The
 * <em>anchor</em> is the moment from which the session bound is charged: the newest <i>T</i>, or
 * the send time of the newest settled contact + {@link SessionTiming#reachNanos the reach} where
 * that is earlier. It only moves forward.
 *
 * <p><b>The timeout in force.</b> A shorter timeout is in force as soon as it is seen. A longer one
 * is in force once a contact is settled that was sent as long after the first answer on its
 * connection: until then the server of the connection before may still report to the quorum leader,
 * which would go by the shorter timeout until the next report of the new one. It is never longer
 * than the one that the session was first seen with, which a new quorum leader gives to all
 * sessions that it finds.
 *
 * <p>Pure; confined to the monitor's event thread, but for {@link #timeoutNanos()}.
 */
final class QuorumEvidence {

  /**
   * Contacts are kept at least a quarter of the settling time apart and this many of them, so that
   * the oldest one kept is old enough to be settled. A contact that is not kept makes the bound
   * earlier, never later.
   */
  private static final int MAX_CONTACTS = 12;

  private static final int CONTACTS_PER_SETTLE = 4;

  private record Contact(Moment sent, Moment answered, long timeoutNanos) {}

  /**
   * What is proven. Immutable.
   *
   * @param sent when the newest acknowledged operation was sent
   * @param settled a moment since which the quorum leader has heard of the session
   * @param timeoutNanos how long after that it keeps the session, at least
   */
  record Proof(Moment sent, Moment settled, long timeoutNanos) {

    /** From when the session bound is charged, with a margin that covers the reach. */
    Moment anchor(long reachNanos) {
      return Moment.earlier(sent, settled.plusNanos(reachNanos));
    }
  }

  private final SessionTiming timing;
  private final long firstTimeoutNanos;
  private final ArrayDeque<Contact> contacts = new ArrayDeque<>(MAX_CONTACTS);
  private Optional<Moment> settled;
  private Optional<Moment> newest = Optional.empty();

  /** When the newest request was sent that has been answered. */
  private Optional<Moment> lastSent = Optional.empty();

  /** When the first answer on the present connection had come. */
  private Optional<Moment> firstAnswered = Optional.empty();

  /** Written by the event thread, read by all. */
  private volatile long timeoutNanos;

  /**
   * Starts the evidence of a session.
   *
   * @param timing the durations that follow from a session timeout
   * @param timeoutNanos of the connection through which the session was first seen
   * @param bornAfter a moment at which the session is known not to have existed yet: its creation
   *     is a quorum operation, so the quorum leader has heard of it since
   */
  QuorumEvidence(SessionTiming timing, long timeoutNanos, Optional<Moment> bornAfter) {
    this.timing = timing;
    this.firstTimeoutNanos = timeoutNanos;
    this.timeoutNanos = timeoutNanos;
    this.settled = bornAfter;
  }

  /** The session timeout that is in force. */
  long timeoutNanos() {
    return timeoutNanos;
  }

  /** The longest session timeout that is ever in force in the session. */
  long longestTimeoutNanos() {
    return firstTimeoutNanos;
  }

  /**
   * A request has been answered.
   *
   * @param sent when it was sent
   * @param now when its answer had come
   * @param leastTimeoutNanos the least session timeout between the two, as far as it was seen
   */
  void answered(Moment sent, Moment now, long leastTimeoutNanos) {
    timeoutNanos = Math.min(timeoutNanos, leastTimeoutNanos);
    if (lastSent.isEmpty() || sent.isAfter(lastSent.get())) {
      lastSent = Optional.of(sent);
    }
    if (firstAnswered.isEmpty()) {
      firstAnswered = Optional.of(now);
    }
    Contact last = contacts.peekLast();
    if (last != null
        && last.sent().monotonicNanosUntil(sent)
            < timing.settleNanos(timeoutNanos) / CONTACTS_PER_SETTLE) {
      return;
    }
    if (contacts.size() == MAX_CONTACTS) {
      contacts.removeFirst();
    }
    contacts.addLast(new Contact(sent, now, leastTimeoutNanos));
  }

  /**
   * The quorum has acknowledged an operation.
   *
   * @param sent when it was sent
   * @param now when its answer had come
   * @param leastTimeoutNanos the least session timeout between the two, as far as it was seen
   * @return what is proven now, if anything is
   */
  Optional<Proof> acknowledged(Moment sent, Moment now, long leastTimeoutNanos) {
    timeoutNanos = Math.min(timeoutNanos, leastTimeoutNanos);
    long settleNanos = timing.settleNanos(timeoutNanos);
    for (Contact contact : contacts) {
      if (contact.answered().monotonicNanosUntil(sent) >= settleNanos) {
        settle(contact, leastTimeoutNanos);
      }
    }
    answered(sent, now, leastTimeoutNanos);
    if (newest.isEmpty() || sent.isAfter(newest.get())) {
      newest = Optional.of(sent);
    }
    return proof();
  }

  /** What is proven now, if anything is. */
  Optional<Proof> proof() {
    return newest.flatMap(sent -> settled.map(since -> new Proof(sent, since, timeoutNanos)));
  }

  private void settle(Contact contact, long leastTimeoutNanos) {
    if (settled.isEmpty() || contact.sent().isAfter(settled.get())) {
      settled = Optional.of(contact.sent());
    }
    if (firstAnswered.isPresent()
        && firstAnswered.get().monotonicNanosUntil(contact.sent())
            >= timing.settleNanos(timeoutNanos)) {
      timeoutNanos =
          Math.max(
              timeoutNanos,
              Math.min(firstTimeoutNanos, Math.min(contact.timeoutNanos(), leastTimeoutNanos)));
    }
  }

  /**
   * There is a new connection. Its timeout limits also what was proven before: the quorum leader
   * goes by it, even if a longer one follows before anything is acknowledged.
   */
  void connected(long connectionTimeoutNanos) {
    mayHaveConnected(connectionTimeoutNanos);
    // The quorum leader was asked whether the session lives, after all that was answered before.
    if (lastSent.isPresent() && (settled.isEmpty() || lastSent.get().isAfter(settled.get()))) {
      settled = lastSent;
    }
  }

  /**
   * The client tells of a connection that may be a new one, or the one that the session began on.
   * So nothing more is settled, as on the first, and the shorter timeout counts, as on a new one.
   */
  void mayHaveConnected(long connectionTimeoutNanos) {
    disconnected();
    timeoutNanos = Math.min(timeoutNanos, connectionTimeoutNanos);
  }

  /**
   * The connection is gone. Requests of the old connection say nothing of the new one's server;
   * what is settled stays settled.
   */
  void disconnected() {
    contacts.clear();
    firstAnswered = Optional.empty();
  }

  /**
   * How long to wait until an operation sent then would be charged from its own send time, or from
   * as much earlier as the last answers took to come; 0 if there is no need to wait, empty if a
   * contact has to be made first.
   */
  Optional<Long> nanosUntilSettled(Moment now) {
    long reachNanos = timing.reachNanos(timeoutNanos);
    if (settled.isPresent() && settled.get().monotonicNanosUntil(now) <= reachNanos) {
      return Optional.of(0L);
    }
    for (Contact contact : contacts) {
      long age = contact.answered().monotonicNanosUntil(now);
      if (age <= reachNanos) {
        return Optional.of(Math.max(0, timing.settleNanos(timeoutNanos) - age));
      }
    }
    return Optional.empty();
  }
}
