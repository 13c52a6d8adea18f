package io.tenure.cli;

import io.tenure.audit.ArchiveListener;
import io.tenure.audit.ArchivePosition;
import io.tenure.audit.ArchiveReader;
import io.tenure.audit.ArchiveSink;
import io.tenure.audit.Archived;
import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.ArchivedGap;
import io.tenure.audit.AuditArchiver;
import io.tenure.scope.TenureException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;

/**
 * All entries of a scope, or of a group with its shards, its coordinator and its own trail: from an
 * archive, if there is one, and from ZooKeeper. What cannot be read is listed beside them.
 *
 * <p>Confined to the thread of the command.
 */
final class AuditItems {

  private final Target target;
  private final List<AuditRow> rows = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Set<List<Object>> seen = new HashSet<>();

  private AuditItems(Target target) {
    this.target = target;
  }

  /** Reads everything as it stands. */
  static AuditItems read(CuratorFramework client, Target target, ArchiveOption archive)
      throws InterruptedException {
    AuditItems items = new AuditItems(target);
    Optional<ArchiveReader> reader = archive.reader();
    try {
      if (reader.isPresent()) {
        items.readArchive(reader.get());
      }
      AuditArchiver.builder(client, target.path())
          .sink(items.new Sink())
          .listener(items.new Listener())
          .build()
          .once();
    } catch (IOException e) {
      throw archive.failed(e);
    }
    items.rows.sort(AuditRow.ORDER);
    return items;
  }

  /** Those that can be read, in the order in which they were written. */
  List<AuditRow> rows() {
    return rows;
  }

  /** What cannot be read, one line each. */
  List<String> problems() {
    return problems;
  }

  private void readArchive(ArchiveReader reader) throws IOException {
    try (Stream<Archived> lines =
        reader.lines(
            ArchiveReader.Selection.all(),
            bad -> problems.add(bad.path() + ": " + bad.problem()))) {
      lines.forEach(this::take);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void take(Archived item) {
    if (!isWanted(target, item.trail())) {
      return;
    }
    if (item instanceof ArchivedGap gap) {
      problems.add(
          gap.trail() + ": entries " + gap.first() + " to " + gap.last() + " were deleted unread");
      return;
    }
    ArchivedEntry entry = (ArchivedEntry) item;
    if (!seen.add(List.of(entry.trail(), entry.index(), entry.digest()))) {
      return; // Archived, and still in ZooKeeper.
    }
    try {
      rows.add(AuditRow.of(entry));
    } catch (TenureException e) {
      problems.add(entry.path() + ": " + e.getMessage());
    }
  }

  /** Below a scope others may stand, which were not asked for. */
  static boolean isWanted(Target target, String trail) {
    return trail.equals(target.path())
        || (target instanceof Target.OfGroup && trail.startsWith(target.path() + "/"));
  }

  private final class Sink implements ArchiveSink {
    private final Map<String, ArchivePosition> positions = new HashMap<>();

    @Override
    public Map<String, ArchivePosition> positions() {
      return positions;
    }

    @Override
    public void write(List<Archived> items) {
      for (Archived item : items) {
        positions.put(item.trail(), item.position());
        if (!(item instanceof ArchivedGap)) {
          take(item); // What retention has deleted is no problem of a reader.
        }
      }
    }
  }

  private final class Listener implements ArchiveListener {
    @Override
    public void problem(String path, String problem) {
      problems.add(path + ": " + problem);
    }
  }
}
