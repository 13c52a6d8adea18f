package io.tenure.benchmarks.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The benchmark in smoke mode: it runs, and yields every figure. What they are is not asserted. */
class ShardingBenchmarkTest {

  @Test
  @Timeout(180)
  void theBenchmarkRunsAndYieldsItsFigures() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ShardingBenchmark.run(true, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    String printed = bytes.toString(StandardCharsets.UTF_8);
    System.out.print(printed);
    assertThat(printed)
        .contains(
            "placement of 100,000 shards on 100 workers",
            "against the floor",
            "transactions for each led shard",
            "times faster than LeaderLatch",
            "leaderless gap",
            "quorum operations of an idle worker",
            "worker heap for each led shard",
            "RESULT ");
  }
}
