package io.tenure.cli;

import io.tenure.internal.SmallFile;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What options are when they are not given: what the environment says, else the configuration file.
 * Immutable.
 */
final class Defaults implements IDefaultValueProvider {

  private static final String FILE = ".tenure.properties";
  private static final String ACL_FILE = "acl-file";

  /** Options that may be given so: those of the connection, and what each command says. */
  private static final Set<String> ALLOWED =
      Set.of(
          "connect",
          "namespace",
          "group",
          "timeout",
          "client-configuration",
          "auth",
          "auth-file",
          ACL_FILE);

  private final Map<String, String> environment;
  private final Properties properties;
  private final Path file;

  private Defaults(Map<String, String> environment, Properties properties, Path file) {
    this.environment = environment;
    this.properties = properties;
    this.file = file;
  }

  /**
   * Reads the configuration file, if there is one.
   *
   * @throws CommandException if it was named and cannot be read, or says what no option is called
   */
  static Optional<Defaults> of(Io io, String... arguments) {
    Optional<Path> named = named(arguments);
    Path file = named.orElse(io.home().resolve(FILE));
    Properties properties = new Properties();
    if (named.isPresent() || Files.exists(file)) {
      try {
        properties.load(new StringReader(SmallFile.text(file)));
      } catch (IOException | IllegalArgumentException e) {
        throw new CommandException(
            ExitCode.USAGE, "configuration file " + SecretFiles.notReadable(file, e), e);
      }
    }
    for (String name : properties.stringPropertyNames()) {
      if (!ALLOWED.contains(name) && !name.startsWith(SchemeOption.PREFIX)) {
        throw new CommandException(
            ExitCode.USAGE,
            "configuration file "
                + file
                + ": \""
                + name
                + "\" is none of "
                + String.join(", ", new TreeSet<>(ALLOWED))
                + " and acl.* (see --acl-file)");
      }
    }
    if (properties.containsKey("auth")) {
      SecretFiles.warning("configuration file", file)
          .ifPresent(warning -> Failures.say(io.err(), warning));
    }
    return Optional.of(new Defaults(io.environment(), properties, file));
  }

  private boolean hasScheme() {
    return properties.stringPropertyNames().stream()
        .anyMatch(name -> name.startsWith(SchemeOption.PREFIX));
  }

  private static Optional<Path> named(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].startsWith("--config=")) {
        return Optional.of(Path.of(arguments[i].substring("--config=".length())));
      } else if (arguments[i].equals("--config") && i + 1 < arguments.length) {
        return Optional.of(Path.of(arguments[i + 1]));
      } else if (arguments[i].equals("--")) {
        break;
      }
    }
    return Optional.empty();
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option)) {
      return null;
    }
    String name = option.longestName().substring(2);
    if (!ALLOWED.contains(name)) {
      return null;
    }
    String variable = "TENURE_" + name.replace('-', '_').toUpperCase(Locale.ROOT);
    String value = environment.get(variable);
    if (value != null && !value.isEmpty()) {
      return value;
    }
    String said = properties.getProperty(name);
    return said == null && name.equals(ACL_FILE) && hasScheme() ? file.toString() : said;
  }
}
