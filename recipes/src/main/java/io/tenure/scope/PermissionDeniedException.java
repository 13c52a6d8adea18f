package io.tenure.scope;

/**
 * The server denied an operation. The message names the path and the permission; trying again helps
 * only after the ACL or the client's credentials have changed.
 */
public final class PermissionDeniedException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public PermissionDeniedException(String message) {
    super(message);
  }

  /** With a message for people and the error below it. */
  public PermissionDeniedException(String message, Throwable cause) {
    super(message, cause);
  }
}
