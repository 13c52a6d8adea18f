package io.tenure.internal.session;

import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Function;
import org.apache.curator.CuratorZookeeperClient;
import org.apache.curator.framework.CuratorFramework;

/**
 * One value for each client of the process, however many elections and readers share the client. It
 * is found by Curator's inner client, which the views of a client share, and goes with it: the
 * value must not refer to the client. Thread-safe.
 */
final class PerClient<T> {

  private final Map<CuratorZookeeperClient, T> values =
      Collections.synchronizedMap(new WeakHashMap<>());
  private final Function<CuratorFramework, T> maker;

  /**
   * Values that are made when they are first asked for.
   *
   * @param maker is called under a lock
   */
  PerClient(Function<CuratorFramework, T> maker) {
    this.maker = maker;
  }

  /** The client's value. */
  T of(CuratorFramework client) {
    return values.computeIfAbsent(client.getZookeeperClient(), inner -> maker.apply(client));
  }
}
