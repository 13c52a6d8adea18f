package io.tenure.sharding;

import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.Moment;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Reply;
import io.tenure.scope.LeaseTermsException;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * For how long a picture of a group can be trusted; see {@link ShardDirectory#trustedFor()}. Sends
 * an operation of the quorum each ack interval, one that only checks and needs no permission. A
 * {@code sync} would prove less: a quorum leader that was deposed and has not noticed answers it,
 * and knows of no leader since. The operation has a place in the order of all transactions, and
 * what the server has to tell of those before it has been told when its answer is there.
 *
 * <p>Confined to the monitor's event thread, except for {@link #nanosLeft}.
 */
final class DirectoryTrust {

  /** Where the terms of leases leave no time, the picture can be trusted for this part of it. */
  private static final int PARTS_WITHOUT_TERMS = 3;

  private static final int CONTACTS_PER_SESSION = 6;

  private final Monitor monitor;

  // Written by the event thread, read by all.
  private volatile @Nullable Moment until;

  private long session;
  private @Nullable Future<?> timer;

  DirectoryTrust(Monitor monitor) {
    this.monitor = monitor;
  }

  /** There is a connection: asks now, and again and again. */
  void begin(long inSession) {
    session = inSession;
    contact();
  }

  void stop() {
    session = 0;
    until = null;
    cancel();
  }

  /** What is left; 0 if nothing. Callable from any thread. */
  long nanosLeft() {
    Moment end = until;
    if (end == null) {
      return 0;
    }
    Moment now = Moment.now(monitor.clock());
    return Math.max(
        0,
        Moment.nanosLeft(
            end.monotonicNanos(), end.wallMillis(), now.monotonicNanos(), now.wallMillis()));
  }

  private void cancel() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void contact() {
    cancel();
    long asked = session;
    if (asked == 0) {
      return;
    }
    if (monitor.isConnected()) {
      monitor.confirm().thenAccept(reply -> answered(asked, reply));
    }
    timer = monitor.schedule(this::contact, intervalNanos());
  }

  private void answered(long asked, Reply reply) {
    if (asked == session && reply.isAcknowledgement()) {
      until = reply.sent().plusNanos(trustNanos());
    }
  }

  private long intervalNanos() {
    return monitor.sessionTimeoutNanos() / CONTACTS_PER_SESSION;
  }

  private long trustNanos() {
    try {
      return monitor
          .terms(Optional.empty(), Optional.empty())
          .map(DirectoryTrust::ofTerms)
          .orElse(0L);
    } catch (LeaseTermsException e) {
      return monitor.sessionTimeoutNanos() / PARTS_WITHOUT_TERMS;
    }
  }

  private static long ofTerms(LeaseTerms terms) {
    return terms.sessionShareNanos() - terms.ackIntervalNanos();
  }
}
