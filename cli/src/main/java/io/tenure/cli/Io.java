package io.tenure.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What a command has of the world around it, so that tests can give it another.
 *
 * @param out standard output
 * @param err standard error, for people
 * @param environment its variables
 * @param home where a configuration file is looked for
 * @param clock what time it is here
 * @param terminal whether a person reads the output
 * @param width of the terminal, in characters; {@link Integer#MAX_VALUE} where no person reads
 * @param ifInterrupted what there is to say after Ctrl-C at this moment; nothing if that is how the
 *     command is meant to end
 */
record Io(
    Output out,
    PrintStream err,
    Map<String, String> environment,
    Path home,
    Clock clock,
    boolean terminal,
    int width,
    AtomicReference<String> ifInterrupted) {

  /** That of this process. */
  static Io ofProcess() {
    // The launcher knows; without it, picocli guesses.
    int columns = Integer.getInteger("tenure.columns", 0);
    boolean terminal = columns > 0 || Ansi.AUTO.enabled();
    int width = columns > 0 ? columns : askedWidth();
    // Not System.out, which swallows errors.
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    return new Io(
        new Output(out),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        System.getenv(),
        Path.of(System.getProperty("user.home", ".")),
        Clock.systemUTC(),
        terminal,
        terminal ? width : Integer.MAX_VALUE,
        new AtomicReference<>("interrupted, nothing was changed"));
  }

  private static int askedWidth() {
    return CommandSpec.create().usageMessage().autoWidth(true).width();
  }
}
