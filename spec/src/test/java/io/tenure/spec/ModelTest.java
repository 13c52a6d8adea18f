package io.tenure.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Checks the model, and that the check can fail: each configuration must end exactly as it says,
 * those that are broken on purpose with a counterexample for the invariant that they name.
 */
class ModelTest {

  private static final Path MODULES = Path.of("").toAbsolutePath();
  private static final Path WORK = MODULES.resolve("target/tlc");

  /** In the order in which they are started: what takes long first. */
  private static final List<String> FOLDERS = List.of("checked", "not-promised", "broken");

  private static final Pattern SET_OF_VARIANTS =
      Pattern.compile("Variants ==\\s*\\{([^}]*)\\}", Pattern.DOTALL);

  /** Each run is a process with one busy thread: two at a time, for two cores. */
  private static final ExecutorService RUNS = Executors.newFixedThreadPool(2);

  private static final Map<String, String> ROWS = new ConcurrentHashMap<>();

  private static boolean isLarge() {
    return System.getProperty("model.size", "small").equals("large");
  }

  private static List<Configuration> configurations() {
    List<Configuration> all = new ArrayList<>();
    if (isLarge()) {
      all.addAll(Configuration.in(MODULES.resolve("large")));
    }
    FOLDERS.forEach(folder -> all.addAll(Configuration.in(MODULES.resolve(folder))));
    return all;
  }

  @TestFactory
  List<DynamicTest> eachConfigurationEndsAsItSays() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Configuration configuration : configurations()) {
      Future<Tlc.Outcome> run =
          RUNS.submit(() -> Tlc.check(configuration, MODULES, WORK, jvm(configuration)));
      tests.add(
          DynamicTest.dynamicTest(
              configuration.name(), () -> endsAsItSays(configuration, run.get())));
    }
    return tests;
  }

  private static void endsAsItSays(Configuration configuration, Tlc.Outcome outcome) {
    note(configuration, outcome);
    String log = "see " + outcome.log();
    assertThat(outcome.ended()).as("TLC came to an end; " + log).isTrue();
    if (configuration.violated().isPresent()) {
      assertThat(outcome.violated()).as(log).contains(configuration.violated().get());
    } else {
      assertThat(outcome.violated()).as(log).isEmpty();
      assertThat(outcome.states()).as(log).isGreaterThanOrEqualTo(configuration.leastStates());
    }
    assertThat(outcome.reached()).as(log).containsAll(configuration.reaches());
  }

  /** Most runs are too short for the optimizing compiler to be worth its time. */
  private static List<String> jvm(Configuration configuration) {
    return configuration.name().startsWith("large/")
        ? List.of("-XX:+UseParallelGC", "-Xmx6g")
        : List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g");
  }

  @Test
  void everyVariantOfTheModulesIsExpectedToBreakSomething() throws IOException {
    Map<String, Set<String>> broken =
        Configuration.in(MODULES.resolve("broken")).stream()
            .collect(
                Collectors.groupingBy(
                    Configuration::module,
                    Collectors.mapping(Configuration::variant, Collectors.toSet())));
    for (String module : List.of("Tenure", "Lease")) {
      Matcher set = SET_OF_VARIANTS.matcher(Files.readString(MODULES.resolve(module + ".tla")));
      assertThat(set.find()).as(module).isTrue();
      List<String> variants =
          Stream.of(set.group(1).split(","))
              .map(text -> text.strip().replace("\"", ""))
              .filter(variant -> !variant.equals("as built"))
              .toList();
      assertThat(broken.get(module)).as(module).containsExactlyInAnyOrderElementsOf(variants);
    }
  }

  @Test
  void whatIsCheckedIsNotBrokenAndWhatIsBrokenIsExpectedToFail() {
    for (Configuration configuration : configurations()) {
      boolean isBroken = configuration.name().startsWith("broken/");
      boolean mustFail = isBroken || configuration.name().startsWith("not-promised/");
      assertThat(configuration.variant().equals("as built"))
          .as(configuration.name())
          .isEqualTo(!isBroken);
      assertThat(configuration.violated().isPresent()).as(configuration.name()).isEqualTo(mustFail);
    }
  }

  private static void note(Configuration configuration, Tlc.Outcome outcome) {
    String row =
        String.format(
            Locale.ROOT,
            "| %s | %s | %s | %,d | %d | %.1f s |",
            configuration.name(),
            configuration.module(),
            outcome.violated().map(what -> what + " violated").orElse("no error"),
            outcome.states(),
            outcome.depth(),
            outcome.took().toMillis() / 1000.0);
    ROWS.put(configuration.name(), row);
    System.out.println(row);
  }

  @AfterAll
  static void writeSummary() throws IOException {
    RUNS.shutdownNow();
    List<String> lines = new ArrayList<>();
    lines.add("| configuration | module | outcome | distinct states | depth | time |");
    lines.add("| --- | --- | --- | ---: | ---: | ---: |");
    lines.addAll(new TreeMap<>(ROWS).values());
    Files.createDirectories(WORK);
    Files.write(WORK.resolve("summary.md"), lines);
  }
}
