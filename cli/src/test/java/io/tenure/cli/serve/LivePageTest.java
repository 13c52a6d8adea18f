package io.tenure.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tenure.cli.timeline.Browser;
import io.tenure.cli.timeline.LiveTimeline;
import io.tenure.cli.timeline.Trail;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The live page in a real browser: it grows, keeps what is in view, and says when it hears nothing.
 */
class LivePageTest {

  private static Browser browser;

  private final Clock clock = Clock.systemUTC();
  private final LiveTimeline timeline = new LiveTimeline("/g", LiveTimeline.Limits.DEFAULT, clock);
  private final long begin = Instant.now().toEpochMilli() - Trail.BEGIN.toEpochMilli() - 3_600_000;
  private final Trail trail = new Trail("/g/shards/7");
  private volatile Optional<ServedStatus> status = Optional.empty();
  private TimelineServer server;

  @BeforeAll
  static void startBrowser() throws Exception {
    browser = Browser.start();
    browser.size(1280, 800);
    browser.prefers("light");
  }

  @AfterAll
  static void stopBrowser() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void startServer() throws Exception {
    for (int shard = 0; shard < 12; shard++) {
      String scope = "/g/shards/" + shard;
      Trail other = shard == 7 ? trail : new Trail(scope);
      other.elected(begin + shard * 1_000, "w-" + shard % 3, "planned, plan 1");
      other.resigned(begin + 1_200_000 + shard * 90_000, "handed over");
      other.elected(begin + 1_200_050 + shard * 90_000, "w-" + (shard + 1) % 3, "planned");
      other.entries().forEach(entry -> timeline.entry(scope, entry));
    }
    timeline.connected();
    server = TimelineServer.start(0, LiveSource.of(timeline, () -> status), clock);
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  @Test
  void aNewTenureAppearsAndWhatIsInViewStays() throws Exception {
    open();
    browser.find("#query").sendKeys("shard=7");
    browser.await("window.tenure.names().length === 1");
    browser.keys("+", "+", "+", "+");
    browser.run(
        "document.getElementById('canvas').dispatchEvent(new WheelEvent('wheel',"
            + " {deltaX: -600, clientX: 600, clientY: 400, cancelable: true}))");
    JsonNode before = browser.eval("window.tenure.visible()");
    timeline.entry("/g/shards/7", trail.lapsed(begin + 3_000_000, "hung").last());
    timeline.entry("/g/shards/7", trail.elected(begin + 3_020_000, "w-9", "stood by").last());
    timeline.connected();
    browser.await("window.tenure.sums().transitions === 38");
    JsonNode after = browser.eval("window.tenure.visible()");
    assertThat(after.get("from").asDouble()).isEqualTo(before.get("from").asDouble());
    assertThat(after.get("to").asDouble()).isEqualTo(before.get("to").asDouble());
    assertThat(after.get("shown").asInt()).isEqualTo(1);
    assertThat(browser.texts("#legendlist .id")).contains("w-9");
    browser.find("#query").clear();
    browser.find("#query").sendKeys("w-9");
    browser.await("location.hash.includes('w-9')");
    assertThat(browser.eval("window.tenure.names()").get(0).asText()).isEqualTo("7");
    assertThat(browser.console()).isEmpty();
    assertThat(browser.requests())
        .allMatch(a -> a.startsWith(server.uri().toString()) || a.startsWith("data:"));
  }

  @Test
  void theTimeGoesOnWhileZooKeeperAnswersAndStopsWhenItDoesNot() throws Exception {
    open();
    double asOf = browser.eval("window.tenure.asOf()").asDouble();
    timeline.connected();
    browser.await("window.tenure.asOf() > " + asOf);
    assertThat(browser.find("#asof").getText()).contains("live, as of");
    assertThat(browser.find("#connection").isDisplayed()).isFalse();
    timeline.disconnected();
    browser.await("document.getElementById('connection').className === 'lost'");
    assertThat(browser.find("#connection").getText())
        .contains("tenure serve has no connection to ZooKeeper since", "may not be now");
    assertThat(browser.find("#asof").getText()).contains("was true at");
    browser.screenshot("live-zookeeper-lost");
    timeline.connected();
    browser.await("document.getElementById('connection').hidden");
  }

  @Test
  void aServerThatIsGoneIsSaidWithSinceWhenAndAnotherOneInItsPlaceIsTakenUp() throws Exception {
    open();
    browser.keys("+", "+");
    JsonNode before = browser.eval("window.tenure.visible()");
    InetSocketAddress address =
        new InetSocketAddress(server.uri().getHost(), server.uri().getPort());
    server.close();
    browser.await("document.getElementById('connection').className === 'lost'");
    assertThat(browser.find("#connection").getText())
        .contains("No connection to tenure serve since", "may not be now");
    assertThat(browser.find("#asof").getText()).contains("was true at");
    assertThat(browser.eval("window.tenure.sums()").get("shards").asInt()).isEqualTo(12);
    browser.screenshot("live-server-lost");
    LiveTimeline another = new LiveTimeline("/g", LiveTimeline.Limits.DEFAULT, clock);
    another.entry("/g/shards/7", trail.entries().get(0));
    another.connected();
    server = TimelineServer.start(address, List.of(), LiveSource.of(another, () -> status), clock);
    browser.await("window.tenure.sums().shards === 1");
    browser.await("document.getElementById('connection').hidden");
    JsonNode after = browser.eval("window.tenure.visible()");
    assertThat(after.get("to").asDouble() - after.get("from").asDouble())
        .isCloseTo(
            before.get("to").asDouble() - before.get("from").asDouble(),
            org.assertj.core.data.Percentage.withPercentage(1));
  }

  @Test
  void theStatusStandsAboveTheChart() throws Exception {
    status =
        Optional.of(
            new ServedStatus(
                12,
                10,
                List.of("3", "<b>7</b>"),
                Optional.of("w-1"),
                OptionalLong.of(42),
                List.of(
                    worker("w-0", "eu-west-1a", false, 6, 0.35),
                    worker("w-1", "eu-west-1b", false, 4, 0.91),
                    worker("<i>w-2</i>", "eu-west-1c", true, 0, 0.02))));
    timeline.office("/g/shards/3", false);
    open();
    browser.await("!document.getElementById('status').hidden");
    assertThat(browser.find("#statussummary").getText())
        .isEqualTo("10 of 12 shards led, 2 vacant, 3 workers, coordinator w-1, plan 42");
    assertThat(browser.find("#vacancies").getText()).isEqualTo("Vacant: 3, <b>7</b>");
    assertThat(browser.texts("#workers tr"))
        .hasSize(3)
        .anySatisfy(row -> assertThat(row).contains("<i>w-2</i>", "eu-west-1c", "drained", "2 %"));
    browser.screenshot("live-status");
    status = Optional.empty();
    browser.await("document.getElementById('status').hidden");
  }

  private static ServedStatus.Worker worker(
      String id, String zone, boolean drained, int leads, double utilization) {
    return new ServedStatus.Worker(
        id,
        Optional.of(zone),
        drained ? "draining" : "active",
        drained,
        leads,
        3,
        OptionalDouble.of(1),
        OptionalDouble.of(utilization));
  }

  private void open() {
    browser.open(server.uri().toString());
    browser.await("window.tenure.sums()?.shards > 0");
  }
}
