package io.tenure.internal.session;

import java.util.ArrayDeque;
import java.util.Optional;

/**
 * What the answered requests of one session prove about the quorum leader's idea of it; the
 * derivation is at {@link LeaseTerms}.
 *
 * <p>A <em>contact</em> is a request that was answered on the present connection. An acknowledged
 * quorum operation sent at <i>T</i> <em>settles</em> the contacts that were answered at least
 * {@code settleNanos} before it: the quorum leader has heard of the session since they were sent.
 * The answer counts there, and not the request: one that was held up on its way may have reached
 * the server together with the operation. The <em>anchor</em> is the moment from which the session
 * bound is charged: <i>T</i>, or the send time of the newest settled contact + ack interval +
 * tickTime/2 where that is earlier. It only moves forward.
 *
 * <p>Pure; confined to the monitor's event thread.
 */
final class QuorumEvidence {

  /**
   * Contacts are kept at least {@code settleNanos / 4} apart and this many of them, so that the
   * oldest one kept is old enough to be settled. A contact that is not kept makes the bound
   * earlier, never later.
   */
  private static final int MAX_CONTACTS = 12;

  private static final int CONTACTS_PER_SETTLE = 4;

  private record Contact(Moment sent, Moment answered) {}

  private final long settleNanos;
  private final long reachNanos;
  private final ArrayDeque<Contact> contacts = new ArrayDeque<>(MAX_CONTACTS);
  private Optional<Moment> settled;
  private Optional<Moment> anchor = Optional.empty();

  /**
   * Starts the evidence of a session.
   *
   * @param ackIntervalNanos how far apart requests are meant to be
   * @param halfTickNanos the quorum leader's ping period
   * @param allowanceNanos how late an answer to a ping may be
   * @param bornAfter a moment at which the session is known not to have existed yet: its creation
   *     is a quorum operation, so the quorum leader has heard of it since
   */
  QuorumEvidence(
      long ackIntervalNanos, long halfTickNanos, long allowanceNanos, Optional<Moment> bornAfter) {
    this.settleNanos = halfTickNanos + allowanceNanos;
    this.reachNanos = ackIntervalNanos + halfTickNanos;
    this.settled = bornAfter;
  }

  /**
   * A request has been answered.
   *
   * @param sent when it was sent
   * @param now when its answer had come
   */
  void answered(Moment sent, Moment now) {
    Contact last = contacts.peekLast();
    if (last != null && last.sent().monotonicNanosUntil(sent) < settleNanos / CONTACTS_PER_SETTLE) {
      return;
    }
    if (contacts.size() == MAX_CONTACTS) {
      contacts.removeFirst();
    }
    contacts.addLast(new Contact(sent, now));
  }

  /**
   * The quorum has acknowledged an operation.
   *
   * @param sent when it was sent
   * @param now when its answer had come
   * @return the anchor, if the operation moved it
   */
  Optional<Moment> acknowledged(Moment sent, Moment now) {
    for (Contact contact : contacts) {
      if (contact.answered().monotonicNanosUntil(sent) >= settleNanos
          && (settled.isEmpty() || contact.sent().isAfter(settled.get()))) {
        settled = Optional.of(contact.sent());
      }
    }
    answered(sent, now);
    if (settled.isEmpty()) {
      return Optional.empty();
    }
    Moment candidate = Moment.earlier(sent, settled.get().plusNanos(reachNanos));
    if (anchor.isPresent() && !candidate.isAfter(anchor.get())) {
      return Optional.empty();
    }
    anchor = Optional.of(candidate);
    return anchor;
  }

  /**
   * The connection is gone. Requests of the old connection say nothing of the new one's server;
   * what is settled stays settled.
   */
  void disconnected() {
    contacts.clear();
  }

  /**
   * How long to wait until an operation sent then would be charged from its own send time, or from
   * as much earlier as the last answers took to come; 0 if there is no need to wait, empty if a
   * contact has to be made first.
   */
  Optional<Long> nanosUntilSettled(Moment now) {
    if (settled.isPresent() && settled.get().monotonicNanosUntil(now) <= reachNanos) {
      return Optional.of(0L);
    }
    Optional<Long> wait = Optional.empty();
    for (Contact contact : contacts) {
      long age = contact.answered().monotonicNanosUntil(now);
      if (age <= reachNanos) {
        wait = Optional.of(Math.max(0, settleNanos - age));
        break;
      }
    }
    return wait;
  }
}
