package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Shards that fail cost only their own availability, however they fail. */
@Timeout(120)
class FailingShardsOnServerTest {

  private static final Set<String> POISON = Set.of("0", "1", "2", "3", "4");
  private static final int ENOUGH = 6;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final Map<String, AtomicInteger> failures = new ConcurrentHashMap<>();
  private volatile boolean poisoned;
  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, "/orders");
  }

  private void fail(String shard) {
    failures.computeIfAbsent(shard, any -> new AtomicInteger()).incrementAndGet();
    throw new IllegalStateException("poison in " + shard);
  }

  /**
   * Shard 0 fails in its steps, 1 in prepare as well, 2 in the factory as well; 3 hands over, 4
   * closes its lease.
   */
  private ShardTask task(String worker, String shard) {
    if (poisoned && shard.equals("2")) {
      fail(shard);
    }
    return workers.new Watched(worker, shard) {
      @Override
      public void prepare(Lease lease) throws Exception {
        if (poisoned && shard.equals("1")) {
          fail(shard);
        }
        super.prepare(lease);
      }

      @Override
      public NextStep step(Lease lease) throws Exception {
        if (poisoned && shard.equals("3")) {
          failures.computeIfAbsent(shard, any -> new AtomicInteger()).incrementAndGet();
          return NextStep.handOver("not now");
        } else if (poisoned && shard.equals("4")) {
          failures.computeIfAbsent(shard, any -> new AtomicInteger()).incrementAndGet();
          lease.close();
          return NextStep.again();
        } else if (poisoned && POISON.contains(shard)) {
          fail(shard);
        }
        return super.step(lease);
      }
    };
  }

  private List<String> healthyElections() {
    return workers.events.stream()
        .filter(event -> event.startsWith("prepare "))
        .filter(event -> !POISON.contains(event.split(" ")[1]))
        .toList();
  }

  private Set<String> failing(ShardGroup group) throws Exception {
    Set<String> failing = new TreeSet<>();
    for (GroupStatus.Worker worker : group.status().workers()) {
      worker
          .info()
          .failing()
          .forEach(
              one ->
                  failing.add(
                      one.shard() + " " + one.in().word() + " " + one.error().contains("poison")));
    }
    return failing;
  }

  @Test
  void shardsThatAlwaysFailAreTriedLessAndLessOftenAndTheOthersAreNotElectedAgain()
      throws Exception {
    for (String id : List.of("w-1", "w-2", "w-3")) {
      workers.start(id, b -> b.shards(ShardSet.numbered(12)).tasks(shard -> task(id, shard)));
    }
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    ShardGroup group = ShardGroup.of(workers.observer(), "/orders");
    workers.await(() -> assertThat(group.status().isSettled()).isTrue());
    List<String> before = healthyElections();
    long version = group.plan().version();

    poisoned = true;
    workers.await(
        () ->
            assertThat(POISON)
                .allSatisfy(
                    shard ->
                        assertThat(failures.getOrDefault(shard, new AtomicInteger()).get())
                            .isGreaterThanOrEqualTo(ENOUGH)));
    int all = failures.values().stream().mapToInt(AtomicInteger::get).sum();
    assertThat(all).as("%s", failures).isLessThan(POISON.size() * ENOUGH * 4);
    assertThat(group.plan().version() - version).as("plan versions").isLessThanOrEqualTo(all);
    assertThat(healthyElections()).isEqualTo(before);
    workers.await(
        () ->
            assertThat(failing(group))
                .containsExactly(
                    "0 office true",
                    "1 office true",
                    "2 office true",
                    "3 handOver false",
                    "4 handOver false"));

    poisoned = false;
    workers.awaitHeld(12);
    assertThat(healthyElections()).isEqualTo(before);
    workers.verify();
  }

  @Test
  void aStepThatHangsMovesItsOwnShardAndNoOther() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger hung = new AtomicInteger();
    for (String id : List.of("w-1", "w-2", "w-3")) {
      workers.start(
          id,
          b ->
              b.shards(ShardSet.numbered(12))
                  .leaseDuration(Duration.ofMillis(800))
                  .tasks(
                      shard ->
                          workers.new Watched(id, shard) {
                            @Override
                            public NextStep step(Lease lease) throws Exception {
                              if (poisoned && shard.equals("5") && hung.getAndIncrement() == 0) {
                                release.await();
                              }
                              return super.step(lease);
                            }
                          }));
    }
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4, "w-3", 4));
    ShardGroup group = ShardGroup.of(workers.observer(), "/orders");
    workers.await(() -> assertThat(group.status().isSettled()).isTrue());
    String home = workers.holder("5").orElseThrow();
    Map<String, Long> before = workers.held();

    poisoned = true;
    workers.await(() -> assertThat(workers.holder("5")).isPresent().get().isNotEqualTo(home));
    workers.await(() -> assertThat(group.status().isSettled()).isTrue());
    workers.await(
        () ->
            assertThat(group.plan().workers().get(workers.holder("5").orElseThrow()).leads())
                .contains("5"));
    release.countDown();
    workers.await(() -> assertThat(workers.holder("5")).contains(home));
    workers.await(() -> assertThat(group.status().isSettled()).isTrue());
    Map<String, Long> after = workers.held();
    assertThat(after.remove("5")).isGreaterThan(before.remove("5"));
    assertThat(after).as("epochs of the other shards").isEqualTo(before);
    workers.verify();
  }

  @Test
  void whatAStepThrowsAfterItsSessionHasEndedIsNoFailureOfItsShard() throws Exception {
    workers = new Workers(zk, "/sessions", ZooKeeperFixture.PATIENT_SESSION);
    AtomicInteger refused = new AtomicInteger();
    CountDownLatch inSteps = new CountDownLatch(4);
    Workers.Member worker =
        workers.start(
            "w-1",
            b ->
                b.shards(ShardSet.numbered(4))
                    .concurrency(4)
                    .tasks(
                        shard ->
                            workers.new Watched("w-1", shard) {
                              @Override
                              public NextStep step(Lease lease) throws Exception {
                                if (lease.epoch() > 1) {
                                  return super.step(lease);
                                }
                                inSteps.countDown();
                                lease.ended().toCompletableFuture().get();
                                refused.incrementAndGet();
                                throw new IllegalStateException("poison: an old epoch");
                              }
                            }));
    inSteps.await();
    zk.endSession(worker.client());
    workers.await(
        () -> assertThat(workers.held().values()).hasSize(4).allMatch(epoch -> epoch > 1));
    assertThat(refused).hasValue(4);
    assertThat(failing(ShardGroup.of(workers.observer(), "/sessions")))
        .noneMatch(one -> one.endsWith("true"));
    workers.verify();
  }

  @Test
  void leadersGoOnLeadingWhileASuccessorDoesNotGetReady() throws Exception {
    CountDownLatch ready = new CountDownLatch(1);
    Duration limit = Duration.ofMillis(300);
    workers.start("w-1", b -> b.shards(ShardSet.numbered(4)).readyLimit(limit));
    workers.awaitLoads(Map.of("w-1", 4));
    Map<String, Long> before = workers.held();
    workers.start(
        "w-2",
        b ->
            b.shards(ShardSet.numbered(4))
                .readyLimit(limit)
                .concurrency(16)
                .tasks(
                    shard ->
                        workers.new Watched("w-2", shard) {
                          @Override
                          public void warmUp() throws Exception {
                            super.warmUp();
                            ready.await();
                          }
                        }));
    workers.await(
        () ->
            assertThat(workers.events)
                .filteredOn(event -> event.matches("warmUp . w-2"))
                .hasSizeGreaterThanOrEqualTo(4));
    assertThat(workers.held()).isEqualTo(before);
    assertThat(workers.loads()).isEqualTo(Map.of("w-1", 4));
    assertThat(workers.events).noneMatch(event -> event.startsWith("stop"));
    ready.countDown();
    workers.awaitLoads(Map.of("w-1", 2, "w-2", 2));
    workers.verify();
  }
}
