package io.tenure.recipes;

/** A task threw a checked exception, which is the cause. The tenure has been ended. */
public final class TaskFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TaskFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
