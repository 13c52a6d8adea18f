package io.tenure.scope;

/**
 * Something that Tenure could not do. Each subclass is one answer to "what now?", and its Javadoc
 * says whether trying again can help. Messages quote what stands in znodes, so they are made {@link
 * Printable}.
 */
public abstract class TenureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  protected TenureException(String message) {
    super(Printable.of(message, Printable.MAX_CHARS));
  }

  protected TenureException(String message, Throwable cause) {
    super(Printable.of(message, Printable.MAX_CHARS), cause);
  }
}
