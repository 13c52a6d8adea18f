package io.tenure.internal.session;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.zookeeper.ZooKeeper;

/**
 * A session as seen through the handle that it was opened with. A handle never changes its session,
 * so a request that is sent through it can only be applied in that session, even if Curator
 * replaces the handle meanwhile.
 *
 * <p>Thread-safe, but for the evidence, which is confined to the monitor's event thread.
 */
final class Session {

  /**
   * A handle of the client.
   *
   * @param zooKeeper the handle
   * @param index how many handles the client had begun to make by then
   */
  record Handle(ZooKeeper zooKeeper, long index) {

    /**
     * Whether it is still the client's, as far as this process knows; without a lock. Curator
     * counts a new handle before it closes the old one, and a client is stopped before it closes
     * its handle: so this is false before a server is told to end the session.
     */
    boolean isAlive(CuratorFramework client) {
      return client.getState() == CuratorFrameworkState.STARTED
          && client.getZookeeperClient().getInstanceIndex() == index
          && zooKeeper.getState().isAlive();
    }
  }

  private final CuratorFramework client;
  private final Handle handle;
  private final long id;
  private final QuorumEvidence evidence;
  private final LongSupplier connectionTimeoutNanos;

  /**
   * Begins with a connected handle.
   *
   * @param bornAfter a moment at which the session did not exist yet, if one is known
   */
  Session(
      CuratorFramework client, Handle handle, SessionTiming timing, Optional<Moment> bornAfter) {
    this.client = client;
    this.handle = handle;
    this.id = handle.zooKeeper().getSessionId();
    this.connectionTimeoutNanos =
        () -> TimeUnit.MILLISECONDS.toNanos(handle.zooKeeper().getSessionTimeout());
    this.evidence = new QuorumEvidence(timing, connectionTimeoutNanos.getAsLong(), bornAfter);
  }

  long id() {
    return id;
  }

  ZooKeeper handle() {
    return handle.zooKeeper();
  }

  QuorumEvidence evidence() {
    return evidence;
  }

  /** The timeout that the server of the present connection, or of the last one, has granted. */
  LongSupplier connectionTimeoutNanos() {
    return connectionTimeoutNanos;
  }

  boolean isAlive() {
    return handle.isAlive(client);
  }
}
