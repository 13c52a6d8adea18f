package io.tenure.endtoend;

import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import io.tenure.testing.ZooKeeperFixture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.recipes.leader.LeaderLatch;

/**
 * A process that leads twice in one session: by a lease, and by a plain latch. It asks both all the
 * time, and prints what they say in the first instructions after a pause.
 */
public final class PausedProcess {

  private PausedProcess() {}

  /** Takes the connection string; runs until it is killed. */
  public static void main(String[] args) throws Exception {
    long sessionNanos = ZooKeeperFixture.SESSION_TIMEOUT.toNanos();
    MonitoredClient own = MonitoredClient.start(args[0]);
    LeaderLatch latch = new LeaderLatch(own.client(), "/plain");
    latch.start();
    latch.await();
    Lease lease =
        LeaderElection.builder(own.monitor(), "/tenure").candidateId("paused").build().acquire();
    System.out.println("leads twice");
    long renewed = System.nanoTime();
    long last = System.nanoTime();
    while (true) {
      long now = System.nanoTime();
      boolean held = lease.isHeld();
      boolean leads = latch.hasLeadership();
      if (now - last > sessionNanos) {
        System.out.println(
            "woke after "
                + TimeUnit.NANOSECONDS.toMillis(now - last)
                + " ms: lease.isHeld()="
                + held
                + " latch.hasLeadership()="
                + leads);
        return;
      }
      last = now;
      if (held && now - renewed > sessionNanos / 20) {
        lease.renew();
        renewed = now;
      }
      Thread.onSpinWait();
    }
  }
}
