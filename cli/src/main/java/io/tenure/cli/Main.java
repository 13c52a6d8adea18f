package io.tenure.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code tenure} command. */
@Command(name = "tenure", mixinStandardHelpOptions = true)
public final class Main {

  private Main() {}

  /** Runs the command, and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }
}
