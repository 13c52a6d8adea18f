package io.tenure.internal.session;

/** What an election needs to know of the client's session. Called on the monitor's event thread. */
public interface SessionListener {

  /** The client is connected, in this session, which may be the one it had before. */
  void connected(long session);

  /**
   * The session has ended, or its handle was given up: what was ephemeral in it is or will be gone.
   */
  void gone(long session);
}
