package io.tenure.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser. One browser for all. */
class TimelineBrowserTest {

  @TempDir static Path directory;
  private static Browser browser;

  @BeforeAll
  static void startBrowser() throws Exception {
    browser = Browser.start();
  }

  @AfterAll
  static void stopBrowser() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  static String page(String name, TimelineData data) throws Exception {
    Path file = directory.resolve(name + ".html");
    try (OutputStream out = Files.newOutputStream(file)) {
      TimelinePage.write(data, out);
    }
    return file.toUri().toString();
  }

  @Test
  void looks() throws Exception {
    browser.prefers("light");
    browser.size(1280, 800);
    browser.open(page("day", Groups.day()));
    browser.screenshot("day-light");
    System.out.println(browser.console());
    browser.prefers("dark");
    browser.awaitFrame();
    browser.screenshot("day-dark");
    browser.size(800, 600);
    browser.screenshot("day-small");
    browser.size(1280, 800);
    browser.prefers("light");
    browser.open(page("big", Groups.big()));
    browser.screenshot("big-light");
    double x = browser.eval("window.tenure.locate('3', 20)").get("x").asDouble();
    browser.hover(x, 60);
    browser.mouse().click().perform();
    browser.screenshot("big-hover");
    for (int i = 0; i < 12; i++) browser.keys("+");
    browser.screenshot("big-zoom");
    browser.run("document.getElementById('fit').click()");
    for (int i = 0; i < 5; i++) browser.keys("[");
    browser.screenshot("big-1px");
    System.out.println(browser.eval("window.tenure.visible()"));
    for (int i = 0; i < 12; i++) browser.keys("]");
    browser.screenshot("big-tall");
    browser.open(page("empty", TimelineData.of("/empty", Trail.at(0), java.util.List.of())));
    browser.screenshot("empty");
    browser.open(
        page(
            "one",
            TimelineData.of(
                "/one/close",
                Trail.at(3_600_000),
                java.util.List.of(
                    new Trail("/one/close")
                        .elected(1000, "host-a.example.com-4711", "first")
                        .resigned(1_000_000, "closed")
                        .elected(1_000_010, "host-b.example.com-812", "next in the queue")
                        .read(true)))));
    browser.screenshot("one");
    System.out.println(browser.eval("window.tenure.visible()"));
    System.out.println(browser.eval("window.tenure.frames()"));
    assertThat(browser.console()).isEmpty();
  }
}
