package io.tenure.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The nightly close by three candidates in processes of their own. The first leader is killed, the
 * second is frozen for longer than its session, the third finishes the work; then the second wakes
 * and writes.
 */
@Command(
    name = "tenure-demo",
    mixinStandardHelpOptions = true,
    version = "tenure-demo 0.1.0",
    sortOptions = false,
    description = {
      "Three processes take turns at adding up a table. The leader is killed, the next one is",
      "frozen for longer than its session, and the totals come out right all the same.",
      "Without --input: population estimates of the US Census Bureau (public domain)."
    })
public final class Demo implements Callable<Integer> {

  private static final int UNITS = 90;
  private static final int PAUSE_MILLIS = 120;
  private static final int EMBEDDED_SESSION_MILLIS = 4_000;
  private static final int REMOTE_SESSION_MILLIS = 10_000;

  private static final int INTERRUPTED = 130;

  /** However slow the machine: if nothing at all happens for so long, something is wrong. */
  private static final long SILENCE_SECONDS = 90;

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
      names = "--tick-millis",
      paramLabel = "MS",
      description = "the ensemble's tickTime; default 2000")
  private int remoteTickMillis = 2_000;

  @Option(names = "--plain", description = "plain lines, as when the output is no terminal")
  private boolean plain;

  private final BlockingQueue<String[]> messages = new LinkedBlockingQueue<>();
  private final Map<String, Child> candidates = new ConcurrentHashMap<>();

  /** Runs the demo; the exit code is 0 if the totals are right, 1 if not, 2 for bad input. */
  public static void main(String[] args) {
    CommandLine commandLine = new CommandLine(new Demo());
    commandLine.addSubcommand(new CandidateProcess());
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          if (e instanceof InputException) {
            System.err.println("tenure-demo: " + e.getMessage());
            return 2;
          }
          throw e;
        });
    System.exit(commandLine.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Input rows = Input.read(Optional.ofNullable(input), group, amount);
    Totals expected = Totals.none().plus(rows.rows());
    Screen screen = new Screen(System.out, plain);
    screen.line(
        "nightly close of "
            + rows.rows().size()
            + " rows: "
            + rows.name()
            + ", "
            + amount
            + " by "
            + group);
    try (Stage stage = new Stage(Optional.ofNullable(connect))) {
      Runtime.getRuntime().addShutdownHook(new Thread(stage::close, "clean-up"));
      int rowsPerUnit = Math.max(1, (rows.rows().size() + UNITS - 1) / UNITS);
      for (String id : List.of("w-1", "w-2", "w-3")) {
        candidates.put(id, stage.add(start(stage, id, rowsPerUnit)));
        if (id.equals("w-1")) {
          screen.event("three processes stand for " + stage.scope() + " on " + stage.connect());
        }
      }
      try {
        play(screen, rows.rows().size());
        screen.endProgress();
        return report(screen, stage, expected);
      } catch (Exception e) {
        if (stage.isClosed()) {
          return INTERRUPTED; // Ctrl-C: the stage is gone from under us, and there is nothing to
          // say.
        }
        throw e;
      }
    }
  }

  private Child start(Stage stage, String id, int rowsPerUnit) throws IOException {
    boolean embedded = connect == null;
    List<String> arguments =
        new ArrayList<>(
            List.of(
                Demo.class.getName(),
                "candidate",
                "--connect",
                stage.connect(),
                "--scope",
                stage.scope(),
                "--id",
                id,
                "--jdbc",
                stage.jdbcUrl(),
                "--group",
                group,
                "--amount",
                amount,
                "--rows-per-unit",
                Integer.toString(rowsPerUnit),
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

  /** Follows the candidates, and lets happen to them what happens in production. */
  private void play(Screen screen, int all) throws IOException, InterruptedException {
    boolean killed = false;
    @Nullable Child frozen = null;
    boolean thawed = false;
    boolean finished = false;
    while (!finished || (frozen != null && !thawed)) {
      String[] message = messages.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
      if (message == null) {
        throw new IOException("nothing has happened for " + SILENCE_SECONDS + " s");
      }
      String id = message[0];
      Child child = candidates.get(id);
      if (child == null) {
        continue;
      }
      switch (message[1]) {
        case "elected" -> {
          screen.event(
              id
                  + " elected, epoch "
                  + message[2]
                  + ", after "
                  + message[4]
                  + "; goes on from row "
                  + message[3]);
          if (frozen != null && !thawed && !child.id().equals(frozen.id())) {
            screen.event(frozen.id() + " (pid " + frozen.pid() + ") is woken: SIGCONT");
            frozen.thaw();
          }
        }
        case "unit" -> {
          int done = Integer.parseInt(message[3]);
          screen.progress(id, Long.parseLong(message[2]), Long.parseLong(message[4]), done, all);
          if (!killed && done >= all / 3) {
            killed = true;
            child.kill();
            screen.event(id + " (pid " + child.pid() + ") is killed in the middle: SIGKILL");
          } else if (killed && frozen == null && done >= all * 3 / 5) {
            frozen = child;
            child.freeze();
            screen.event(
                id + " (pid " + child.pid() + ") is frozen for longer than its session: SIGSTOP");
          }
        }
        case "lost" ->
            screen.event(
                id + " finds that its lease is over (" + message[3] + "), and writes all the same");
        case "refused" -> {
          thawed = true;
          screen.event("the table refuses it: " + message[3]);
        }
        case "written" -> {
          thawed = true;
          screen.event("the table TOOK the write of epoch " + message[2]);
        }
        case "failed" -> throw new IOException(id + " cannot write: " + message[3]);
        case "done" -> {
          finished = true;
          screen.event(id + " has finished the close and resigned");
        }
        case "exited" -> {
          if (!finished && candidates.values().stream().noneMatch(Child::isAlive)) {
            throw new IOException("no candidate is left: see the errors above");
          }
        }
        default -> {} // standby
      }
    }
  }

  private int report(Screen screen, Stage stage, Totals expected) throws Exception {
    Totals found = stage.store().read();
    long epochs = stage.store().epoch();
    screen.line("");
    ZkCli zkCli = new ZkCli(stage.connect());
    String audit = stage.scope() + "/audit";
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
            + found.total().stripTrailingZeros().toPlainString()
            + ", last epoch "
            + epochs;
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
