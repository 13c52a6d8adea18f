package io.tenure.scope;

/**
 * The ZooKeeper client was closed, and with it all that is built on it. Trying again does not help;
 * build a new client and a new election.
 */
public final class ClientClosedException extends ElectionClosedException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public ClientClosedException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public ClientClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}
