package io.tenure.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * A headless Chromium with a profile of its own, which takes the installed driver and downloads
 * none. Confined to the thread of its test.
 */
public final class Browser implements AutoCloseable {

  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path profile;
  private final ChromeDriver driver;

  private Browser(Path profile, ChromeDriver driver) {
    this.profile = profile;
    this.driver = driver;
  }

  /**
   * Starts it. Where there is none, the test is skipped; it fails if TENURE_REQUIRE_BROWSER is
   * true.
   */
  public static Browser start() throws IOException {
    boolean there = Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER);
    String how =
        CHROMIUM
            + " or "
            + DRIVER
            + " is missing, so the pages are not tested in a browser;"
            + " on Debian: apt-get install chromium chromium-driver";
    if ("true".equals(System.getenv("TENURE_REQUIRE_BROWSER"))) {
      assertThat(there).as(how).isTrue();
    }
    assumeTrue(there, how);
    Path profile = Files.createTempDirectory("tenure-browser");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--hide-scrollbars=false",
        "--window-size=1280,800",
        "--user-data-dir=" + profile);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(DRIVER.toFile())
            .usingAnyFreePort()
            .withEnvironment(Map.of("SE_OFFLINE", "true", "SE_AVOID_STATS", "true"))
            .build();
    return new Browser(profile, new ChromeDriver(service, options));
  }

  public void open(String address) {
    driver.get("about:blank");
    drainLogs();
    driver.get(address);
    awaitFrame();
  }

  /** What the page's own address is now. */
  public String address() {
    return driver.getCurrentUrl();
  }

  /** The size of what the page has, without the browser's own frame. */
  public void size(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    awaitFrame();
  }

  /** What the machine prefers. */
  public void prefers(String scheme) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  /** Two frames are drawn from now on: what was asked for before has been drawn then. */
  public void awaitFrame() {
    driver.executeAsyncScript(
        "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() =>"
            + " done()))");
  }

  public JsonNode eval(String expression) {
    try {
      return JSON.readTree(
          (String) driver.executeScript("return JSON.stringify(" + expression + " ?? null)"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void run(String script) {
    driver.executeScript(script);
    awaitFrame();
  }

  public WebElement find(String css) {
    return driver.findElement(By.cssSelector(css));
  }

  public List<String> texts(String css) {
    return driver.findElements(By.cssSelector(css)).stream().map(WebElement::getText).toList();
  }

  public void await(String condition) {
    new WebDriverWait(driver, Duration.ofSeconds(20))
        .withMessage(condition)
        .until(any -> eval("!!(" + condition + ")").asBoolean());
  }

  public Actions mouse() {
    return new Actions(driver);
  }

  /** Moves the mouse to a place within the chart. */
  public void hover(double x, double y) {
    // Actions count from the middle of an element.
    JsonNode box = eval("document.getElementById('canvas').getBoundingClientRect()");
    mouse()
        .moveToElement(
            find("#canvas"),
            (int) Math.round(x - Math.floor(box.get("width").asDouble() / 2)),
            (int) Math.round(y - Math.floor(box.get("height").asDouble() / 2)))
        .perform();
    awaitFrame();
  }

  /** The tooltip or the details: labels and texts. */
  public String fields(String list) {
    return String.join("\n", texts("#" + list + " dt, #" + list + " dd"));
  }

  public void keys(CharSequence... keys) {
    find("#chart").sendKeys(keys);
    awaitFrame();
  }

  /** The red, green and blue of a pixel of the chart. */
  public int[] pixel(double x, double y) {
    JsonNode rgb =
        eval(
            "[...document.getElementById('canvas').getContext('2d').getImageData("
                + Math.round(Math.floor(x))
                + ","
                + Math.round(Math.floor(y))
                + ",1,1).data]");
    return new int[] {rgb.get(0).asInt(), rgb.get(1).asInt(), rgb.get(2).asInt()};
  }

  public void screenshot(String name) throws IOException {
    Path file = Path.of("target", "screenshots", name + ".png");
    Files.createDirectories(file.getParent());
    Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
  }

  /** What the page has written to the console since it was opened. */
  public List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  /** What the page has asked for since it was opened. */
  public List<String> requests() throws IOException {
    List<String> requests = new ArrayList<>();
    for (LogEntry entry : driver.manage().logs().get(LogType.PERFORMANCE)) {
      JsonNode message = JSON.readTree(entry.getMessage()).get("message");
      if (message.get("method").asText().equals("Network.requestWillBeSent")) {
        requests.add(message.get("params").get("request").get("url").asText());
      }
    }
    return requests;
  }

  private void drainLogs() {
    driver.manage().logs().get(LogType.BROWSER);
    driver.manage().logs().get(LogType.PERFORMANCE);
  }

  @Override
  public void close() throws IOException {
    driver.quit();
    try (Stream<Path> files = Files.walk(profile)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }
}
