package io.tenure.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The main demo as its user starts it. */
@Timeout(180)
class ShardsDemoTest {

  @TempDir private Path folder;

  private DemoProcess demo;

  private BufferedReader start(String... options) throws IOException {
    demo = new DemoProcess(folder, options);
    return demo.output();
  }

  @AfterEach
  void endDemo() {
    demo.close();
  }

  @Test
  void shardsAreHandedOverAndTakenOverAndTheTotalsAreRight() throws Exception {
    List<String> lines = start().lines().toList();
    assertThat(demo.process().waitFor()).as(String.join("\n", lines)).isZero();
    assertThat(lines).hasSizeLessThan(80);
    assertThat(lines)
        .anyMatch(line -> line.endsWith("every shard is led"))
        .anyMatch(line -> line.contains("it leads 12 shards, each handed over, leaderless"))
        .anyMatch(line -> line.matches(".* it has handed over its shards.* and ended"))
        .anyMatch(line -> line.matches(" +w-1 +\\d+ +exited +0"))
        .anyMatch(line -> line.contains("shards were taken over by those who stood by"))
        .anyMatch(line -> line.matches(".* epoch \\d+ refused: the table has seen epoch \\d+"))
        .noneMatch(line -> line.contains("\tat ") || line.contains("\u001b"));
    assertThat(lines.get(lines.size() - 1))
        .isEqualTo(
            "RESULT ok: 43235 rows, 51 groups, total 271623581;"
                + " equal to the single-process answer");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void anInterruptLeavesNothingOfTheWorkersBehind() throws Exception {
    BufferedReader output = start();
    List<String> lines = new ArrayList<>();
    String line;
    while ((line = output.readLine()) != null) {
      lines.add(line);
      if (line.contains("every shard is led")) {
        break;
      }
    }
    List<ProcessHandle> workers =
        demo.process().descendants().filter(ProcessHandle::isAlive).toList();
    assertThat(workers).as(String.join("\n", lines)).hasSizeGreaterThanOrEqualTo(3);
    demo.process().destroy();
    assertThat(demo.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    Awaitility.await().untilAsserted(() -> assertThat(workers).noneMatch(ProcessHandle::isAlive));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void badShardsAreOneLineAndExitCodeTwo() throws Exception {
    List<String> lines = start("--shards", "0").lines().toList();
    assertThat(demo.process().waitFor()).isEqualTo(2);
    assertThat(lines).containsExactly("tenure-demo: --shards is 0: give 1 to 1000");
  }

  @Test
  void badInputIsOneLineAndExitCodeTwo() throws Exception {
    Path file = Files.writeString(folder.resolve("in.csv"), "g,a\nx,many\n");
    List<String> lines =
        start("--input", file.toString(), "--group", "g", "--amount", "a").lines().toList();
    assertThat(demo.process().waitFor()).isEqualTo(2);
    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).startsWith("tenure-demo: " + file + ": line 2, column a: \"many\"");
  }
}
