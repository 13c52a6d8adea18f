package io.tenure.scope;

/**
 * The client asks for TLS and would go on in plain text, passwords included. Trying again does not
 * help; give the client the socket that knows TLS, and build a new one.
 */
public final class InsecureConnectionException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public InsecureConnectionException(String message) {
    super(message);
  }
}
