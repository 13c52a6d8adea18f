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
    // Netty is quick enough without, and the newer JVMs write warnings where Unsafe is used.
    System.setProperty("io.netty.noUnsafe", System.getProperty("io.netty.noUnsafe", "true"));
    Io io = Io.ofProcess();
    Thread hook = new Thread(() -> sayInterrupted(io), "tenure-interrupted");
    Runtime.getRuntime().addShutdownHook(hook);
    int exitCode = TenureCommand.run(io, arguments);
    io.ifInterrupted().set("");
    System.exit(exitCode);
  }

  /** The JVM ends because of a signal; its exit code is 128 and the signal's number. */
  private static void sayInterrupted(Io io) {
    String what = io.ifInterrupted().get();
    if (what != null && !what.isEmpty()) {
      Failures.say(io.err(), what);
    }
  }
}
