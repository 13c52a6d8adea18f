package io.tenure.testing;

import static org.awaitility.Awaitility.await;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/**
 * The connection of a client to a server behind a {@link FaultProxy}: loses it again and again in
 * one session, and counts the watchers that the client holds meanwhile.
 *
 * <p>The client's own answer to a lost connection is to sleep for up to a second; the sleep is cut
 * short, so that a hundred reconnects take a few seconds.
 */
public final class ClientConnection {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final CuratorFramework client;
  private final FaultProxy proxy;
  private final ZooKeeper handle;
  private final AtomicInteger connections = new AtomicInteger();

  /** A connected client's. */
  public ClientConnection(CuratorFramework client, FaultProxy proxy) throws Exception {
    this.client = client;
    this.proxy = proxy;
    this.handle = client.getZookeeperClient().getZooKeeper();
    client
        .getCuratorListenable()
        .addListener(
            (curator, event) -> {
              if (event.getWatchedEvent() != null
                  && event.getWatchedEvent().getState() == KeeperState.SyncConnected
                  && event.getWatchedEvent().getType() == Watcher.Event.EventType.None) {
                connections.incrementAndGet();
              }
            });
  }

  /** Loses the connection and waits for the next one, so many times. */
  public void loseAndReturn(int times) throws Exception {
    long session = handle.getSessionId();
    for (int i = 0; i < times; i++) {
      int before = connections.get();
      proxy.dropConnections();
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .until(
              () -> {
                wakeReconnecting();
                return connections.get() > before
                    && handle.getState() == ZooKeeper.States.CONNECTED;
              });
      // What the new connection has led to was sent before this, and is answered before this.
      client.sync().forPath("/");
    }
    if (client.getZookeeperClient().getZooKeeper() != handle || handle.getSessionId() != session) {
      throw new IllegalStateException("the session has ended");
    }
  }

  private static void wakeReconnecting() {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().contains("-SendThread(")
          && thread.getState() == Thread.State.TIMED_WAITING) {
        thread.interrupt();
      }
    }
  }

  /** How many watchers the client holds for each path, except for those of Curator itself. */
  public Map<String, Integer> watchers() throws Exception {
    return watchers(handle);
  }

  /** How many watchers a handle holds for each path, except for those of Curator itself. */
  public static Map<String, Integer> watchers(ZooKeeper handle) throws Exception {
    Method manager = ZooKeeper.class.getDeclaredMethod("getWatchManager");
    manager.setAccessible(true);
    Object watches = manager.invoke(handle);
    Map<String, Integer> counts = new TreeMap<>();
    for (String kind :
        List.of(
            "dataWatches",
            "existWatches",
            "childWatches",
            "persistentWatches",
            "persistentRecursiveWatches")) {
      Field field = watches.getClass().getDeclaredField(kind);
      field.setAccessible(true);
      @SuppressWarnings("unchecked")
      Map<String, Set<Watcher>> held = (Map<String, Set<Watcher>>) field.get(watches);
      synchronized (held) {
        held.forEach((path, watchers) -> counts.merge(path, watchers.size(), Integer::sum));
      }
    }
    counts.remove("/zookeeper/config");
    return counts;
  }
}
