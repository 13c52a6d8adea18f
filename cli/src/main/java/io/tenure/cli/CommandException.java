package io.tenure.cli;

import java.util.function.Supplier;

/** Ends a command with one line on standard error. */
final class CommandException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int exitCode;

  CommandException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  CommandException(int exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /**
   * Reads options. A value out of its range is an error of the command line.
   *
   * @throws CommandException if the reading throws an {@link IllegalArgumentException}
   */
  static <T> T ofOptions(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  int exitCode() {
    return exitCode;
  }
}
