package io.tenure.scope;

/**
 * The server lacks something that Tenure needs. Trying again does not help until it is upgraded.
 */
public final class UnsupportedServerException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public UnsupportedServerException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public UnsupportedServerException(String message, Throwable cause) {
    super(message, cause);
  }
}
