package io.tenure.spec;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs the model checker, each time in a process of its own. Thread-safe: no state. */
final class Tlc {

  /**
   * What a run said.
   *
   * @param ended whether it came to an end of its own; if not, the log says why
   * @param violated the invariant that it found violated, or the property
   * @param states distinct states found
   * @param depth of the search; 0 if it did not say
   * @param reached what the model told that it had reached
   */
  record Outcome(
      boolean ended,
      Optional<String> violated,
      long states,
      long depth,
      Set<String> reached,
      Duration took,
      Path log) {}

  /** A run that takes longer hangs. */
  private static final long PATIENCE_MINUTES = 120;

  private static final Pattern INVARIANT = Pattern.compile("Error: Invariant (\\w+) is violated.*");
  private static final Pattern PROPERTIES =
      Pattern.compile("Error: Temporal properties were violated.*");
  private static final Pattern COMPLETED =
      Pattern.compile("Model checking completed\\. No error has been found\\.");
  private static final Pattern STATES =
      Pattern.compile("\\d+ states generated, (\\d+) distinct states found, .*");
  private static final Pattern DEPTH =
      Pattern.compile("The depth of the complete state graph search is (\\d+)\\.");
  private static final Pattern REACHED = Pattern.compile("\"reached: (.*)\"");

  private Tlc() {}

  /**
   * Checks a configuration.
   *
   * @param modules the folder of the modules
   * @param work where logs and TLC's own files go
   * @param jvm options of the process
   */
  static Outcome check(Configuration of, Path modules, Path work, List<String> jvm)
      throws IOException, InterruptedException {
    return run(of.file(), of.module(), modules, work.resolve(of.name()), jvm);
  }

  /** The same, for what is no configuration of its own. */
  static Outcome run(Path configuration, String module, Path modules, Path own, List<String> jvm)
      throws IOException, InterruptedException {
    return run(configuration, module, modules, own, jvm, List.of());
  }

  /**
   * Walks through the model at random, always the same way.
   *
   * @param walks how many
   * @param steps how many of each
   */
  static Outcome walk(
      Path configuration, String module, Path modules, Path own, int walks, int steps)
      throws IOException, InterruptedException {
    return run(
        configuration,
        module,
        modules,
        own,
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-DTLA-Library=" + own),
        List.of(
            "-simulate", "num=" + walks, "-depth", Integer.toString(steps), "-seed", "20261130"));
  }

  private static Outcome run(
      Path configuration,
      String module,
      Path modules,
      Path own,
      List<String> jvm,
      List<String> mode)
      throws IOException, InterruptedException {
    Path log = Files.createDirectories(own).resolve("tlc.log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(List.of("-Djava.io.tmpdir=" + own, "-cp", jar().toString(), "tlc2.TLC"));
    // One worker: so the counterexample is a shortest one, and the same in each run.
    command.addAll(List.of("-workers", "1", "-deadlock", "-lncheck", "final", "-difftrace"));
    command.addAll(mode);
    command.addAll(List.of("-metadir", own.resolve("states").toString()));
    command.addAll(List.of("-config", configuration.toString(), module + ".tla"));
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .directory(modules.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
        throw new IllegalStateException("TLC has not ended; see " + log);
      }
    } finally {
      process.destroyForcibly();
    }
    return outcome(configuration, log, Duration.ofNanos(System.nanoTime() - start));
  }

  private static Outcome outcome(Path configuration, Path log, Duration took) throws IOException {
    boolean completed = false;
    String violated = null;
    long states = 0;
    long depth = 0;
    Set<String> reached = new TreeSet<>();
    for (String line : Files.readAllLines(log)) {
      Matcher invariant = INVARIANT.matcher(line);
      Matcher found = STATES.matcher(line);
      Matcher deep = DEPTH.matcher(line);
      Matcher there = REACHED.matcher(line);
      completed |= COMPLETED.matcher(line).matches();
      if (invariant.matches()) {
        violated = invariant.group(1);
      } else if (PROPERTIES.matcher(line).matches()) {
        violated = onlyProperty(configuration);
      } else if (found.matches()) {
        states = Long.parseLong(found.group(1));
      } else if (deep.matches()) {
        depth = Long.parseLong(deep.group(1));
      } else if (there.matches()) {
        reached.add(there.group(1));
      }
    }
    return new Outcome(
        completed || violated != null,
        Optional.ofNullable(violated),
        states,
        depth,
        reached,
        took,
        log);
  }

  /** TLC does not say which property it was: so a configuration must have one alone. */
  private static String onlyProperty(Path configuration) throws IOException {
    String text = Files.readString(configuration);
    return text.substring(text.indexOf("PROPERTIES") + "PROPERTIES".length()).strip();
  }

  /** TLC's jar: it alone is the class path of its process. */
  private static Path jar() {
    try {
      return Path.of(tlc2.TLC.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
