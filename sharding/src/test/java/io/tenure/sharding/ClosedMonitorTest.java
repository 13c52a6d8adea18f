package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.lease.NextStep;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.ElectionClosedException;
import io.tenure.testing.ZooKeeperFixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Nothing is built on a monitor that was closed. */
@Timeout(60)
class ClosedMonitorTest {

  @RegisterExtension static final ZooKeeperFixture zk = new ZooKeeperFixture();

  @Test
  void neitherAWorkerNorADirectoryIsBuiltOnAClosedMonitor() {
    SessionMonitor monitor = zk.monitor(zk.client());
    monitor.close();

    assertThatThrownBy(
            () ->
                ShardWorker.builder(monitor, "/closed")
                    .tasks(shard -> lease -> NextStep.done("never begun"))
                    .build())
        .isInstanceOf(ElectionClosedException.class)
        .hasMessageContaining("monitor");
    assertThatThrownBy(() -> ShardDirectory.of(monitor, "/closed"))
        .isInstanceOf(ElectionClosedException.class);
  }
}
