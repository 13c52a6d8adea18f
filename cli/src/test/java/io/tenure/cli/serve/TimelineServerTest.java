package io.tenure.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenure.cli.timeline.LiveTimeline;
import io.tenure.cli.timeline.Trail;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the server answers, and to whom. */
class TimelineServerTest {

  private final LiveTimeline timeline =
      new LiveTimeline("/g", LiveTimeline.Limits.DEFAULT, Clock.systemUTC());
  private final HttpClient client = HttpClient.newHttpClient();
  private Optional<ServedStatus> status = Optional.empty();
  private TimelineServer server;

  @BeforeEach
  void start() throws IOException {
    server = TimelineServer.start(0, LiveSource.of(timeline, () -> status), Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    server.close();
    server.close();
  }

  @Test
  void itListensOnTheLoopbackInterfaceAndAnswersWithThePage() throws Exception {
    assertThat(server.uri().getHost()).isIn("localhost", "127.0.0.1");
    HttpResponse<byte[]> answer = get("");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(text(answer)).startsWith("<!DOCTYPE html>").contains("{\"live\":true}");
    assertThat(answer.headers().map()).containsKeys("x-content-type-options", "x-frame-options");
    String policy = answer.headers().firstValue("Content-Security-Policy").orElseThrow();
    assertThat(policy)
        .contains("default-src 'none'", "'sha256-", "connect-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
  }

  @Test
  void itOnlyReads() throws Exception {
    for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")) {
      HttpResponse<byte[]> answer =
          send(HttpRequest.newBuilder(server.uri()).method(method, body("x")).build());
      assertThat(answer.statusCode()).as(method).isEqualTo(405);
      assertThat(answer.headers().firstValue("Allow")).contains("GET, HEAD");
    }
    HttpResponse<byte[]> head =
        send(
            HttpRequest.newBuilder(server.uri())
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build());
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValueAsLong("Content-Length").orElse(0)).isGreaterThan(10_000);
  }

  @Test
  void whatIsNotThereIs404AndAVersionThatIsNoneIs400() throws Exception {
    for (String path : List.of("index.html", "api", "api/timeline/x", "../etc/passwd", "%2e%2e/")) {
      assertThat(get(path).statusCode()).as(path).isEqualTo(404);
    }
    assertThat(get("api/timeline?since=abc").statusCode()).isEqualTo(400);
    assertThat(get("api/timeline?since=99999999999999999999").statusCode()).isEqualTo(400);
    assertThat(statusLine("GET /api/timeline?since=1&run=%zz HTTP/1.1\r\nHost: localhost"))
        .contains(" 400 ");
  }

  @Test
  void anotherHostsNameIsRefusedSoThatNoPageFromElsewhereCanReadIt() throws Exception {
    for (String host : List.of("evil.example.com", "127.0.0.1.evil.com", "localhost.evil", "")) {
      assertThat(statusLine("GET / HTTP/1.1\r\nHost: " + host)).as(host).contains(" 403 ");
    }
    assertThat(statusLine("GET / HTTP/1.0\r\nX: y")).contains(" 403 ");
    for (String host : List.of("localhost", "LOCALHOST:9000", "127.0.0.1:80", "[::1]:1234")) {
      assertThat(statusLine("GET / HTTP/1.1\r\nHost: " + host)).as(host).contains(" 200 ");
    }
  }

  @Test
  void incrementsHoldWhatIsNewAndNothingElse() throws Exception {
    Trail trail = new Trail("/g/shards/1").elected(1_000, "w-1", "planned");
    timeline.scope("/g/shards/2");
    timeline.entry("/g/shards/1", trail.last());
    timeline.connected();
    JsonNode first = json(get("api/timeline"));
    assertThat(first.at("/zookeeper/connected").asBoolean()).isTrue();
    assertThat(first.at("/timeline/shards/name").toString()).isEqualTo("[\"2\",\"1\"]");
    String since =
        "api/timeline?since="
            + first.at("/timeline/version").asLong()
            + "&run="
            + first.at("/timeline/run").asText();
    JsonNode nothing = json(get(since));
    assertThat(nothing.at("/timeline/shards/name").size()).isZero();
    timeline.entry("/g/shards/1", trail.resigned(2_000, "done").last());
    timeline.disconnected();
    JsonNode second = json(get(since));
    assertThat(second.at("/timeline/shards/name").toString()).isEqualTo("[\"1\"]");
    assertThat(second.at("/timeline/tenures/end").toString()).isEqualTo("[1]");
    assertThat(second.at("/zookeeper/connected").asBoolean()).isFalse();
  }

  @Test
  void theStatusIsJsonOrNull() throws Exception {
    assertThat(text(get("api/status"))).isEqualTo("null");
    status =
        Optional.of(
            new ServedStatus(
                2,
                1,
                List.of("1"),
                Optional.empty(),
                OptionalLong.of(7),
                List.of(
                    new ServedStatus.Worker(
                        "w-1",
                        Optional.of("eu"),
                        "active",
                        true,
                        1,
                        0,
                        OptionalDouble.of(2),
                        OptionalDouble.of(Double.NaN)))));
    JsonNode json = json(get("api/status"));
    assertThat(json.at("/vacant/0").asText()).isEqualTo("1");
    assertThat(json.at("/planVersion").asLong()).isEqualTo(7);
    assertThat(json.get("coordinator").isNull()).isTrue();
    assertThat(json.at("/workers/0/drained").asBoolean()).isTrue();
    assertThat(json.at("/workers/0/utilization").isNull()).isTrue();
  }

  @Test
  void largeAnswersAreCompressedForThoseWhoTakeThat() throws Exception {
    HttpResponse<byte[]> plain = get("");
    assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
    for (String accepted : List.of("gzip", "br, gzip;q=0.8", "deflate,gzip")) {
      HttpResponse<byte[]> small = get("", accepted);
      assertThat(small.headers().firstValue("Content-Encoding")).contains("gzip");
      assertThat(small.body().length * 2).isLessThan(plain.body().length);
      InputStream in = new GZIPInputStream(new ByteArrayInputStream(small.body()));
      assertThat(in.readAllBytes()).isEqualTo(plain.body());
    }
    assertThat(get("", "gzip;q=0").headers().firstValue("Content-Encoding")).isEmpty();
    assertThat(get("", "xgzip").headers().firstValue("Content-Encoding")).isEmpty();
  }

  @Test
  void aSourceThatFailsCostsItsOwnAnswerAlone() throws Exception {
    try (TimelineServer broken =
        TimelineServer.start(
            0,
            LiveSource.of(
                timeline,
                () -> {
                  throw new IllegalStateException("on purpose");
                }),
            Clock.systemUTC())) {
      assertThat(
              client
                  .sendAsync(
                      HttpRequest.newBuilder(broken.uri().resolve("api/status")).build(),
                      HttpResponse.BodyHandlers.ofByteArray())
                  .handle((answer, failure) -> failure != null || answer.statusCode() >= 500)
                  .get())
          .isTrue();
      assertThat(
              client
                  .send(
                      HttpRequest.newBuilder(broken.uri().resolve("api/timeline")).build(),
                      HttpResponse.BodyHandlers.ofByteArray())
                  .statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void moreRequestsAtOnceThanThreadsAreAllAnswered() throws Exception {
    List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      answers.add(
          client.sendAsync(
              HttpRequest.newBuilder(server.uri().resolve("api/timeline")).build(),
              HttpResponse.BodyHandlers.ofByteArray()));
    }
    for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
      assertThat(answer.get().statusCode()).isEqualTo(200);
    }
    long threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("tenure-serve-"))
            .count();
    assertThat(threads).isLessThanOrEqualTo(4);
  }

  @Test
  void aPortThatIsTakenIsAnError() {
    int port = server.uri().getPort();
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () ->
                TimelineServer.start(
                    new InetSocketAddress(server.uri().getHost(), port),
                    List.of(),
                    LiveSource.of(timeline, Optional::empty),
                    Clock.systemUTC()))
        .isInstanceOf(IOException.class);
  }

  private HttpResponse<byte[]> get(String path, String... accepted) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.uri() + path));
    for (String encoding : accepted) {
      request.header("Accept-Encoding", encoding);
    }
    return send(request.build());
  }

  private HttpResponse<byte[]> send(HttpRequest request) throws Exception {
    return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
  }

  private static HttpRequest.BodyPublisher body(String text) {
    return HttpRequest.BodyPublishers.ofString(text);
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private static JsonNode json(HttpResponse<byte[]> answer) throws Exception {
    assertThat(answer.statusCode()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }

  /** For headers that Java's client does not let one set. */
  private String statusLine(String request) throws IOException {
    try (Socket socket = new Socket(server.uri().getHost(), server.uri().getPort())) {
      socket.getOutputStream().write((request + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      StringBuilder line = new StringBuilder();
      for (int c = socket.getInputStream().read(); c >= 0 && c != '\n'; ) {
        line.append((char) c);
        c = socket.getInputStream().read();
      }
      return line.toString();
    }
  }
}
