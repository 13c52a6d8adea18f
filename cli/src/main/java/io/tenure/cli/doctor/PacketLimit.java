package io.tenure.cli.doctor;

import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ZKConfig;

/**
 * How long a request or an answer may be: {@code jute.maxbuffer}. A client that is sent a longer
 * one drops its connection, and a server that is sent one drops the client. Stateless.
 */
final class PacketLimit {

  /** What servers take unless told otherwise; what they were told, they do not tell. */
  static final long SERVERS_DEFAULT = 0xfffff;

  private static final int LENGTH_BYTES = 4;
  private static final int HEADER_BYTES = 100;
  private static final int LIKELY_NAME_BYTES = 30;

  private PacketLimit() {}

  /** What this client takes. */
  static long of(CuratorFramework client) {
    ZKClientConfig config;
    try {
      config = client.getZookeeperClient().getZooKeeper().getClientConfig();
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return SERVERS_DEFAULT; // There is no connection now, as the next read will tell.
    }
    return config.getInt(ZKConfig.JUTE_MAXBUFFER, ZKClientConfig.CLIENT_MAX_PACKET_LENGTH_DEFAULT);
  }

  /** What a list of children takes. Names are mostly ASCII. */
  static long listBytes(List<String> names) {
    return HEADER_BYTES + names.stream().mapToLong(name -> LENGTH_BYTES + name.length()).sum();
  }

  /** What so many names take at least. */
  static long leastListBytes(int names) {
    return names * (LENGTH_BYTES + 1L);
  }

  /** What so many names take, as Tenure names most of its znodes. */
  static long likelyListBytes(int names) {
    return names * (LENGTH_BYTES + (long) LIKELY_NAME_BYTES);
  }
}
