package io.tenure.internal.session;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.QueueLength;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailLength;
import io.tenure.internal.ZnodeName;
import io.tenure.scope.TenureException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Whether the list of a znode's children fits into a reply. ZooKeeper tells how many there are, and
 * not how long their names are; those of a trail are taken to be as long as the last leader's.
 *
 * <p>Confined to one thread, which it blocks.
 */
final class ListLength {

  private static final String AUDIT = "/audit";
  private static final String LATCH = "/latch";

  /** As long as most of Tenure's names are that are no entry's. */
  private static final int USUAL_NAME_BYTES = 30;

  /** No name is expected to be longer. */
  private static final int LONG_NAME_BYTES = 150;

  private final ZnodeReader znodes;
  private final int packetBytes;

  ListLength(ZnodeReader znodes, int packetBytes) {
    this.znodes = znodes;
    this.packetBytes = packetBytes;
  }

  /** What is wrong if the list does not fit. */
  Optional<String> problem(String path, int children) throws InterruptedException {
    if (TrailLength.listBytes(children, LONG_NAME_BYTES) <= packetBytes) {
      return Optional.empty();
    }
    long bytes = TrailLength.listBytes(children, nameBytes(path));
    return bytes <= packetBytes
        ? Optional.empty()
        : Optional.of(
            "has "
                + children
                + " children, whose list is about "
                + bytes
                + " bytes long; this client takes "
                + packetBytes
                + " (jute.maxbuffer), and would lose its connection. Start this process with"
                + " -Djute.maxbuffer="
                + 2 * bytes
                + ", or read it with the tenure command, which takes more"
                + (path.endsWith(AUDIT)
                    ? "; `tenure archive "
                        + path.substring(0, path.length() - AUDIT.length())
                        + " --dir DIR --once --keep N` makes the trail shorter"
                    : ""));
  }

  /**
   * What is probably wrong if the connection was lost by asking for the list: the names may be
   * longer than the last leader's.
   */
  Optional<String> suspicion(int children) {
    long bytes = TrailLength.listBytes(children, LONG_NAME_BYTES);
    return bytes <= packetBytes
        ? Optional.empty()
        : Optional.of(
            "has "
                + children
                + " children, and the connection was lost when they were asked for: their list is"
                + " probably longer than the "
                + packetBytes
                + " bytes that this client takes (jute.maxbuffer). Start this process with"
                + " -Djute.maxbuffer="
                + bytes
                + ", or read it with the tenure command, which takes more");
  }

  private int nameBytes(String path) throws InterruptedException {
    if (path.endsWith(LATCH)) {
      return QueueLength.NAME_BYTES;
    }
    if (!path.endsWith(AUDIT) || path.length() == AUDIT.length()) {
      return USUAL_NAME_BYTES;
    }
    String scope = path.substring(0, path.length() - AUDIT.length());
    try {
      for (ZnodeReader.Znode node : znodes.read(List.of(scope))) {
        Optional<String> id =
            ScopeRecord.parse(scope, node.data()).incumbent().map(last -> last.candidate().id());
        if (id.isPresent()) {
          return AuditFormat.nameBytes(
              ZnodeName.encode(id.get()).getBytes(StandardCharsets.UTF_8).length);
        }
      }
    } catch (TenureException e) {
      // No scope, or one that may not be read.
    }
    return USUAL_NAME_BYTES;
  }
}
