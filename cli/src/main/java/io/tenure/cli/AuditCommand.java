package io.tenure.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
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
    header = "What happened to a scope or a group, and why",
    description = {
      "The audit trail of a scope, or those of all shards of a group, its coordinator's, and what",
      "operators did to it, in the order in which it happened. Times are the server's."
    },
    subcommands = {
      AuditVerifyCommand.class,
      AuditExportCommand.class,
      AuditQuarantineCommand.class
    })
final class AuditCommand implements Callable<Integer> {

  private static final int FOLLOW_FROM = 10;

  private final Io io;

  @Spec @Nullable CommandSpec spec;
  @Mixin Connect connect = new Connect();
  @Mixin ArchiveOption archive = new ArchiveOption();
  @Mixin AuditFilter filter = new AuditFilter();

  @Option(names = "--json", description = "Write one line of JSON for each entry.")
  boolean json;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with what happens from now on, until Ctrl-C.")
  boolean follow;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Only the last N entries; with --follow, 10 to begin with.",
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
      Target found = new Targets(connection.client()).find(String.valueOf(path));
      if (follow) {
        new AuditFollowing(io, found, wanted, json, limit > 0 ? limit : FOLLOW_FROM)
            .run(connection.client());
        return ExitCode.OK;
      }
      AuditItems items = AuditItems.read(connection.client(), found, archive);
      items.problems().forEach(problem -> Failures.say(io.err(), problem));
      List<AuditRow> rows = items.rows().stream().filter(wanted).toList();
      print(
          limit > 0 && rows.size() > limit ? rows.subList(rows.size() - limit, rows.size()) : rows,
          found);
      return items.problems().isEmpty() ? ExitCode.OK : ExitCode.UNREADABLE;
    }
  }

  private void print(List<AuditRow> rows, Target found) {
    if (json) {
      rows.forEach(row -> io.out().json(row.json()));
    } else if (rows.isEmpty()) {
      Failures.say(io.err(), "no entries" + (filter.isOpen() ? "" : " that match"));
    } else {
      new AuditTable(io, found).print(rows);
    }
  }
}
