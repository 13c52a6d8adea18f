package io.tenure.endtoend.faults;

import io.tenure.endtoend.Jvm;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The processes that a run has started. None outlives it: closing kills them one by one, by their
 * ids, and so does the end of this JVM. If this JVM is killed, theirs read the end of their input
 * and end themselves.
 *
 * <p>Thread-safe.
 */
final class Processes implements AutoCloseable {

  private static final List<String> JVM_OPTIONS =
      List.of(
          "-Xmx192m", "-Djava.net.preferIPv4Stack=true", "-Dzookeeper.admin.enableServer=false");

  private final Path directory;
  private final Set<Child> children = ConcurrentHashMap.newKeySet();
  private final Thread hook = new Thread(this::killAll, "faults-kill");
  private int started;

  /**
   * Nothing is started yet.
   *
   * @param directory where their output goes
   */
  Processes(Path directory) {
    this.directory = directory;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Starts a JVM with this one's class path. */
  synchronized Child start(String name, Class<?> main, List<String> arguments) throws IOException {
    Path output = directory.resolve(name + "-" + ++started + ".out");
    Child child =
        new Child(
            name,
            new ProcessBuilder(Jvm.command(JVM_OPTIONS, main.getName(), arguments))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start());
    children.add(child);
    return child;
  }

  @Override
  public void close() {
    killAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: then the hook runs, and finds nothing to do.
    }
  }

  private void killAll() {
    children.forEach(Child::kill);
  }

  /** One of them. Thread-safe. */
  final class Child {

    private final String name;
    private final Process process;

    private Child(String name, Process process) {
      this.name = name;
      this.process = process;
    }

    long pid() {
      return process.pid();
    }

    boolean isAlive() {
      return process.isAlive();
    }

    /** Writes a line to its input; a process that has ended does not hear it. */
    void tell(String line) {
      try {
        OutputStream in = process.getOutputStream();
        in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        in.flush();
      } catch (IOException e) {
        if (isAlive()) {
          throw new IllegalStateException(name + " does not read its input", e);
        }
      }
    }

    /** Sends a signal; a process that has ended gets none. */
    void signal(String signal) throws IOException, InterruptedException {
      if (!isAlive()) {
        return;
      }
      try {
        Jvm.signal(process, signal);
      } catch (IOException e) {
        if (isAlive()) {
          throw e;
        }
      }
    }

    /** Whether it has ended within a time. */
    boolean awaitEnd(long nanos) throws InterruptedException {
      return process.waitFor(nanos, TimeUnit.NANOSECONDS);
    }

    /** SIGKILL, which a stopped process gets as well. Returns when it has ended. */
    void kill() {
      process.destroyForcibly().onExit().join();
      children.remove(this);
    }
  }
}
