package io.tenure.endtoend;

import io.tenure.recipes.SessionMonitor;
import io.tenure.testing.ZooKeeperFixture;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;

/** The client of a process under test. It ends with the process, without a close. */
record MonitoredClient(CuratorFramework client, SessionMonitor monitor) {

  /** A client that is started, with its monitor, which knows the fixture's server. */
  static MonitoredClient start(String connectString) {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(
            connectString,
            (int) ZooKeeperFixture.SESSION_TIMEOUT.toMillis(),
            1000,
            new RetryNTimes(3, 100));
    SessionMonitor monitor =
        SessionMonitor.builder(client).tickTime(ZooKeeperFixture.TICK_TIME).build();
    client.start();
    return new MonitoredClient(client, monitor);
  }
}
