package io.tenure.cli;

import io.tenure.scope.AuthenticationFailedException;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Printable;
import io.tenure.scope.TenureException;
import java.io.PrintStream;
import java.io.PrintWriter;
import org.apache.zookeeper.KeeperException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * How commands end when something goes wrong: one line on standard error, the exit code that says
 * what kind of thing it was, and no stack trace unless {@code --verbose} was given.
 */
final class Failures
    implements CommandLine.IExecutionExceptionHandler, CommandLine.IParameterExceptionHandler {

  private final Io io;

  Failures(Io io) {
    this.io = io;
  }

  @Override
  public int handleExecutionException(
      Exception thrown, CommandLine command, CommandLine.ParseResult parsed) {
    if (thrown instanceof Output.ClosedPipeException) {
      return ExitCode.CLOSED_PIPE; // The reader has gone.
    } else if (thrown instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      return ExitCode.INTERRUPTED;
    }
    int exitCode = exitCode(thrown);
    boolean bug = exitCode == ExitCode.BUG;
    say(io.err(), bug ? "internal error: " + thrown : String.valueOf(thrown.getMessage()));
    if (command.getCommandSpec().root().userObject() instanceof TenureCommand top && top.verbose) {
      Printable.of(thrown).printStackTrace(io.err());
    } else if (bug) {
      say(io.err(), "give --verbose for details, and report it please");
    }
    return exitCode;
  }

  static int exitCode(Exception thrown) {
    if (thrown instanceof CommandException command) {
      return command.exitCode();
    } else if (thrown instanceof PermissionDeniedException
        || thrown instanceof AuthenticationFailedException) {
      return ExitCode.DENIED;
    } else if (thrown instanceof ForeignDataException) {
      return ExitCode.UNREADABLE;
    } else if (thrown instanceof OutcomeUnknownException) {
      return ExitCode.UNREACHABLE; // An answer before the last one did not come.
    } else if (thrown instanceof TenureException) {
      return thrown.getCause() instanceof KeeperException cause
          ? exitCode(cause.code())
          : ExitCode.UNREACHABLE;
    } else if (thrown instanceof IllegalArgumentException
        || thrown instanceof IllegalStateException) {
      return ExitCode.REFUSED;
    } else if (thrown instanceof KeeperException.NoAuthException
        || thrown instanceof KeeperException.AuthFailedException
        || thrown instanceof KeeperException.SessionClosedRequireAuthException) {
      return ExitCode.DENIED;
    } else if (thrown instanceof KeeperException) {
      return ExitCode.UNREACHABLE;
    }
    return ExitCode.BUG;
  }

  /** A server that answers that the znodes prevent an operation can be reached. */
  private static int exitCode(KeeperException.Code code) {
    return switch (code) {
      case NONODE -> ExitCode.NOT_THERE;
      case NOTEMPTY,
          NODEEXISTS,
          BADVERSION,
          QUOTAEXCEEDED,
          INVALIDACL,
          NOCHILDRENFOREPHEMERALS,
          EPHEMERALONLOCALSESSION ->
          ExitCode.REFUSED;
      default -> ExitCode.UNREACHABLE;
    };
  }

  @Override
  public int handleParseException(ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    say(io.err(), String.valueOf(wrong.getMessage()).replace('\n', ' '));
    if (!UnmatchedArgumentException.printSuggestions(wrong, command.getErr())) {
      io.err().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    }
    return ExitCode.USAGE;
  }

  static void say(PrintStream err, String message) {
    err.println(line(message));
  }

  static void say(PrintWriter err, String message) {
    err.println(line(message));
  }

  private static String line(String message) {
    return "tenure: " + Printable.of(message, Printable.MAX_CHARS);
  }
}
