package io.tenure.internal.session;

import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ZKConfig;

/**
 * How long a reply may be: the client's {@code jute.maxbuffer}. A client that is sent a longer one
 * drops its connection, and with it all other requests; asked again, it does so again. So a list
 * that may be longer must not be asked for, and {@code numChildren} tells before.
 *
 * <p>Stateless.
 */
public final class PacketLimit {

  /** What a client takes unless told otherwise. */
  public static final int DEFAULT_BYTES = ZKClientConfig.CLIENT_MAX_PACKET_LENGTH_DEFAULT;

  private PacketLimit() {}

  /** What a handle takes. */
  public static int of(ZooKeeper handle) {
    return handle.getClientConfig().getInt(ZKConfig.JUTE_MAXBUFFER, DEFAULT_BYTES);
  }

  /** What a client takes; not to be called on ZooKeeper's event thread. */
  public static int of(CuratorFramework client) {
    try {
      return of(client.getZookeeperClient().getZooKeeper());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      // There is no handle now, as the next request will say.
    }
    return Integer.getInteger(ZKConfig.JUTE_MAXBUFFER, DEFAULT_BYTES);
  }
}
