package io.tenure.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

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
  public static Trace ofLog(List<String> logged, String scope) throws IOException {
    Map<String, List<String>> sessions = new HashMap<>();
    List<Line> lines = new ArrayList<>();
    for (String text : logged) {
      JsonNode json = JSON.readTree(text);
      String state = json.required("state").textValue();
      if (!json.required("scope").textValue().equals(scope) || state.equals("queued")) {
        continue;
      }
      String candidate = json.required("candidate").textValue();
      long epoch = json.required("epoch").longValue();
      int session = 0;
      if (epoch > 0) {
        List<String> known = sessions.computeIfAbsent(candidate, c -> new ArrayList<>());
        String id = json.required("session").textValue();
        if (!known.contains(id)) {
          known.add(id);
        }
        session = known.indexOf(id) + 1;
      }
      lines.add(new Line(candidate, state, session, epoch, json.required("event").textValue()));
    }
    return new Trace(changes(lines, "idle"), false);
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
