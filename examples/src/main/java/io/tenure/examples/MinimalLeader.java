package io.tenure.examples;

import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import java.time.Duration;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;

/**
 * The smallest leader. Start it twice with the same connection string; one of the two works. Now
 * kill the leader: the other goes on, with the next epoch, when the first one's session has ended.
 */
public final class MinimalLeader {

  private MinimalLeader() {}

  /**
   * Leads {@code /examples/minimal} for a number of units of work.
   *
   * @param args connection string and number of units
   */
  public static void main(String[] args) throws Exception {
    int units = Integer.parseInt(args[1]);
    try (CuratorFramework client =
        CuratorFrameworkFactory.newClient(args[0], new ExponentialBackoffRetry(100, 5))) {
      client.start();
      // README:begin
      try (LeaderElection election = LeaderElection.builder(client, "/examples/minimal").build();
          Lease lease = election.acquire()) {
        for (int unit = 1; unit <= units; unit++) {
          lease.renew(); // this thread makes progress
          lease.ensure(Duration.ofMillis(500)); // enough is left for the next side effect
          write(unit, lease.epoch()); // and the store refuses an older epoch
        }
      }
      // README:end
    }
  }

  private static void write(int unit, long epoch) {
    System.out.println("unit " + unit + " written with epoch " + epoch);
  }
}
