package io.tenure.cli;

import io.tenure.audit.AuditTrail;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.apache.curator.framework.CuratorFramework;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What happened, and why. */
@Command(
    name = "audit",
    description = {
      "What happened to a scope, or to all shards of a group and the group itself, in the order in",
      "which it happened. Times are the server's."
    },
    subcommands = {AuditVerifyCommand.class, AuditExportCommand.class})
final class AuditCommand implements Callable<Integer> {

  private final Io io;

  @Spec @Nullable CommandSpec spec;
  @Mixin Connect connect = new Connect();
  @Mixin AuditFilter filter = new AuditFilter();

  @Option(names = "--json", description = "Write one line of JSON for each entry.")
  boolean json;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Only the last N entries.",
      defaultValue = "0")
  int limit;

  @Parameters(
      paramLabel = "SCOPE|GROUP",
      arity = "0..1",
      description = "For example /billing/close or /orders.")
  @Nullable String target;

  AuditCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    String path = target;
    CommandSpec own = spec;
    if (path == null && own != null) {
      throw new ParameterException(own.commandLine(), "which scope or group?");
    }
    Predicate<AuditRow> wanted = filter.predicate(io.clock());
    try (Connection connection = connect.open()) {
      CuratorFramework client = connection.client();
      Target found = new Targets(client).find(String.valueOf(path));
      List<AuditTrail> trails = new AuditSource(client, found).trails();
      boolean readable = sayWhatIsUnreadable(io, trails);
      List<AuditRow> rows = AuditSource.rows(trails).stream().filter(wanted).toList();
      if (limit > 0 && rows.size() > limit) {
        rows = rows.subList(rows.size() - limit, rows.size());
      }
      print(rows, found);
      return readable ? ExitCode.OK : ExitCode.UNREADABLE;
    }
  }

  private void print(List<AuditRow> rows, Target target) {
    if (json) {
      rows.forEach(row -> io.out().json(row.json()));
      return;
    }
    boolean many = target instanceof Target.OfGroup;
    Table table =
        many
            ? new Table("time", "trail", "index", "event", "", "who", "reason")
            : new Table("time", "index", "event", "", "who", "reason");
    for (AuditRow row : rows) {
      String time = row.at().truncatedTo(ChronoUnit.MILLIS).toString();
      String index = Long.toString(row.index());
      if (many) {
        String trail = row.trail().substring(target.path().length());
        String shown = trail.isEmpty() ? "(group)" : trail.replaceFirst("^/(shards/)?", "");
        table.row(time, shown, index, row.event(), row.subject(), row.who(), row.reason());
      } else {
        table.row(time, index, row.event(), row.subject(), row.who(), row.reason());
      }
    }
    if (table.isEmpty()) {
      Failures.say(io.err(), "no entries" + (filter.isOpen() ? "" : " that match"));
    } else {
      table.print(io.out(), io.width());
    }
  }

  /** Says what cannot be read, one line each; the rest is shown all the same. */
  static boolean sayWhatIsUnreadable(Io io, List<AuditTrail> trails) {
    boolean readable = true;
    for (AuditTrail trail : trails) {
      for (AuditTrail.Unreadable bad : trail.unreadable()) {
        Failures.say(io.err(), bad.path() + ": " + bad.problem());
        readable = false;
      }
    }
    return readable;
  }
}
