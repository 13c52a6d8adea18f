package io.tenure.scope;

/**
 * A transaction was sent and its answer never came: it may or may not have been applied. Trying
 * again is right only if applying it twice is harmless; otherwise read what it would have changed
 * first.
 */
public final class OutcomeUnknownException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public OutcomeUnknownException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public OutcomeUnknownException(String message, Throwable cause) {
    super(message, cause);
  }
}
