package io.tenure.scope;

/**
 * Another live candidate of the scope has the same id. Give each process its own; then try again.
 */
public final class DuplicateCandidateException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public DuplicateCandidateException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public DuplicateCandidateException(String message, Throwable cause) {
    super(message, cause);
  }
}
