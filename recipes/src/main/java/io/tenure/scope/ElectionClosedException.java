package io.tenure.scope;

/** The election has been closed. Trying again does not help; build a new one. */
public sealed class ElectionClosedException extends TenureException permits ClientClosedException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public ElectionClosedException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public ElectionClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}
