package io.tenure.scope;

/**
 * The session timeout, the safety margin and the lease duration leave no time to act. The message
 * has the numbers; change one of them and try again.
 */
public final class LeaseTermsException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public LeaseTermsException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public LeaseTermsException(String message, Throwable cause) {
    super(message, cause);
  }
}
