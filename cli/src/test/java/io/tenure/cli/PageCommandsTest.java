package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenure.lease.NextStep;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardSet;
import io.tenure.sharding.ShardWorker;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands that draw a real group; what the pages do is tested in a browser, elsewhere. */
@Timeout(120)
class PageCommandsTest {

  private static TestingServer server;
  private static CuratorFramework client;
  private static ShardWorker worker;

  @TempDir private Path directory;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer();
    client = CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(3, 50));
    client.start();
    worker =
        ShardWorker.builder(client, "/orders")
            .workerId("w-1")
            .shards(ShardSet.numbered(3))
            .settleWindow(Duration.ZERO)
            .tasks(shard -> lease -> NextStep.after(Duration.ofSeconds(1)))
            .build();
    worker.start().toCompletableFuture().get();
    await().atMost(Duration.ofSeconds(30)).until(() -> worker.snapshot().led().size() == 3);
  }

  @AfterAll
  static void end() throws Exception {
    worker.close();
    client.close();
    server.close();
  }

  @Test
  void theTimelineIsOneFileThatReplacesTheOneBefore() throws Exception {
    Path file = directory.resolve("orders.html");
    Files.writeString(file, "old");
    Cli.Result result = Cli.at(server).run("timeline", "/orders", "--out", file.toString());
    assertThat(result.exitCode()).as(result.toString()).isZero();
    assertThat(result.err()).contains("4 scopes, 4 tenures");
    assertThat(Files.readString(file)).startsWith("<!DOCTYPE html>").contains("w-1");
    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(1);
    }
    Cli.Result nowhere =
        Cli.at(server).run("timeline", "/orders", "--out", directory + "/none/orders.html");
    assertThat(nowhere.exitCode()).as(nowhere.toString()).isEqualTo(ExitCode.REFUSED);
    assertThat(nowhere.err()).startsWith("tenure: --out ").doesNotContain("\tat ");
  }

  @Test
  void aShardThatWasRemovedShowsAsRemovedAndNotAsVacant() throws Exception {
    String group = "/billing";
    try (ShardWorker few =
        ShardWorker.builder(client, group)
            .workerId("w-1")
            .shards(ShardSet.named(List.of("eu", "us")))
            .settleWindow(Duration.ZERO)
            .tasks(shard -> lease -> NextStep.after(Duration.ofSeconds(1)))
            .build()) {
      few.start().toCompletableFuture().get();
      await().atMost(Duration.ofSeconds(30)).until(() -> few.snapshot().led().size() == 2);
      ShardGroup.of(client, group).removeShards(List.of("us"));
      await().atMost(Duration.ofSeconds(30)).until(() -> few.snapshot().led().size() == 1);
      Path file = directory.resolve("billing.html");
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                Cli.Result result = Cli.at(server).run("timeline", group, "--out", file.toString());
                assertThat(result.exitCode()).as(result.toString()).isZero();
                assertThat(Files.readString(file))
                    .contains("\"office\":[0,0,3]", " 0 shards without a leader");
              });
    }
  }

  @Test
  void theServerShowsTheGroupAndOnlyReads() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Io io =
        new Io(
            new Output(out),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            Map.of("TENURE_CONNECT", server.getConnectString()),
            Path.of("/nowhere"),
            Clock.systemUTC(),
            false,
            Integer.MAX_VALUE,
            new AtomicReference<>(""));
    CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    Thread serving =
        new Thread(
            () -> exitCode.complete(TenureCommand.run(io, "serve", "/orders", "--port", "0")));
    serving.start();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> out.toString(StandardCharsets.UTF_8).contains("serving /orders at http://"));
    String said = out.toString(StandardCharsets.UTF_8).strip();
    URI uri = URI.create(said.substring(said.indexOf("http://")));
    HttpClient http = HttpClient.newHttpClient();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              JsonNode status = new ObjectMapper().readTree(get(http, uri, "/api/status").body());
              assertThat(status.toString()).contains("w-1");
              assertThat(get(http, uri, "/api/timeline").body()).contains("/orders/shards/2");
            });
    assertThat(get(http, uri, "/").body()).startsWith("<!DOCTYPE html>");
    HttpResponse<String> posted =
        http.send(
            HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString("x")).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(posted.statusCode()).isEqualTo(405);
    serving.interrupt();
    assertThat(exitCode.get(30, TimeUnit.SECONDS)).isEqualTo(ExitCode.INTERRUPTED);
  }

  private static HttpResponse<String> get(HttpClient http, URI uri, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aPortThatIsTakenIsOneLine() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      Cli.Result result =
          Cli.at(server).run("serve", "/orders", "--port", "" + taken.getLocalPort());
      assertThat(result.exitCode()).as(result.toString()).isEqualTo(ExitCode.REFUSED);
      assertThat(result.err()).contains("cannot be listened on").doesNotContain("\tat ");
    }
    assertThat(Cli.at(server).run("serve", "/orders", "--port", "70000").exitCode())
        .isEqualTo(ExitCode.USAGE);
  }
}
