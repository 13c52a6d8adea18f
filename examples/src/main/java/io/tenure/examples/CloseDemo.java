package io.tenure.examples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The nightly close by three candidates in processes of their own. The first leader is killed, the
 * second is frozen for longer than its session, the third finishes the work; then the second wakes
 * and writes.
 */
@Command(
    name = "nightly-close",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Three processes take turns at adding up a table. The leader is killed, the",
      "next one is frozen for longer than its session, and the totals come out right",
      "all the same. Exit code 0 says so, 1 that they do not, 2 that the input is bad.",
      "Without --input: population estimates of some 43,000 places by the US Census",
      "Bureau (SUB-EST2015, public domain).",
      ""
    })
final class CloseDemo implements Callable<Integer> {

  private static final int UNITS = 90;
  private static final int PAUSE_MILLIS = 120;

  private static final List<String> IDS = List.of("w-1", "w-2", "w-3");

  private static final int INTERRUPTED = 130;

  @Mixin private DemoOptions options = new DemoOptions();

  @Option(
      names = "--rows-per-unit",
      paramLabel = "N",
      description = "rows in one unit of work; default: such that there are " + UNITS + " units")
  private @Nullable Integer rowsPerUnit;

  private final BlockingQueue<String[]> messages = new LinkedBlockingQueue<>();
  private final Map<String, Child> candidates = new ConcurrentHashMap<>();

  @Override
  public Integer call() throws Exception {
    checkOptions();
    Input rows = options.read();
    Totals expected = Totals.none().plus(rows.rows());
    checkSize(rows, expected);
    Screen screen = options.screen();
    screen.line(
        "nightly close of " + rows.rows().size() + " rows: " + rows.name() + ", " + options.what());
    try (Stage stage = new Stage()) {
      try {
        stage.open(options.connect());
        CloseStore store = stage.closeLater(new CloseStore(stage.jdbcUrl()));
        store.create();
        int unit =
            rowsPerUnit == null
                ? Math.max(1, (rows.rows().size() + UNITS - 1) / UNITS)
                : rowsPerUnit;
        screen.event("three processes stand for " + scope(stage) + " on " + stage.connect());
        for (String id : IDS) {
          candidates.put(id, stage.add(start(stage, id, unit)));
        }
        boolean refused = new Play(screen, store, candidates, messages).run(expected);
        screen.endProgress();
        return report(screen, stage, store, expected, refused);
      } catch (Exception e) {
        if (stage.isClosed()) {
          return INTERRUPTED; // Ctrl-C: the stage is gone from under us, and there is nothing to
          // say.
        }
        throw e;
      }
    }
  }

  private static String scope(Stage stage) {
    return stage.root() + "/nightly-close";
  }

  private void checkOptions() {
    options.check();
    if (rowsPerUnit != null && rowsPerUnit < 1) {
      throw new InputException("--rows-per-unit is " + rowsPerUnit + ": it must be at least 1");
    }
  }

  private void checkSize(Input rows, Totals expected) {
    int bytes = expected.bytes().length;
    if (bytes > Totals.MAX_BYTES) {
      throw new InputException(
          rows.name()
              + ": column "
              + options.group()
              + " has "
              + expected.sums().size()
              + " different values, whose totals have "
              + bytes
              + " bytes, and a checkpoint takes "
              + Totals.MAX_BYTES
              + ": choose another --group");
    }
  }

  private Child start(Stage stage, String id, int rowsPerUnit) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(Demo.class.getName(), "candidate"));
    arguments.addAll(options.forChild(stage, id));
    arguments.addAll(
        List.of(
            "--scope",
            scope(stage),
            "--rows-per-unit",
            Integer.toString(rowsPerUnit),
            "--pause-millis",
            Integer.toString(PAUSE_MILLIS),
            "--ignore-lease-after-pause"));
    return Child.start(
        id, arguments, (from, line) -> messages.add((from + "\t" + line).split("\t", -1)));
  }

  private int report(Screen screen, Stage stage, CloseStore store, Totals expected, boolean refused)
      throws Exception {
    Totals found = store.read();
    long epochs = store.epoch();
    screen.line("");
    ZkCli zkCli = new ZkCli(stage);
    String audit = scope(stage) + "/audit";
    screen.line("$ zkCli ls " + audit);
    List<String> listed = zkCli.run("ls", audit);
    listed.forEach(screen::line);
    for (String name : names(listed)) {
      if (name.contains("-lost-")) {
        screen.line("$ zkCli get " + audit + "/" + name);
        zkCli.run("get", audit + "/" + name).forEach(screen::line);
      }
    }
    screen.line("");
    boolean ok = found.isSameAs(expected) && refused;
    screen.line(
        expected.result(
            found,
            ok,
            ", epochs " + epochs,
            refused ? "" : "; and the table took a write of the frozen leader's"));
    return ok ? 0 : 1;
  }

  private static List<String> names(List<String> listed) {
    List<String> names = new ArrayList<>();
    for (String line : listed) {
      if (line.startsWith("[") && line.endsWith("]")) {
        names.addAll(List.of(line.substring(1, line.length() - 1).split(", ")));
      }
    }
    return names;
  }
}
