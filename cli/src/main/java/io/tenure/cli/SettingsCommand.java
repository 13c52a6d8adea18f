package io.tenure.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Retention;
import io.tenure.sharding.GroupChange;
import io.tenure.sharding.GroupSettings;
import io.tenure.sharding.LoadBalancing;
import io.tenure.sharding.SettingsChange;
import io.tenure.sharding.ShardGroup;
import java.util.Optional;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows what all workers of a group agree on, and changes it. */
@Command(
    name = "settings",
    header = "Show the settings of a group, or change some while its workers run",
    description = {
      "Without an option for a setting, they are shown. A setting that was changed belongs to the",
      "group: workers that are built with another value take the group's."
    })
final class SettingsCommand extends ChangeCommand {

  private static final String OFF = "off";
  private static final String ON = "on";
  private static final String ALL = "all";
  private static final int MIN_ENTRIES = 2;

  @Option(
      names = "--standbys",
      paramLabel = "COUNT",
      description = "How many workers stand by for each shard.")
  @Nullable Integer standbys;

  @Option(
      names = "--settle-window",
      paramLabel = "TIME",
      description = "How long no further worker must have joined before shards move.")
  @Nullable String settleWindow;

  @Option(
      names = "--moves-in-flight",
      paramLabel = "COUNT",
      description = "How many planned moves are under way at a time.")
  @Nullable Integer movesInFlight;

  @Option(
      names = "--ready-limit",
      paramLabel = "TIME",
      description = "How long a planned move waits for its successor.")
  @Nullable String readyLimit;

  @Option(
      names = "--retention",
      paramLabel = "COUNT|all",
      description = "How many entries of each shard's trail are kept.")
  @Nullable String retention;

  @Option(
      names = "--load-balancing",
      paramLabel = "off|on|TIME,PERCENT,MOVES",
      description = "Whether busy workers shed shards: how often, from what difference, how many.")
  @Nullable String loadBalancing;

  SettingsCommand(Io io) {
    super(io);
  }

  @Override
  GroupChange change(ShardGroup shards) {
    return new GroupChange.ChangeSettings(wanted(), reason);
  }

  @Override
  int carryOut(Connection connection, OperatorAcls acls) throws InterruptedException {
    Target.OfGroup found = group.find(connection.client());
    return wanted().isEmpty()
        ? show(found, ShardGroup.of(connection.client(), found.path()))
        : carryOut(connection, acls, found);
  }

  @Override
  String nothing() {
    return "the group has these values already, and keeps them";
  }

  /** What the options ask for; a value out of its range is an error of the command line. */
  private SettingsChange wanted() {
    return CommandException.ofOptions(this::fromOptions);
  }

  private SettingsChange fromOptions() {
    SettingsChange change = SettingsChange.none();
    if (standbys != null) {
      change = change.withStandbys(standbys);
    }
    if (settleWindow != null) {
      change = change.withSettleWindow(Times.duration(settleWindow));
    }
    if (movesInFlight != null) {
      change = change.withMovesInFlight(movesInFlight);
    }
    if (readyLimit != null) {
      change = change.withReadyLimit(Times.duration(readyLimit));
    }
    if (retention != null) {
      change =
          change.withRetention(
              retention.equals(ALL) ? Retention.KEEP_ALL : Retention.last(entries(retention)));
    }
    if (loadBalancing != null) {
      change = change.withLoadBalancing(balancing(loadBalancing));
    }
    return change;
  }

  private static int entries(String text) {
    int entries = number(text);
    if (entries < MIN_ENTRIES) {
      throw new CommandException(
          ExitCode.USAGE,
          "--retention " + text + ": give " + MIN_ENTRIES + " entries or more, or " + ALL);
    }
    return entries;
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new CommandException(ExitCode.USAGE, "\"" + text + "\" is no number", e);
    }
  }

  private static Optional<LoadBalancing> balancing(String text) {
    if (text.equals(OFF)) {
      return Optional.empty();
    } else if (text.equals(ON)) {
      return Optional.of(LoadBalancing.DEFAULT);
    }
    String[] parts = text.split(",", -1);
    if (parts.length != 3) {
      throw new CommandException(
          ExitCode.USAGE,
          "load balancing \"" + text + "\": give off, on, or interval,percent,moves as 30s,15%,5");
    }
    String percent =
        parts[1].endsWith("%") ? parts[1].substring(0, parts[1].length() - 1) : parts[1];
    return Optional.of(
        new LoadBalancing(Times.duration(parts[0]), number(percent) / 100.0, number(parts[2])));
  }

  // ---- showing ----

  private int show(Target.OfGroup found, ShardGroup shards) throws InterruptedException {
    GroupSettings settings = shards.settings();
    SortedSet<String> changed = shards.changedSettings();
    if (json) {
      io.out().json(json(found, settings, changed));
      return ExitCode.OK;
    }
    io.out().line(found.path());
    Table table = new Table("  setting", "value", "changed while it ran");
    row(table, "shards", settings.shards().toString(), changed);
    row(table, "standbys", Integer.toString(settings.standbys()), changed);
    row(table, "settleWindow", Times.shown(settings.settleWindow()), changed);
    row(table, "movesInFlight", Integer.toString(settings.movesInFlight()), changed);
    row(table, "readyLimit", Times.shown(settings.readyLimit()), changed);
    row(table, "retention", shown(settings.retention()), changed);
    row(
        table,
        "loadBalancing",
        settings.loadBalancing().map(SettingsCommand::shown).orElse(OFF),
        changed);
    table.print(io.out(), io.width());
    return ExitCode.OK;
  }

  private static void row(Table table, String name, String value, SortedSet<String> changed) {
    table.row("  " + name, value, changed.contains(name) ? "yes" : "");
  }

  private static String shown(Retention kept) {
    return kept.equals(Retention.KEEP_ALL) ? ALL : Integer.toString(kept.entries());
  }

  private static String shown(LoadBalancing load) {
    return load.interval().toMillis()
        + "ms,"
        + Math.round(load.deadBand() * 100)
        + "%,"
        + load.movesPerInterval();
  }

  private static ObjectNode json(
      Target.OfGroup found, GroupSettings settings, SortedSet<String> changed) {
    ObjectNode json = Json.object().put("group", found.path());
    json.put("shards", settings.shards().size());
    json.put("numbered", settings.shards().isNumbered());
    json.put("standbys", settings.standbys());
    json.put("settleMillis", settings.settleWindow().toMillis());
    json.put("movesInFlight", settings.movesInFlight());
    json.put("readyMillis", settings.readyLimit().toMillis());
    json.put("retention", settings.retention().entries());
    settings
        .loadBalancing()
        .ifPresent(
            load ->
                json.putObject("loadBalancing")
                    .put("intervalMillis", load.interval().toMillis())
                    .put("deadBandPercent", Math.round(load.deadBand() * 100))
                    .put("moves", load.movesPerInterval()));
    json.set("changed", Json.texts(changed));
    return json;
  }
}
