package io.tenure.lease;

/**
 * The two local clocks that a lease is measured with. Elapsed time is the larger of the two clocks'
 * advances: the monotonic clock may stop while the machine is suspended, the wall clock does not.
 *
 * <p>Implementations are thread-safe, and neither block nor allocate.
 */
public interface LeaseClock {

  /** Nanoseconds since some fixed instant, never going back; see {@link System#nanoTime()}. */
  long monotonicNanos();

  /** Milliseconds since 1970 by the wall clock, which people can set to any time at any time. */
  long wallMillis();

  /** The clocks of the JVM. */
  static LeaseClock system() {
    return SystemLeaseClock.INSTANCE;
  }
}
