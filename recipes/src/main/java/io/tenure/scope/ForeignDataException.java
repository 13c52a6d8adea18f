package io.tenure.scope;

/**
 * A znode of the scope holds something that Tenure did not write, or that a newer version of Tenure
 * wrote. It was left as it is. Trying again does not help: look at the path that the message names.
 */
public final class ForeignDataException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public ForeignDataException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public ForeignDataException(String message, Throwable cause) {
    super(message, cause);
  }
}
