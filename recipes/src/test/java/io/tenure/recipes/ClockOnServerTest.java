package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.Lease;
import io.tenure.lease.LeaseClock;
import io.tenure.scope.Transition;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Leases under clocks that jump, on a real server. */
@Timeout(60)
class ClockOnServerTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  /** The machine's clocks, and what a test adds to them. */
  private static final class JumpingClock implements LeaseClock {
    final AtomicLong addedNanos = new AtomicLong();
    final AtomicLong addedMillis = new AtomicLong();

    @Override
    public long monotonicNanos() {
      return System.nanoTime() + addedNanos.get();
    }

    @Override
    public long wallMillis() {
      return System.currentTimeMillis() + addedMillis.get();
    }
  }

  private final JumpingClock clock = new JumpingClock();

  private Lease acquire() throws Exception {
    SessionMonitor monitor =
        zk.closeLater(
            SessionMonitor.builder(zk.client())
                .tickTime(ZooKeeperFixture.TICK_TIME)
                .clock(clock)
                .build());
    return zk.closeLater(
            LeaderElection.builder(monitor, "/clock")
                .candidateId("w-1")
                .leaseDuration(ZooKeeperFixture.SESSION_TIMEOUT)
                .build())
        .acquire();
  }

  @Test
  void aPauseIsNoticedByTheFirstCheckAfterIt() throws Exception {
    Lease lease = acquire();
    clock.addedNanos.addAndGet(ZooKeeperFixture.SESSION_TIMEOUT.toNanos());
    assertThat(lease.isHeld()).isFalse();
    clock.addedNanos.set(0);
    assertThat(lease.isHeld()).as("once over, for good").isFalse();
    assertThat(lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS).end())
        .isInstanceOf(Transition.Lapsed.class);
  }

  @Test
  void aSuspendedMachineWhoseMonotonicClockStoodStillIsNoticed() throws Exception {
    Lease lease = acquire();
    clock.addedMillis.addAndGet(Duration.ofMinutes(10).toMillis());
    assertThat(lease.remaining()).isZero();
    assertThat(lease.isHeld()).isFalse();
  }

  @Test
  void aWallClockSetBackNeitherEndsNorLengthensALease() throws Exception {
    Lease lease = acquire();
    Duration before = lease.remaining();
    clock.addedMillis.addAndGet(-Duration.ofDays(365).toMillis());
    // The wall clock counts in milliseconds, so its bound may have been one shorter.
    assertThat(lease.remaining()).isLessThanOrEqualTo(before.plusMillis(1));
    assertThat(lease.renew()).isLessThan(ZooKeeperFixture.SESSION_TIMEOUT);
    assertThat(lease.isHeld()).isTrue();
  }

  @Test
  void aWorkerThatRenewsKeepsItsTenureForManySessionTimeouts() throws Exception {
    Lease lease = acquire();
    Duration step = ZooKeeperFixture.SESSION_TIMEOUT.dividedBy(6);
    for (int i = 0; i < 30; i++) {
      clock.addedNanos.addAndGet(step.toNanos());
      clock.addedMillis.addAndGet(step.toMillis());
      assertThat(lease.renew()).as("after %s steps", i + 1).isPositive();
    }
    assertThat(lease.epoch()).isEqualTo(1);
    assertThat(ZooKeeperFixture.trail(zk.client(), "/clock"))
        .containsExactly("0000000001-elected-w-1");
  }
}
