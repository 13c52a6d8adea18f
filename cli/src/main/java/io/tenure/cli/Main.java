package io.tenure.cli;

/** Where the process begins. */
public final class Main {

  private Main() {}

  /** Runs the command, and ends the process with its exit code. */
  public static void main(String[] arguments) {
    boolean verbose = false;
    for (String argument : arguments) {
      verbose |= argument.equals("--verbose");
    }
    // Before anything makes a logger. What went wrong the command says itself.
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", verbose ? "info" : "off");
    int exitCode = TenureCommand.run(Io.ofProcess(), arguments);
    System.exit(exitCode);
  }
}
