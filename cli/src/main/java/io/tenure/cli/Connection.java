package io.tenure.cli;

import java.time.Duration;
import org.apache.curator.framework.CuratorFramework;

/**
 * A connection to ZooKeeper, for as long as a command runs.
 *
 * @param client started and connected
 * @param connect the addresses, as they were given
 * @param limit how long it was tried, and is tried again when the connection is lost
 */
record Connection(CuratorFramework client, String connect, Duration limit)
    implements AutoCloseable {

  @Override
  public void close() {
    client.close();
  }
}
