package io.tenure.endtoend.faults;

import io.tenure.spec.Trace;
import io.tenure.spec.Trace.Line;
import io.tenure.spec.TraceChecker;
import io.tenure.spec.TraceChecker.Verdict;
import io.tenure.spec.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Holds what the workers of a run have traced against the model: the trace of each shard, in
 * windows, of which TLC judges many at once.
 *
 * <p>Immutable.
 */
final class RunTraces {

  private static final Path MODEL = Path.of("..", "..", "spec");

  /** About two tenures. */
  private static final int LINES_OF_A_WINDOW = 10;

  /** For one run of TLC, which holds all of their states in memory. */
  private static final int WINDOWS_AT_A_TIME = 400;

  /** A window of a shard's trace, and what the model says to it. */
  record Judged(String scope, Verdict verdict) {
    @Override
    public String toString() {
      return scope + ": " + verdict;
    }
  }

  private final Path directory;
  private final Map<String, List<Window>> windows;

  private RunTraces(Path directory, Map<String, List<Window>> windows) {
    this.directory = directory;
    this.windows = windows;
  }

  /**
   * The traces of a run that is over.
   *
   * @param directory where its workers' files are
   */
  static RunTraces in(Path directory) throws IOException {
    Map<String, List<Window>> windows = new TreeMap<>();
    try (Stream<Path> all = Files.list(directory)) {
      List<Path> files =
          all.filter(file -> file.toString().endsWith(TraceFile.SUFFIX)).sorted().toList();
      Trace.ofFiles(files)
          .forEach(
              (scope, trace) -> {
                if (scope.contains("/shards/")) {
                  windows.put(scope, Window.of(trace.coarse(), LINES_OF_A_WINDOW));
                }
              });
    }
    return new RunTraces(directory, windows);
  }

  /** Of all shards. */
  List<Window> windows() {
    return windows.values().stream().flatMap(List::stream).toList();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: %d windows with %d lines of the traces of %d shards",
        directory.getFileName(),
        windows().size(),
        windows().stream().mapToInt(window -> window.lines().size()).sum(),
        windows.size());
  }

  /** The windows that are no behavior of the model; there must be none. */
  List<Judged> refused() throws IOException, InterruptedException {
    List<String> scopes = new ArrayList<>();
    windows.forEach((scope, ofScope) -> ofScope.forEach(window -> scopes.add(scope)));
    List<Verdict> verdicts = judge("model", windows());
    List<Judged> refused = new ArrayList<>();
    for (int i = 0; i < verdicts.size(); i++) {
      if (!verdicts.get(i).isAccepted()) {
        refused.add(new Judged(scopes.get(i), verdicts.get(i)));
      }
    }
    return refused;
  }

  /**
   * The windows that the model takes for a behavior although one election in each has another
   * epoch, or a second leader of the same epoch comes beside the first; there must be none.
   */
  List<Verdict> acceptedThoughDoctored() throws IOException, InterruptedException {
    List<Window> doctored = new ArrayList<>();
    for (Window window : windows()) {
      window.doctored(RunTraces::isElected, RunTraces::ofTheNextEpoch).ifPresent(doctored::add);
      window.doctored(RunTraces::isElected, RunTraces::withASecondLeader).ifPresent(doctored::add);
    }
    return judge("doctored", doctored).stream().filter(Verdict::isAccepted).toList();
  }

  private static boolean isElected(Line line) {
    return line.event().equals("elected");
  }

  private static List<Line> ofTheNextEpoch(Line elected) {
    return List.of(elected.withEpoch(elected.epoch() + 1));
  }

  private static List<Line> withASecondLeader(Line elected) {
    return List.of(
        elected,
        new Line("another", "electing", 1, elected.epoch(), ""),
        new Line("another", "in office", 1, elected.epoch(), "elected"));
  }

  private List<Verdict> judge(String name, List<Window> some)
      throws IOException, InterruptedException {
    TraceChecker checker = new TraceChecker(MODEL, directory.resolve(name));
    List<Verdict> verdicts = new ArrayList<>();
    for (int from = 0; from < some.size(); from += WINDOWS_AT_A_TIME) {
      int until = Math.min(from + WINDOWS_AT_A_TIME, some.size());
      verdicts.addAll(checker.check("from-" + from, true, some.subList(from, until)));
    }
    return verdicts;
  }
}
