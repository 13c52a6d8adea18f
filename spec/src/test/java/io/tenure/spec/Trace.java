package io.tenure.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
   * @param session which of the candidate's sessions: 1, 2, ...
   */
  record Line(String candidate, String state, int session, long epoch, String event) {

    Line withEpoch(long other) {
      return new Line(candidate, state, session, other, event);
    }

    private String text() {
      return String.format(
          "[candidate |-> \"%s\", state |-> \"%s\", session |-> %d, epoch |-> %d, event |-> \"%s\"]",
          candidate, state, session, epoch, event);
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Reads a file of JSON lines. */
  static Trace read(Path file) throws IOException {
    List<Line> lines = new ArrayList<>();
    for (String text : Files.readAllLines(file)) {
      JsonNode json = JSON.readTree(text);
      lines.add(
          new Line(
              json.required("candidate").textValue(),
              json.required("state").textValue(),
              json.required("session").intValue(),
              json.required("epoch").longValue(),
              json.required("event").textValue()));
    }
    return new Trace(List.copyOf(lines));
  }

  /**
   * The module Trace. The jar of TLC can read no JSON, so the lines are its text.
   *
   * @param faults how many faults may have happened that no line tells of
   */
  String module(int faults) {
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
        "Lines == <<",
        lines.stream().map(line -> "    " + line.text()).collect(Collectors.joining(",\n")),
        ">>",
        "=============================================================================",
        "");
  }
}
