package io.tenure.lease;

/** A task threw a checked exception, which is the cause. The tenure has been ended. */
public final class TaskFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TaskFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
