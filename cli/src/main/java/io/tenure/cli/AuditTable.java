package io.tenure.cli;

import java.time.temporal.ChronoUnit;
import java.util.List;

/** Entries of audit trails as a table. Confined to one thread. */
final class AuditTable {

  private final Io io;
  private final Target target;

  AuditTable(Io io, Target target) {
    this.io = io;
    this.target = target;
  }

  /** All of them, with a head. */
  void print(List<AuditRow> rows) {
    boolean many = target instanceof Target.OfGroup;
    Table table =
        many
            ? new Table("time", "trail", "index", "event", "", "who", "reason")
            : new Table("time", "index", "event", "", "who", "reason");
    for (AuditRow row : rows) {
      String time = row.at().truncatedTo(ChronoUnit.MILLIS).toString();
      String index = Long.toString(row.index());
      if (many) {
        table.row(time, trail(row), index, row.event(), row.subject(), row.who(), row.reason());
      } else {
        table.row(time, index, row.event(), row.subject(), row.who(), row.reason());
      }
    }
    table.print(io.out(), io.width());
  }

  /** One that has just come. */
  void follow(AuditRow row) {
    String line =
        row.at().truncatedTo(ChronoUnit.MILLIS)
            + "  "
            + (target instanceof Target.OfGroup ? trail(row) + "  " : "")
            + row.index()
            + "  "
            + row.event()
            + "  "
            + (row.subject().isEmpty() ? "" : row.subject() + "  ")
            + row.who()
            + (row.reason().isEmpty() ? "" : "  " + row.reason());
    io.out().line(line);
  }

  /** Which of a group's trails: a shard's name, coordinator, or the group itself. */
  private String trail(AuditRow row) {
    String below = row.trail().substring(target.path().length());
    return below.isEmpty() ? "(group)" : below.replaceFirst("^/(shards/)?", "");
  }
}
