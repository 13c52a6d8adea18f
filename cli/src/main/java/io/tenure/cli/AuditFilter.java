package io.tenure.cli;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which entries of an audit trail are wanted. */
final class AuditFilter {

  private static final Set<String> EVENTS =
      Set.of(
          "elected",
          "resigned",
          "failed",
          "lapsed",
          "revoked",
          "lost",
          "drain",
          "undrain",
          "pin",
          "unpin",
          "move",
          "capacity",
          "reset-capacity",
          "resize",
          "add-shards",
          "remove-shards",
          "settings",
          "revoke");

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "From this time on: 02:05, '2h ago'.")
  @Nullable String since;

  @Option(names = "--until", paramLabel = "TIME", description = "Up to this time.")
  @Nullable String until;

  @Option(
      names = "--event",
      split = ",",
      paramLabel = "EVENT",
      description =
          "Only these: elected, resigned, failed, lapsed, revoked, lost; drain, pin, move and what"
              + " else operators do.")
  List<String> events = new ArrayList<>();

  @Option(
      names = "--worker",
      paramLabel = "ID",
      description = "Only what is about this worker or candidate.")
  @Nullable String worker;

  /** Whether every entry is wanted. */
  boolean isOpen() {
    return since == null && until == null && events.isEmpty() && worker == null;
  }

  /**
   * The filter.
   *
   * @throws CommandException if it makes no sense
   */
  Predicate<AuditRow> predicate(Clock clock) {
    Instant from = since == null ? Instant.MIN : Times.parse(since, clock, ZoneId.systemDefault());
    Instant to = until == null ? Instant.MAX : Times.parse(until, clock, ZoneId.systemDefault());
    if (from.isAfter(to)) {
      throw new CommandException(
          ExitCode.USAGE, "--since " + from + " is later than --until " + to + ": swap them");
    }
    Set<String> wanted = new TreeSet<>();
    for (String event : events) {
      String word = event.strip().toLowerCase(Locale.ROOT);
      if (!EVENTS.contains(word)) {
        throw new CommandException(
            ExitCode.USAGE,
            "--event \"" + event + "\" is none of " + String.join(", ", new TreeSet<>(EVENTS)));
      }
      wanted.add(word);
    }
    return row ->
        !row.at().isBefore(from)
            && !row.at().isAfter(to)
            && (wanted.isEmpty() || wanted.contains(row.event()))
            && (worker == null || row.worker().equals(worker));
  }
}
