package io.tenure.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo of one scope as its user starts it. */
@Timeout(180)
class CloseDemoTest {

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
  void aKilledAndAFrozenLeaderLeaveTheTotalsRight() throws Exception {
    List<String> lines = start("nightly-close").lines().toList();
    assertThat(demo.process().waitFor()).as(String.join("\n", lines)).isZero();
    assertThat(lines).hasSizeLessThan(60);
    assertThat(lines)
        .anyMatch(line -> line.endsWith("is killed in the middle: SIGKILL"))
        .anyMatch(line -> line.contains("isHeld() is false"))
        .anyMatch(line -> line.matches(".* epoch \\d+ refused: the table has seen epoch \\d+"))
        .anyMatch(line -> line.contains("-lost-"))
        .noneMatch(line -> line.contains("\tat ") || line.contains("\u001b"));
    assertThat(lines.get(lines.size() - 1))
        .startsWith("RESULT ok: 43235 rows, 51 groups, total 271623581, epochs ")
        .endsWith("; equal to the single-process answer");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void anInterruptLeavesNoProcessAndNoFileBehindNotEvenOfAFrozenLeader() throws Exception {
    BufferedReader output = start("nightly-close");
    List<String> lines = new ArrayList<>();
    String line;
    while ((line = output.readLine()) != null) {
      lines.add(line);
      if (line.endsWith("SIGSTOP")) {
        break;
      }
    }
    List<ProcessHandle> candidates =
        demo.process().descendants().filter(ProcessHandle::isAlive).toList();
    assertThat(candidates).as(String.join("\n", lines)).hasSizeGreaterThanOrEqualTo(2);
    demo.process().destroy();
    assertThat(demo.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
    Awaitility.await()
        .untilAsserted(() -> assertThat(candidates).noneMatch(ProcessHandle::isAlive));
    assertThat(folder).isEmptyDirectory();
  }
}
