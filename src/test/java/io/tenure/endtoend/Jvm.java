package io.tenure.endtoend;

import static java.util.stream.Collectors.joining;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A JVM with this test's class path. Its lines of output are queued; closing it kills it. */
public final class Jvm implements AutoCloseable {

  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final Thread reader;

  Jvm(String mainClass, String... arguments) throws IOException {
    this(command(List.of(), mainClass, List.of(arguments)));
  }

  private Jvm(List<String> command) throws IOException {
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    reader =
        new Thread(
            () -> {
              try (BufferedReader in =
                  new BufferedReader(
                      new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                String line;
                while ((line = in.readLine()) != null) {
                  lines.add(line);
                }
              } catch (IOException e) {
                lines.add("(output cut: " + e.getMessage() + ")");
              }
            },
            "jvm-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** A JVM with this test's class path behind other jars, which count more. */
  static Jvm behind(List<Path> jars, String mainClass, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(command(List.of(), mainClass, List.of(arguments)));
    int classPath = command.indexOf("-cp") + 1;
    String first = jars.stream().map(Path::toString).collect(joining(File.pathSeparator));
    command.set(classPath, first + File.pathSeparator + command.get(classPath));
    return new Jvm(command);
  }

  /** What starts a JVM that lives for seconds or minutes, with this test's class path. */
  public static List<String> command(
      List<String> options, String mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:+UseSerialGC");
    command.addAll(options);
    command.add("-cp");
    // Surefire may have put its own class path into a jar's manifest; this one is the test's.
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(mainClass);
    command.addAll(arguments);
    return command;
  }

  /** The next line that begins so; what comes before it is passed over. */
  String awaitLine(String prefix) throws InterruptedException {
    StringBuilder seen = new StringBuilder();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      String line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null) {
        throw new AssertionError("no line \"" + prefix + "…\" came, but: " + seen);
      }
      if (line.startsWith(prefix)) {
        return line;
      }
      seen.append('\n').append(line);
    }
  }

  /** All lines, once the process has ended. */
  List<String> allLines() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end; so far: " + lines);
    }
    reader.join();
    return List.copyOf(lines);
  }

  void signal(String name) throws IOException, InterruptedException {
    signal(process, name);
  }

  /** Sends a signal; fails if that cannot be done. */
  public static void signal(Process process, String name) throws IOException, InterruptedException {
    int status =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
            .inheritIO()
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException("kill -" + name + " " + process.pid() + " failed with " + status);
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }
}
