package io.tenure.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
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
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What an operator reads with ZooKeeper's own command line, by its real main class; and the
 * transcripts of {@code docs/znodes.md} and {@code docs/zkcli.md}, which are this test's output.
 * Run with {@code -Dtenure.transcript.update=true} to write them.
 */
@Timeout(180)
class ZkCliTest {

  private static final String SCOPE = "/billing/nightly-close";
  private static final String ZNODES = "docs/znodes.md";
  private static final String GUIDE = "docs/zkcli.md";

  /** A command on an entry, which begins with zkCli's prompt. */
  private static final Pattern ENTRY = Pattern.compile("^\\[zk: .*/audit/(\\d{10})-([a-z]+)-");

  /** The data of a leader node or a record. */
  private static final Pattern TENURE = Pattern.compile("^\\{\"format\":1,\"epoch\":(\\d+),");

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @Test
  void aScopeReadsInZkCliAsInTheGuideAndIsRevokedByIt() throws Exception {
    CuratorFramework first = zk.client();
    CuratorFramework second = zk.client();
    LeaderElection w1 = candidate(first, "w-1");
    LeaderElection w2 = candidate(second, "w-2");

    w1.acquire().resign("deployment of 4.2");
    Lease lost = w2.acquire();
    second.getZookeeperClient().getZooKeeper().getTestable().injectSessionExpiration();
    lost.ended().toCompletableFuture().get(60, TimeUnit.SECONDS);
    Lease lease = w1.acquire();
    // A leader works, and renews, while the slow command line starts again and again.
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

    List<String> office = new ArrayList<>();
    List<String> leader = zkCli(office, "get", "-s", SCOPE + "/leader");
    assertThat(leader.get(0)).contains("\"epoch\":3", "\"candidate\":\"w-1\"");
    assertThat(leader).noneMatch(line -> line.equals("ephemeralOwner = 0x0"));
    checkTranscript(GUIDE, "who-leads", office);

    List<String> past = new ArrayList<>();
    assertThat(zkCli(past, "ls", SCOPE + "/audit"))
        .containsExactly(
            "[0000000001-elected-w-1, 0000000002-resigned-w-1, 0000000003-elected-w-2, "
                + "0000000004-lost-w-2, 0000000005-elected-w-1]");
    zkCli(past, "stat", SCOPE + "/audit/0000000002-resigned-w-1");
    zkCli(past, "stat", SCOPE + "/audit/0000000003-elected-w-2");
    List<String> end = zkCli(past, "stat", SCOPE + "/audit/0000000004-lost-w-2");
    List<String> next = zkCli(past, "stat", SCOPE + "/audit/0000000005-elected-w-1");
    assertThat(zxid(end)).as("lost and elected are of one transaction").isEqualTo(zxid(next));
    checkTranscript(GUIDE, "who-led-at", past);

    List<String> revoked = new ArrayList<>();
    zkCli(revoked, "set", SCOPE + "/leader", "revoke for maintenance");
    lease.ended().toCompletableFuture().get(60, TimeUnit.SECONDS);
    assertThat(zkCli(revoked, "ls", SCOPE + "/audit"))
        .containsExactly(
            "[0000000001-elected-w-1, 0000000002-resigned-w-1, 0000000003-elected-w-2, "
                + "0000000004-lost-w-2, 0000000005-elected-w-1, 0000000006-revoked-w-1]");
    List<String> summary = new ArrayList<>(List.of(office.get(0).replace("get -s", "get")));
    summary.add(office.get(1));
    summary.addAll(revoked);
    checkTranscript(ZNODES, "zkcli", summary);
    List<String> entry = zkCli(revoked, "get", "-s", SCOPE + "/audit/0000000006-revoked-w-1");
    assertThat(entry.get(0))
        .contains(
            "\"event\":\"revoked\"",
            "\"epoch\":3",
            "\"reason\":\"revoked by an operator: for maintenance\"");
    assertThat(entry).anyMatch(line -> line.startsWith("ctime = "));
    assertThat(entry).contains("dataVersion = 0", "ephemeralOwner = 0x0");
    checkTranscript(GUIDE, "give-up", revoked);

    List<String> vacant = new ArrayList<>();
    assertThat(zkCli(vacant, "get", SCOPE + "/leader"))
        .singleElement()
        .asString()
        .contains("Node does not exist");
    assertThat(zkCli(vacant, "get", SCOPE).get(0))
        .contains("\"state\":\"vacant\"", "\"end\":\"revoked\"", "\"auditNext\":7");
    checkTranscript(GUIDE, "nobody-leads", vacant);
  }

  private static String zxid(List<String> stat) {
    return stat.stream().filter(line -> line.startsWith("cZxid = ")).findFirst().orElseThrow();
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

    List<String> office = new ArrayList<>();
    assertThat(zkCli(office, "get", "/orders/shards/7/leader").get(0))
        .contains("\"epoch\":2", "\"candidate\":\"w-2\"");
    checkTranscript(GUIDE, "who-leads-shard", office);

    List<String> drain = new ArrayList<>();
    assertThat(zkCli(drain, "ls", "/orders/workers"))
        .containsExactly("[w-1-0000000000, w-2-0000000001]");
    assertThat(zkCli(drain, "get", "/orders/plan/w-1").get(0))
        .contains("\"leads\":\"0-3\"", "\"standsBy\":\"4-7\"");
    zkCli(drain, "create", "/orders/directives/drain-w-2", "new version");
    awaitLed(w1, 8);
    await().atMost(Duration.ofSeconds(60)).until(w2::isDrained);
    assertThat(zkCli(drain, "get", "/orders/plan/w-2").get(0))
        .contains("\"draining\":\"drain of w-2 (new version)\"");
    List<String> history = new ArrayList<>();
    assertThat(zkCli(history, "ls", "/orders/shards/7/audit"))
        .containsExactly(
            "[0000000001-elected-w-1, 0000000002-resigned-w-1, 0000000003-elected-w-2, "
                + "0000000004-resigned-w-2, 0000000005-elected-w-1]");
    assertThat(zkCli(history, "get", "-s", "/orders/shards/7/audit/0000000004-resigned-w-2").get(0))
        .contains("\"reason\":\"handoff: drain of w-2 (new version)\"");
    checkTranscript(GUIDE, "history", history);
    zkCli(drain, "delete", "/orders/directives/drain-w-2");
    awaitLed(w2, 4);
    checkTranscript(GUIDE, "drain", drain);

    // Shard 0 was w-1's from the beginning. What the plan does with it later is not shown.
    List<String> revoked = new ArrayList<>();
    zkCli(revoked, "set", "/orders/shards/0/leader", "revoke it is slow");
    AuditLog trail = AuditLog.of(zk.client(), "/orders/shards/0");
    await().atMost(Duration.ofSeconds(60)).until(() -> trail.entries().size() >= 3);
    assertThat(zkCli(revoked, "get", "/orders/shards/0/audit/0000000002-revoked-w-1").get(0))
        .contains("\"reason\":\"revoked by an operator: it is slow\"");
    assertThat(zkCli(revoked, "get", "/orders/shards/0/audit/0000000003-elected-w-2").get(0))
        .contains("\"epoch\":2", "\"end\":\"revoked\"");
    checkTranscript(GUIDE, "give-up-shard", revoked);
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
    long step = 0;
    for (String line : transcript) {
      step = step(line).orElse(step);
      String minute = String.format("%02d", 5 * step);
      lines.add(
          line.replace("\"host\":\"" + here.host() + "\"", "\"host\":\"host-1\"")
              .replaceAll("\"pid\":\\d+", "\"pid\":4711")
              .replaceAll("0x[0-9a-f]{9,}", "0x1000009e2be0000")
              .replaceAll("\"(nonce)\":\"[^\"]+\"", "\"$1\":\"5f0c2a1e-9d3b\"")
              .replaceAll(
                  "\"(leaderTime|since)\":\"[^\"]+\"",
                  "\"$1\":\"2026-03-01T02:" + minute + ":00.123Z\"")
              .replaceAll("\"(previous|digest)\":\"[0-9a-f]{64}\"", "\"$1\":\"3b1f…64 digits…\"")
              .replaceAll("^(ctime|mtime) = .*", "$1 = Sun Mar 01 02:" + minute + ":00 UTC 2026")
              .replaceAll("^(.Zxid) = .*", "$1 = 0x" + Long.toHexString(0x20 + step))
              .replaceAll("^dataLength = .*", "dataLength = 345")
              // Which of the moves a plan still explains depends on how far they are.
              .replaceAll("\"reasons\":\\{[^}]*\\}", "\"reasons\":{…}"));
    }
    return lines;
  }

  /**
   * Which transition a line is about, so that each gets a time of its own: in these stories the
   * entry of that index, except that one who was lost is recorded with the next election.
   */
  private static OptionalLong step(String line) {
    Matcher entry = ENTRY.matcher(line);
    if (entry.find()) {
      long index = Long.parseLong(entry.group(1));
      return OptionalLong.of(entry.group(2).equals("lost") ? index + 1 : index);
    }
    Matcher tenure = TENURE.matcher(line);
    return tenure.find()
        ? OptionalLong.of(2 * Long.parseLong(tenure.group(1)) - 1)
        : OptionalLong.empty();
  }

  private static void checkTranscript(String file, String part, List<String> lines)
      throws Exception {
    Path path = Path.of("..", "..", file).toAbsolutePath().normalize();
    assertThat(path).as("the page with the transcript").exists();
    String text = Files.readString(path);
    String begin = "<!-- " + part + ":begin -->";
    String end = "<!-- " + part + ":end -->";
    assertThat(text).contains(begin, end);
    String transcript = String.join("\n", normalised(lines));
    String block = begin + "\n```\n" + transcript + "\n```\n" + end;
    String updated =
        text.substring(0, text.indexOf(begin))
            + block
            + text.substring(text.indexOf(end) + end.length());
    if (Boolean.getBoolean("tenure.transcript.update")) {
      Files.writeString(path, updated);
      return;
    }
    assertThat(text)
        .as("transcript in %s; write it anew with -Dtenure.transcript.update=true", file)
        .isEqualTo(updated);
  }
}
