package io.tenure.examples;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What both demos can be told. */
final class DemoOptions {

  /** Short, so that the demos need not wait long for sessions to end. */
  private static final int EMBEDDED_SESSION_MILLIS = 4_000;

  private static final int REMOTE_SESSION_MILLIS = 10_000;

  @Option(
      names = "--connect",
      paramLabel = "HOST:PORT",
      description = "use this ensemble, not an embedded server")
  private @Nullable String connect;

  @Option(names = "--input", paramLabel = "FILE", description = "any CSV file with a header")
  private @Nullable Path input;

  @Option(
      names = "--group",
      paramLabel = "COLUMN",
      description = "add up for each value of it; default ${DEFAULT-VALUE}")
  private String group = Input.DEFAULT_GROUP;

  @Option(
      names = "--amount",
      paramLabel = "COLUMN",
      description = "what is added up; default ${DEFAULT-VALUE}")
  private String amount = Input.DEFAULT_AMOUNT;

  @Option(
      names = "--tick-millis",
      paramLabel = "MS",
      description = "the tickTime of --connect's ensemble; default ${DEFAULT-VALUE}")
  private int remoteTickMillis = 2_000;

  @Option(names = "--plain", description = "plain lines, as when the output is no terminal")
  private boolean plain;

  /**
   * Checks what can be checked without reading anything.
   *
   * @throws InputException naming the option, the value and the rule
   */
  void check() {
    if (connect != null && connect.isBlank()) {
      throw new InputException("--connect is empty: give host:port of a ZooKeeper server");
    }
    if (remoteTickMillis < 1) {
      throw new InputException("--tick-millis is " + remoteTickMillis + ": it must be at least 1");
    }
  }

  Input read() {
    return Input.read(Optional.ofNullable(input), group, amount);
  }

  Optional<String> connect() {
    return Optional.ofNullable(connect);
  }

  Screen screen() {
    return new Screen(System.out, plain);
  }

  String group() {
    return group;
  }

  /** What is added up by what, for people. */
  String what() {
    return amount + " by " + group;
  }

  /** What a child process is told of it; see {@link ChildOptions}. */
  List<String> forChild(Stage stage, String id) {
    boolean embedded = connect == null;
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--connect",
                stage.connect(),
                "--jdbc",
                stage.jdbcUrl(),
                "--id",
                id,
                "--group",
                group,
                "--amount",
                amount,
                "--session-millis",
                Integer.toString(embedded ? EMBEDDED_SESSION_MILLIS : REMOTE_SESSION_MILLIS),
                "--tick-millis",
                Integer.toString(embedded ? Stage.EMBEDDED_TICK_MILLIS : remoteTickMillis)));
    if (input != null) {
      arguments.addAll(List.of("--input", input.toString()));
    }
    return arguments;
  }
}
