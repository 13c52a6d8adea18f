package io.tenure.spec;

import static java.util.stream.Collectors.toList;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What passed through the elections of one scope, as the module TraceCheck wants it.
 *
 * @param lines in the order in which they happened
 * @param isCoarse whether the lines tell no states apart in which a candidate has nothing to do
 *     with the office
 */
public record Trace(List<Line> lines, boolean isCoarse) {

  /**
   * A new state of one candidate's election; the names are explained in the module.
   *
   * @param session which of the candidate's sessions: 1, 2, ...; 0 where it does not matter
   */
  public record Line(String candidate, String state, int session, long epoch, String event) {

    /** The same with another epoch. */
    public Line withEpoch(long other) {
      return new Line(candidate, state, session, other, event);
    }

    /** The same in another session. */
    public Line inSession(int other) {
      return new Line(candidate, state, other, epoch, event);
    }

    /** In office, on its way there, or on its way out. */
    boolean hasOffice() {
      return WITH_OFFICE.contains(state);
    }

    private Line coarse() {
      return hasOffice() ? this : new Line(candidate, "out", 0, 0, "");
    }
  }

  private static final Set<String> WITH_OFFICE = Set.of("electing", "in office", "ending");
  private static final ObjectMapper JSON = new ObjectMapper();

  public Trace {
    lines = List.copyOf(lines);
  }

  /**
   * What the library wrote to its logger {@code io.tenure.trace} of one scope. Sessions become
   * numbers; a place in the queue, which only the latch knows of, is left out.
   */
  public static Trace ofLog(List<String> logged, String scope) {
    List<Event> events = new ArrayList<>();
    for (String text : logged) {
      Event event = Event.of(text, "");
      if (event.scope().equals(scope)) {
        events.add(event);
      }
    }
    return of(events);
  }

  /**
   * What processes of one machine wrote to that logger, each into a file of its own, by scope. A
   * candidate is here one of one process: after the end of that, another has its name. The last
   * line of a process that was killed may be cut off; such a line is left out.
   */
  public static Map<String, Trace> ofFiles(List<Path> files) throws IOException {
    List<Event> events = new ArrayList<>();
    for (Path file : files) {
      String text = Files.readString(file);
      text.substring(0, text.lastIndexOf('\n') + 1)
          .lines()
          .forEach(line -> events.add(Event.of(line, " in " + file.getFileName())));
    }
    events.sort(Comparator.comparingLong(Event::at));
    Map<String, List<Event>> byScope =
        events.stream().collect(Collectors.groupingBy(Event::scope, TreeMap::new, toList()));
    Map<String, Trace> traces = new TreeMap<>();
    byScope.forEach((scope, ofScope) -> traces.put(scope, of(ofScope)));
    return traces;
  }

  private static Trace of(List<Event> events) {
    Map<String, List<String>> sessions = new HashMap<>();
    List<Line> lines = new ArrayList<>();
    for (Event event : events) {
      if (event.state().equals("queued")) {
        continue;
      }
      int session = 0;
      if (event.epoch() > 0) {
        List<String> known = sessions.computeIfAbsent(event.candidate(), c -> new ArrayList<>());
        if (!known.contains(event.session())) {
          known.add(event.session());
        }
        session = known.indexOf(event.session()) + 1;
      }
      lines.add(new Line(event.candidate(), event.state(), session, event.epoch(), event.event()));
    }
    return new Trace(changes(lines, "idle"), false);
  }

  /** A line of the log. */
  private record Event(
      long at,
      String scope,
      String candidate,
      String session,
      String state,
      long epoch,
      String event) {

    static Event of(String text, String process) {
      try {
        JsonNode json = JSON.readTree(text);
        return new Event(
            json.required("at").longValue(),
            json.required("scope").textValue(),
            json.required("candidate").textValue() + process,
            json.required("session").textValue(),
            json.required("state").textValue(),
            json.required("epoch").longValue(),
            json.required("event").textValue());
      } catch (IOException e) {
        throw new IllegalArgumentException("no line of a trace: " + text, e);
      }
    }
  }

  /** The same, as the model can follow it for a shard: see the module. */
  public Trace coarse() {
    return new Trace(changes(lines.stream().map(Line::coarse).toList(), "out"), true);
  }

  /** Without the lines that tell nothing new of their candidate. */
  private static List<Line> changes(List<Line> lines, String atFirst) {
    Map<String, Line> last = new HashMap<>();
    lines.forEach(
        line -> last.put(line.candidate(), new Line(line.candidate(), atFirst, 0, 0, "")));
    return lines.stream().filter(line -> !line.equals(last.put(line.candidate(), line))).toList();
  }

  /** The same with some lines changed, or left out where {@code how} returns none. */
  public Trace doctored(Predicate<Line> which, Function<Line, Optional<Line>> how) {
    return new Trace(
        lines.stream()
            .flatMap(line -> (which.test(line) ? how.apply(line) : Optional.of(line)).stream())
            .toList(),
        isCoarse);
  }
}
