package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.Retention;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardTask;
import io.tenure.sharding.ShardWorker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The command as a process of its own, and what others do to it from outside. */
@Timeout(120)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has neither SIGTERM nor closed pipes")
class CommandProcessTest {

  private static final String SCOPE = "/billing/nightly-close";

  private static TestingServer server;
  private static CuratorFramework client;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer();
    client = CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(3, 50));
    client.start();
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.close();
  }

  private static Process command(String... arguments) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    all.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().put("TENURE_CONNECT", server.getConnectString());
    return builder.start();
  }

  private static String text(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void outputIntoAClosedPipeEndsItSilently() throws Exception {
    try (LeaderElection election =
        LeaderElection.builder(client, SCOPE)
            .candidateId("w-1")
            .retention(Retention.KEEP_ALL)
            .build()) {
      for (int i = 0; i < 300; i++) { // More than a pipe holds.
        election.acquire().close();
      }
    }
    Process export = command("audit", "export", SCOPE);
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(export.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(reader.readLine()).contains("\"event\":\"elected\"");
    }
    assertThat(text(export.getErrorStream())).isEmpty();
    assertThat(export.waitFor()).isEqualTo(ExitCode.CLOSED_PIPE);
  }

  @Test
  void endedWhileItWaitsItSaysThatWhatItWroteStands() throws Exception {
    try (ShardWorker w1 = worker("w-1");
        ShardWorker w2 = worker("w-2")) {
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> w1.snapshot().led().size() == 2 && w2.snapshot().led().size() == 2);
      Process drain = command("drain", "w-1", "--reason", "new version");
      BufferedReader output = drain.inputReader(StandardCharsets.UTF_8);
      String line = output.readLine();
      while (line != null && !line.startsWith("recorded as ")) {
        line = output.readLine();
      }
      assertThat(line).isNotNull();
      // The same as Ctrl-C, but for the number: SIGINT itself is ignored by what runs in the
      // background of a script, and by all that it starts.
      drain.toHandle().destroy(); // Leaves the streams open.
      assertThat(drain.waitFor(60, TimeUnit.SECONDS)).isTrue();
      String err = text(drain.getErrorStream());
      assertThat(drain.exitValue()).as(err).isEqualTo(128 + 15);
      assertThat(err)
          .startsWith("tenure: interrupted; the change is recorded (/orders/audit/")
          .doesNotContain("\tat ");
      assertThat(err.lines()).hasSize(1);
      assertThat(client.checkExists().forPath("/orders/directives/drain-w-1")).isNotNull();
    }
  }

  /**
   * One that never gets ready to take a shard over from another, so that a drain takes its time.
   */
  private static ShardWorker worker(String id) {
    ShardWorker worker =
        ShardWorker.builder(client, "/orders")
            .workerId(id)
            .shards(ShardSet.numbered(4))
            .settleWindow(Duration.ofMillis(500))
            .tasks(shard -> new NeverReady())
            .build();
    worker.start();
    return worker;
  }

  private static final class NeverReady implements ShardTask {
    @Override
    public void warmUp() throws InterruptedException {
      new CountDownLatch(1).await();
    }

    @Override
    public NextStep step(Lease lease) {
      return NextStep.after(Duration.ofSeconds(1));
    }
  }
}
