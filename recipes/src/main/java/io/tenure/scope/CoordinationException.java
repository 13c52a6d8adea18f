package io.tenure.scope;

/**
 * ZooKeeper refused or could not be asked, for a reason that Tenure does not expect; the message
 * names the path. Whether trying again helps depends on the cause.
 */
public final class CoordinationException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public CoordinationException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public CoordinationException(String message, Throwable cause) {
    super(message, cause);
  }
}
