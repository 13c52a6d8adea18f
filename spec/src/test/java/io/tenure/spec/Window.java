package io.tenure.spec;

import io.tenure.spec.Trace.Line;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A part of a trace that can be held against the model by itself.
 *
 * @param start how its leader came into office; empty if it begins with the scope
 * @param lines what follows
 */
public record Window(Optional<Line> start, List<Line> lines) {

  /** What the module knows of no window: a candidate by that name. */
  private static final String NOBODY = "nobody";

  public Window {
    lines = List.copyOf(lines);
  }

  /** All of a trace that begins with its scope. */
  public static Window whole(Trace trace) {
    return new Window(Optional.empty(), trace.lines());
  }

  /** The names of its candidates, in the order in which they appear. */
  private List<String> candidates() {
    List<String> names = new ArrayList<>();
    start.ifPresent(line -> names.add(line.candidate()));
    lines.forEach(line -> names.add(line.candidate()));
    return names.stream().distinct().toList();
  }

  int size() {
    return candidates().size();
  }

  /** The same with the window's own names and numbers: candidates, epochs and sessions from 1. */
  Window renamed() {
    List<String> candidates = candidates();
    long epochs = start.map(line -> line.epoch() - 1).orElse(0L);
    Map<String, List<Integer>> sessions = new HashMap<>();
    List<Line> renamed = new ArrayList<>();
    List<Line> all = new ArrayList<>(lines);
    start.ifPresent(line -> all.add(0, line));
    for (Line line : all) {
      int session = 0;
      if (line.session() > 0) {
        List<Integer> known =
            sessions.computeIfAbsent(line.candidate(), candidate -> new ArrayList<>());
        if (!known.contains(line.session())) {
          known.add(line.session());
        }
        session = known.indexOf(line.session()) + 1;
      }
      renamed.add(
          new Line(
              name(candidates.indexOf(line.candidate()) + 1),
              line.state(),
              session,
              line.epoch() > 0 ? line.epoch() - epochs : 0,
              line.event()));
    }
    return start.isEmpty()
        ? new Window(Optional.empty(), renamed)
        : new Window(Optional.of(renamed.get(0)), renamed.subList(1, renamed.size()));
  }

  static String name(int candidate) {
    return "c" + candidate;
  }

  /** As TLA+. */
  String text() {
    return lines.stream()
        .map(Window::text)
        .collect(
            Collectors.joining(
                ",\n",
                String.format(
                    "  [leader |-> \"%s\", lines |-> <<%n",
                    start.map(Line::candidate).orElse(NOBODY)),
                ">>]"));
  }

  private static String text(Line line) {
    return String.format(
        "    [candidate |-> \"%s\", state |-> \"%s\", session |-> %d, epoch |-> %d, event |-> \"%s\"]",
        line.candidate(), line.state(), line.session(), line.epoch(), line.event());
  }
}
