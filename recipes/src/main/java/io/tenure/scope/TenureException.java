package io.tenure.scope;

/**
 * Something that Tenure could not do. Each subclass is one answer to "what now?", and its Javadoc
 * says whether trying again can help.
 */
public abstract class TenureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  protected TenureException(String message) {
    super(message);
  }

  protected TenureException(String message, Throwable cause) {
    super(message, cause);
  }
}
