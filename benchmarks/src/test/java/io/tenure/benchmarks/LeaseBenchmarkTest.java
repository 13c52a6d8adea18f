package io.tenure.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmark in smoke mode: it runs, on a lease that is held, and yields its ratios. */
class LeaseBenchmarkTest {

  @Test
  void theBenchmarkRunsOnALeaseThatIsHeld() throws Exception {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(LeaseBenchmark.class.getSimpleName())
                    .forks(0)
                    .warmupIterations(1)
                    .warmupTime(TimeValue.milliseconds(200))
                    .measurementIterations(2)
                    .measurementTime(TimeValue.milliseconds(200))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    assertThat(results).hasSize(4);
    String ratios = LeaseBenchmark.ratios(results);
    System.out.print(ratios);
    assertThat(ratios).contains("isHeld", "remaining", "remainingNanos");
  }
}
