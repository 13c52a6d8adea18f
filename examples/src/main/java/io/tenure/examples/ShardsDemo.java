package io.tenure.examples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  private static final int INTERRUPTED = 130;
  private static final int MAX_SHARDS = 1_000;

  @Mixin private DemoOptions options = new DemoOptions();

  @Option(
      names = "--shards",
      paramLabel = "N",
      description = "how many shards; default ${DEFAULT-VALUE}")
  private int shards = 48;

  private final BlockingQueue<String[]> messages = new LinkedBlockingQueue<>();

  @Override
  public Integer call() throws Exception {
    checkOptions();
    Input rows = options.read();
    Totals expected = Totals.none().plus(rows.rows());
    Screen screen = options.screen();
    screen.line(
        rows.rows().size()
            + " rows in "
            + shards
            + " shards: "
            + rows.name()
            + ", "
            + options.what());
    try (Stage stage = new Stage()) {
      try {
        stage.open(options.connect());
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
    options.check();
    if (shards < 1 || shards > MAX_SHARDS) {
      throw new InputException("--shards is " + shards + ": give 1 to " + MAX_SHARDS);
    }
  }

  private Child start(Stage stage, String id, int rowsPerStep) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(Demo.class.getName(), "worker"));
    arguments.addAll(options.forChild(stage, id));
    arguments.addAll(
        List.of(
            "--path",
            groupPath(stage),
            "--shards",
            Integer.toString(shards),
            "--rows-per-step",
            Integer.toString(rowsPerStep),
            "--pause-millis",
            Integer.toString(PAUSE_MILLIS)));
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
    boolean equal = found.isSameAs(expected);
    screen.line(expected.result(found, equal, "", ""));
    return equal ? 0 : 1;
  }
}
