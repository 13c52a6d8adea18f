package io.tenure.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The demo as its user starts it: a process of its own, which starts others. */
final class DemoProcess implements AutoCloseable {

  private final Process demo;

  /**
   * Starts it.
   *
   * @param folder where it may write
   */
  DemoProcess(Path folder, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                Demo.class.getName()));
    command.addAll(List.of(options));
    demo = new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  Process process() {
    return demo;
  }

  BufferedReader output() {
    return demo.inputReader();
  }

  /** Ends it with all that it has started. */
  @Override
  public void close() {
    demo.descendants().forEach(ProcessHandle::destroyForcibly);
    demo.destroyForcibly();
  }
}
