package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Fault.Kind;
import io.tenure.endtoend.faults.Fault.Target;
import io.tenure.endtoend.faults.FaultRun.Result;
import io.tenure.endtoend.faults.FaultRun.Setup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Attacks Tenure with real processes until the time is over, and reports the results: round after
 * round with every kind of fault, one after the other and then many at a time; beside it plain
 * latches and two broken builds, so that the difference can be seen.
 *
 * <p>Confined to one thread.
 */
final class Faults implements AutoCloseable {

  static final Duration SESSION = Duration.ofMillis(3_000);
  static final Duration TICK = Duration.ofMillis(300);
  static final int WORKERS = 3;
  static final int SHARDS = 12;

  /** Those that plain latches can meet: they have no tasks, and no group. */
  private static final List<Kind> FOR_LATCHES =
      Arrays.stream(Kind.values())
          .filter(kind -> kind.target() != Target.USERS && kind.target() != Target.TREE)
          .filter(kind -> kind != Kind.ADD_SHARDS)
          .toList();

  private final Path directory;
  private final Processes processes;
  private final Ensemble ensemble;
  private final Consumer<String> out;
  private final List<Result> results = new ArrayList<>();

  /** Starts the servers. */
  Faults(Path directory, Consumer<String> out) throws IOException, InterruptedException {
    this.directory = Files.createDirectories(directory);
    this.out = out;
    processes = new Processes(directory);
    try {
      ensemble = new Ensemble(processes, directory, TICK);
    } catch (RuntimeException | IOException e) {
      processes.close();
      throw e;
    }
  }

  /** Whether Tenure broke nothing, and each broken build was caught. */
  static boolean isAsExpected(List<Result> results) {
    return results.stream()
        .allMatch(
            result ->
                switch (result.setup().mode()) {
                  case TENURE -> result.violations().isEmpty();
                  case LATCH -> true; // It promises nothing of the kind.
                  case NO_BOUND -> breaks(result, Violation.Rule.TWO_HELD);
                  case NO_FENCE -> breaks(result, Violation.Rule.STALE_WRITE);
                });
  }

  static boolean breaks(Result result, Violation.Rule rule) {
    return result.violations().stream().anyMatch(violation -> violation.rule() == rule);
  }

  /**
   * The long attack. The first round of each mode is always made.
   *
   * @param command the jar of the {@code tenure} command, which draws what happened
   */
  List<Result> attack(long seed, Duration time, Path command)
      throws IOException, InterruptedException {
    out.accept("seed " + seed + " (-Dfaults.seed), " + time.toMinutes() + " minutes, " + directory);
    long end = System.nanoTime() + time.toNanos();
    int round = 0;
    List<Kind> all = List.of(Kind.values());
    do {
      long roundSeed = seed + round;
      Schedule schedule = new Schedule(roundSeed, SESSION);
      List<Fault> faults = round % 2 == 0 ? schedule.oneAfterTheOther(all) : schedule.storm(all);
      FaultRun run = run("tenure-" + roundSeed, Mode.TENURE, faults);
      Path page = directory.resolve("timeline-" + roundSeed + ".html");
      if (run.draw(command, page)) {
        out.accept("  timeline: " + page);
      }
      if (round % 4 == 0) {
        run("latch-" + roundSeed, Mode.LATCH, schedule.oneAfterTheOther(FOR_LATCHES));
        run("no-bound-" + roundSeed, Mode.NO_BOUND, faultsOf(roundSeed, Kind.HALF_OPEN));
        run("no-fence-" + roundSeed, Mode.NO_FENCE, faultsOf(roundSeed, Kind.PAUSE_WORKER));
      }
      round++;
    } while (System.nanoTime() - end < 0);
    List<String> summary = Report.summary(results);
    summary.forEach(out);
    Files.write(directory.resolve("summary.txt"), summary);
    return results();
  }

  /** A schedule of some kinds, one after the other. */
  static List<Fault> faultsOf(long seed, Kind... kinds) {
    return new Schedule(seed, SESSION).oneAfterTheOther(Arrays.asList(kinds));
  }

  /** Runs one schedule, and reports its result. */
  FaultRun run(String name, Mode mode, List<Fault> faults)
      throws IOException, InterruptedException {
    Setup setup = new Setup(name, mode, WORKERS, SHARDS, SESSION, faults);
    FaultRun run = new FaultRun(processes, ensemble, directory, setup);
    long start = System.nanoTime();
    Result result = run.run();
    results.add(result);
    Report.ofRun(result).forEach(out);
    out.accept(
        String.format(
            Locale.ROOT,
            "  %d violations in %.1f s",
            result.violations().size(),
            (System.nanoTime() - start) / 1e9));
    return run;
  }

  /** Of all runs until now. */
  List<Result> results() {
    return List.copyOf(results);
  }

  @Override
  public void close() {
    ensemble.close();
    processes.close();
  }
}
