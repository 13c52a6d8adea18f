package io.tenure.examples;

import picocli.CommandLine;

/** The demos' command line. */
public final class Demo {

  private Demo() {}

  /** Runs a demo; the exit code is 0 if the totals are right, 1 if not, 2 for bad input. */
  public static void main(String[] args) {
    CommandLine commandLine = new CommandLine(new ShardsDemo());
    commandLine.addSubcommand(new CloseDemo());
    commandLine.addSubcommand(new CandidateProcess());
    commandLine.addSubcommand(new WorkerProcess());
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          if (e instanceof InputException) {
            System.err.println("tenure-demo: " + e.getMessage());
            return 2;
          }
          System.err.println("tenure-demo: failed: " + e);
          return 1;
        });
    System.exit(commandLine.execute(args));
  }
}
