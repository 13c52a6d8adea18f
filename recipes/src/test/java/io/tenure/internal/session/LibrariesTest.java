package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which versions of ZooKeeper's client are warned of. */
class LibrariesTest {

  @ParameterizedTest
  @ValueSource(strings = {"3.9.3", "3.9.4", "3.9.0", "3.8.5", "3.7.2", "3.5.10-SNAPSHOT"})
  void aClientThatWritesPasswordsIntoTheLogIsWarnedOfWithTheVersionThatDoesNot(String version) {
    assertThat(Libraries.adviceOnZooKeeper(version))
        .get()
        .asString()
        .contains("client " + version + " is", "org.apache.zookeeper:zookeeper in version 3.9.5");
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.9.5", "3.9.6", "3.10.0", "4.0.0", "3.8.6", "3.8.7", "unknown"})
  void anyOtherIsNot(String version) {
    assertThat(Libraries.adviceOnZooKeeper(version)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"5.7.0", "5.5.0", "4.3.0"})
  void anOlderLibraryIsRefusedWithWhatWasFoundAndWhatIsNeeded(String version) {
    assertThat(Libraries.problem("Curator", Optional.of(version), "5.7.1", "org:curator"))
        .get()
        .asString()
        .contains("Curator " + version, "5.7.1", "org:curator");
  }

  @ParameterizedTest
  @ValueSource(strings = {"5.7.1", "5.8.0", "5.10.0", "6.0.0"})
  void aNewerLibraryAndOneThatDoesNotTellItsVersionAreTaken(String version) {
    assertThat(Libraries.problem("Curator", Optional.of(version), "5.7.1", "org:curator"))
        .isEmpty();
    assertThat(Libraries.problem("Curator", Optional.empty(), "5.7.1", "org:curator")).isEmpty();
  }
}
