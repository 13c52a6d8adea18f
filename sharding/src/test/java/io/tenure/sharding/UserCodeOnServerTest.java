package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.Lease;
import io.tenure.lease.LeaseClock;
import io.tenure.lease.NextStep;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the code of a shard's task throws or returns, and what follows. */
@Timeout(120)
class UserCodeOnServerTest {

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final Map<String, Throwable> failures = new ConcurrentHashMap<>();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          8,
          task -> {
            Thread thread = new Thread(task, "of the user");
            thread.setUncaughtExceptionHandler((of, error) -> uncaught.add(error));
            return thread;
          });
  private Workers workers;

  @BeforeEach
  void observe() {
    workers = new Workers(zk, "/orders");
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private final WorkerListener listener =
      new WorkerListener() {
        @Override
        public void failed(String shard, Throwable cause) {
          failures.putIfAbsent(shard, cause);
          heard.add("failed " + shard);
        }

        @Override
        public void ended(String shard, io.tenure.lease.Ended how) {
          heard.add("ended " + shard + " " + how.end().word());
        }
      };

  /** Everything that a JVM lets code throw, each of another kind. */
  private static final Map<String, Supplier<Throwable>> THROWN =
      Map.of(
          "exception", () -> new IllegalStateException("no disk"),
          "checked", () -> new java.io.IOException("no disk"),
          "assertion", () -> new AssertionError("not so"),
          "linkage", () -> new NoClassDefFoundError("com/example/Snappy"),
          "stack", UserCodeOnServerTest::overflow,
          "memory", () -> new OutOfMemoryError("not really"),
          "silent", Unspeakable::new,
          "throwable", () -> new Throwable("neither"));

  private static final Set<String> CALLS = Set.of("factory", "prepare", "step", "stop");

  /** Of a class that does not even tell its message. */
  private static final class Unspeakable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  private static Throwable overflow() {
    try {
      return deeper(0);
    } catch (StackOverflowError e) {
      return e;
    }
  }

  private static Throwable deeper(int depth) {
    return depth < 0 ? new Throwable() : deeper(depth + 1);
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable any) throws T {
    throw (T) any;
  }

  /** Throws once, in the call and with the throwable that the shard is named after. */
  private class Thrower extends Workers.Watched {
    private final Set<String> thrown;

    Thrower(Workers of, String shard, Set<String> thrown) {
      of.super("w-1", shard);
      this.thrown = thrown;
    }

    void maybeThrow(String call) {
      if (shard.startsWith(call + "-") && thrown.add(shard)) {
        UserCodeOnServerTest.<RuntimeException>sneak(
            THROWN.get(shard.substring(call.length() + 1)).get());
      }
    }

    @Override
    public void prepare(Lease lease) throws Exception {
      super.prepare(lease);
      maybeThrow("prepare");
    }

    @Override
    public NextStep step(Lease lease) throws Exception {
      maybeThrow("step");
      return shard.startsWith("stop-") && !thrown.contains(shard)
          ? NextStep.handOver("to see it stop")
          : super.step(lease);
    }

    @Override
    public void stop(Lease lease, Transition.End why) throws Exception {
      super.stop(lease, why);
      maybeThrow("stop");
    }
  }

  @Test
  void whateverATaskThrowsItsShardIsLedAgainAndTheTrailSaysThatItFailed() throws Exception {
    List<String> shards = new ArrayList<>();
    CALLS.forEach(call -> THROWN.keySet().forEach(what -> shards.add(call + "-" + what)));
    Set<String> thrown = ConcurrentHashMap.newKeySet();
    workers.start(
        "w-1",
        b ->
            b.shards(ShardSet.named(shards))
                .standbys(0)
                .executor(threads)
                .listener(listener)
                .tasks(
                    shard -> {
                      Thrower task = new Thrower(workers, shard, thrown);
                      task.maybeThrow("factory");
                      return task;
                    }));
    workers.await(() -> assertThat(thrown).hasSize(shards.size()));
    workers.await(() -> assertThat(workers.held().keySet()).hasSize(shards.size()));
    workers.await(() -> assertThat(failures.keySet()).containsAll(shards));
    for (String shard : shards) {
      String call = shard.startsWith("factory") ? "the task factory" : shard.split("-")[0];
      assertThat(workers.trail(shard))
          .as(shard)
          .filteredOn(line -> line.startsWith("failed w-1 (" + call + " threw "))
          .hasSize(1);
      assertThat(workers.held().get(shard)).as(shard).isEqualTo(2);
      assertThat(heard.indexOf("failed " + shard))
          .as(shard)
          .isLessThan(heard.indexOf("ended " + shard + " failed"));
      String word = shard.startsWith("stop") ? "resigned" : "failed";
      assertThat(workers.events.stream().filter(e -> e.startsWith("stop " + shard + " w-1 1 ")))
          .as(shard)
          .containsExactlyElementsOf(
              shard.startsWith("factory")
                  ? List.of()
                  : List.of("stop " + shard + " w-1 1 " + word));
    }
    assertThat(workers.events).noneMatch(event -> event.startsWith("lost"));
    assertThat(uncaught)
        .as("told to the threads, for an application that ends for lack of memory")
        .hasSize(CALLS.size())
        .allMatch(OutOfMemoryError.class::isInstance);
    workers.verify();
  }

  @Test
  void whateverATaskThrowsWhileItGetsReadyItIsMadeAnewAndTheShardMoves() throws Exception {
    List<String> shards = new ArrayList<>();
    THROWN.keySet().forEach(what -> shards.add("warmUp-" + what));
    Workers.Member first =
        workers.start("w-0", b -> b.shards(ShardSet.named(shards)).standbys(0).maxShards(100));
    workers.awaitHeld(shards.size());
    Set<String> thrown = ConcurrentHashMap.newKeySet();
    workers.start(
        "w-1",
        b ->
            b.listener(listener)
                .executor(threads)
                .tasks(
                    shard ->
                        new Thrower(workers, shard, thrown) {
                          @Override
                          public void warmUp() throws Exception {
                            super.warmUp();
                            maybeThrow("warmUp");
                          }
                        }));
    first.worker().drain();
    workers.awaitLoads(Map.of("w-1", shards.size()));
    assertThat(thrown).hasSize(shards.size());
    assertThat(failures).containsOnlyKeys(shards);
    workers.verify();
  }

  @Test
  void aStepThatReturnsNullIsRefusedWithTheNameOfItsTask() throws Exception {
    AtomicInteger steps = new AtomicInteger();
    class Forgetful implements ShardTask {
      @Override
      public NextStep step(Lease lease) {
        steps.incrementAndGet();
        return null;
      }
    }
    workers.start(
        "w-1",
        b -> b.shards(ShardSet.numbered(1)).listener(listener).tasks(shard -> new Forgetful()));
    workers.await(() -> assertThat(failures).containsKey("0"));
    assertThat(failures.get("0")).hasMessageContaining(Forgetful.class.getName());
    workers.await(
        () ->
            assertThat(workers.trail("0"))
                .anyMatch(line -> line.startsWith("failed w-1 (step threw")));
    assertThat(steps.get()).isLessThan(10);
  }

  @Test
  void aFactoryThatReturnsNullIsRefusedWithTheNameOfTheShard() throws Exception {
    workers.start(
        "w-1", b -> b.shards(ShardSet.numbered(1)).listener(listener).tasks(shard -> null));
    workers.await(() -> assertThat(failures).containsKey("0"));
    assertThat(failures.get("0")).hasMessageContaining("null as the task of shard 0");
  }

  @Test
  void theSameExceptionFromStepAndStopIsOneFailure() throws Exception {
    IllegalStateException always = new IllegalStateException("the one and only");
    AtomicInteger tasks = new AtomicInteger();
    workers.start(
        "w-1",
        b ->
            b.shards(ShardSet.numbered(1))
                .listener(listener)
                .tasks(
                    shard ->
                        tasks.getAndIncrement() > 0
                            ? workers.new Watched("w-1", shard)
                            : new ShardTask() {
                              @Override
                              public NextStep step(Lease lease) {
                                throw always;
                              }

                              @Override
                              public void stop(Lease lease, Transition.End why) {
                                throw always;
                              }
                            }));
    workers.awaitHeld(1);
    assertThat(failures).containsEntry("0", always);
    assertThat(workers.trail("0").get(1)).startsWith("failed w-1 (step threw");
  }

  @Test
  void anErrorInsideAWorkerIsToldAndItsPlanIsTriedAgain() throws Exception {
    AtomicInteger failing = new AtomicInteger(2);
    LeaseClock clock =
        new LeaseClock() {
          @Override
          public long monotonicNanos() {
            return System.nanoTime();
          }

          @Override
          public long wallMillis() {
            boolean planned =
                StackWalker.getInstance()
                    .walk(frames -> frames.anyMatch(f -> f.getMethodName().equals("obey")));
            if (planned && failing.getAndDecrement() > 0) {
              throw new NoSuchMethodError("as with another version of a library");
            }
            return System.currentTimeMillis();
          }
        };
    List<Throwable> refused = new CopyOnWriteArrayList<>();
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(zk.client(), "/orders")
                .workerId("w-1")
                .clock(clock)
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .shards(ShardSet.numbered(4))
                .listener(
                    new WorkerListener() {
                      @Override
                      public void refused(TenureException cause) {
                        refused.add(cause);
                      }
                    })
                .tasks(shard -> workers.new Watched("w-1", shard))
                .build());
    worker.start();
    workers.awaitHeld(4);
    assertThat(refused).hasSize(2);
    assertThat(refused.get(0)).hasCauseInstanceOf(NoSuchMethodError.class);
  }

  @Test
  void anInterruptedStepFailsAndItsShardIsLedAgain() throws Exception {
    AtomicInteger steps = new AtomicInteger();
    workers.start(
        "w-1",
        b ->
            b.shards(ShardSet.numbered(1))
                .executor(threads)
                .tasks(
                    shard ->
                        workers.new Watched("w-1", shard) {
                          @Override
                          public NextStep step(Lease lease) throws Exception {
                            if (steps.getAndIncrement() == 0) {
                              Thread.currentThread().interrupt();
                              Thread.sleep(60_000);
                            }
                            return super.step(lease);
                          }
                        }));
    workers.await(() -> assertThat(workers.held()).containsEntry("0", 2L));
    assertThat(workers.trail("0"))
        .anyMatch(
            entry -> entry.startsWith("failed w-1 (step threw java.lang.InterruptedException"));
    assertThat(workers.events).contains("stop 0 w-1 1 failed");
  }

  /** The first to get ready blocks until it may go on; the others are ready at once. */
  private class SlowToGetReady extends Workers.Watched {
    final AtomicInteger warmUps;
    final CountDownLatch goesOn;

    SlowToGetReady(String shard, AtomicInteger warmUps, CountDownLatch goesOn) {
      workers.super("w-2", shard);
      this.warmUps = warmUps;
      this.goesOn = goesOn;
    }

    @Override
    public void warmUp() throws Exception {
      if (warmUps.getAndIncrement() == 0) {
        goesOn.await();
      }
    }
  }

  @Test
  void anErrorFromCoolDownCostsTheShardNothing() throws Exception {
    workers.start("w-1", b -> b.shards(ShardSet.numbered(2)).standbys(0));
    workers.awaitLoads(Map.of("w-1", 2));
    AtomicInteger warmUps = new AtomicInteger();
    AtomicInteger coolDowns = new AtomicInteger();
    CountDownLatch goesOn = new CountDownLatch(1);
    Workers.Member second =
        workers.start(
            "w-2",
            b ->
                b.tasks(
                    shard ->
                        new SlowToGetReady(shard, warmUps, goesOn) {
                          @Override
                          public void coolDown() {
                            coolDowns.incrementAndGet();
                            throw new NoClassDefFoundError("com/example/Snappy");
                          }
                        }));
    workers.await(() -> assertThat(warmUps.get()).isEqualTo(1));
    second.worker().drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
    goesOn.countDown();
    workers.await(() -> assertThat(coolDowns.get()).isEqualTo(1));
    second.worker().undrain();
    workers.awaitLoads(Map.of("w-1", 1, "w-2", 1));
    workers.verify();
  }

  @Test
  void aTaskThatHangsWhileItGetsReadyHasNoSecondBesideItAndCostsNoOtherShardItsThread()
      throws Exception {
    AtomicLong ahead = new AtomicLong();
    LeaseClock clock =
        new LeaseClock() {
          @Override
          public long monotonicNanos() {
            return System.nanoTime() + ahead.get();
          }

          @Override
          public long wallMillis() {
            return System.currentTimeMillis();
          }
        };
    AtomicInteger warmUps = new AtomicInteger();
    CountDownLatch goesOn = new CountDownLatch(1);
    workers.start("w-1", b -> b.shards(ShardSet.numbered(2)).standbys(0));
    workers.awaitLoads(Map.of("w-1", 2));
    ShardWorker second =
        zk.closeLater(
            ShardWorker.builder(zk.client(), "/orders")
                .workerId("w-2")
                .clock(clock)
                .concurrency(1)
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .listener(listener)
                .tasks(shard -> new SlowToGetReady(shard, warmUps, goesOn))
                .build());
    second.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    workers.await(() -> assertThat(warmUps.get()).isEqualTo(1));
    ahead.set(TimeUnit.SECONDS.toNanos(31));
    second.drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
    second.undrain();
    workers.await(
        () ->
            assertThat(failures.values())
                .anySatisfy(cause -> assertThat(cause).hasMessageContaining("still runs")));
    assertThat(warmUps.get()).isEqualTo(1);
    goesOn.countDown();
    workers.awaitLoads(Map.of("w-1", 1, "w-2", 1));
    workers.verify();
  }
}
