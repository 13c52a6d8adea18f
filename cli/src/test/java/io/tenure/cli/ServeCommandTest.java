package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.recipes.LeaderElection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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

/** Where the command listens, what it says of that, and what it refuses. */
@Timeout(120)
class ServeCommandTest {

  private static final String SCOPE = "/close";

  private static TestingServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer();
    try (CuratorFramework client =
        CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(3, 50))) {
      client.start();
      try (LeaderElection election = LeaderElection.builder(client, SCOPE).build()) {
        election.acquire().close();
      }
    }
  }

  @AfterAll
  static void end() throws Exception {
    server.close();
  }

  /** The command while it serves. */
  private static final class Serving implements AutoCloseable {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    private final Thread thread;

    Serving(String... options) {
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
      List<String> all = new ArrayList<>(List.of("serve", SCOPE, "--port", "0"));
      all.addAll(Arrays.asList(options));
      thread =
          new Thread(() -> exitCode.complete(TenureCommand.run(io, all.toArray(String[]::new))));
      thread.start();
      await().atMost(Duration.ofSeconds(30)).until(() -> exitCode.isDone() || !urls().isEmpty());
    }

    List<URI> urls() {
      String said = out.toString(StandardCharsets.UTF_8);
      return said.contains("\n")
          ? Arrays.stream(said.strip().split(" "))
              .filter(word -> word.startsWith("http://"))
              .map(URI::create)
              .toList()
          : List.of();
    }

    String err() {
      return err.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws Exception {
      thread.interrupt();
      assertThat(exitCode.get(30, TimeUnit.SECONDS)).isEqualTo(ExitCode.INTERRUPTED);
    }
  }

  @Test
  void onTheLoopbackInterfaceThereIsNothingToWarnOf() throws Exception {
    try (Serving serving = new Serving()) {
      assertThat(serving.urls()).singleElement().matches(url -> url.getHost().equals("127.0.0.1"));
      assertThat(serving.err()).doesNotContain("listening on");
    }
  }

  @Test
  void onEveryAddressItNamesThemWarnsAndAnswersByThemAndByAllowedNamesAlone() throws Exception {
    try (Serving serving = new Serving("--bind", "0.0.0.0", "--allow-host", "node-1.example.com")) {
      assertThat(serving.urls()).isNotEmpty();
      assertThat(serving.err())
          .contains("listening on 0.0.0.0 port " + serving.urls().get(0).getPort())
          .contains("without a login", "or by node-1.example.com");
      for (URI url : serving.urls()) {
        assertThat(NetworkInterface.getByInetAddress(InetAddress.getByName(url.getHost())))
            .as(url.toString())
            .isNotNull();
        assertThat(status(url, url.getHost())).as(url.toString()).isEqualTo("200");
        assertThat(status(url, "node-1.example.com:80")).isEqualTo("200");
        assertThat(status(url, "evil.example.com")).isEqualTo("403");
        assertThat(status(url, "192.0.2.1")).isEqualTo("403");
      }
    }
  }

  private static String status(URI url, String host) throws IOException {
    try (Socket socket = new Socket(url.getHost(), url.getPort())) {
      String request = "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return answer.split(" ", 3)[1];
    }
  }

  @Test
  void itSaysThatItRunsAsRootWhereItDoes() throws Exception {
    try (Serving serving = new Serving()) {
      assertThat(serving.err().contains("runs as root"))
          .isEqualTo("root".equals(System.getProperty("user.name")));
    }
  }

  @Test
  void whatCannotBeListenedOnIsOneLineEach() throws Exception {
    assertRefused(ExitCode.USAGE, "is no address of this machine", "--bind", "192.0.2.1");
    assertRefused(ExitCode.USAGE, "no such host", "--bind", "nowhere.invalid");
    assertRefused(ExitCode.USAGE, "give 0 to 65535", "--port", "65536");
    assertRefused(ExitCode.USAGE, "\"a b\" is no host", "--allow-host", "a b");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertRefused(
          ExitCode.REFUSED, "another process has this port", "--port", "" + taken.getLocalPort());
    }
  }

  private static void assertRefused(int exitCode, String error, String... options) {
    List<String> all = new ArrayList<>(List.of("serve", SCOPE));
    all.addAll(Arrays.asList(options));
    Cli.Result result = Cli.at(server).run(all.toArray(String[]::new));
    assertThat(result.exitCode()).as(result.toString()).isEqualTo(exitCode);
    assertThat(result.err()).contains(error).doesNotContain("\tat ");
    assertThat(result.err().lines().filter(line -> !line.contains("as root"))).hasSize(1);
  }
}
