package io.tenure.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Printable;
import io.tenure.sharding.GroupChange;
import io.tenure.sharding.Operation;
import io.tenure.sharding.PlacementPreview;
import io.tenure.sharding.ShardGroup;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What all commands have in common that change what a group's workers do: they say what will come
 * of it before anything is written, write it together with an entry in the group's own audit trail,
 * and wait until it is so.
 */
abstract class ChangeCommand implements Callable<Integer> {

  /** More moves than this are counted, not listed. */
  private static final int MAX_LISTED = 20;

  final Io io;

  @Mixin Connect connect = new Connect();
  @Mixin GroupOption group = new GroupOption();
  @Mixin SchemeOption scheme = new SchemeOption();

  @Option(
      names = {"-r", "--reason"},
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Why; stands in the audit trail.")
  String reason = "";

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who asks for it; stands in the audit trail. Default: user@host.")
  @Nullable String by;

  @Option(names = "--dry-run", description = "Only say what would come of it.")
  boolean dryRun;

  @Option(names = "--json", description = "With --dry-run, write JSON.")
  boolean json;

  @Option(names = "--no-wait", description = "Do not wait until it is so.")
  boolean noWait;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      defaultValue = "5m",
      description = "How long to wait. Default: ${DEFAULT-VALUE}.")
  String wait = "";

  ChangeCommand(Io io) {
    this.io = io;
  }

  /** What to say if there is nothing to do. */
  String nothing() {
    return "there is nothing to take back";
  }

  /** What is wanted. */
  abstract GroupChange change(ShardGroup shards) throws InterruptedException;

  @Override
  public Integer call() throws InterruptedException {
    Times.duration(wait); // Wrong ones are told before anything is done.
    OperatorAcls acls = new OperatorAcls(scheme.told(), connect.ownDigests());
    try (Connection connection = connect.open(acls)) {
      return carryOut(connection, acls);
    }
  }

  int carryOut(Connection connection, OperatorAcls acls) throws InterruptedException {
    return carryOut(connection, acls, group.find(connection.client()));
  }

  final int carryOut(Connection connection, OperatorAcls acls, Target.OfGroup found)
      throws InterruptedException {
    ShardGroup asked = ShardGroup.of(connection.client(), found.path()).by(who());
    GroupChange change = change(asked);
    PlacementPreview preview = asked.preview(change);
    if (json && dryRun) {
      io.out().json(json(found, preview));
      return ExitCode.OK;
    }
    String subject = change.subject().isEmpty() ? "" : " " + change.subject();
    say(found.path() + ": " + change.event() + subject, preview);
    if (!preview.takesEffect()) {
      io.out().line(nothing());
      return ExitCode.OK;
    }
    refuseWhatWouldBePassedOver(preview);
    if (dryRun) {
      io.out().line("nothing was changed (--dry-run)");
      return ExitCode.OK;
    }
    acls.prepare(connection.client(), found);
    return apply(connection, found, asked, change, preview, Times.duration(wait));
  }

  /** Who asks. */
  final String who() {
    String told = by;
    return told == null ? Operator.ofProcess() : told;
  }

  private int apply(
      Connection connection,
      Target.OfGroup found,
      ShardGroup asked,
      GroupChange change,
      PlacementPreview preview,
      Duration limit)
      throws InterruptedException {
    io.ifInterrupted()
        .set("interrupted while it was written; tenure audit " + found.path() + " tells");
    try (Settling settling = new Settling(connection, found, asked, change, preview)) {
      Optional<Operation> done = asked.apply(change);
      if (done.isEmpty()) {
        io.out().line(nothing());
        return ExitCode.OK;
      }
      String entry = done.get().path();
      io.ifInterrupted()
          .set(
              "interrupted; the change is recorded ("
                  + entry
                  + ") and is carried out all the same");
      io.out().line("recorded as " + entry + " by " + done.get().by() + asKnown(done.get()));
      io.out().flush();
      return noWait ? ExitCode.OK : settling.await(io, limit, entry);
    }
  }

  /** Who it was for the server, beside what the operator says. */
  private static String asKnown(Operation done) {
    return done.identity().isEmpty()
        ? ""
        : " (" + Printable.of(String.join(", ", done.identity())) + ")";
  }

  private static void refuseWhatWouldBePassedOver(PlacementPreview preview) {
    if (preview.passedOver().isPresent()) {
      throw new CommandException(
          ExitCode.REFUSED, "the coordinator would pass it over: " + preview.passedOver().get());
    }
  }

  private void say(String what, PlacementPreview preview) {
    Output out = io.out();
    List<PlacementPreview.Move> caused = preview.caused();
    out.line(
        what
            + ": "
            + (caused.isEmpty()
                ? "no shard changes its leader"
                : caused.size() == 1
                    ? "1 shard changes its leader"
                    : caused.size() + " shards change their leaders"));
    if (caused.size() <= MAX_LISTED) {
      Table table = new Table("  shard", "from", "to", "why");
      caused.forEach(
          move ->
              table.row(
                  "  " + move.shard(),
                  move.from().orElse("nobody"),
                  move.to().orElse("nobody"),
                  move.reason()));
      if (!table.isEmpty()) {
        table.print(out, io.width());
      }
    } else {
      sayCounted(caused);
    }
    int anyway = preview.moves().size() - caused.size();
    if (anyway > 0) {
      out.line("  besides, " + anyway + " change their leaders anyway");
    }
    if (!preview.unplaced().isEmpty()) {
      out.line("  without a place: " + Names.ranges(preview.unplaced()));
    }
  }

  /** Too many to be listed: the pairs of workers, with the reasons. */
  private void sayCounted(List<PlacementPreview.Move> moves) {
    Map<List<String>, Integer> counts = new LinkedHashMap<>();
    for (PlacementPreview.Move move : moves) {
      counts.merge(
          List.of(move.from().orElse("nobody"), move.to().orElse("nobody"), move.reason()),
          1,
          Integer::sum);
    }
    Table table = new Table("  shards", "from", "to", "why");
    counts.forEach((pair, count) -> table.row("  " + count, pair.get(0), pair.get(1), pair.get(2)));
    table.print(io.out(), io.width());
  }

  /** The preview as one line of JSON. */
  private static ObjectNode json(Target.OfGroup group, PlacementPreview preview) {
    ObjectNode json = Json.object();
    json.put("group", group.path());
    json.put("event", preview.change().event());
    json.put("subject", preview.change().subject());
    json.put("takesEffect", preview.takesEffect());
    preview.passedOver().ifPresent(why -> json.put("passedOver", why));
    json.set(
        "moves",
        Json.array(
            preview.moves(),
            move -> {
              ObjectNode one = Json.object().put("shard", move.shard());
              move.from().ifPresent(from -> one.put("from", from));
              move.to().ifPresent(to -> one.put("to", to));
              return one.put("reason", move.reason()).put("anyway", move.anyway());
            }));
    json.set("unplaced", Json.texts(preview.unplaced()));
    ObjectNode loads = json.putObject("loads");
    preview.loads().forEach(loads::put);
    return json;
  }
}
