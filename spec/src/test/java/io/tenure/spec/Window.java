package io.tenure.spec;

import io.tenure.spec.Trace.Line;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
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

  /**
   * A trace of a shard in parts of at least so many lines, but for the last. Each line at which a
   * part ends is the start of the next.
   */
  public static List<Window> of(Trace trace, int least) {
    List<Line> lines = trace.lines();
    List<Window> windows = new ArrayList<>();
    Optional<Line> start = Optional.empty();
    int from = 0;
    for (int i = 0; i < lines.size(); i++) {
      if (i + 1 - from >= least && i + 1 < lines.size() && isQuiet(lines, i)) {
        windows.add(new Window(start, lines.subList(from, i + 1)));
        start = Optional.of(lines.get(i));
        from = i + 1;
      }
    }
    windows.add(new Window(start, lines.subList(from, lines.size())));
    return windows;
  }

  /**
   * Whether all that matters for what follows is known at a line: its candidate has come into
   * office, the others have nothing to do with the office, unless nothing is heard of them again,
   * and no line to come rests on a reading from before. Whatever a candidate that is gone has still
   * under way is of an earlier version of the record, and comes to nothing.
   */
  private static boolean isQuiet(List<Line> lines, int at) {
    Line here = lines.get(at);
    if (!here.state().equals("in office")) {
      return false;
    }
    Set<String> busy = new HashSet<>();
    for (Line before : lines.subList(0, at)) {
      if (before.epoch() > here.epoch()) {
        return false;
      }
      if (before.hasOffice()) {
        busy.add(before.candidate());
      } else {
        busy.remove(before.candidate());
      }
    }
    busy.remove(here.candidate());
    for (Line later : lines.subList(at + 1, lines.size())) {
      boolean isOfHere =
          later.candidate().equals(here.candidate())
              && later.session() == here.session()
              && later.epoch() == here.epoch();
      boolean isOlder = later.epoch() > 0 && later.epoch() <= here.epoch();
      if (busy.contains(later.candidate()) || (isOlder && !isOfHere)) {
        return false;
      }
    }
    return true;
  }

  /** The same with one line replaced, for the first such line; none if there is no such line. */
  public Optional<Window> doctored(Predicate<Line> which, Function<Line, List<Line>> how) {
    for (int i = 0; i < lines.size(); i++) {
      if (which.test(lines.get(i))) {
        List<Line> doctored = new ArrayList<>(lines.subList(0, i));
        doctored.addAll(how.apply(lines.get(i)));
        doctored.addAll(lines.subList(i + 1, lines.size()));
        return Optional.of(new Window(start, doctored));
      }
    }
    return Optional.empty();
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
        "    [candidate |-> \"%s\", state |-> \"%s\", session |-> %d, epoch |-> %d, event |->"
            + " \"%s\"]",
        line.candidate(), line.state(), line.session(), line.epoch(), line.event());
  }
}
