package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.scope.Transition;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How tasks are run: in which order, on which threads, and how busy that makes the worker. */
@Timeout(120)
class ExecutionOnServerTest {

  private static final long STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, "/orders");
  }

  private static void busyFor(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }

  private static WorkerListener noting(Map<String, Throwable> failures) {
    return new WorkerListener() {
      @Override
      public void failed(String shard, Throwable cause) {
        failures.put(shard, cause);
      }
    };
  }

  /**
   * A round of all shards takes much longer than the machine may keep one thread from running, and
   * the session longer still: so the turns that a shard has are the pool's doing alone.
   */
  @Test
  void thousandsOfShardsShareFewThreadsFairly() throws Exception {
    int shards = 2_000;
    Map<String, AtomicInteger> steps = new ConcurrentHashMap<>();
    Set<Thread> threads = Collections.newSetFromMap(new ConcurrentHashMap<>());
    CompletableFuture<Void> enough = new CompletableFuture<>();
    new Workers(zk, "/many", ZooKeeperFixture.PATIENT_SESSION)
        .start(
            "w-1",
            b ->
                b.shards(ShardSet.numbered(shards))
                    .concurrency(4)
                    .tasks(
                        shard ->
                            lease -> {
                              threads.add(Thread.currentThread());
                              AtomicInteger own =
                                  steps.computeIfAbsent(shard, any -> new AtomicInteger());
                              if (steps.size() == shards) {
                                LockSupport.parkNanos(STEP_NANOS);
                                if (own.incrementAndGet() == 20) {
                                  enough.complete(null);
                                }
                              }
                              return NextStep.again();
                            }));
    enough.get(60, TimeUnit.SECONDS);
    int least = steps.values().stream().mapToInt(AtomicInteger::get).min().orElse(0);
    assertThat(least)
        .as("turns of the shard with the fewest, when another has had 20")
        .isGreaterThan(16);
    assertThat(threads).hasSizeLessThanOrEqualTo(4);
  }

  @Test
  void stepsRunOnVirtualThreadsWhereTheJvmHasThem() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    workers.start(
        "w-1",
        b ->
            b.shards(ShardSet.numbered(1))
                .tasks(
                    shard ->
                        lease -> {
                          thread.complete(Thread.currentThread());
                          return NextStep.after(Duration.ofSeconds(1));
                        }));
    Thread used = thread.get(20, TimeUnit.SECONDS);
    assertThat(used.getName()).startsWith("tenure-step-");
    boolean virtual =
        Runtime.version().feature() >= 21
            && (boolean) Thread.class.getMethod("isVirtual").invoke(used);
    assertThat(virtual).isEqualTo(Runtime.version().feature() >= 21);
  }

  @Test
  void stepsRunOnTheUsersExecutorIfThereIsOne() throws Exception {
    ExecutorService own = Executors.newFixedThreadPool(2, task -> new Thread(task, "my-pool"));
    try {
      Set<String> names = ConcurrentHashMap.newKeySet();
      Workers.Member member =
          workers.start(
              "w-1",
              b ->
                  b.shards(ShardSet.numbered(20))
                      .executor(own)
                      .tasks(
                          shard ->
                              workers.new Watched("w-1", shard) {
                                @Override
                                public NextStep step(Lease lease) throws Exception {
                                  names.add(Thread.currentThread().getName());
                                  return super.step(lease);
                                }
                              }));
      workers.awaitHeld(20);
      workers.await(() -> assertThat(names).containsExactly("my-pool"));
      member.worker().close();
      assertThat(own.isShutdown()).isFalse();
    } finally {
      own.shutdown();
    }
  }

  @Test
  void leasesOfTasksThatPauseLongerThanTheirLeaseAreKept() throws Exception {
    List<Lease> leases = new CopyOnWriteArrayList<>();
    workers.start(
        "w-1",
        b ->
            b.shards(ShardSet.numbered(50))
                .leaseDuration(Duration.ofMillis(600))
                .tasks(
                    shard ->
                        lease -> {
                          leases.add(lease);
                          return NextStep.after(Duration.ofHours(1));
                        }));
    workers.await(() -> assertThat(leases).hasSize(50));
    long begin = System.nanoTime();
    workers.await(
        () -> assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.SECONDS.toNanos(3)));
    assertThat(leases).hasSize(50).allMatch(Lease::isHeld);
  }

  @Test
  void utilizationTellsWhichShardIsBusyAndThatTheWorkerIsOverloaded() throws Exception {
    CompletableFuture<Utilization> overloaded = new CompletableFuture<>();
    Workers.Member member =
        workers.start(
            "w-1",
            b ->
                b.shards(ShardSet.numbered(4))
                    .concurrency(1)
                    .overloadThreshold(0.2)
                    .listener(
                        new WorkerListener() {
                          @Override
                          public void overloaded(Utilization utilization) {
                            overloaded.complete(utilization);
                          }
                        })
                    .tasks(
                        shard ->
                            lease -> {
                              if (shard.equals("2")) {
                                busyFor(Duration.ofMillis(30));
                                return NextStep.after(Duration.ofMillis(30));
                              }
                              return NextStep.after(Duration.ofSeconds(1));
                            }));
    Utilization worker = overloaded.get(60, TimeUnit.SECONDS);
    assertThat(worker.ratio()).as("the threshold").isGreaterThanOrEqualTo(0.2);
    WorkerSnapshot snapshot = member.worker().snapshot();
    Map<String, WorkerSnapshot.LedShard> led = new ConcurrentHashMap<>();
    snapshot.led().forEach(shard -> led.put(shard.shard(), shard));
    // How busy exactly, WorkerLoadTest tells with a clock of its own.
    assertThat(led.values())
        .filteredOn(shard -> !shard.shard().equals("2"))
        .hasSize(3)
        .allSatisfy(
            idle ->
                assertThat(idle.utilization().ratio())
                    .isLessThan(led.get("2").utilization().ratio()));
    workers.await(
        () ->
            assertThat(ShardGroup.of(workers.observer(), "/orders").workers().get(0).utilization())
                .isPositive());
  }

  @Test
  void aHotWorkerShedsShardsToOneThatIsIdle() throws Exception {
    LoadBalancing balancing = new LoadBalancing(Duration.ofSeconds(12), 0.15, 3);
    Set<String> heavy = Set.of("0", "1", "2", "3");
    for (String id : List.of("w-1", "w-2")) {
      workers.start(
          id,
          b ->
              b.shards(ShardSet.numbered(8))
                  .concurrency(1)
                  .loadBalancing(balancing)
                  .tasks(
                      shard ->
                          workers.new Watched(id, shard) {
                            @Override
                            public NextStep step(Lease lease) {
                              if (heavy.contains(shard)) {
                                busyFor(Duration.ofMillis(20));
                              }
                              return NextStep.after(Duration.ofMillis(60));
                            }
                          }));
      if (id.equals("w-1")) { // It leads all, and keeps what stands first.
        workers.awaitLoads(Map.of("w-1", 8));
      }
    }
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    assertThat(workers.heldBy("w-1")).containsExactlyInAnyOrderElementsOf(heavy);
    workers.await(() -> assertThat(workers.heldBy("w-2")).containsAnyElementsOf(heavy));
    workers.verify();
    String moved = workers.heldBy("w-2").stream().filter(heavy::contains).findFirst().orElseThrow();
    assertThat(workers.trail(moved).get(1))
        .matches("resigned w-1 \\(handoff: w-1 is busier than others \\(\\d+%\\)\\)");
  }

  @Test
  void aTaskThatFailsIsReportedAndItsShardIsTriedElsewhere() throws Exception {
    Map<String, Throwable> failed = new ConcurrentHashMap<>();
    workers.start(
        "w-1",
        b ->
            b.shards(ShardSet.numbered(6))
                .listener(noting(failed))
                .tasks(
                    shard ->
                        switch (shard) {
                          case "1" -> throw new IllegalStateException("no task for 1");
                          case "2" ->
                              lease -> {
                                throw new IllegalStateException("cannot step 2");
                              };
                          default -> workers.new Watched("w-1", shard);
                        }));
    workers.await(() -> assertThat(failed).containsOnlyKeys("1", "2"));
    assertThat(failed.get("1")).hasMessage("no task for 1");
    workers.start("w-2", b -> b.shards(ShardSet.numbered(6)));
    workers.await(
        () -> {
          assertThat(workers.holder("1")).contains("w-2");
          assertThat(workers.holder("2")).contains("w-2");
          assertThat(workers.held()).hasSize(6);
        });
    assertThat(workers.trail("2"))
        .contains("failed w-1 (step threw java.lang.IllegalStateException: cannot step 2)");
    workers.verify();
  }

  @Test
  void aTaskCanHandItsShardOver() throws Exception {
    workers.start(
        "w-1",
        b ->
            b.shards(ShardSet.numbered(2))
                .tasks(
                    shard ->
                        workers.new Watched("w-1", shard) {
                          @Override
                          public NextStep step(Lease lease) throws Exception {
                            super.step(lease);
                            return shard.equals("1") && lease.epoch() > 1
                                ? NextStep.handOver("I am the wrong one")
                                : NextStep.after(Duration.ofMillis(50));
                          }
                        }));
    workers.awaitLoads(Map.of("w-1", 2));
    workers.start("w-2", b -> b.shards(ShardSet.numbered(2)));
    workers.await(() -> assertThat(workers.held().get("1")).isGreaterThanOrEqualTo(2));
    workers.verify();
  }

  @Test
  void aSuccessorThatCannotGetReadyLeavesTheShardWhereItIs() throws Exception {
    workers.start("w-1", b -> b.shards(ShardSet.numbered(4)));
    workers.awaitLoads(Map.of("w-1", 4));
    AtomicInteger tries = new AtomicInteger();
    workers.start(
        "w-2",
        b ->
            b.shards(ShardSet.numbered(4))
                .tasks(
                    shard ->
                        workers.new Watched("w-2", shard) {
                          @Override
                          public void warmUp() {
                            tries.incrementAndGet();
                            throw new IllegalStateException("not ready");
                          }
                        }));
    workers.await(() -> assertThat(tries.get()).isGreaterThanOrEqualTo(2));
    assertThat(workers.heldBy("w-1")).hasSize(4);
    assertThat(workers.held().values()).allMatch(epoch -> epoch == 1);
    workers.verify();
  }

  @Test
  void stopAndLostAreNeverBothCalled() throws Exception {
    Workers.Member first = workers.start("w-1", b -> b.shards(ShardSet.numbered(8)));
    workers.awaitHeld(8);
    first.crash();
    workers.await(
        () ->
            assertThat(workers.events.stream().filter(e -> e.startsWith("lost")).count())
                .isEqualTo(8));
    first.heal();
    workers.awaitHeld(8);
    first.worker().close();
    assertThat(workers.events.stream().filter(e -> e.startsWith("stop")).count()).isEqualTo(8);
    assertThat(workers.events.stream().filter(e -> e.startsWith("prepare")).count()).isEqualTo(16);
    workers.verify();
  }

  @Test
  void whatAStepThrowsAfterItsLeaseIsNoFailure() throws Exception {
    Map<String, Throwable> failed = new ConcurrentHashMap<>();
    Workers.Member first =
        workers.start(
            "w-1",
            b ->
                b.shards(ShardSet.numbered(1))
                    .listener(noting(failed))
                    .tasks(
                        shard ->
                            workers.new Watched("w-1", shard) {
                              @Override
                              public NextStep step(Lease lease) throws Exception {
                                while (lease.isHeld()) {
                                  busyFor(Duration.ofMillis(20));
                                }
                                throw new IllegalStateException("the store refuses epoch 1");
                              }

                              @Override
                              public void stop(Lease lease, Transition.End why) {
                                throw new AssertionError("stopped without a lease");
                              }
                            }));
    workers.await(
        () -> assertThat(workers.events).anyMatch(e -> e.startsWith("lost 0 w-1 1 lapsed")));
    assertThat(failed).isEmpty();
    first.worker().close();
    workers.verify();
  }
}
