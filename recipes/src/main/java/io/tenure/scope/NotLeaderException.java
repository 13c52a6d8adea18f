package io.tenure.scope;

/**
 * The lease is not held, or too little of it is left: the action must not be done. Trying again
 * with the same lease never helps; acquire the office anew.
 */
public final class NotLeaderException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public NotLeaderException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public NotLeaderException(String message, Throwable cause) {
    super(message, cause);
  }
}
