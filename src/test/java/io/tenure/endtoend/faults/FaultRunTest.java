package io.tenure.endtoend.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.endtoend.faults.Fault.Kind;
import io.tenure.endtoend.faults.FaultRun.Injected;
import io.tenure.endtoend.faults.FaultRun.Result;
import io.tenure.endtoend.faults.History.Recorded;
import io.tenure.endtoend.faults.History.Trail;
import io.tenure.endtoend.faults.Violation.Rule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers and three servers in processes of their own, under faults of every kind: every history
 * keeps the promises; and the checker finds a history that does not. The seed is printed; {@code
 * -Dtenure.seed} repeats a run.
 */
@Timeout(600)
class FaultRunTest {

  private static final long SEED = Long.getLong("tenure.seed", 20260301);

  @TempDir static Path directory;

  private static Faults faults;

  @BeforeAll
  static void start() throws Exception {
    System.out.println("seed " + SEED + " (-Dtenure.seed)");
    faults = new Faults(directory, System.out::println);
  }

  @AfterAll
  static void end() {
    Report.summary(faults.results()).forEach(System.out::println);
    faults.close();
  }

  private static Result run(Mode mode, List<Fault> schedule)
      throws IOException, InterruptedException {
    faults.run(mode.word().replace(' ', '-'), mode, schedule);
    List<Result> all = faults.results();
    return all.get(all.size() - 1);
  }

  @Test
  void promisesAreKeptUnderFaultsOfEveryKindManyAtATime() throws Exception {
    List<Fault> schedule = new Schedule(SEED, Faults.SESSION).storm(List.of(Kind.values()));
    Result result = run(Mode.TENURE, schedule);
    assertThat(result.injected())
        .extracting(Injected::fault)
        .extracting(Fault::kind)
        .containsExactlyInAnyOrderElementsOf(List.of(Kind.values()));
    assertThat(result.violations()).as("seed %d: %s", SEED, schedule).isEmpty();
    assertThat(result.history().held().size()).isGreaterThan(2 * Faults.SHARDS);
    assertThat(result.history().writes().size()).isGreaterThan(20 * Faults.SHARDS);
    assertThat(result.history().trails().values())
        .as("tenures that ended since the users' code failed")
        .flatExtracting(Trail::tenures)
        .extracting(Recorded::end)
        .contains("failed");
    assertThat(HealthyShards.count(result.history()))
        .as("shards that had no other reason to move than what happened to others")
        .isGreaterThanOrEqualTo(Faults.SHARDS / 2);
    RunTraces traces = RunTraces.in(directory.resolve(result.setup().name()));
    System.out.println(traces + " are held against the model");
    assertThat(traces.windows().size()).isGreaterThan(Faults.SHARDS);
    assertThat(traces.refused()).as("what the model cannot do").isEmpty();
    assertThat(traces.acceptedThoughDoctored()).isEmpty();
  }

  @Test
  void aBuildWhoseLeasesDoNotRunOutIsCaught() throws Exception {
    Result result = run(Mode.NO_BOUND, Faults.faultsOf(SEED, Kind.HALF_OPEN));
    assertThat(Faults.breaks(result, Rule.TWO_HELD)).as("%s", result.violations()).isTrue();
  }

  @Test
  void aStoreThatComparesNoEpochsIsCaught() throws Exception {
    Result result = run(Mode.NO_FENCE, Faults.faultsOf(SEED, Kind.PAUSE_WORKER));
    assertThat(Faults.breaks(result, Rule.STALE_WRITE)).as("%s", result.violations()).isTrue();
  }

  /** For the table: what the same faults do to it. It promises nothing, so nothing is required. */
  @Test
  void plainLatchesRunUnderTheSameChecker() throws Exception {
    Result result = run(Mode.LATCH, Faults.faultsOf(SEED, Kind.PAUSE_WORKER, Kind.HALF_OPEN));
    assertThat(result.history().writes()).isNotEmpty();
  }
}
