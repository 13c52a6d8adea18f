package io.tenure.scope;

/**
 * The servers refuse the client's credentials, and the client has given up. Trying again does not
 * help; correct the credentials and build a new client.
 */
public final class AuthenticationFailedException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public AuthenticationFailedException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public AuthenticationFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
