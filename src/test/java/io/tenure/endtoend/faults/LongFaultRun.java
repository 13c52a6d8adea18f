package io.tenure.endtoend.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.endtoend.faults.FaultRun.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The long attack; its name keeps it out of the build, and {@code -Dtest=LongFaultRun} starts it.
 * Takes {@code -Dfaults.minutes} (10) and {@code -Dfaults.seed} (drawn, and printed). What is left
 * is in {@code target/faults}: the summary, a timeline of each round, and the logs of all
 * processes.
 */
class LongFaultRun {

  private static final Path TARGET = Path.of("..", "..", "target", "faults");
  private static final Path COMMAND = Path.of("..", "..", "cli", "target", "tenure.jar");

  @Test
  void promisesAreKeptForAsLongAsItRuns() throws Exception {
    long seed = Long.getLong("faults.seed", System.nanoTime() % 1_000_000);
    Duration time = Duration.ofMinutes(Long.getLong("faults.minutes", 10));
    Path directory = TARGET.resolve("seed-" + seed).toAbsolutePath().normalize();
    List<Result> results;
    try (Faults faults = new Faults(directory, System.out::println)) {
      results = faults.attack(seed, time, COMMAND.toAbsolutePath().normalize());
    }
    assertThat(Faults.isAsExpected(results)).as("see %s", directory).isTrue();
    for (Result result : results) {
      if (result.setup().mode() == Mode.TENURE) {
        RunTraces traces = RunTraces.in(directory.resolve(result.setup().name()));
        assertThat(traces.refused()).as("what the model cannot do").isEmpty();
        System.out.println(traces);
      }
    }
  }
}
