package io.tenure.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The checker of traces tells a behaviour of the model from one that is none. */
class TraceTest {

  private static final Path MODULES = Path.of("").toAbsolutePath();
  private static final Path WORK = MODULES.resolve("target/tlc/traces");
  private static final int FAULTS = 2;

  @ParameterizedTest
  @ValueSource(strings = {"handover", "lost-answer-and-lost-session"})
  void aBehaviourOfTheModelIsAccepted(String name) throws Exception {
    assertThat(isAccepted(name, "untouched", read(name))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"handover", "lost-answer-and-lost-session"})
  void anotherEpochIsRejected(String name) throws Exception {
    List<Trace.Line> lines = new ArrayList<>(read(name).lines());
    int last = lines.size() - 1;
    while (lines.get(last).epoch() == 0) {
      last--;
    }
    lines.set(last, lines.get(last).withEpoch(lines.get(last).epoch() + 1));
    assertThat(isAccepted(name, "another-epoch", new Trace(lines))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"handover", "lost-answer-and-lost-session"})
  void aLeaderThatWasNotElectedIsRejected(String name) throws Exception {
    List<Trace.Line> lines = new ArrayList<>(read(name).lines());
    lines.removeIf(line -> line.state().equals("electing") && line.epoch() == 1);
    assertThat(isAccepted(name, "not-elected", new Trace(lines))).isFalse();
  }

  private static Trace read(String name) throws IOException {
    return Trace.read(MODULES.resolve("traces").resolve(name + ".jsonl"));
  }

  private static boolean isAccepted(String name, String what, Trace trace) throws Exception {
    Path own = Files.createDirectories(WORK.resolve(name + "-" + what));
    Files.writeString(own.resolve("Trace.tla"), trace.module(FAULTS));
    Tlc.Outcome outcome =
        Tlc.run(
            MODULES.resolve("trace.cfg"),
            "TraceCheck",
            MODULES,
            own,
            List.of("-XX:+UseParallelGC", "-XX:TieredStopAtLevel=1", "-DTLA-Library=" + own));
    assertThat(outcome.ended()).as("see " + outcome.log()).isTrue();
    return outcome.violated().equals(Optional.of("NotAccepted"));
  }
}
