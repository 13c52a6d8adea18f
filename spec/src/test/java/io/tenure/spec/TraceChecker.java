package io.tenure.spec;

import io.tenure.spec.Trace.Line;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Holds traces against the model, many windows in one run of TLC. Thread-safe: no state. */
public final class TraceChecker {

  /**
   * What the model says to a window.
   *
   * @param matched how many of its lines the model has found a way to
   */
  public record Verdict(Window window, int matched) {

    /** Whether the window is a behaviour of the model. */
    public boolean isAccepted() {
      return matched == window.lines().size();
    }

    @Override
    public String toString() {
      return isAccepted()
          ? "accepted"
          : "no way to line " + (matched + 1) + " of " + window.lines() + " from " + window.start();
    }
  }

  /** A fault of the model costs one, and happens for the sake of a line. */
  private static final int FAULTS_PER_LINE = 3;

  private static final Pattern REACHED = Pattern.compile("line (\\d+) of window (\\d+)");

  private final Path modules;
  private final Path work;

  /**
   * A checker.
   *
   * @param modules the folder of the module TraceCheck
   * @param work where each run gets a folder of its own, with the traces and TLC's log
   */
  public TraceChecker(Path modules, Path work) {
    this.modules = modules.toAbsolutePath().normalize();
    this.work = work.toAbsolutePath().normalize();
  }

  /**
   * Checks windows of traces that are all coarse, or none.
   *
   * @param name of the run's folder
   * @return in the order of the windows
   */
  public List<Verdict> check(String name, boolean isCoarse, List<Window> windows)
      throws IOException, InterruptedException {
    Path own = Files.createDirectories(work.resolve(name));
    Files.writeString(own.resolve("Trace.tla"), module(isCoarse, windows));
    Tlc.Outcome outcome =
        Tlc.run(
            modules.resolve("trace.cfg"),
            "TraceCheck",
            modules,
            own,
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-DTLA-Library=" + own));
    if (!outcome.ended() || outcome.violated().isPresent()) {
      throw new IllegalStateException("TLC has not judged the traces: see " + outcome.log());
    }
    int[] matched = new int[windows.size()];
    for (String reached : outcome.reached()) {
      Matcher words = REACHED.matcher(reached);
      if (words.matches()) {
        int window = Integer.parseInt(words.group(2)) - 1;
        matched[window] = Math.max(matched[window], Integer.parseInt(words.group(1)));
      }
    }
    return IntStream.range(0, windows.size())
        .mapToObj(i -> new Verdict(windows.get(i), matched[i]))
        .toList();
  }

  /** The module Trace. The jar of TLC can read no JSON, so the lines are its text. */
  static String module(boolean isCoarse, List<Window> windows) {
    List<Window> renamed = windows.stream().map(Window::renamed).toList();
    List<Line> lines = new ArrayList<>();
    renamed.forEach(window -> lines.addAll(window.lines()));
    long epochs = lines.stream().mapToLong(Line::epoch).max().orElse(0);
    int sessions = lines.stream().mapToInt(Line::session).max().orElse(1) + 1;
    int candidates = renamed.stream().mapToInt(Window::size).max().orElse(1);
    int longest = renamed.stream().mapToInt(window -> window.lines().size()).max().orElse(0);
    return Stream.of(
            "------------------------------- MODULE Trace -------------------------------",
            "CandidatesOfTrace == "
                + IntStream.rangeClosed(1, candidates)
                    .mapToObj(candidate -> '"' + Window.name(candidate) + '"')
                    .collect(Collectors.joining(", ", "{", "}")),
            "\\* One more, so that a candidate may join after the last election.",
            "EpochsOfTrace == " + (epochs + 1),
            "\\* One more, so that each session of the trace may end.",
            "SessionsOfTrace == " + sessions,
            "FaultsOfTrace == " + FAULTS_PER_LINE * longest,
            "Coarse == " + (isCoarse ? "TRUE" : "FALSE"),
            "Windows == <<",
            renamed.stream().map(Window::text).collect(Collectors.joining(",\n")),
            ">>",
            "=============================================================================",
            "")
        .collect(Collectors.joining("\n"));
  }
}
