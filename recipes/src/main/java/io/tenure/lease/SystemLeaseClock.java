package io.tenure.lease;

/** The clocks of the JVM. Stateless. */
enum SystemLeaseClock implements LeaseClock {
  INSTANCE;

  @Override
  public long monotonicNanos() {
    return System.nanoTime();
  }

  @Override
  public long wallMillis() {
    return System.currentTimeMillis();
  }
}
