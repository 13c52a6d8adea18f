package io.tenure.examples;

/**
 * The user gave something that the demo cannot work with; the message is all that is to be said.
 */
final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InputException(String message) {
    super(message);
  }

  InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
