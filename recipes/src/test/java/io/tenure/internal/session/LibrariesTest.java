package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

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
}
