package io.tenure.internal.session;

import io.tenure.scope.TenureException;

/** What an election needs to know of the client's session. Called on the monitor's event thread. */
public interface SessionListener {

  /** The client is connected, in this session, which may be the one it had before. */
  void connected(long session);

  /** The client has lost its connection; the session may live on. */
  default void disconnected() {}

  /**
   * The session has ended, or its handle was given up: what was ephemeral in it is or will be gone.
   */
  void gone(long session);

  /**
   * No session will be begun again: the client or the monitor was closed, or the servers refuse the
   * client's credentials. Told once to each listener, also to one that is added later. If only the
   * monitor was closed, the session still lives and transactions can be sent; the monitor waits for
   * what is given to {@link Monitor#closeAfter}, for one session timeout at most. Otherwise {@link
   * #gone} was told before, if there was a session.
   *
   * @param cause for this listener alone, so that it can be thrown
   */
  default void closed(TenureException cause) {}

  /**
   * Whether the calling thread runs the user's code that has to return before what the listener has
   * in ZooKeeper is settled: to let it wait for that is to let it wait for itself. On any thread.
   */
  default boolean isWaitedForHere() {
    return false;
  }
}
