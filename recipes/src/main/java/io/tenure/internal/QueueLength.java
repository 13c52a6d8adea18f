package io.tenure.internal;

/**
 * Whether the list of a scope's candidates fits into one reply. Each candidate in the queue asks
 * for that list, and where it does not fit, each loses its connection by asking.
 *
 * <p>Stateless.
 */
public final class QueueLength {

  /** Curator names a candidate's node by a UUID, a word and a number. */
  public static final int NAME_BYTES = 57;

  /** A part of the reply that stays free for candidates that enter at the same moment. */
  private static final int SPARE_PART = 16;

  private QueueLength() {}

  /**
   * Whether one more candidate may enter.
   *
   * @param candidates how many there are
   * @param packetBytes what the client takes
   */
  public static boolean hasRoom(int candidates, int packetBytes) {
    return fits(candidates + 1, packetBytes - packetBytes / SPARE_PART);
  }

  /** Whether the list of the candidates fits. */
  public static boolean fits(int candidates, int packetBytes) {
    return TrailLength.listBytes(candidates, NAME_BYTES) <= packetBytes;
  }

  /** What to say where the queue is too long. */
  public static String tooLong(String latchPath, int candidates, int packetBytes) {
    return latchPath
        + " has "
        + candidates
        + " candidates, and the list of their names does not fit into the "
        + packetBytes
        + " bytes that this client takes (jute.maxbuffer), or leaves no room for more: each candidate"
        + " asks for that list, and would lose its connection. Let fewer candidates stand for this"
        + " scope, or start each with -Djute.maxbuffer="
        + 2 * TrailLength.listBytes(candidates, NAME_BYTES);
  }
}
