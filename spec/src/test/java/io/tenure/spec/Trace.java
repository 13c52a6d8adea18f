package io.tenure.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What passed through the elections of one scope, as the module TraceCheck wants it.
 *
 * @param lines in the order in which they happened
 */
record Trace(List<Line> lines) {

  /**
   * A new state of one candidate's election; the names are explained in the module.
   *
   * @param session which of the candidate's sessions: 1, 2, ...; 0 where it does not matter
   */
  record Line(String candidate, String state, int session, long epoch, String event) {

    Line withEpoch(long other) {
      return new Line(candidate, state, session, other, event);
    }

    Line inSession(int other) {
      return new Line(candidate, state, other, epoch, event);
    }

    private Line coarse() {
      return OUT.contains(state) ? new Line(candidate, "out", 0, 0, "") : this;
    }

    private String text() {
      return String.format(
          "[candidate |-> \"%s\", state |-> \"%s\", session |-> %d, epoch |-> %d, event |-> \"%s\"]",
          candidate, state, session, epoch, event);
    }
  }

  /** What a coarse trace does not tell apart. */
  private static final Set<String> OUT = Set.of("idle", "reading", "waiting");

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What the library wrote to its logger {@code io.tenure.trace} of one scope. Sessions become
   * numbers; a place in the queue, which only the latch knows of, is left out.
   */
  static Trace ofLog(List<String> logged, String scope) throws IOException {
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
    return new Trace(changes(lines, "idle"));
  }

  /** The same, as the model can follow it for a shard: see the module. */
  Trace coarse() {
    return new Trace(changes(lines.stream().map(Line::coarse).toList(), "out"));
  }

  private boolean isCoarse() {
    return lines.stream().anyMatch(line -> line.state().equals("out"));
  }

  /** Without the lines that tell nothing new of their candidate. */
  private static List<Line> changes(List<Line> lines, String atFirst) {
    Map<String, Line> last = new HashMap<>();
    lines.forEach(
        line -> last.put(line.candidate(), new Line(line.candidate(), atFirst, 0, 0, "")));
    return lines.stream().filter(line -> !line.equals(last.put(line.candidate(), line))).toList();
  }

  /**
   * How many faults it tells of, in the model's sense: each end was somebody's doing, and whoever
   * reads again after it stood for the office may have lost an answer.
   */
  int faults() {
    Map<String, Line> last = new HashMap<>();
    int faults = 0;
    for (Line line : lines) {
      Line before = last.put(line.candidate(), line);
      boolean again =
          before != null
              && before.state().equals("electing")
              && (line.state().equals("reading") || line.state().equals("out"));
      faults += line.state().equals("ending") || again ? 1 : 0;
    }
    return faults;
  }

  /**
   * Whether it is a behaviour of the model.
   *
   * @param name of the folder in {@code target/tlc/traces} that tells why
   * @param faults how many faults may have happened
   */
  boolean isAccepted(String name, int faults) throws IOException, InterruptedException {
    Path modules = Path.of("").toAbsolutePath();
    Path own = Files.createDirectories(modules.resolve("target/tlc/traces").resolve(name));
    Files.writeString(own.resolve("Trace.tla"), module(faults));
    Tlc.Outcome outcome =
        Tlc.run(
            modules.resolve("trace.cfg"),
            "TraceCheck",
            modules,
            own,
            List.of("-XX:+UseParallelGC", "-XX:TieredStopAtLevel=1", "-DTLA-Library=" + own));
    if (!outcome.ended()) {
      throw new IllegalStateException("TLC has not judged the trace: see " + outcome.log());
    }
    return outcome.violated().equals(Optional.of("NotAccepted"));
  }

  /**
   * The module Trace. The jar of TLC can read no JSON, so the lines are its text.
   *
   * @param faults how many faults may have happened
   */
  private String module(int faults) {
    String candidates =
        lines.stream()
            .map(line -> '"' + line.candidate() + '"')
            .distinct()
            .collect(Collectors.joining(", ", "{", "}"));
    long epochs = lines.stream().mapToLong(Line::epoch).max().orElse(0);
    int sessions = lines.stream().mapToInt(Line::session).max().orElse(1) + 1;
    return String.join(
        "\n",
        "------------------------------- MODULE Trace -------------------------------",
        "CandidatesOfTrace == " + candidates,
        "EpochsOfTrace == " + epochs,
        "\\* One more, so that each session of the trace may end.",
        "SessionsOfTrace == " + sessions,
        "FaultsOfTrace == " + faults,
        "Coarse == " + (isCoarse() ? "TRUE" : "FALSE"),
        "Lines == <<",
        lines.stream().map(line -> "    " + line.text()).collect(Collectors.joining(",\n")),
        ">>",
        "=============================================================================",
        "");
  }
}
