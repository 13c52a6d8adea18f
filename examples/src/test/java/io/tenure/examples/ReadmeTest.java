package io.tenure.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The code of the pages is taken from programs that are compiled and run. */
class ReadmeTest {

  private static final String BEGIN = "// README:begin\n";

  @ParameterizedTest
  @CsvSource({
    "README.md, MinimalLeader",
    "README.md, MinimalWorker",
    "docs/one-scope.md, MinimalLeader",
    "docs/sharding.md, MinimalWorker",
    "docs/append-only.md, AppendOnlyLeader"
  })
  void thePagesLinesAreThoseOfTheExample(String page, String example) throws Exception {
    String source =
        Files.readString(Path.of("src/main/java/io/tenure/examples/" + example + ".java"));
    String lines =
        source
            .substring(
                source.indexOf(BEGIN) + BEGIN.length(), source.indexOf("      // README:end"))
            .indent(-6);
    assertThat(Files.readString(Path.of("..").resolve(page))).contains("```java\n" + lines + "```");
  }
}
