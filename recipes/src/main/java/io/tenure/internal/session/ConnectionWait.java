package io.tenure.internal.session;

import io.tenure.scope.TenureException;

/**
 * Says once that what is built on a session has been without a connection for longer than a session
 * timeout, and why, for those who do nothing but wait for the next one. Added to the monitor as one
 * of its listeners, and taken back with {@link #stop}.
 *
 * <p>Confined to the monitor's event thread, except for {@link #start} and {@link #stop}.
 */
public final class ConnectionWait implements SessionListener {

  private final Monitor monitor;
  private final LongWait wait;

  /**
   * Nothing is waited for yet.
   *
   * @param who begins the line: who waits for a connection
   */
  public ConnectionWait(Monitor monitor, Log log, String who) {
    this.monitor = monitor;
    this.wait = new LongWait(monitor, log, who + " waits for a connection");
  }

  /** From now on. */
  public void start() {
    monitor.addListener(this);
    monitor.execute(
        () -> {
          if (!monitor.isConnected() && monitor.closedCause().isEmpty()) {
            missing();
          }
        });
  }

  /** Ends the wait. */
  public void stop() {
    monitor.removeListener(this);
    monitor.execute(wait::givenUp);
  }

  private void missing() {
    wait.because(monitor.noConnection());
  }

  @Override
  public void connected(long session) {
    wait.over();
  }

  @Override
  public void disconnected() {
    missing();
  }

  @Override
  public void gone(long session) {
    missing();
  }

  @Override
  public void closed(TenureException cause) {
    wait.givenUp();
  }
}
