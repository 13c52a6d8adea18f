package io.tenure.scope;

/**
 * A znode has more children than their list has room for in one reply, as this client takes it. It
 * was not asked for, since the client would lose its connection. Trying again does not help: the
 * message names the path, the numbers and a way out.
 */
public final class ListTooLongException extends TenureException {
  private static final long serialVersionUID = 1L;

  /** With a message for people. */
  public ListTooLongException(String message) {
    super(message);
  }
}
