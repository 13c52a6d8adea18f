package io.tenure.cli;

import io.tenure.audit.ArchiveListener;
import io.tenure.audit.ArchivePosition;
import io.tenure.audit.ArchiveSink;
import io.tenure.audit.Archived;
import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.ArchivedGap;
import io.tenure.audit.AuditArchiver;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.curator.framework.CuratorFramework;

/**
 * Writes entries as they are added: first the last ones that are there, then each new one, once and
 * in order, over lost connections.
 *
 * <p>Everything but {@link #run} is confined to the archiver's thread; the output as well, from
 * when that is started.
 */
final class AuditFollowing implements ArchiveSink, ArchiveListener {

  private final Io io;
  private final Target target;
  private final Predicate<AuditRow> wanted;
  private final boolean json;
  private final int limit;
  private final AuditTable table;
  private final Map<String, ArchivePosition> positions = new HashMap<>();
  private final List<AuditRow> before = new ArrayList<>();
  private boolean caughtUp;

  AuditFollowing(Io io, Target target, Predicate<AuditRow> wanted, boolean json, int limit) {
    this.io = io;
    this.target = target;
    this.wanted = wanted;
    this.json = json;
    this.limit = limit;
    this.table = new AuditTable(io, target);
  }

  /** Until Ctrl-C, or until the reader of the output has gone. */
  void run(CuratorFramework client) throws InterruptedException {
    io.ifInterrupted().set("");
    try (AuditArchiver archiver =
        AuditArchiver.builder(client, target.path()).sink(this).listener(this).build()) {
      archiver.start().toCompletableFuture().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public Map<String, ArchivePosition> positions() {
    return positions;
  }

  @Override
  public void write(List<Archived> items) {
    List<AuditRow> rows = new ArrayList<>();
    for (Archived item : items) {
      positions.put(item.trail(), item.position());
      if (item instanceof ArchivedEntry entry && AuditItems.isWanted(target, item.trail())) {
        try {
          rows.add(AuditRow.of(entry));
        } catch (TenureException e) {
          Failures.say(io.err(), entry.path() + ": " + e.getMessage());
        }
      }
    }
    if (caughtUp) {
      print(rows);
    } else {
      before.addAll(rows);
    }
  }

  @Override
  public void caughtUp(int trails) {
    if (!caughtUp) {
      caughtUp = true;
      before.removeIf(wanted.negate());
      before.sort(AuditRow.ORDER);
      print(before.subList(Math.max(0, before.size() - limit), before.size()));
      before.clear();
    }
  }

  private void print(List<AuditRow> rows) {
    rows.stream()
        .filter(wanted)
        .sorted(AuditRow.ORDER)
        .forEach(
            row -> {
              if (json) {
                io.out().json(row.json());
              } else {
                table.follow(row);
              }
            });
    io.out().flush();
  }

  @Override
  public void gap(ArchivedGap gap) {
    if (caughtUp && AuditItems.isWanted(target, gap.trail())) {
      Failures.say(
          io.err(),
          gap.trail() + ": entries " + gap.first() + " to " + gap.last() + " were deleted unread");
    }
  }

  @Override
  public void anew(String trail, String from, String to) {
    if (AuditItems.isWanted(target, trail)) {
      Failures.say(
          io.err(),
          trail
              + ": a new trail begins here; the scope was deleted and made anew, a backup restored,"
              + " or history rewritten");
    }
  }

  @Override
  public void problem(String path, String problem) {
    Failures.say(io.err(), path + ": " + problem);
  }
}
