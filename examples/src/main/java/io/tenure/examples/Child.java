package io.tenure.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * A JVM that the demo has started. Its lines are handed over on a thread of its own. Thread-safe.
 */
final class Child {

  private final String id;
  private final Process process;

  private Child(String id, Process process) {
    this.id = id;
    this.process = process;
  }

  /** Starts a main class on this program's own class path. */
  static Child start(String id, List<String> arguments, BiConsumer<String, String> lines)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(
        ProcessHandle.current()
            .info()
            .command()
            .orElse(System.getProperty("java.home") + "/bin/java"));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("-XX:TieredStopAtLevel=1"); // starts faster, and it does not run for long
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Child child = new Child(id, process);
    Thread reader = new Thread(() -> child.read(lines), "child-" + id);
    reader.setDaemon(true);
    reader.start();
    return child;
  }

  private void read(BiConsumer<String, String> lines) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = reader.readLine()) != null) {
        lines.accept(id, line);
      }
    } catch (IOException e) {
      // The process has been killed: there is nothing more to read.
    }
    lines.accept(id, "exited");
  }

  String id() {
    return id;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL, which ends a stopped process as well. */
  void kill() {
    process.destroyForcibly();
  }

  /** SIGTERM: it may clean up. Not Process.destroy(), which closes the child's input as well. */
  void terminate() throws IOException, InterruptedException {
    signal("-TERM");
  }

  /** SIGSTOP. */
  void freeze() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** SIGCONT. */
  void thaw() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    int status =
        // The shell's own: a slim image need not have the program.
        new ProcessBuilder("sh", "-c", "kill " + name + " " + process.pid())
            .inheritIO()
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException("kill " + name + " " + process.pid() + " failed with " + status);
    }
  }

  int waitFor() throws InterruptedException {
    return process.waitFor();
  }

  /** Called in the child: ends this process when its standard input ends. */
  static void exitWithParent() {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // nothing is ever sent
                }
              } catch (IOException e) {
                // The same as its end.
              }
              Runtime.getRuntime().halt(3);
            },
            "parent-watch");
    thread.setDaemon(true);
    thread.start();
  }
}
