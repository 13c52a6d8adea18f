package io.tenure.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.ZooKeeperFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Versions of Curator, Jackson and ZooKeeper that users' frameworks pin. */
@Timeout(180)
class OlderLibrariesTest {

  private static final Path TARGET = Path.of("..", "..", "target", "end-to-end");

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private static List<Path> jars(String folder, Predicate<String> wanted) throws IOException {
    try (Stream<Path> jars = Files.list(TARGET.resolve(folder).toAbsolutePath().normalize())) {
      return jars.filter(jar -> wanted.test(jar.getFileName().toString())).toList();
    }
  }

  private List<String> run(List<Path> jars) throws Exception {
    assertThat(jars).isNotEmpty();
    try (Jvm jvm =
        Jvm.behind(jars, OlderLibrariesProcess.class.getName(), zk.server().getConnectString())) {
      return jvm.allLines();
    }
  }

  private static void assertThatItWorks(List<String> lines) {
    assertThat(lines)
        .as(() -> String.join("\n", lines))
        .contains("trail of 4, wrong []", "shards led: true", "done")
        .anyMatch(line -> line.startsWith("epoch 2 after checkpoint"))
        .noneMatch(line -> line.contains("Error"));
  }

  @Test
  void scopesAndGroupsAreLedWithTheOldestCurator() throws Exception {
    List<String> lines = run(jars("older-libraries", jar -> jar.startsWith("curator-")));
    assertThat(lines).anyMatch(line -> line.startsWith("with ") && line.contains("5.7.1"));
    assertThatItWorks(lines);
  }

  @Test
  void scopesAndGroupsAreLedWithTheOldestJackson() throws Exception {
    assertThatItWorks(run(jars("older-libraries", jar -> jar.startsWith("jackson-"))));
  }

  @Test
  void scopesAndGroupsAreLedWithTheZooKeeperThatCuratorBringsAndThatIsWarnedOfOnce()
      throws Exception {
    List<String> lines = run(jars("older-libraries", jar -> jar.startsWith("zookeeper-")));
    assertThatItWorks(lines);
    assertThat(lines.stream().filter(line -> line.contains("ZooKeeper's client 3.9.3 is on")))
        .as(() -> String.join("\n", lines))
        .singleElement()
        .asString()
        .contains("passwords of key stores", "3.9.5 or newer");
  }

  @Test
  void aVersionThatIsTooOldIsRefusedWithTheOneThatWasFoundAndTheOneThatIsNeeded() throws Exception {
    assertThat(run(jars("too-old-libraries", jar -> true)))
        .anyMatch(
            line ->
                line.contains("Curator 5.5.0 is on the class path")
                    && line.contains("needs 5.7.1 or newer"))
        .doesNotContain("done");
  }
}
