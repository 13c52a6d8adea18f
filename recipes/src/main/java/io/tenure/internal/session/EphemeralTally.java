package io.tenure.internal.session;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the ephemeral nodes of the elections on one session would take if all of them led, and a
 * warning, once, when that is more than half of what servers can read; see {@link EphemeralBytes}.
 * Thread-safe.
 */
public final class EphemeralTally {

  private static final Log log = Log.of(EphemeralTally.class);

  private final AtomicLong bytes = new AtomicLong();
  private final AtomicBoolean told = new AtomicBoolean();

  /** An election may have nodes of so many bytes; negative when it is closed. */
  public void add(long more) {
    long now = bytes.addAndGet(more);
    if (now > EphemeralBytes.DEFAULT_BOUND && told.compareAndSet(false, true)) {
      log.warn(
          "the elections of one client would have ephemeral nodes whose paths take {} bytes, if all"
              + " of them led: with more than {} ZooKeeper's servers cannot start again after the"
              + " session has ended (ZOOKEEPER-4306). Use several clients, shorter paths, or"
              + " tenure-sharding, which keeps below that",
          now,
          EphemeralBytes.SERVERS_DEFAULT);
    }
  }

  long bytes() {
    return bytes.get();
  }
}
