package io.tenure.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages lead somewhere: their links, and the tests that they name. */
class PagesTest {

  private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
  private static final int README_LINES = 150;
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
  private static final Pattern FENCED = Pattern.compile("(?ms)^ *```.*?^ *```$");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern TEST = Pattern.compile("[A-Z]\\w+(?:Test|Run)");
  private static final Pattern CLAIM = Pattern.compile("(?:([A-Z]\\w+Test)\\.)?([a-z]\\w{34,})");

  private static List<Path> pages() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(file -> !ROOT.relativize(file).toString().matches("(.*/)?(target|\\.git)/.*"))
          .toList();
    }
  }

  private static String prose(Path page) throws IOException {
    return FENCED.matcher(Files.readString(page)).replaceAll("");
  }

  /** As the hosts of repositories make it: lower case, spaces as hyphens, no punctuation. */
  private static Set<String> anchors(Path page) throws IOException {
    Set<String> anchors = new HashSet<>();
    Matcher heading = HEADING.matcher(prose(page));
    while (heading.find()) {
      anchors.add(
          heading
              .group(1)
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{L}\\p{N} _-]", "")
              .replace(' ', '-'));
    }
    return anchors;
  }

  private static boolean leads(Path page, String link) throws IOException {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
    return Files.exists(target) && (parts.length == 1 || anchors(target).contains(parts[1]));
  }

  @Test
  void everyLinkLeadsToAFileAndItsHeading() throws IOException {
    List<String> dead = new ArrayList<>();
    int links = 0;
    for (Path page : pages()) {
      Matcher link = LINK.matcher(prose(page));
      while (link.find()) {
        String target = link.group(1);
        if (!target.matches("[a-z]+:.*")) {
          links++;
          if (!leads(page, target)) {
            dead.add(ROOT.relativize(page) + ": " + target);
          }
        }
      }
    }
    assertThat(dead).isEmpty();
    assertThat(links).isGreaterThan(50);
  }

  @Test
  void everyTestThatAPageNamesIsThere() throws IOException {
    List<Path> sources;
    try (Stream<Path> files = Files.walk(ROOT)) {
      sources = files.filter(file -> file.toString().matches(".*/java/.*\\.java")).toList();
    }
    Set<String> classes =
        sources.stream()
            .map(file -> file.getFileName().toString().replace(".java", ""))
            .collect(Collectors.toSet());
    StringBuilder all = new StringBuilder();
    for (Path source : sources) {
      if (source.toString().matches(".*(/src/test/|Test).*")) {
        all.append(Files.readString(source));
      }
    }
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (Path page : pages()) {
      Matcher code = CODE.matcher(prose(page));
      while (code.find()) {
        String name = code.group(1);
        Matcher claim = CLAIM.matcher(name);
        if (TEST.matcher(name).matches()) {
          named++;
          if (!classes.contains(name)) {
            missing.add(ROOT.relativize(page) + ": " + name);
          }
        } else if (claim.matches()) {
          named++;
          if (!all.toString().contains("void " + claim.group(2) + "(")
              || (claim.group(1) != null && !classes.contains(claim.group(1)))) {
            missing.add(ROOT.relativize(page) + ": " + name);
          }
        }
      }
    }
    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(100);
  }

  @Test
  void theReadmeEndsBeforeItsReaderTires() throws IOException {
    assertThat(Files.readAllLines(ROOT.resolve("README.md")))
        .hasSizeLessThanOrEqualTo(README_LINES);
  }
}
