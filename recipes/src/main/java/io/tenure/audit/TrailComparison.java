package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.ForeignDataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Holds entries of trails against what was read of them before: the entry that was read last must
 * still be the same, and where it is gone, the one that follows must repeat its digest and be no
 * older.
 *
 * <p>Confined to the reader's thread, which it blocks.
 */
final class TrailComparison {

  /** A trail whose znodes say that it is the same, and how far it was read before. */
  record Known(TrailState state, ArchivePosition position) {}

  /** A trail in which another entry was found. */
  record Replaced(Known known, Znode by) {
    /** For people. */
    String why() {
      return "is not the entry with index "
          + known.position().index()
          + " that was read before (digest "
          + known.position().digest()
          + "), and does not follow it: history was rewritten, or a backup restored";
    }
  }

  private record Compared(Known known, List<String> names, boolean follow) {}

  private final ZnodeReader znodes;

  TrailComparison(ZnodeReader znodes) {
    this.znodes = znodes;
  }

  /** The trails that have another history than the one that was read. */
  List<Replaced> compare(List<Known> trails) throws InterruptedException {
    List<Compared> compared = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    for (Known known : trails) {
      if (!known.position().digest().isEmpty()) {
        Compared one = comparedOf(known);
        compared.add(one);
        one.names().forEach(name -> paths.add(known.state().path(name)));
      }
    }
    List<Read<Znode>> reads = znodes.readEach(paths);
    List<Replaced> replaced = new ArrayList<>();
    int from = 0;
    for (Compared one : compared) {
      int to = from + one.names().size();
      other(one, reads.subList(from, to))
          .ifPresent(other -> replaced.add(new Replaced(one.known(), other)));
      from = to;
    }
    return replaced;
  }

  private static Compared comparedOf(Known known) {
    List<String> at = known.state().at(known.position().index());
    return at.isEmpty()
        ? new Compared(known, known.state().due().stream().limit(1).toList(), true)
        : new Compared(known, at, false);
  }

  private static Optional<Znode> other(Compared compared, List<Read<Znode>> reads) {
    List<Znode> found = reads.stream().flatMap(read -> read.found().stream()).toList();
    boolean gone = found.size() < reads.size(); // Since it was listed: the next look tells.
    if (gone || found.isEmpty()) {
      return Optional.empty();
    }
    ArchivePosition position = compared.known().position();
    boolean same =
        compared.follow()
            ? follows(found.get(0), position)
            : found.stream()
                .anyMatch(node -> AuditFormat.digest(node.data()).equals(position.digest()));
    return same ? Optional.empty() : Optional.of(found.get(0));
  }

  /** Whether an entry can have been written after the one that was read last. */
  private static boolean follows(Znode entry, ArchivePosition position) {
    if (entry.stat().getCzxid() < position.zxid()) {
      return false;
    }
    String name = entry.path().substring(entry.path().lastIndexOf('/') + 1);
    if (TrailState.index(name) != position.index() + 1) {
      return true; // What was between them is gone, and said to be.
    }
    try {
      return ZnodeJson.parse(entry.path(), entry.data())
          .optionalText("previous")
          .map(position.digest()::equals)
          .orElse(true);
    } catch (ForeignDataException e) {
      return true; // The reader of the entry reports the damage.
    }
  }
}
