package io.tenure.cli;

import io.tenure.audit.AppendOnlyAcl;
import io.tenure.internal.SmallFile;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The scheme of permissions that the services have, told in the lines that they read as well. */
final class SchemeOption {

  /** What the lines of a scheme begin with. */
  static final String PREFIX = "acl.";

  @Option(
      names = "--acl-file",
      paramLabel = "FILE",
      description = {
        "The services' scheme of permissions (AppendOnlyAcl), where they have one with digests:",
        "lines as acl.workers=digest:worker:DIGEST. They may stand in the configuration file."
      })
  @Nullable Path file;

  /** The scheme; empty if none is told. */
  Optional<AppendOnlyAcl> told() {
    Path from = file;
    return from == null ? Optional.empty() : Optional.of(read(from));
  }

  private static AppendOnlyAcl read(Path file) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(SmallFile.text(file)));
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandException(
          ExitCode.USAGE, "scheme of permissions " + SecretFiles.notReadable(file, e), e);
    }
    Map<String, String> lines = new TreeMap<>();
    for (String name : properties.stringPropertyNames()) {
      if (name.startsWith(PREFIX)) {
        lines.put(name, properties.getProperty(name));
      }
    }
    if (lines.isEmpty()) {
      throw wrong(file, "has no line that begins with " + PREFIX, null);
    }
    try {
      return AppendOnlyAcl.of(lines);
    } catch (IllegalArgumentException e) {
      throw wrong(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static CommandException wrong(Path file, String problem, @Nullable Exception cause) {
    String message = "scheme of permissions in " + file + ": " + problem;
    return cause == null
        ? new CommandException(ExitCode.USAGE, message)
        : new CommandException(ExitCode.USAGE, message, cause);
  }
}
