package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tenure.testing.ZooKeeperFixture;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a client says that has no handle, before its start and after its end. */
@Timeout(60)
class ClosedHandleTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private static IllegalStateException complaint(CuratorFramework client) {
    return catchThrowableOfType(
        IllegalStateException.class, () -> client.getZookeeperClient().getZooKeeper());
  }

  @Test
  void aClientThatIsStartedWhileItIsAskedWasNotClosed() throws Exception {
    CuratorFramework client =
        zk.closeLater(
            CuratorFrameworkFactory.newClient(
                zk.server().getConnectString(), new RetryNTimes(3, 50)));
    long before = client.getZookeeperClient().getInstanceIndex();
    IllegalStateException complaint = complaint(client);
    client.start();
    assertThat(client.getZookeeperClient().getZooKeeper()).isNotNull();
    assertThat(ClosedHandle.isInnerClientClosed(client, before, complaint)).isFalse();

    long started = client.getZookeeperClient().getInstanceIndex();
    client.getZookeeperClient().close();
    assertThat(ClosedHandle.isInnerClientClosed(client, started, complaint(client))).isTrue();
  }
}
