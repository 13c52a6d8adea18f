package io.tenure.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.Candidate;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What an operator reads with ZooKeeper's own command line, by its real main class; and the
 * README's transcript, which is this test's output. Run with {@code
 * -Dtenure.transcript.update=true} to write it.
 */
@Timeout(180)
class ZkCliTest {

  private static final String SCOPE = "/billing/nightly-close";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @Test
  void theAuditTrailReadsInZkCliAsInTheReadme() throws Exception {
    CuratorFramework first = zk.client();
    CuratorFramework second = zk.client();
    LeaderElection w1 = candidate(first, "w-1");
    LeaderElection w2 = candidate(second, "w-2");

    w1.acquire().resign("deployment of 4.2");
    Lease lost = w2.acquire();
    second.getZookeeperClient().getZooKeeper().getTestable().injectSessionExpiration();
    lost.ended().toCompletableFuture().get(60, TimeUnit.SECONDS);
    Lease lease = w1.acquire();
    // Somebody works, and renews, while the slow command line starts again and again.
    ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor();
    zk.closeLater(worker::shutdownNow);
    worker.scheduleWithFixedDelay(
        () -> {
          try {
            lease.renew();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        },
        0,
        100,
        TimeUnit.MILLISECONDS);

    List<String> transcript = new ArrayList<>();
    List<String> leader = zkCli(transcript, "get", SCOPE + "/leader");
    assertThat(leader)
        .hasSize(1)
        .first()
        .asString()
        .contains("\"epoch\":3", "\"candidate\":\"w-1\"");
    zkCli(transcript, "set", SCOPE + "/leader", "revoke for maintenance");
    lease.ended().toCompletableFuture().get(60, TimeUnit.SECONDS);

    assertThat(zkCli(transcript, "ls", SCOPE + "/audit"))
        .containsExactly(
            "[0000000001-elected-w-1, 0000000002-resigned-w-1, 0000000003-elected-w-2, "
                + "0000000004-lost-w-2, 0000000005-elected-w-1, 0000000006-revoked-w-1]");
    List<String> entry = zkCli(transcript, "get", "-s", SCOPE + "/audit/0000000006-revoked-w-1");
    assertThat(entry.get(0))
        .contains(
            "\"event\":\"revoked\"",
            "\"epoch\":3",
            "\"reason\":\"revoked by an operator: for maintenance\"");
    assertThat(entry).anyMatch(line -> line.startsWith("ctime = "));
    assertThat(entry).contains("dataVersion = 0", "ephemeralOwner = 0x0");
    assertThat(zkCli(transcript, "get", SCOPE + "/audit/0000000004-lost-w-2").get(0))
        .contains("\"event\":\"lost\"", "\"recordedBy\":\"w-1\"");
    assertThat(zkCli(transcript, "get", SCOPE).get(0))
        .contains("\"state\":\"vacant\"", "\"end\":\"revoked\"", "\"auditNext\":7");

    checkReadme("zkcli", normalised(transcript));
  }

  @Test
  void aGroupOfShardsReadsInZkCliAndIsSteeredByIt() throws Exception {
    ShardWorker w1 = worker("w-1");
    ShardWorker w2 = worker("w-2");
    w1.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    awaitLed(w1, 8);
    w2.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    awaitLed(w1, 4);
    awaitLed(w2, 4);

    List<String> transcript = new ArrayList<>();
    assertThat(zkCli(transcript, "ls", "/orders/workers"))
        .containsExactly("[w-1-0000000000, w-2-0000000001]");
    assertThat(zkCli(transcript, "get", "/orders/plan/w-1").get(0))
        .contains("\"leads\":\"0-3\"", "\"standsBy\":\"4-7\"");
    assertThat(zkCli(transcript, "get", "/orders/shards/7/leader").get(0))
        .contains("\"epoch\":2", "\"candidate\":\"w-2\"");
    zkCli(transcript, "create", "/orders/directives/drain-w-2", "new version");
    awaitLed(w1, 8);
    await().atMost(Duration.ofSeconds(60)).until(w2::isDrained);
    assertThat(zkCli(transcript, "get", "/orders/plan/w-2").get(0))
        .contains("\"draining\":\"drain of w-2 (new version)\"");
    assertThat(zkCli(transcript, "ls", "/orders/shards/7/audit"))
        .containsExactly(
            "[0000000001-elected-w-1, 0000000002-resigned-w-1, 0000000003-elected-w-2, "
                + "0000000004-resigned-w-2, 0000000005-elected-w-1]");
    assertThat(zkCli(transcript, "get", "/orders/shards/7/audit/0000000004-resigned-w-2").get(0))
        .contains("\"reason\":\"handoff: drain of w-2 (new version)\"");
    zkCli(transcript, "delete", "/orders/directives/drain-w-2");
    awaitLed(w2, 4);
    checkReadme("zkcli-shards", normalised(transcript));
  }

  private ShardWorker worker(String id) {
    return zk.closeLater(
        ShardWorker.builder(zk.monitor(zk.client()), "/orders")
            .workerId(id)
            .endpoint(id + ".example:8080")
            .shards(ShardSet.numbered(8))
            .settleWindow(Duration.ZERO)
            .tasks(shard -> lease -> NextStep.after(Duration.ofSeconds(1)))
            .build());
  }

  private static void awaitLed(ShardWorker worker, int shards) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(worker.snapshot().led()).hasSize(shards));
  }

  private LeaderElection candidate(CuratorFramework client, String id) {
    return zk.closeLater(LeaderElection.builder(zk.monitor(client), SCOPE).candidateId(id).build());
  }

  /** Runs one command as an operator would, and keeps what is worth reading. */
  private List<String> zkCli(List<String> transcript, String... command) throws Exception {
    String[] arguments = new String[command.length + 2];
    arguments[0] = "-server";
    arguments[1] = zk.server().getConnectString();
    System.arraycopy(command, 0, arguments, 2, command.length);
    List<String> lines;
    try (Jvm cli = new Jvm("org.apache.zookeeper.ZooKeeperMain", arguments)) {
      lines =
          cli.allLines().stream()
              .filter(
                  line ->
                      !line.isBlank()
                          && !line.startsWith("Connecting to ")
                          && !line.startsWith("WATCHER::")
                          && !line.startsWith("WatchedEvent "))
              .toList();
    }
    List<String> words = new ArrayList<>(List.of(command));
    words.replaceAll(word -> word.contains(" ") ? "\"" + word + "\"" : word);
    transcript.add("[zk: localhost:2181(CONNECTED) 0] " + String.join(" ", words));
    transcript.addAll(lines);
    return lines;
  }

  /** Replaces what differs from run to run by what it looks like. */
  private static List<String> normalised(List<String> transcript) {
    Candidate here = Candidate.ofThisProcess("any", java.util.Optional.empty());
    List<String> lines = new ArrayList<>();
    for (String line : transcript) {
      lines.add(
          line.replace("\"host\":\"" + here.host() + "\"", "\"host\":\"host-1\"")
              .replaceAll("\"pid\":\\d+", "\"pid\":4711")
              .replaceAll("0x[0-9a-f]{9,}", "0x1000009e2be0000")
              .replaceAll("\"(nonce)\":\"[^\"]+\"", "\"$1\":\"5f0c2a1e-9d3b\"")
              .replaceAll(
                  "\"(leaderTime|since)\":\"[^\"]+\"", "\"$1\":\"2026-03-01T02:00:00.123Z\"")
              .replaceAll("\"(previous|digest)\":\"[0-9a-f]{64}\"", "\"$1\":\"3b1f…64 digits…\"")
              .replaceAll("^(ctime|mtime) = .*", "$1 = Sun Mar 01 02:00:00 UTC 2026")
              .replaceAll("^(.Zxid) = .*", "$1 = 0x2f")
              .replaceAll("^dataLength = .*", "dataLength = 345")
              // Which of the moves a plan still explains depends on how far they are.
              .replaceAll("\"reasons\":\\{[^}]*\\}", "\"reasons\":{…}"));
    }
    return lines;
  }

  private static void checkReadme(String part, List<String> transcript) throws Exception {
    Path readme = Path.of("..", "..", "README.md").toAbsolutePath().normalize();
    assertThat(readme).as("the README with the transcript").exists();
    String text = Files.readString(readme);
    String begin = "<!-- " + part + ":begin -->";
    String end = "<!-- " + part + ":end -->";
    assertThat(text).contains(begin, end);
    String block = begin + "\n```\n" + String.join("\n", transcript) + "\n```\n" + end;
    String updated =
        text.substring(0, text.indexOf(begin))
            + block
            + text.substring(text.indexOf(end) + end.length());
    if (Boolean.getBoolean("tenure.transcript.update")) {
      Files.writeString(readme, updated);
      return;
    }
    assertThat(text)
        .as("README transcript; write it anew with -Dtenure.transcript.update=true")
        .isEqualTo(updated);
  }
}
