package io.tenure.internal.session;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.curator.framework.CuratorFramework;

/**
 * How many bytes the ephemeral nodes of one session come to when it ends. A server writes the end
 * of a session as one transaction that names each of them, and reads no transaction from its log
 * that is longer than {@code jute.maxbuffer} and its {@code extrasize} together, which are equally
 * large by default: it does not start again then (ZOOKEEPER-4306). No server refuses to write it.
 *
 * <p>Stateless.
 */
public final class EphemeralBytes {

  /** What servers read by default. */
  public static final int SERVERS_DEFAULT = 2 * 0xfffff;

  /** What Tenure's nodes of one session come to at most, unless told otherwise. */
  public static final int DEFAULT_BOUND = SERVERS_DEFAULT / 2;

  /** Each path is written behind its length. */
  private static final int LENGTH_BYTES = 4;

  private EphemeralBytes() {}

  /** What a node takes. */
  public static int of(CuratorFramework client, String path) {
    return of(rootBytes(client), path);
  }

  /** The same, where the bytes that the server has before the client's paths are known. */
  public static int of(int rootBytes, String path) {
    return LENGTH_BYTES + rootBytes + path.getBytes(StandardCharsets.UTF_8).length;
  }

  /** How long the chroot and the namespace are, which the server has before a client's paths. */
  public static int rootBytes(CuratorFramework client) {
    String connect =
        Objects.requireNonNullElse(client.getZookeeperClient().getCurrentConnectionString(), "");
    int slash = connect.indexOf('/');
    int chroot = slash < 0 ? 0 : connect.substring(slash).getBytes(StandardCharsets.UTF_8).length;
    String namespace = Objects.requireNonNullElse(client.getNamespace(), "");
    return chroot
        + (namespace.isEmpty() ? 0 : 1 + namespace.getBytes(StandardCharsets.UTF_8).length);
  }
}
