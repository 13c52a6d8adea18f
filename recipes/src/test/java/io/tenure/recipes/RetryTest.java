package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a wait that goes on is said to wait for. */
@Timeout(60)
class RetryTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @Test
  void aWaitThatGoesOnThoughThereIsAConnectionNamesNoMissingConnection() {
    Monitor monitor = zk.monitor(zk.client()).internal();
    try (LogLines log = LogLines.of(RetryTest.class.getName())) {
      monitor.execute(
          () -> {
            Retry retry = new Retry(monitor, Log.of(RetryTest.class), "a test waits");
            retry.whenConnected(() -> {});
            retry.connected();
          });
      await().atMost(20, TimeUnit.SECONDS).until(() -> !log.warnings().isEmpty());
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains("connected since")
          .doesNotContain("no server of");
    }
  }
}
