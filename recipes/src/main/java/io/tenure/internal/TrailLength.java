package io.tenure.internal;

import io.tenure.scope.Retention;
import java.nio.charset.StandardCharsets;

/**
 * Whether the list of a trail's entries fits into one reply. ZooKeeper has no paged listing, so a
 * trail whose list does not fit is not listed by those who lead: they delete nothing from it, and
 * lead all the same.
 *
 * <p>Stateless.
 */
public final class TrailLength {

  /** The longest id in the characters that most ids are made of, which take a byte each. */
  private static final int LONGEST_ID_BYTES = 128;

  /** The head of a reply, and the {@code Stat} in it. */
  private static final int HEAD_BYTES = 256;

  private static final int LENGTH_BYTES = 4;

  private TrailLength() {}

  /** How long the list of so many names is. */
  public static long listBytes(long names, int nameBytes) {
    return HEAD_BYTES + names * (LENGTH_BYTES + nameBytes);
  }

  /**
   * Whether the list surely fits.
   *
   * @param entries how many there are
   * @param packetBytes what the client takes
   */
  public static boolean fits(int entries, ScopeRecord record, int packetBytes) {
    return listBytes(entries, record) <= packetBytes;
  }

  /** How long the list is at most. */
  public static long listBytes(int entries, ScopeRecord record) {
    int id =
        record
            .incumbent()
            .map(last -> ZnodeName.encode(last.candidate().id()))
            .map(name -> name.getBytes(StandardCharsets.UTF_8).length)
            .orElse(0);
    return listBytes(entries, AuditFormat.nameBytes(Math.max(LONGEST_ID_BYTES, id)));
  }

  /** What to say where retention cannot be kept. */
  public static String cannotTrim(
      String auditPath, int entries, ScopeRecord record, Retention retention, int packetBytes) {
    return auditPath
        + " has "
        + entries
        + " entries, and "
        + retention.entries()
        + " are to be kept; the list of their names may not fit into the "
        + packetBytes
        + " bytes that this client takes (jute.maxbuffer), so none is deleted. Take them out with"
        + " `tenure archive "
        + auditPath.substring(0, auditPath.lastIndexOf('/'))
        + " --dir DIR --once --keep "
        + retention.entries()
        + "`, or start this process with -Djute.maxbuffer="
        + listBytes(entries, record)
        + ". Leading goes on";
  }
}
