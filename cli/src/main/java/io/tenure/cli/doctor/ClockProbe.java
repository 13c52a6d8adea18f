package io.tenure.cli.doctor;

import io.tenure.internal.session.ServerErrors;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;

/**
 * Reads the quorum leader's clock: the time at which a znode was made is that leader's. The znode
 * is ephemeral and deleted at once; if the answer to its creation or deletion is lost, it goes with
 * the session, which ends with this command.
 */
final class ClockProbe {

  /** What its znodes' names begin with. */
  static final String NAME = "tenure-doctor-probe-";

  private static final int TRIES = 5;

  /**
   * How far the quorum leader's clock is ahead of this machine's.
   *
   * @param uncertainty half the round trip: the truth is no further away than that
   */
  record Offset(Duration ahead, Duration uncertainty) {}

  private final CuratorFramework client;
  private final Clock clock;

  ClockProbe(CuratorFramework client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * Tries some times below the first of the parents that allows it; the quickest answer counts.
   *
   * @return empty if none does
   */
  Optional<Offset> measure(List<String> parents) throws InterruptedException {
    for (String parent : parents) {
      Optional<Offset> best = Optional.empty();
      for (int i = 0; i < TRIES; i++) {
        Optional<Offset> offset = once(parent);
        if (offset.isEmpty()) {
          break;
        } else if (best.isEmpty()
            || offset.get().uncertainty().compareTo(best.get().uncertainty()) < 0) {
          best = offset;
        }
      }
      if (best.isPresent()) {
        return best;
      }
    }
    return Optional.empty();
  }

  private Optional<Offset> once(String parent) throws InterruptedException {
    Stat stat = new Stat();
    try {
      Instant sent = clock.instant();
      long sentNanos = System.nanoTime();
      String path =
          client
              .create()
              .storingStatIn(stat)
              .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
              .withACL(ZooDefs.Ids.READ_ACL_UNSAFE)
              .forPath(parent + (parent.endsWith("/") ? "" : "/") + NAME, new byte[0]);
      Duration half = Duration.ofNanos((System.nanoTime() - sentNanos) / 2);
      client.delete().forPath(path);
      Instant made = Instant.ofEpochMilli(stat.getCtime());
      // The server's times are cut to milliseconds.
      return Optional.of(
          new Offset(Duration.between(sent.plus(half), made), half.plus(Duration.ofMillis(1))));
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoAuthException
        | KeeperException.NoNodeException
        | KeeperException.QuotaExceededException
        | KeeperException.NoChildrenForEphemeralsException e) {
      return Optional.empty(); // Not here; perhaps below another parent.
    } catch (Exception e) {
      throw ServerErrors.failed(e, parent, "create");
    }
  }
}
