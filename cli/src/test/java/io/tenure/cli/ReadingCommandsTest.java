package io.tenure.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions about one scope, asked of a real server. The tests only read. */
class ReadingCommandsTest {

  private static final String SCOPE = "/billing/nightly-close";

  private static TestingServer server;
  private static CuratorFramework client;
  private static Future<Void> term;
  private static final ExecutorService LEADER = Executors.newSingleThreadExecutor();
  private static final CountDownLatch ENOUGH = new CountDownLatch(1);

  @BeforeAll
  static void history() throws Exception {
    server = new TestingServer();
    client = client(null);
    leadOnce(client, SCOPE, "w-1");
    leadOnce(client, SCOPE, "w-2");
    CompletableFuture<Void> leading = new CompletableFuture<>();
    term = LEADER.submit(() -> lead(leading));
    leading.get(30, SECONDS);
    leadOnce(client, "/billing/idle", "w-1");
    leadOnce(client, "/billing/damaged", "w-1");
    leadOnce(client, "/billing/damaged", "w-2");
    client.setData().forPath("/billing/damaged/audit/0000000002-resigned-w-1", "{}".getBytes());
    client
        .setData()
        .forPath(
            "/billing/damaged/audit/0000000003-elected-w-2",
            "{\"format\":2}".getBytes(StandardCharsets.UTF_8));
  }

  /** Leads, with a thread that works and renews, for as long as the tests read. */
  private static Void lead(CompletableFuture<Void> leading) throws Exception {
    try (LeaderElection election =
            LeaderElection.builder(client, SCOPE).candidateId("w-3").endpoint("w-3:80").build();
        Lease lease = election.acquire()) {
      leading.complete(null);
      while (!ENOUGH.await(200, MILLISECONDS)) {
        lease.renew();
      }
    }
    return null;
  }

  @AfterAll
  static void end() throws Exception {
    ENOUGH.countDown();
    term.get(30, SECONDS);
    LEADER.shutdown();
    client.close();
    server.close();
  }

  private static CuratorFramework client(String namespace) {
    CuratorFramework made =
        CuratorFrameworkFactory.builder()
            .connectString(server.getConnectString())
            .retryPolicy(new RetryNTimes(3, 50))
            .namespace(namespace)
            .build();
    made.start();
    return made;
  }

  private static void leadOnce(CuratorFramework client, String scope, String id) throws Exception {
    try (LeaderElection election = LeaderElection.builder(client, scope).candidateId(id).build();
        Lease lease = election.acquire()) {
      lease.renew();
    }
  }

  private static Cli.Result run(String... arguments) {
    return Cli.at(server).run(arguments);
  }

  @Test
  void whoLeadsIsToldWithEpochAndWhatItRestsOn() throws Exception {
    Cli.Result result = run("who", SCOPE);
    assertThat(result.exitCode()).as(result.toString()).isZero();
    assertThat(result.lines().get(0)).isEqualTo(SCOPE + ": w-3 leads, epoch 3");
    assertThat(result.out()).contains("sure     yes: its leader node is there");
    assertThat(result.out()).contains("0000000005-elected-w-3").contains("w-3:80");
    JsonNode json = run("who", SCOPE, "--json").json().get(0);
    assertThat(json.get("answer").asText()).isEqualTo("led");
    assertThat(json.at("/tenure/epoch").asLong()).isEqualTo(3);
    assertThat(json.at("/tenure/endpoint").asText()).isEqualTo("w-3:80");
  }

  @Test
  void whoLedAtATimeRestsOnTheEntriesAroundIt() throws Exception {
    List<JsonNode> entries = run("audit", SCOPE, "--json").json();
    String elected2 = entries.get(2).get("serverTime").asText();
    JsonNode json = run("who", SCOPE, "--at", elected2, "--json").json().get(0);
    assertThat(json.get("answer").asText()).isEqualTo("led");
    assertThat(json.at("/tenure/candidate").asText()).isEqualTo("w-2");
    assertThat(json.at("/tenure/end").asText()).isEqualTo("resigned");
    assertThat(json.get("entries")).hasSize(2);
    Cli.Result before = run("who", SCOPE, "--at", "1d ago");
    assertThat(before.exitCode()).isEqualTo(ExitCode.NO);
    assertThat(before.out()).contains("nobody led");
  }

  @Test
  void aScopeThatNobodyLeadsIsExitCode1() {
    Cli.Result result = run("who", "billing/idle/");
    assertThat(result.exitCode()).as(result.toString()).isEqualTo(ExitCode.NO);
    assertThat(result.out()).startsWith("/billing/idle: nobody leads");
  }

  @Test
  void anUnknownScopeSuggestsNearNamesAndAGroupOfOtherScopesIsListed() {
    Cli.Result near = run("who", "/billing/nightly-clsoe");
    assertThat(near.exitCode()).isEqualTo(ExitCode.NOT_THERE);
    assertThat(near.err())
        .isEqualTo(
            "tenure: there is no /billing/nightly-clsoe: did you mean /billing/nightly-close? (no"
                + " --namespace is given)\n");
    Cli.Result folder = run("audit", "/billing");
    assertThat(folder.exitCode()).isEqualTo(ExitCode.NOT_THERE);
    assertThat(folder.err())
        .contains("/billing is neither a scope nor a group; below /billing there are /billing/");
  }

  @Test
  void theTrailIsListedFilteredAndExported() throws Exception {
    assertThat(run("audit", SCOPE).lines()).hasSize(1 + 5);
    assertThat(run("audit", SCOPE, "--event", "elected").lines()).hasSize(1 + 3);
    assertThat(run("audit", SCOPE, "--worker", "w-2", "--json").json())
        .allSatisfy(row -> assertThat(row.get("candidate").asText()).isEqualTo("w-2"))
        .hasSize(2);
    assertThat(run("audit", SCOPE, "--limit", "1").lines().get(1)).contains("elected", "w-3");
    assertThat(run("audit", SCOPE, "--until", "1h ago").err()).contains("no entries that match");
    List<String> csv = run("audit", "export", SCOPE, "--format", "csv").lines();
    assertThat(csv).hasSize(1 + 5);
    assertThat(csv.get(0)).startsWith("serverTime,trail,index,event,epoch,candidate,reason");
    assertThat(run("audit", "export", SCOPE).json()).hasSize(5);
  }

  @Test
  void damagedAndNewerEntriesAreSaidAndTheOthersListed() {
    Cli.Result result = run("audit", "/billing/damaged");
    assertThat(result.exitCode()).isEqualTo(ExitCode.UNREADABLE);
    assertThat(result.lines()).hasSize(1 + 2);
    assertThat(result.err().lines())
        .hasSize(2)
        .anyMatch(
            line -> line.contains("0000000002-resigned-w-1") && line.contains("no \"format\""))
        .anyMatch(line -> line.contains("0000000003-elected-w-2") && line.contains("format 2"));
    Cli.Result verify = run("audit", "verify", "/billing/damaged");
    assertThat(verify.exitCode()).isEqualTo(ExitCode.NO);
    assertThat(verify.out()).contains("ENTRY_READABLE");
    assertThat(run("audit", "verify", SCOPE).exitCode()).isZero();
  }

  @Test
  void whatMakesNoSenseIsOneLineAndExitCode2() {
    for (List<String> wrong :
        List.of(
            List.of("who", SCOPE, "--at", "2999-01-01T00:00:00Z"),
            List.of("who", SCOPE, "--at", "yesterday"),
            List.of("audit", SCOPE, "--event", "electd"),
            List.of("audit", SCOPE, "--since", "1m", "--until", "1h"),
            List.of("who", "/a//b"),
            List.of("who", SCOPE, "--connect", "host:port"),
            List.of("who", SCOPE, "--timeout", "soon"),
            List.of("who", SCOPE, "-Dfoo=bar"),
            List.of("who", SCOPE, "--auth", "secret"),
            List.of("who", SCOPE, "--client-configuration", "/no/such/file"),
            List.of("who", SCOPE, "--auth-file", "/no/such/file"))) {
      Cli.Result result = run(wrong.toArray(String[]::new));
      assertThat(result.exitCode()).as("%s: %s", wrong, result).isEqualTo(ExitCode.USAGE);
      assertThat(result.out()).isEmpty();
      assertThat(result.err()).startsWith("tenure: ").doesNotContain("\tat ");
      assertThat(result.err().lines()).as("%s", wrong).hasSize(1);
    }
    assertThat(run("frobnicate").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run().exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void serversThatCannotBeReachedAreNamedWithWhatCameOfEach() {
    Cli.Result result =
        Cli.at("127.0.0.1:1,no-such-host.invalid:2").run("who", SCOPE, "--timeout", "300ms");
    assertThat(result.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .startsWith("tenure: no session with ZooKeeper within 300 ms; tried ")
        .contains("127.0.0.1:1 (connection refused)", "no-such-host.invalid:2 (no such host)");
    assertThat(result.err().lines()).hasSize(1);
  }

  @Test
  void optionsComeFromTheCommandLineThenTheEnvironmentThenTheFile(@TempDir Path directory)
      throws Exception {
    Path file = directory.resolve(".tenure.properties");
    Files.writeString(file, "connect=" + server.getConnectString() + "\nnamespace=billing\n");
    assertThat(Cli.nowhere().home(directory).run("who", "/nightly-close").exitCode()).isZero();
    Cli.Result other =
        Cli.nowhere().home(directory).with("TENURE_NAMESPACE", "x").run("who", "/nightly-close");
    assertThat(other.exitCode()).isEqualTo(ExitCode.NOT_THERE);
    assertThat(other.err()).contains("in namespace x");
    assertThat(
            Cli.nowhere()
                .home(directory)
                .with("TENURE_NAMESPACE", "x")
                .run("who", "--namespace", "billing", "/nightly-close")
                .exitCode())
        .isZero();
    assertThat(Cli.nowhere().run("who", "/nightly-close", "--config", file.toString()).exitCode())
        .isZero();
    Files.writeString(file, "conect=localhost\n");
    Cli.Result wrong = Cli.nowhere().home(directory).run("who", "/nightly-close");
    assertThat(wrong.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(wrong.err()).contains("\"conect\" is none of");
    assertThat(Cli.at(server).run("who", SCOPE, "--config", directory + "/none").err())
        .contains("cannot be read");
  }

  @Test
  void helpSaysTheExitCodesAndCompletionIsGenerated() {
    assertThat(run("--help").out()).contains("Exit codes:", "who", "audit");
    assertThat(run("who", "--help").out()).contains("--at=TIME");
    assertThat(run("generate-completion").out()).contains("complete -F", "tenure");
  }
}
