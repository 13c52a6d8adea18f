package io.tenure.cli;

import io.tenure.internal.SmallFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Reads secrets, which are not to be on the command line. Stateless. */
final class Secrets {

  private static final Path STANDARD_INPUT = Path.of("-");

  private Secrets() {}

  /** The lines of a file, or of standard input for -, but for comments. */
  static List<String> linesOf(Path file) throws IOException {
    List<String> all =
        file.equals(STANDARD_INPUT) ? standardInput() : SmallFile.text(file).lines().toList();
    return all.stream()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .toList();
  }

  private static List<String> standardInput() {
    return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
        .lines()
        .toList();
  }
}
