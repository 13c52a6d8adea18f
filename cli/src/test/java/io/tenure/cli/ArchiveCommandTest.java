package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tenure.audit.ArchiveFiles;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.scope.Retention;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trails that go on in files, and are read from both; each test has a scope of its own. */
class ArchiveCommandTest {

  private static TestingServer server;
  private static CuratorFramework client;

  @TempDir private Path directory;

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

  private static void leadOnce(String scope, String id) throws Exception {
    try (LeaderElection election =
            LeaderElection.builder(client, scope)
                .candidateId(id)
                .retention(Retention.KEEP_ALL)
                .build();
        Lease lease = election.acquire()) {
      lease.renew();
    }
  }

  private static Cli.Result run(String... arguments) {
    return Cli.at(server).run(arguments);
  }

  @Test
  void whatIsTakenOutOfZooKeeperIsAnsweredFromTheArchive() throws Exception {
    for (String id : List.of("w-1", "w-2", "w-3")) {
      leadOnce("/a/trimmed", id);
    }
    String dir = directory.resolve("kept").toString();
    String elected1 = run("audit", "/a/trimmed", "--json").json().get(0).get("serverTime").asText();
    Cli.Result first = run("archive", "/a/trimmed", "--dir", dir, "--keep", "2", "--once");
    assertThat(first.exitCode()).as(first.toString()).isZero();
    assertThat(first.err()).contains("6 archived in");
    assertThat(run("archive", "/a/trimmed", "--dir", dir, "--once").err()).contains("0 archived");

    assertThat(run("audit", "/a/trimmed", "--json").json()).hasSize(2);
    assertThat(run("audit", "/a/trimmed", "--archive", dir, "--json").json())
        .extracting(row -> row.get("index").asInt())
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(run("who", "/a/trimmed", "--at", elected1).exitCode()).isEqualTo(ExitCode.NOT_THERE);
    JsonNode who =
        run("who", "/a/trimmed", "--at", elected1, "--archive", dir, "--json").json().get(0);
    assertThat(who.at("/tenure/candidate").asText()).isEqualTo("w-1");
    assertThat(run("audit", "verify", "/a/trimmed").exitCode()).isZero();
    assertThat(run("audit", "verify", "/a/trimmed", "--archive", dir).exitCode()).isZero();
    assertThat(run("audit", "export", "/a/trimmed", "--archive", dir).json()).hasSize(6);
  }

  @Test
  void aDamagedLineOfTheArchiveIsSaidOnceByAllThatLeaveItOut() throws Exception {
    leadOnce("/a/torn", "w-1");
    String dir = directory.resolve("torn").toString();
    run("archive", "/a/torn", "--dir", dir, "--once");
    Path file = Path.of(dir, "audit-00000001.jsonl");
    Files.writeString(file, Files.readString(file) + "damaged\n");
    String page = directory.resolve("page.html").toString();
    for (Cli.Result result :
        List.of(
            run("timeline", "/a/torn", "-o", page, "--archive", dir),
            run("who", "/a/torn", "--at", "1m ago", "--archive", dir))) {
      assertThat(result.err().lines().filter(line -> line.contains("jsonl:4")))
          .as(result.toString())
          .singleElement()
          .asString()
          .contains("it is left out");
    }
    assertThat(Path.of(page)).exists();
  }

  @Test
  void historyThatWasRewrittenAfterItWasArchivedIsFound() throws Exception {
    leadOnce("/a/rewritten", "w-1");
    String dir = directory.toString();
    run("archive", "/a/rewritten", "--dir", dir, "--once");
    String entry = "/a/rewritten/audit/0000000001-elected-w-1";
    byte[] data = client.getData().forPath(entry);
    String forged = new String(data, StandardCharsets.UTF_8).replace("\"pid\":", "\"pid\":1");
    client.setData().forPath(entry, forged.getBytes(StandardCharsets.UTF_8));
    Cli.Result verified = run("audit", "verify", "/a/rewritten", "--archive", dir);
    assertThat(verified.exitCode()).isEqualTo(ExitCode.NO);
    assertThat(verified.out()).contains("ARCHIVE_AGREES");
  }

  @Test
  void aGroupsOwnTrailIsHeldAgainstTheArchiveAndADamagedLineCountsOnce() throws Exception {
    String dir = directory.toString();
    byte[] before;
    try (ShardWorker worker =
        ShardWorker.builder(client, "/g")
            .workerId("w-1")
            .shards(ShardSet.numbered(3))
            .settleWindow(Duration.ZERO)
            .drainOnShutdown(Duration.ZERO)
            .tasks(shard -> lease -> NextStep.after(Duration.ofSeconds(1)))
            .build()) {
      worker.start().toCompletableFuture().get();
      await().atMost(Duration.ofSeconds(30)).until(() -> worker.snapshot().led().size() == 3);
      ShardGroup group = ShardGroup.of(client, "/g");
      group.capacity("w-1", 2, "a larger machine");
      before = client.getData().forPath("/g/audit");
      group.capacity("w-1", 3, "a still larger machine");
    }
    assertThat(run("archive", "/g", "--dir", dir, "--once").exitCode()).isZero();
    Cli.Result whole = run("audit", "verify", "/g", "--archive", dir);
    assertThat(whole.exitCode()).as(whole.toString()).isZero();

    // The last entry is taken back, and the record is set to what it was before that entry.
    List<String> names = client.getChildren().forPath("/g/audit").stream().sorted().toList();
    client.delete().forPath("/g/audit/" + names.get(names.size() - 1));
    client.setData().forPath("/g/audit", before);
    assertThat(run("audit", "verify", "/g").exitCode()).as("by itself it is a trail").isZero();
    Cli.Result taken = run("audit", "verify", "/g", "--archive", dir);
    assertThat(taken.exitCode()).as(taken.toString()).isEqualTo(ExitCode.NO);
    assertThat(taken.out()).contains("/g/audit/", "ARCHIVE_AGREES: is archived, but the record");

    Path file = directory.resolve("audit-00000001.jsonl");
    Files.writeString(file, Files.readString(file).replaceFirst("\"event\"", "\"evenT\""));
    Cli.Result damaged = run("audit", "verify", "/g", "--archive", dir);
    assertThat(damaged.out().lines().filter(line -> line.contains("jsonl:2")))
        .as(damaged.toString())
        .hasSize(1);
  }

  @Test
  void aDirectoryThatIsNoneOrIsInUseIsOneLine() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "x");
    Cli.Result none = run("archive", "/a", "--dir", file.toString(), "--once");
    assertThat(none.exitCode()).as(none.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(none.err()).startsWith("tenure: archive " + file).doesNotContain("\tat ");
    Path used = directory.resolve("used");
    try (ArchiveFiles files = ArchiveFiles.at(used).open()) {
      assertThat(files.positions()).isEmpty();
      Cli.Result second = run("archive", "/a", "--dir", used.toString(), "--once");
      assertThat(second.exitCode()).as(second.toString()).isEqualTo(ExitCode.REFUSED);
      assertThat(second.err().lines()).hasSize(1);
    }
    for (String[] wrong :
        new String[][] {{"--max-mib", "0"}, {"--max-age", "0s"}, {"--keep", "-1"}}) {
      Cli.Result refused = run("archive", "/a", "--dir", used.toString(), wrong[0], wrong[1]);
      assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(ExitCode.USAGE);
    }
    Cli.Result missing = run("audit", "/a/trimmed", "--archive", directory + "/none");
    assertThat(missing.exitCode()).isIn(ExitCode.UNREADABLE, ExitCode.NOT_THERE);
    assertThat(missing.err().lines()).hasSize(1);
  }

  @Test
  void aDamagedArchiveIsRefusedByTheLineUntilToldToPassOverTheDamage() throws Exception {
    leadOnce("/a/damaged", "w-1");
    String dir = directory.toString();
    run("archive", "/a/damaged", "--dir", dir, "--once");
    Path file = directory.resolve("audit-00000001.jsonl");
    Files.writeString(file, Files.readString(file).replaceFirst("\"event\"", "\"evenT\""));

    Cli.Result refused = run("archive", "/a/damaged", "--dir", dir, "--once");
    assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused.err()).contains("jsonl:2 is damaged", "--pass-over-damage").hasLineCount(1);
    Cli.Result passed =
        run("archive", "/a/damaged", "--dir", dir, "--once", "--pass-over-damage", "--umask");
    assertThat(passed.exitCode()).as(passed.toString()).isZero();
  }

  /** The command in a thread of its own. */
  private static final class Following {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    private final Thread thread;

    Following(String... arguments) {
      Io io =
          new Io(
              new Output(out),
              new PrintStream(err, true, StandardCharsets.UTF_8),
              Map.of("TENURE_CONNECT", server.getConnectString()),
              Path.of("/nowhere"),
              Clock.systemUTC(),
              false,
              Integer.MAX_VALUE,
              new AtomicReference<>(""));
      thread = new Thread(() -> exitCode.complete(TenureCommand.run(io, arguments)));
      thread.start();
    }

    String out() {
      return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
      return err.toString(StandardCharsets.UTF_8);
    }

    void awaitOut(String text) {
      await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(out()).contains(text));
    }

    void interrupt() throws Exception {
      thread.interrupt();
      assertThat(exitCode.get(30, TimeUnit.SECONDS)).isEqualTo(ExitCode.INTERRUPTED);
    }
  }

  @Test
  void followingTellsWhatThereIsAndThenWhatHappens() throws Exception {
    leadOnce("/a/followed", "w-1");
    Following following = new Following("audit", "/a/followed", "--follow", "--limit", "1");
    following.awaitOut("2  resigned  epoch 1");
    leadOnce("/a/followed", "w-2");
    following.awaitOut("4  resigned  epoch 2");
    following.interrupt();
    assertThat(following.out().lines())
        .hasSize(3)
        .anyMatch(line -> line.contains("3  elected  epoch 2  w-2"));
    assertThat(following.err()).isEmpty();
  }

  @Test
  void followingTellsThatANewTrailBegins() throws Exception {
    leadOnce("/a/anew", "w-1");
    Following following = new Following("audit", "/a/anew", "--follow");
    following.awaitOut("2  resigned  epoch 1");
    client.delete().deletingChildrenIfNeeded().forPath("/a/anew");
    leadOnce("/a/anew", "w-2");
    following.awaitOut("1  elected  epoch 1  w-2");
    following.interrupt();
    assertThat(following.err().lines())
        .singleElement()
        .satisfies(line -> assertThat(line).contains("/a/anew", "a new trail begins here"));
  }
}
