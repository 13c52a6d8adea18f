package io.tenure.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code tenure} command. */
@Command(
    name = "tenure",
    description = {
      "Who leads, who led at any time, why it changed, and what can be done about it.",
      ""
    },
    versionProvider = TenureCommand.Version.class,
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      StatusCommand.class,
      WhoCommand.class,
      AuditCommand.class,
      DrainCommand.class,
      UndrainCommand.class,
      MoveCommand.class,
      PinCommand.class,
      UnpinCommand.class,
      RevokeCommand.class,
      CapacityCommand.class,
      ShardsCommand.class,
      SettingsCommand.class,
      DoctorCommand.class,
      TimelineCommand.class,
      ServeCommand.class,
      ArchiveCommand.class,
      GenerateCompletion.class
    },
    footerHeading = "%n",
    footer = {
      "Options may also stand in the environment (TENURE_CONNECT, TENURE_NAMESPACE ...)",
      "or in a file (connect=..., namespace=...): ~/.tenure.properties, or --config.",
      "",
      "Exit codes:",
      "  0  done",
      "  1  done, and the answer is no: nobody leads, or something is wrong",
      "  2  the command line is wrong",
      "  3  no such scope, group, shard or worker",
      "  4  ZooKeeper cannot be reached",
      "  5  the server denies it",
      "  6  damaged or newer data",
      "  7  not done in time",
      "  8  refused as things are",
      "  130 interrupted, 141 output closed"
    })
final class TenureCommand implements Runnable {

  @Spec @Nullable CommandSpec spec;

  @Option(
      names = "--verbose",
      description = "Say more when something goes wrong: stack traces and the client's log.",
      scope = ScopeType.INHERIT)
  boolean verbose;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A file with options, as connect=...; default: ~/.tenure.properties.",
      scope = ScopeType.INHERIT)
  @Nullable Path config; // Read before the command line is, by Defaults.

  @Override
  public void run() {
    CommandSpec own = spec;
    if (own != null) {
      throw new ParameterException(own.commandLine(), "which command?");
    }
  }

  /**
   * Runs the command.
   *
   * @return its exit code
   */
  static int run(Io io, String... arguments) {
    TenureCommand top = new TenureCommand();
    CommandLine command = new CommandLine(top, new Commands(io));
    Failures failures = new Failures(io);
    command.setExecutionExceptionHandler(failures);
    command.setParameterExceptionHandler(failures);
    command.setErr(new PrintWriter(io.err(), true, StandardCharsets.UTF_8));
    command.setOut(new PrintWriter(new OutputWriter(io.out()), true));
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setAbbreviatedOptionsAllowed(false);
    command.setExpandAtFiles(false); // A worker's name may begin with @.
    if (!io.terminal()) {
      command.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    }
    try {
      Defaults.of(io, arguments).ifPresent(command::setDefaultValueProvider);
      int exitCode = command.execute(arguments);
      io.out().flush();
      return exitCode;
    } catch (CommandException e) {
      Failures.say(io.err(), String.valueOf(e.getMessage()));
      return e.exitCode();
    } catch (Output.ClosedPipeException e) {
      return ExitCode.CLOSED_PIPE; // The reader has gone.
    }
  }

  /** The version of the jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = TenureCommand.class.getPackage().getImplementationVersion();
      return new String[] {"tenure " + (version == null ? "(built from source)" : version)};
    }
  }
}
