package io.tenure.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.spec.Trace.Line;
import io.tenure.spec.TraceChecker.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The search for the trace of a shard takes few of the model's steps. That it leaves out none that
 * is needed is tried with what the model itself does when it walks at random, with all of its
 * steps.
 */
class WalkTest {

  private static final Path MODULES = Path.of("").toAbsolutePath();
  private static final Path WORK = MODULES.resolve("target/tlc/traces");

  private static final int WALKS = 20;

  /** As the module TraceWalk says. */
  private static final int STEPS = 100;

  private static final Pattern LINE = Pattern.compile("\\[([^\\]]*)\\]");
  private static final Pattern FIELD =
      Pattern.compile("(\\w+) \\|-> (?:\\W*\"([^\"\\\\]*)\\W*\"|(\\d+))");

  @Test
  void whatTheModelDoesIsAccepted() throws Exception {
    List<Window> walks = walks();
    assertThat(walks).hasSizeGreaterThanOrEqualTo(WALKS / 2);
    assertThat(walks.stream().mapToInt(walk -> walk.lines().size()).sum())
        .isGreaterThan(5 * walks.size());
    List<Verdict> verdicts = new TraceChecker(MODULES, WORK).check("walks", true, walks);
    assertThat(verdicts).allMatch(Verdict::isAccepted);
  }

  private static List<Window> walks() throws Exception {
    Path own = Files.createDirectories(WORK.resolve("walk"));
    Files.writeString(own.resolve("Trace.tla"), TraceChecker.module(true, List.of(room())));
    Tlc.Outcome outcome =
        Tlc.walk(MODULES.resolve("walk.cfg"), "TraceWalk", MODULES, own, WALKS, STEPS);
    return outcome.reached().stream()
        .filter(reached -> reached.startsWith("walk "))
        .map(WalkTest::lines)
        .filter(lines -> !lines.isEmpty())
        .distinct()
        .map(lines -> new Window(Optional.empty(), lines))
        .limit(WALKS)
        .toList();
  }

  /** What walks may reach: a walk has no lines to follow. */
  private static Window room() {
    return new Window(
        Optional.empty(),
        List.of(
            new Line("a", "electing", 1, 1, ""),
            new Line("b", "electing", 2, 5, ""),
            new Line("c", "electing", 1, 1, "")));
  }

  private static List<Line> lines(String told) {
    List<Line> lines = new ArrayList<>();
    Matcher line = LINE.matcher(told);
    while (line.find()) {
      String fields = line.group(1);
      lines.add(
          new Line(
              field(fields, "candidate"),
              field(fields, "state"),
              Integer.parseInt(field(fields, "session")),
              Long.parseLong(field(fields, "epoch")),
              field(fields, "event")));
    }
    return lines;
  }

  private static String field(String fields, String name) {
    Matcher field = FIELD.matcher(fields);
    while (field.find()) {
      if (field.group(1).equals(name)) {
        return field.group(2) == null ? field.group(3) : field.group(2);
      }
    }
    throw new IllegalArgumentException("no " + name + " in " + fields);
  }
}
