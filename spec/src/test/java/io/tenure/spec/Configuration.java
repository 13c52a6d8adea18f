package io.tenure.spec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One configuration of a module: what TLC is given, and what must come of it, as the comments at
 * the head of the file say.
 *
 * @param name folder and file, without the suffix
 * @param module the TLA+ module that it is of
 * @param variant what is broken on purpose, if anything is
 * @param violated what must be found to be violated; empty if nothing may be
 * @param leastStates how many distinct states a run without an error must find
 * @param reaches what a run must say that it has reached
 */
record Configuration(
    String name,
    Path file,
    String module,
    String variant,
    Optional<String> violated,
    long leastStates,
    List<String> reaches) {

  private static final Pattern VIOLATED = Pattern.compile("(\\w+) violated");
  private static final Pattern NO_ERROR = Pattern.compile("no error, at least (\\d+) states");

  /** The configurations in a folder, in the order of their names. */
  static List<Configuration> in(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".cfg"))
          .sorted()
          .map(Configuration::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Configuration read(Path file) {
    List<String> lines = lines(file);
    String expect = only(file, "Expect", lines);
    Matcher violated = VIOLATED.matcher(expect);
    Matcher noError = NO_ERROR.matcher(expect);
    if (!violated.matches() && !noError.matches()) {
      throw new IllegalArgumentException(file + " expects \"" + expect + "\", which says nothing");
    }
    String name = file.getParent().getFileName() + "/" + file.getFileName();
    return new Configuration(
        name.substring(0, name.length() - ".cfg".length()),
        file,
        only(file, "Module", lines),
        lines.stream()
            .map(String::strip)
            .filter(line -> line.startsWith("Variant = "))
            .map(line -> line.substring(line.indexOf('"') + 1, line.lastIndexOf('"')))
            .findFirst()
            .orElseThrow(),
        violated.matches() ? Optional.of(violated.group(1)) : Optional.empty(),
        noError.matches() ? Long.parseLong(noError.group(1)) : 0,
        said("Reaches", lines));
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> said(String word, List<String> lines) {
    String start = "\\* " + word + ": ";
    return lines.stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .toList();
  }

  private static String only(Path file, String word, List<String> lines) {
    List<String> said = said(word, lines);
    if (said.size() != 1) {
      throw new IllegalArgumentException(file + " must have one line \"\\* " + word + ": \"");
    }
    return said.get(0);
  }
}
