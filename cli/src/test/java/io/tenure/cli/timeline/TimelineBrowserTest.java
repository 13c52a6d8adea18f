package io.tenure.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/**
 * The page in a real browser, one for all tests. Pictures of it are in {@code target/screenshots}.
 */
class TimelineBrowserTest {

  private static final long MINUTE = 60_000;

  @TempDir static Path directory;
  private static Browser browser;
  private static String day;
  private static String big;
  private static TimelineData bigData;

  @BeforeAll
  static void startBrowser() throws Exception {
    browser = Browser.start();
    day = page("day", Groups.day());
    bigData = Groups.big();
    big = page("big", bigData);
  }

  @AfterAll
  static void stopBrowser() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void sizeAndTheme() {
    browser.size(1280, 800);
    browser.prefers("light");
  }

  @Test
  void thePageAsksNoNetworkAndWritesNothingToTheConsole() throws Exception {
    browser.open(day);
    browser.hover(300, 300);
    assertThat(browser.console()).isEmpty();
    assertThat(browser.requests())
        .allSatisfy(address -> assertThat(address).matches("(file|data):.*"))
        .contains(day);
    assertThat(browser.find("h1").getText()).isEqualTo("/orders");
    assertThat(browser.find("#asof").getText()).isEqualTo("as of 2026-03-02 00:00:00 UTC");
    assertThat(browser.texts("#facts li"))
        .contains("48 + 1\nshards + coordinator", "2\nvacant now", "6\nworkers");
    assertThat(browser.find("#canvas").getDomAttribute("aria-label"))
        .contains("48 shards, 2 vacant", "6 workers", "longest gap 50 min in shard 17");
    browser.screenshot("day-light");
  }

  @Test
  void hostileTextsAreShownAsTexts() throws Exception {
    browser.open(page("hostile", TimelinePageTest.hostile()));
    hoverTenure("<img src=x onerror=window.hacked=2>", 1);
    assertThat(browser.fields("tipfields"))
        .contains(TimelinePageTest.HOSTILE, "<img src=x onerror=window.hacked=2>", "{{script}}");
    browser.mouse().click().perform();
    assertThat(browser.fields("fields")).contains(TimelinePageTest.HOSTILE);
    hoverTenure("<img src=x onerror=window.hacked=2>", 2);
    assertThat(browser.fields("tipfields")).contains("\u05d0\u05d1", "\ud83d\ude80");
    hoverTenure("n".repeat(200), 1);
    browser.screenshot("hostile");
    assertThat(browser.find("#tip").getSize().getWidth()).isLessThan(440);
    assertThat(browser.eval("window.hacked ?? 0").asInt()).isZero();
    assertThat(browser.eval("document.querySelectorAll('img, script').length").asInt())
        .isEqualTo(2);
    assertThat(browser.texts("#legendlist .id")).contains(TimelinePageTest.HOSTILE);
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void theTooltipSaysEverythingOfTheTenureUnderTheMouse() {
    browser.open(day);
    hoverTenure("0", 1);
    assertThat(browser.fields("tipfields"))
        .contains("worker-1", "at or before 2026-03-01 02:05", "at most", "lost: session 0x1000")
        .contains("elected", "planned by worker-1, plan 1", "none: it is the first", "node-");
    hoverTenure("0", 2);
    assertThat(browser.fields("tipfields")).contains("not recorded: the tenure before was lost");
    hoverTenure("31", 2);
    hoverTenure("31", 3);
    assertThat(browser.fields("tipfields")).contains("its leader node is gone");
    JsonNode gap = browser.eval("window.tenure.locate('9', 3, true)");
    browser.hover(gap.get("x").asDouble(), gap.get("y").asDouble());
    assertThat(browser.fields("tipfields"))
        .contains("nobody", "revoked: operator anna", "duration", "before", "after");
    browser.hover(20, gap.get("y").asDouble());
    assertThat(browser.fields("tipfields")).contains("/orders/shards/9", "led by");
  }

  @Test
  void gapsAreRedAndLostTenuresHatchedAndHolesMarked() {
    browser.open(day);
    JsonNode gap = browser.eval("window.tenure.locate('9', 3, true)");
    int[] red = browser.pixel(gap.get("x").asDouble(), gap.get("y").asDouble());
    assertThat(red[0]).isGreaterThan(180);
    assertThat(red[1] + red[2]).isLessThan(200);
    JsonNode drawn = browser.eval("window.tenure.visible()");
    assertThat(drawn.get("losts").asInt()).isEqualTo(9);
    assertThat(drawn.get("gaps").asInt()).isGreaterThanOrEqualTo(8);
    assertThat(drawn.get("holes").asInt()).isEqualTo(1);
    assertThat(drawn.get("unknown").asInt()).isEqualTo(2);
    assertThat(drawn.get("forced").asInt()).isEqualTo(7);
    JsonNode lost = browser.eval("window.tenure.locate('0', 1)");
    double edge = lost.get("right").asDouble();
    double y = lost.get("y").asDouble();
    List<Integer> lightness = new ArrayList<>();
    for (double x = edge - 22; x < edge - 4; x++) {
      int[] pixel = browser.pixel(x, y);
      lightness.add(pixel[0] + pixel[1] + pixel[2]);
    }
    assertThat(lightness).anyMatch(sum -> sum < 200).anyMatch(sum -> sum > 300);
    assertThat(browser.find("#problems").getText()).contains("2 things cannot be read");
  }

  @Test
  void aGapAndALostTenureOfLessThanAPixelStayVisibleAmongMergedTenures() throws Exception {
    Trail trail = new Trail("/m/shards/1");
    long time = 0;
    for (int i = 0; i < 2_000; i++) {
      trail.elected(time, "w-" + i % 5, "");
      time += 1_000;
      if (i == 1_000) {
        trail.lost(time, "found");
      } else {
        trail.resigned(time, "");
        time += i == 500 ? 1_500 : 0;
      }
    }
    time += 100 * 3_600_000L;
    trail.elected(time, "w-1", "");
    browser.open(
        page("merged", TimelineData.of("/m", Trail.at(time + 1), List.of(trail.read(true)))));
    JsonNode drawn = browser.eval("window.tenure.visible()");
    assertThat(drawn.get("merged").asInt()).isBetween(1, 20);
    assertThat(drawn.get("losts").asInt()).isEqualTo(1);
    assertThat(drawn.get("gaps").asInt()).isEqualTo(2);
    JsonNode one = browser.eval("window.tenure.locate('1', 700)");
    browser.hover(one.get("left").asDouble(), one.get("y").asDouble());
    assertThat(browser.fields("tipfields")).contains("more tenures in this pixel: zoom in");
  }

  @Test
  void theWheelZoomsAtTheMouseAndDraggingMoves() throws Exception {
    browser.open(day);
    JsonNode before = browser.eval("window.tenure.visible()");
    JsonNode place = browser.eval("window.tenure.locate('9', 3, true)");
    wheel(place.get("x").asInt(), 300, -400);
    JsonNode after = browser.eval("window.tenure.visible()");
    assertThat(span(after)).isLessThan(0.6 * span(before));
    JsonNode still = browser.eval("window.tenure.locate('9', 3, true)");
    assertThat(still.get("x").asDouble())
        .isCloseTo(place.get("x").asDouble(), org.assertj.core.data.Offset.offset(30.0));
    browser.hover(500, 300);
    browser.mouse().clickAndHold().moveByOffset(120, 0).release().perform();
    browser.awaitFrame();
    JsonNode moved = browser.eval("window.tenure.visible()");
    assertThat(span(moved))
        .isCloseTo(span(after), org.assertj.core.data.Percentage.withPercentage(1));
    assertThat(moved.get("from").asDouble()).isLessThan(after.get("from").asDouble());
    browser.screenshot("day-zoomed");
    browser.await("window.tenure.addressed()");
    String address = browser.address();
    browser.open("about:blank");
    browser.open(address);
    assertThat(browser.eval("window.tenure.visible()").get("from").asDouble())
        .isCloseTo(moved.get("from").asDouble(), org.assertj.core.data.Offset.offset(2.0));
  }

  @Test
  void keysMoveZoomAndReset() {
    browser.open(day);
    JsonNode all = browser.eval("window.tenure.visible()");
    browser.keys("+", "+");
    JsonNode zoomed = browser.eval("window.tenure.visible()");
    assertThat(span(zoomed)).isLessThan(0.6 * span(all));
    browser.keys(Keys.ARROW_LEFT);
    assertThat(browser.eval("window.tenure.visible()").get("from").asDouble())
        .isLessThan(zoomed.get("from").asDouble());
    browser.keys("0");
    assertThat(span(browser.eval("window.tenure.visible()"))).isEqualTo(span(all));
    browser.keys("]", "]");
    assertThat(browser.eval("window.tenure.visible()").get("rowHeight").asInt())
        .isGreaterThan(all.get("rowHeight").asInt());
    browser.keys(Keys.PAGE_DOWN);
    assertThat(browser.eval("window.tenure.visible()").get("top").asInt()).isPositive();
    browser.keys("g");
    assertThat(span(browser.eval("window.tenure.visible()"))).isLessThan(4 * 50 * MINUTE);
  }

  @Test
  void aClickPinsATenureAndKeysGoToItsNeighbours() {
    browser.open(day);
    hoverTenure("7", 2);
    browser.mouse().click().perform();
    assertThat(browser.find("#fields").getText()).contains("worker-5", "epoch");
    browser.keys(",");
    assertThat(browser.find("#fields").getText()).contains("worker-2");
    browser.keys(".", ".");
    assertThat(browser.find("#fields").getText()).contains("worker-1", "in office");
    browser.await("window.tenure.addressed()");
    String address = browser.address();
    browser.open("about:blank");
    browser.open(address);
    assertThat(browser.find("#fields").getText()).contains("worker-1", "in office");
    browser.keys(Keys.ESCAPE);
    assertThat(browser.find("#details").isDisplayed()).isFalse();
  }

  @Test
  void theFilterFindsShardsWorkersReasonsAndEnds() {
    browser.open(day);
    filter("shard=7");
    assertThat(names()).containsExactly("7");
    filter("anna");
    assertThat(names()).containsExactly("9", "25", "41");
    filter("worker:worker-6 end:lapsed");
    assertThat(names()).containsExactly("26");
    filter("END:LOST");
    assertThat(names()).hasSize(9).first().isEqualTo("coordinator");
    filter("nobody is called this");
    assertThat(browser.find("#emptytext").getText())
        .isEqualTo("Nothing matches the filter: nobody is called this");
    browser.find("#clear").click();
    assertThat(names()).hasSize(49);
    assertThat(browser.eval("document.getElementById('query').value").asText()).isEmpty();
  }

  @Test
  void theLegendFiltersAndHighlights() {
    browser.open(day);
    JsonNode place = browser.eval("window.tenure.locate('8', 1)");
    int[] plain = browser.pixel(place.get("right").asDouble() - 40, place.get("y").asDouble());
    browser.mouse().moveToElement(browser.find("#legendlist li:nth-child(2) button")).perform();
    browser.awaitFrame();
    int[] dimmed = browser.pixel(place.get("right").asDouble() - 40, place.get("y").asDouble());
    assertThat(dimmed).isNotEqualTo(plain);
    browser.find("#legendlist li:nth-child(6) button").click();
    browser.awaitFrame();
    assertThat(browser.find("#legendlist li:nth-child(6) button").getDomAttribute("aria-pressed"))
        .isEqualTo("true");
    assertThat(names()).hasSizeBetween(10, 40);
    browser.find("#allworkers").click();
    browser.awaitFrame();
    assertThat(names()).hasSize(49);
  }

  @Test
  void sortingPutsVacantShardsOrLateChangesFirst() {
    browser.open(day);
    browser.run("sort.value = 'vacant'; sort.dispatchEvent(new Event('change'))");
    assertThat(names()).startsWith("31", "17", "coordinator", "0");
    browser.run("sort.value = 'last'; sort.dispatchEvent(new Event('change'))");
    assertThat(names()).startsWith("17", "5");
  }

  @Test
  void lightAndDarkFollowTheMachineUntilTheyAreChosen() throws Exception {
    browser.open(day);
    int[] light = browser.pixel(60, 780 - 150);
    browser.prefers("dark");
    browser.awaitFrame();
    int[] dark = browser.pixel(60, 780 - 150);
    assertThat(light[0]).isGreaterThan(220);
    assertThat(dark[0]).isLessThan(60);
    hoverTenure("9", 2);
    browser.screenshot("day-dark");
    browser.find("#theme").click();
    browser.awaitFrame();
    assertThat(browser.pixel(60, 780 - 150)[0]).isGreaterThan(220);
    browser.prefers("dark");
    browser.open(day);
    browser.size(800, 600);
    browser.screenshot("day-small");
    assertThat(browser.eval("document.documentElement.scrollWidth").asInt())
        .isLessThanOrEqualTo(800);
  }

  @Test
  void anEmptyGroupAndAGroupWithoutEntriesSaySo() throws Exception {
    browser.open(page("none", TimelineData.of("/none", Trail.at(0), List.of())));
    assertThat(browser.find("#emptytext").getText()).isEqualTo("There are no shards here.");
    browser.open(
        page(
            "fresh",
            TimelineData.of(
                "/fresh",
                Trail.at(0),
                List.of(
                    new Trail("/fresh/shards/0").read(false),
                    new Trail("/fresh/shards/1").read(false)))));
    assertThat(browser.find("#emptytext").getText()).startsWith("Nobody has led yet");
    assertThat(browser.texts("#facts li")).contains("2\nvacant now");
    browser.screenshot("empty");
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void oneScopeIsATimelineAsWell() throws Exception {
    Trail trail =
        new Trail("/billing/close")
            .elected(1_000, "host-a.example.com-4711", "first")
            .trimmed()
            .resigned(5 * MINUTE, "closed")
            .elected(5 * MINUTE + 12, "host-b.example.com-812", "next");
    browser.open(
        page(
            "one",
            TimelineData.of("/billing/close", Trail.at(20 * MINUTE), List.of(trail.read(true)))));
    assertThat(browser.eval("window.tenure.visible()").get("holes").asInt()).isEqualTo(1);
    hoverTenure("/billing/close", 1);
    assertThat(browser.fields("tipfields")).contains("not kept: before what the trail still has");
    browser.screenshot("one");
  }

  @Test
  void aThousandShardsByAHundredThousandTransitionsStaySmooth() throws Exception {
    browser.open(big);
    double firstFrame = browser.eval("window.tenure.frames().first").asDouble();
    assertThat(browser.eval("window.tenure.sums()").get("transitions").asInt())
        .isGreaterThan(100_000);
    browser.screenshot("big-light");
    JsonNode all = browser.eval("window.tenure.visible()");
    assertBounded(all);
    int frames = browser.eval("window.tenure.frames().count").asInt();
    browser.run(
        """
        window.done = false;
        window.mostAtAStep = 0;
        const chart = document.getElementById('canvas');
        let step = 0;
        let drawn = window.tenure.frames().count;
        const next = () => {
          const now = window.tenure.frames().count;
          window.mostAtAStep = Math.max(window.mostAtAStep, now - drawn);
          drawn = now;
          if (++step > 150) { window.done = true; return; }
          const deltaY = step < 50 ? -60 : step < 100 ? 60 : 0;
          chart.dispatchEvent(new WheelEvent('wheel', {deltaY, deltaX: step < 100 ? 0 : (step % 2 ? 80 : -60), clientX: 600, clientY: 400, cancelable: true}));
          requestAnimationFrame(next);
        };
        next();
        """);
    browser.await("window.done");
    JsonNode measured = browser.eval("window.tenure.frames()");
    assertThat(browser.eval("window.mostAtAStep").asInt())
        .as("each step is drawn at once, and once")
        .isEqualTo(1);
    assertThat(measured.get("count").asInt() - frames).isBetween(100, 151);
    List<Double> times = new ArrayList<>();
    measured.get("times").forEach(time -> times.add(time.asDouble()));
    List<Double> sorted = times.subList(2, times.size()).stream().sorted().toList();
    System.out.printf(
        "timeline of %d tenures: page %.1f MB, first frame %.0f ms after the start of loading;"
            + " drawing takes %.1f ms at the median, %.1f ms at p95 (%d frames)%n",
        bigData.tenures(),
        Files.size(directory.resolve("big.html")) / 1e6,
        firstFrame,
        sorted.get(sorted.size() / 2),
        sorted.get(sorted.size() * 95 / 100),
        sorted.size());
    browser.keys("0", "[", "[", "[", "[");
    JsonNode low = browser.eval("window.tenure.visible()");
    assertThat(low.get("rows").asInt()).isGreaterThan(500);
    assertBounded(low);
    // Zoomed in, a frame costs what it shows, however much there is.
    browser.keys("0", "]", "]", "]", "]", "]", "+", "+", "+", "+", "+", "+", "+", "+", "+", "+");
    JsonNode near = browser.eval("window.tenure.visible()");
    assertThat(near.get("rectangles").asInt()).isLessThan(all.get("rectangles").asInt() / 10);
    browser.screenshot("big-zoomed");
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void howeverManyTenuresARowHasAFrameDrawsNoMoreThanItsPixels() throws Exception {
    Trail trail = new Trail("/deep/shards/1");
    for (int i = 0; i < 50_000; i++) {
      trail.elected(i * 1_000L, "w-" + i % 9, "").resigned(i * 1_000L + 990, "");
    }
    browser.open(
        page("deep", TimelineData.of("/deep", Trail.at(50_000_000), List.of(trail.read(false)))));
    JsonNode drawn = browser.eval("window.tenure.visible()");
    assertThat(drawn.get("merged").asInt()).isBetween(700, drawn.get("width").asInt() + 2);
    assertBounded(drawn);
  }

  /** At most a bar, a gap and a mark for each pixel of each row. */
  private static void assertBounded(JsonNode drawn) {
    long pixels = drawn.get("rows").asLong() * (drawn.get("width").asLong() + 2);
    assertThat(drawn.get("bars").asLong() + drawn.get("merged").asLong())
        .isLessThanOrEqualTo(pixels);
    assertThat(drawn.get("rectangles").asLong()).isLessThanOrEqualTo(3 * pixels);
    assertThat(drawn.get("rows").asLong())
        .isLessThanOrEqualTo(drawn.get("height").asLong() / drawn.get("rowHeight").asLong() + 2);
  }

  private static double span(JsonNode visible) {
    return visible.get("to").asDouble() - visible.get("from").asDouble();
  }

  private static void hoverTenure(String shard, int epoch) {
    JsonNode place = browser.eval("window.tenure.locate('%s', %d)".formatted(shard, epoch));
    browser.hover(place.get("x").asDouble(), place.get("y").asDouble());
  }

  private static void wheel(int x, int y, int by) {
    browser.run(
        """
        const box = document.getElementById('canvas').getBoundingClientRect();
        document.getElementById('canvas').dispatchEvent(new WheelEvent('wheel',
            {deltaY: %d, clientX: box.left + %d, clientY: box.top + %d, cancelable: true, bubbles: true}));
        """
            .formatted(by, x, y));
  }

  private static void filter(String text) {
    browser.find("#query").clear();
    browser.find("#query").sendKeys(text);
    browser.await("new URLSearchParams(location.hash.slice(1)).get('q') === '%s'".formatted(text));
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    browser.eval("window.tenure.names()").forEach(name -> names.add(name.asText()));
    return names;
  }

  private static String page(String name, TimelineData data) throws Exception {
    Path file = directory.resolve(name + ".html");
    try (OutputStream out = Files.newOutputStream(file)) {
      TimelinePage.write(data, out);
    }
    return file.toUri().toString();
  }
}
