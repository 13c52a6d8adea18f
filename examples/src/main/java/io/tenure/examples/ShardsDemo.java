package io.tenure.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The main job: a table is added up in shards, one leader for each, by workers in processes of
 * their own. A fourth worker joins, one is told to end, one is killed, one is frozen for longer
 * than its session; the totals come out right.
 */
@Command(
    name = "tenure-demo",
    mixinStandardHelpOptions = true,
    version = "tenure-demo 0.1.0",
    sortOptions = false,
    description = {
      "Three worker processes share the shards of a table and add them up. A fourth joins,",
      "one is told to end and hands over, one is killed, one is frozen; the totals come out",
      "right all the same. Exit code 0 says so, 1 that they do not, 2 that the input is bad.",
      "Without --input: population estimates of some 43,000 places by the US Census",
      "Bureau (SUB-EST2015, public domain).",
      ""
    })
final class ShardsDemo implements Callable<Integer> {

  private static final int STEPS_PER_SHARD = 60;
  private static final int PAUSE_MILLIS = 450;
  private static final int EMBEDDED_SESSION_MILLIS = 4_000;
  private static final int REMOTE_SESSION_MILLIS = 10_000;
  private static final int INTERRUPTED = 130;
  private static final int MAX_SHARDS = 1_000;

  @Option(
      names = "--connect",
      paramLabel = "HOST:PORT",
      description = "use this ensemble, not an embedded server")
  private @Nullable String connect;

  @Option(names = "--input", paramLabel = "FILE", description = "any CSV file with a header")
  private @Nullable Path input;

  @Option(
      names = "--group",
      paramLabel = "COLUMN",
      description = "add up for each value of it; default ${DEFAULT-VALUE}")
  private String group = Input.DEFAULT_GROUP;

  @Option(
      names = "--amount",
      paramLabel = "COLUMN",
      description = "what is added up; default ${DEFAULT-VALUE}")
  private String amount = Input.DEFAULT_AMOUNT;

  @Option(
      names = "--shards",
      paramLabel = "N",
      description = "how many shards; default ${DEFAULT-VALUE}")
  private int shards = 48;

  @Option(
      names = "--tick-millis",
      paramLabel = "MS",
      description = "the tickTime of --connect's ensemble; default ${DEFAULT-VALUE}")
  private int remoteTickMillis = 2_000;

  @Option(names = "--plain", description = "plain lines, as when the output is no terminal")
  private boolean plain;

  private final BlockingQueue<String[]> messages = new LinkedBlockingQueue<>();

  @Override
  public Integer call() throws Exception {
    checkOptions();
    Input rows = Input.read(Optional.ofNullable(input), group, amount);
    Totals expected = Totals.none().plus(rows.rows());
    Screen screen = new Screen(System.out, plain);
    screen.line(
        rows.rows().size()
            + " rows in "
            + shards
            + " shards: "
            + rows.name()
            + ", "
            + amount
            + " by "
            + group);
    try (Stage stage = new Stage()) {
      try {
        stage.open(Optional.ofNullable(connect));
        ShardStore store = stage.closeLater(new ShardStore(stage.jdbcUrl()));
        store.create(shards);
        int rowsPerShard = (rows.rows().size() + shards - 1) / shards;
        int rowsPerStep = Math.max(1, (rowsPerShard + STEPS_PER_SHARD - 1) / STEPS_PER_SHARD);
        try (Observer observer = new Observer(stage.connect(), groupPath(stage))) {
          new ShardsPlay(
                  screen,
                  store,
                  observer,
                  messages,
                  id -> stage.add(start(stage, id, rowsPerStep)),
                  shards,
                  rows.rows().size())
              .run();
        }
        screen.endProgress();
        return report(screen, stage, store, expected);
      } catch (Exception e) {
        if (stage.isClosed()) {
          return INTERRUPTED; // Ctrl-C: the stage is gone from under us.
        }
        throw e;
      }
    }
  }

  private static String groupPath(Stage stage) {
    return stage.root() + "/sums";
  }

  private void checkOptions() {
    if (connect != null && connect.isBlank()) {
      throw new InputException("--connect is empty: give host:port of a ZooKeeper server");
    }
    if (shards < 1 || shards > MAX_SHARDS) {
      throw new InputException("--shards is " + shards + ": give 1 to " + MAX_SHARDS);
    }
    if (remoteTickMillis < 1) {
      throw new InputException("--tick-millis is " + remoteTickMillis + ": it must be at least 1");
    }
  }

  private Child start(Stage stage, String id, int rowsPerStep) throws IOException {
    boolean embedded = connect == null;
    List<String> arguments =
        new ArrayList<>(
            List.of(
                Demo.class.getName(),
                "worker",
                "--connect",
                stage.connect(),
                "--group",
                groupPath(stage),
                "--id",
                id,
                "--shards",
                Integer.toString(shards),
                "--jdbc",
                stage.jdbcUrl(),
                "--group-column",
                group,
                "--amount",
                amount,
                "--rows-per-step",
                Integer.toString(rowsPerStep),
                "--pause-millis",
                Integer.toString(PAUSE_MILLIS),
                "--session-millis",
                Integer.toString(embedded ? EMBEDDED_SESSION_MILLIS : REMOTE_SESSION_MILLIS),
                "--tick-millis",
                Integer.toString(embedded ? Stage.EMBEDDED_TICK_MILLIS : remoteTickMillis)));
    if (input != null) {
      arguments.addAll(List.of("--input", input.toString()));
    }
    return Child.start(
        id, arguments, (from, line) -> messages.add((from + "\t" + line).split("\t", -1)));
  }

  private int report(Screen screen, Stage stage, ShardStore store, Totals expected)
      throws Exception {
    screen.line("");
    String audit = groupPath(stage) + "/shards/0/audit";
    screen.line("$ zkCli ls " + audit);
    new ZkCli(stage).run("ls", audit).forEach(screen::line);
    screen.line("");
    Totals found = store.read();
    boolean equal =
        found.position() == expected.position()
            && found.sums().keySet().equals(expected.sums().keySet())
            && expected.sums().entrySet().stream()
                .allMatch(e -> e.getValue().compareTo(found.sums().get(e.getKey())) == 0);
    String figures =
        found.position()
            + " rows, "
            + found.sums().size()
            + " groups, total "
            + found.total().stripTrailingZeros().toPlainString();
    screen.line(
        equal
            ? "RESULT ok: " + figures + "; equal to the single-process answer"
            : "RESULT failed: "
                + figures
                + "; the single-process answer is "
                + expected.total().toPlainString()
                + " over "
                + expected.position()
                + " rows");
    return equal ? 0 : 1;
  }
}
