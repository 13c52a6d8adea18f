package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Executors of the user's that do not do what an executor should, and what that costs whom. */
@Timeout(120)
class UserExecutorOnServerTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private final Map<String, AtomicInteger> steps = new ConcurrentHashMap<>();
  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, "/orders");
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private ShardTask counting(String worker, String shard) {
    return workers.new Watched(worker, shard) {
      @Override
      public NextStep step(Lease lease) throws Exception {
        super.step(lease);
        steps.computeIfAbsent(shard, any -> new AtomicInteger()).incrementAndGet();
        return NextStep.after(Duration.ofMillis(20));
      }
    };
  }

  private Workers.Member start(String id, int shards, Executor executor, Duration lease)
      throws Exception {
    return workers.start(
        id,
        b ->
            b.shards(ShardSet.numbered(shards))
                .executor(executor)
                .leaseDuration(lease)
                .tasks(shard -> counting(id, shard)));
  }

  /** Every shard of the group takes so many steps from now on. */
  private void awaitSteps(int shards, int more) {
    steps.clear();
    workers.await(
        () -> {
          assertThat(steps).hasSize(shards);
          assertThat(steps.values()).allMatch(count -> count.get() >= more);
        });
  }

  @Test
  void aStepThatIsRejectedOnceRunsAfterAPauseInTheSameTenure() throws Exception {
    Map<Thread, AtomicInteger> submits = new ConcurrentHashMap<>();
    AtomicInteger rejected = new AtomicInteger();
    Executor nowAndThen =
        step -> {
          int nth =
              submits
                  .computeIfAbsent(Thread.currentThread(), any -> new AtomicInteger())
                  .incrementAndGet();
          if (nth % 5 == 0) {
            rejected.incrementAndGet();
            throw new RejectedExecutionException("now and then");
          }
          threads.execute(step);
        };
    start("w-1", 20, nowAndThen, Duration.ofSeconds(5));
    workers.awaitHeld(20);
    awaitSteps(20, 30);
    assertThat(rejected.get()).isGreaterThan(20);
    assertThat(workers.held().values()).allMatch(epoch -> epoch == 1);
    workers.verify();
  }

  @Test
  void shardsOfAPoolThatIsTooSmallAllGoOn() throws Exception {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(2, 2, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(4));
    try {
      start("w-1", 30, pool, Duration.ofSeconds(5));
      workers.awaitHeld(30);
      awaitSteps(30, 5);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void leasesAreNotRenewedForAnExecutorThatRejectsAndRunAgainWhenItAccepts() throws Exception {
    AtomicInteger mode = new AtomicInteger();
    Executor door =
        step -> {
          if (mode.get() == 1) {
            throw new RejectedExecutionException("closed");
          }
          threads.execute(step);
        };
    start("w-1", 6, door, Duration.ofSeconds(1));
    workers.awaitHeld(6);
    mode.set(1);
    workers.await(() -> assertThat(workers.held()).isEmpty());
    workers.await(
        () -> {
          for (int shard = 0; shard < 6; shard++) {
            assertThat(workers.trail("" + shard)).anyMatch(line -> line.startsWith("lapsed"));
          }
        });
    mode.set(2);
    workers.awaitHeld(6);
    awaitSteps(6, 3);
    assertThat(workers.events.stream().filter(event -> event.startsWith("lost")))
        .as("told when there was a thread to tell them")
        .hasSize(6);
    workers.verify();
  }

  @Test
  void aStepThatTheExecutorLosesIsSubmittedAgain() throws Exception {
    AtomicInteger taken = new AtomicInteger();
    Executor forgetful =
        step -> {
          if (taken.incrementAndGet() != 8) {
            threads.execute(step);
          }
        };
    start("w-1", 4, forgetful, Duration.ofMillis(800));
    workers.awaitHeld(4);
    workers.await(() -> assertThat(taken.get()).isGreaterThan(8));
    awaitSteps(4, 3);
  }

  @Test
  void anExecutorThatRunsStepsOnItsCallerRunsNone() throws Exception {
    Workers.Member bad = start("w-1", 4, Runnable::run, Duration.ofSeconds(1));
    start("w-2", 4, threads, Duration.ofSeconds(5));
    workers.awaitLoads(Map.of("w-2", 4));
    assertThat(steps).isNotEmpty();
    assertThat(bad.worker().snapshot().state()).isEqualTo(WorkerState.ACTIVE);
    assertThat(workers.events).noneMatch(event -> event.contains(" w-1"));
  }

  @Test
  void anExecutorThatBlocksKeepsNobodyElseWaiting() throws Exception {
    CountDownLatch opens = new CountDownLatch(1);
    Workers.Member bad =
        start(
            "w-1",
            4,
            step -> {
              try {
                opens.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            Duration.ofSeconds(1));
    try (LeaderElection other =
            LeaderElection.builder(bad.monitor(), "/billing/nightly-close").build();
        Lease lease = other.tryAcquire(Duration.ofSeconds(20)).orElseThrow()) {
      assertThat(lease.isHeld()).isTrue();
    }
    start("w-2", 4, threads, Duration.ofSeconds(5));
    workers.awaitLoads(Map.of("w-2", 4));
    assertThat(List.of(WorkerState.ACTIVE)).contains(bad.worker().snapshot().state());
    opens.countDown();
  }
}
