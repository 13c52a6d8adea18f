package io.tenure.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.spec.Trace.Line;
import io.tenure.spec.TraceChecker.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A trace is cut where all is known that matters for what follows; and each part by itself is held
 * against the model. The lines of a trace are written {@code candidate state epoch}, with {@code +}
 * for a state in office, {@code *} for standing for it, {@code -} with a word for its end and
 * {@code .} for nothing of all this; a session other than the first follows after a colon.
 */
class WindowTest {

  @TempDir private Path directory;

  @Test
  void eachPartEndsWhereALeaderHasComeIntoOfficeAndTheOthersAreOut() {
    Trace trace = trace("a*1", "a+1", "a-resigned1", "a.", "b*2", "b+2", "b-lapsed2", "b.");
    assertThat(cut(trace))
        .containsExactly("a*1 a+1", "a+1: a-resigned1 a. b*2 b+2", "b+2: b-lapsed2 b.");
  }

  @Test
  void aPartHasAsManyLinesAsAreWanted() {
    Trace trace = trace("a*1", "a+1", "a-resigned1", "a.", "b*2", "b+2", "b-lapsed2", "b.");
    assertThat(Window.of(trace, 4)).hasSize(2);
    assertThat(Window.of(trace, 7)).hasSize(1);
  }

  @Test
  void thereIsNoCutWhileALeaderOfBeforeHasYetToLearnOfItsEnd() {
    Trace trace = trace("a*1", "a+1", "b*2", "b+2", "a.", "b-resigned2", "b.");
    assertThat(cut(trace)).containsExactly("a*1 a+1", "a+1: b*2 b+2 a. b-resigned2 b.");
  }

  @Test
  void aLeaderThatIsNotHeardOfAgainDoesNotMatter() {
    Trace trace = trace("a*1", "a+1", "b*2", "b+2", "b-resigned2", "b.");
    assertThat(cut(trace)).containsExactly("a*1 a+1", "a+1: b*2 b+2", "b+2: b-resigned2 b.");
  }

  @Test
  void thereIsNoCutBeforeALineThatRestsOnAnOlderReading() {
    Trace trace = trace("a*1", "a+1", "a-resigned1", "a.", "b*2", "b+2", "c*2", "c.", "b.", "c*3");
    assertThat(cut(trace)).containsExactly("a*1 a+1", "a+1: a-resigned1 a. b*2 b+2 c*2 c. b. c*3");
  }

  @Test
  void eachPartIsABehaviorOfTheModelAndIsNoneWhenALineOfItIsAnother() throws Exception {
    Trace trace =
        trace(
            "a*1",
            "a+1",
            "b*2",
            "b+2",
            "a.",
            "b-revoked2",
            "b.",
            "c*3",
            "a*3:2",
            "c+3",
            "a.",
            "c-lapsed3",
            "c.",
            "a*4:2",
            "a+4:2",
            "a-resigned4:2",
            "a.",
            "b*5:2",
            "b-resigned5:2",
            "b.");
    List<Window> parts = Window.of(trace, 1);
    assertThat(parts).hasSize(3);
    List<Window> all = new ArrayList<>(parts);
    for (Window part : parts) {
      changed(part, "electing", line -> line.withEpoch(line.epoch() + 1)).ifPresent(all::add);
      changed(part, "in office", line -> line.withEpoch(line.epoch() + 1)).ifPresent(all::add);
      changed(part, "in office", line -> line.inSession(line.session() + 1)).ifPresent(all::add);
      changed(part, "ending", line -> line.withEpoch(line.epoch() + 1)).ifPresent(all::add);
      part.doctored(line -> line.state().equals("electing"), line -> List.of()).ifPresent(all::add);
      part.doctored(line -> line.state().equals("in office"), WindowTest::withASecondLeader)
          .ifPresent(all::add);
    }
    List<Verdict> verdicts = new TraceChecker(Path.of(""), directory).check("windows", true, all);
    assertThat(verdicts.subList(0, parts.size())).allMatch(Verdict::isAccepted);
    assertThat(verdicts.subList(parts.size(), verdicts.size())).isNotEmpty();
    assertThat(verdicts.subList(parts.size(), verdicts.size())).noneMatch(Verdict::isAccepted);
  }

  @Test
  void aLineThatWasCutOffWhenItsProcessWasKilledIsLeftOut() throws Exception {
    Path one = Files.writeString(directory.resolve("1.trace"), logged(7, "w", "in office"));
    Path other =
        Files.writeString(
            directory.resolve("2.trace"),
            logged(9, "w", "idle") + logged(3, "w", "electing") + "{\"a");
    Trace trace = Trace.ofFiles(List.of(one, other)).get("/g/shards/0");
    assertThat(trace.lines())
        .extracting(Line::state)
        .containsExactly("electing", "in office", "idle");
    assertThat(trace.lines())
        .extracting(Line::candidate)
        .containsExactly("w in 2.trace", "w in 1.trace", "w in 2.trace");
  }

  private static String logged(long at, String candidate, String state) {
    return String.format(
        "{\"at\":%d,\"scope\":\"/g/shards/0\",\"candidate\":\"%s\",\"session\":\"0x1\","
            + "\"state\":\"%s\",\"epoch\":%d,\"event\":\"\"}%n",
        at, candidate, state, state.equals("idle") ? 0 : 1);
  }

  private static List<Line> withASecondLeader(Line elected) {
    return List.of(
        elected,
        new Line("x", "electing", 1, elected.epoch(), ""),
        new Line("x", "in office", 1, elected.epoch(), "elected"));
  }

  private static Optional<Window> changed(Window window, String state, UnaryOperator<Line> how) {
    return window.doctored(line -> line.state().equals(state), line -> List.of(how.apply(line)));
  }

  private static List<String> cut(Trace trace) {
    return Window.of(trace, 1).stream()
        .map(
            window ->
                window.start().map(start -> word(start) + ": ").orElse("")
                    + String.join(" ", window.lines().stream().map(WindowTest::word).toList()))
        .toList();
  }

  private static Trace trace(String... words) {
    return new Trace(Arrays.stream(words).map(WindowTest::line).toList(), true);
  }

  private static Line line(String word) {
    String candidate = word.substring(0, 1);
    String[] parts = word.substring(2).split(":");
    int session = parts.length == 1 ? 1 : Integer.parseInt(parts[1]);
    return switch (word.charAt(1)) {
      case '*' -> new Line(candidate, "electing", session, Long.parseLong(parts[0]), "");
      case '+' -> new Line(candidate, "in office", session, Long.parseLong(parts[0]), "elected");
      case '-' -> {
        int digits = parts[0].length() - 1;
        yield new Line(
            candidate,
            "ending",
            session,
            Long.parseLong(parts[0].substring(digits)),
            parts[0].substring(0, digits));
      }
      default -> new Line(candidate, "out", 0, 0, "");
    };
  }

  private static String word(Line line) {
    return line.candidate()
        + switch (line.state()) {
          case "electing" -> "*" + line.epoch();
          case "in office" -> "+" + line.epoch();
          case "ending" -> "-" + line.event() + line.epoch();
          default -> ".";
        };
  }
}
