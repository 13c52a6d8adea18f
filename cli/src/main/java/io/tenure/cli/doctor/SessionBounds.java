package io.tenure.cli.doctor;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * How short and how long sessions with one server may be. Immutable.
 *
 * @param server its name
 * @param min in milliseconds
 * @param minIsExact false if it may be less
 * @param max in milliseconds
 */
record SessionBounds(String server, int min, boolean minIsExact, int max) {

  /**
   * What is asked for to learn the least: a client with a shorter session gives up connecting too
   * soon.
   */
  private static final int VERY_LITTLE_MILLIS = 300;

  private static final int LITTLE_MILLIS = 3_000;
  private static final int VERY_MUCH_MILLIS = 86_400_000;

  /**
   * Finds them: by two sessions that are closed at once. Nothing else tells a client without
   * privileges.
   *
   * @return empty if the server gives no session
   */
  static Optional<SessionBounds> find(ServerAnswer server, ZKClientConfig config, Duration limit)
      throws InterruptedException {
    OptionalInt max = granted(server, config, limit, VERY_MUCH_MILLIS);
    if (max.isEmpty()) {
      return Optional.empty();
    }
    int asked = VERY_LITTLE_MILLIS;
    OptionalInt min = granted(server, config, limit, asked);
    if (min.isEmpty()) {
      asked = LITTLE_MILLIS; // It is far away.
      min = granted(server, config, limit, asked);
    }
    if (min.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new SessionBounds(server.name(), min.getAsInt(), min.getAsInt() > asked, max.getAsInt()));
  }

  /** What is granted where this is asked for. If the reply is lost, the session ends by itself. */
  private static OptionalInt granted(
      ServerAnswer server, ZKClientConfig config, Duration limit, int asked)
      throws InterruptedException {
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper session = null;
    try {
      session =
          new ZooKeeper(
              server.name(),
              asked,
              event -> {
                if (event.getState() == KeeperState.SyncConnected) {
                  connected.countDown();
                }
              },
              config);
      return connected.await(limit.toMillis(), TimeUnit.MILLISECONDS)
          ? OptionalInt.of(session.getSessionTimeout())
          : OptionalInt.empty();
    } catch (IOException | RuntimeException e) {
      return OptionalInt.empty(); // As if there were no answer; why, the other checks say.
    } finally {
      if (session != null) {
        session.close();
      }
    }
  }
}
