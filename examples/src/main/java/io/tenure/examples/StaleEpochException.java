package io.tenure.examples;

/** The store has seen a later leader than the one that writes. */
final class StaleEpochException extends Exception {
  private static final long serialVersionUID = 1L;

  StaleEpochException(long epoch, long seen) {
    super("epoch " + epoch + " refused: the table has seen epoch " + seen);
  }
}
