package io.tenure.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.test.TestingServer;

/** Runs the command inside of a test, with a world of its own around it. */
final class Cli {

  record Result(int exitCode, String out, String err) {
    List<String> lines() {
      return out.lines().toList();
    }

    /** Each line of the output as JSON. */
    List<JsonNode> json() throws Exception {
      List<JsonNode> all = new ArrayList<>();
      for (String line : lines()) {
        all.add(new ObjectMapper().readTree(line));
      }
      return all;
    }

    @Override
    public String toString() {
      return "exit code " + exitCode + "\n" + out + "\n" + err;
    }
  }

  private final Map<String, String> environment = new TreeMap<>();
  private Path home = Path.of("/nowhere");
  private Clock clock = Clock.systemUTC();
  private int width = Integer.MAX_VALUE;

  static Cli at(TestingServer server) {
    return new Cli().with("TENURE_CONNECT", server.getConnectString());
  }

  static Cli at(String connect) {
    return new Cli().with("TENURE_CONNECT", connect);
  }

  static Cli nowhere() {
    return new Cli();
  }

  Cli with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Cli home(Path directory) {
    home = directory;
    return this;
  }

  Cli clock(Clock other) {
    clock = other;
    return this;
  }

  Cli width(int characters) {
    width = characters;
    return this;
  }

  Result run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Io io =
        new Io(
            new Output(out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment,
            home,
            clock,
            width != Integer.MAX_VALUE,
            width,
            new AtomicReference<>(""));
    int exitCode = TenureCommand.run(io, arguments);
    return new Result(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
