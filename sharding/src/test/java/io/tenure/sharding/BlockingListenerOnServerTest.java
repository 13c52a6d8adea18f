package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.recipes.ElectionListener;
import io.tenure.recipes.LeaderElection;
import io.tenure.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A listener that never returns keeps only its own calls waiting, from the first call on. */
@Timeout(120)
class BlockingListenerOnServerTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final CountDownLatch opens = new CountDownLatch(1);
  private final CountDownLatch blocked = new CountDownLatch(1);
  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, "/orders");
  }

  @AfterEach
  void open() {
    opens.countDown();
  }

  private void block() {
    blocked.countDown();
    try {
      opens.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final WorkerListener blocking =
      new WorkerListener() {
        @Override
        public void stateChanged(WorkerState state) {
          block();
        }
      };

  @Test
  void itKeepsNeitherTheStartNorTheCoordinatorNorTheEndOfALeaseNorTheCloseWaiting()
      throws Exception {
    Workers.Member member =
        workers.start("w-1", b -> b.shards(ShardSet.numbered(4)).listener(blocking));
    assertThat(blocked.await(20, TimeUnit.SECONDS)).isTrue();
    workers.awaitHeld(4);
    assertThat(member.worker().snapshot().coordinator()).isTrue();
    Lease lease = workers.leaseOf("2");
    workers
        .observer()
        .setData()
        .forPath("/orders/shards/2/leader", "revoke".getBytes(StandardCharsets.US_ASCII));
    Ended how = lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(how.end().word()).isEqualTo("revoked");
    member.worker().drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
    member.worker().close();
    assertThat(opens.getCount()).isEqualTo(1);
  }

  @Test
  void aDependentOfTheStartThatBlocksKeepsTheWorkerFromNothing() throws Exception {
    Workers.Member member = workers.make("w-1", b -> b.shards(ShardSet.numbered(4)));
    member.worker().start().thenRun(this::block);
    assertThat(blocked.await(20, TimeUnit.SECONDS)).isTrue();
    workers.awaitHeld(4);
    member.worker().close();
  }

  @Test
  void anElectionWhoseListenerBlocksIsElectedAndEndsAndSoAreOthersOfItsClient() throws Exception {
    Workers.Member member = workers.make("w-1", b -> b.shards(ShardSet.numbered(1)));
    try (LeaderElection one =
            LeaderElection.builder(member.monitor(), "/billing/one")
                .listener(
                    new ElectionListener() {
                      @Override
                      public void elected(Lease lease) {
                        block();
                      }
                    })
                .build();
        LeaderElection other = LeaderElection.builder(member.monitor(), "/billing/two").build()) {
      Lease first = one.tryAcquire(Duration.ofSeconds(20)).orElseThrow();
      assertThat(blocked.await(20, TimeUnit.SECONDS)).isTrue();
      other.tryAcquire(Duration.ofSeconds(20)).orElseThrow().close();
      first.close();
      assertThat(first.ended().toCompletableFuture().get(20, TimeUnit.SECONDS).recorded()).isTrue();
      one.tryAcquire(Duration.ofSeconds(20)).orElseThrow().close();
    }
  }
}
