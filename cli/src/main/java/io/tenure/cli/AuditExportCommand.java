package io.tenure.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.tenure.scope.Printable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes audit trails for other programs. */
@Command(
    name = "export",
    description =
        "Writes entries with all their fields: one line of JSON each, or CSV with a head.")
final class AuditExportCommand implements Callable<Integer> {

  /** The forms. */
  enum Format {
    /** One line of JSON for each entry. */
    JSONL,
    /** RFC 4180, with a head. */
    CSV
  }

  private static final List<String> COLUMNS =
      List.of(
          "serverTime",
          "trail",
          "index",
          "event",
          "epoch",
          "candidate",
          "reason",
          "host",
          "pid",
          "endpoint",
          "session",
          "recordedBy",
          "subject",
          "value",
          "by",
          "leaderTime",
          "zxid",
          "path");

  /** What formulas begin with, in the wide form too. Tabs and returns are no longer there. */
  private static final String FORMULA = "=+-@＝＋－＠";

  private final Io io;

  @Mixin Connect connect = new Connect();
  @Mixin ArchiveOption archive = new ArchiveOption();
  @Mixin AuditFilter filter = new AuditFilter();

  @Option(
      names = "--format",
      defaultValue = "jsonl",
      paramLabel = "jsonl|csv",
      description = "Default: ${DEFAULT-VALUE}.")
  Format format = Format.JSONL;

  @Parameters(paramLabel = "SCOPE|GROUP", description = "For example /billing/close or /orders.")
  String target = "";

  AuditExportCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Predicate<AuditRow> wanted = filter.predicate(io.clock());
    try (Connection connection = connect.open()) {
      Target found = new Targets(connection.client()).find(target);
      AuditItems items = AuditItems.read(connection.client(), found, archive);
      items.problems().forEach(problem -> Failures.say(io.err(), problem));
      List<AuditRow> rows = items.rows().stream().filter(wanted).toList();
      if (format == Format.JSONL) {
        rows.forEach(row -> io.out().json(row.json()));
      } else {
        csv(rows);
      }
      return items.problems().isEmpty() ? ExitCode.OK : ExitCode.UNREADABLE;
    }
  }

  /**
   * A value as a cell, which a spreadsheet takes for no formula: texts that begin like one begin
   * with an apostrophe, as spreadsheets write it themselves.
   */
  private static String cell(JsonNode value) {
    String text = Printable.of(value.asText());
    boolean formula = value.isTextual() && !text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0;
    return formula ? "'" + text : text;
  }

  private void csv(List<AuditRow> rows) throws IOException {
    CSVFormat csv = CSVFormat.RFC4180.builder().setHeader(COLUMNS.toArray(String[]::new)).get();
    try (CSVPrinter printer = new CSVPrinter(new OutputWriter(io.out()), csv)) {
      for (AuditRow row : rows) {
        for (String column : COLUMNS) {
          JsonNode value = row.json().get(column);
          printer.print(value == null ? "" : cell(value));
        }
        printer.println();
      }
    }
  }
}
