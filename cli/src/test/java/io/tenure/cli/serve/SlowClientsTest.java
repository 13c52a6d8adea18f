package io.tenure.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.cli.timeline.LiveTimeline;
import io.tenure.cli.timeline.Trail;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that are slow or silent cost those that are not nothing. */
@Timeout(120)
class SlowClientsTest {

  private static final int REQUESTS = 9;

  /** Less than the server gives the slow ones. */
  private static final Duration SOON = Duration.ofSeconds(5);

  private final LiveTimeline timeline =
      new LiveTimeline("/g", LiveTimeline.Limits.DEFAULT, Clock.systemUTC());
  private TimelineServer server;

  @BeforeEach
  void start() throws Exception {
    Trail trail = new Trail("/g/shards/1").elected(1_000, "w-1", "planned");
    timeline.entry("/g/shards/1", trail.last());
    server = TimelineServer.start(0, LiveSource.of(timeline, Optional::empty), Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  static Stream<Arguments> slowClients() {
    return Stream.of(SlowClients.Kind.values())
        .flatMap(kind -> Stream.of(8, 100, 1_000).map(count -> Arguments.of(count, kind)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("slowClients")
  void anybodyElseIsAnsweredSoon(int count, SlowClients.Kind kind) throws Exception {
    URI uri = server.uri();
    List<String> answers = new ArrayList<>();
    try (SlowClients slow =
        new SlowClients(kind, count, new InetSocketAddress(uri.getHost(), uri.getPort()))) {
      for (int i = 0; i < REQUESTS; i++) {
        answers.add(answer(uri.resolve(i % 2 == 0 ? "/" : "/api/timeline")));
      }
      assertThat(slow.opened()).isGreaterThanOrEqualTo(count);
    }
    assertThat(answers).as("%d %s", count, kind).containsOnly("200").hasSize(REQUESTS);
  }

  /** Over a connection of its own. */
  private static String answer(URI uri) throws InterruptedException {
    try {
      HttpResponse<byte[]> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(uri).timeout(SOON).build(),
                  HttpResponse.BodyHandlers.ofByteArray());
      return Integer.toString(answer.statusCode());
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
