package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.ClientClosedException;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.TenureException;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Closing in the orders that users have: the rows of {@code docs/closing.md} that speak of workers.
 */
@Timeout(120)
class ClosingOnServerTest {

  private static final String GROUP = "/orders";

  /** As long as the server allows, so that "at once" and "a session timeout" are far apart. */
  private static final Duration SESSION = Duration.ofMillis(4000);

  private static final Duration AT_ONCE = Duration.ofMillis(1500);

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private Workers workers;
  private FaultProxy proxy;
  private CuratorFramework client;
  private SessionMonitor monitor;

  @BeforeEach
  void observe() throws Exception {
    workers = new Workers(zk, GROUP);
    proxy = zk.proxy();
    client = zk.client(proxy.connectString(), SESSION);
    monitor = zk.monitor(client);
  }

  private ShardWorker make(String id, UnaryOperator<ShardWorker.Builder> how) {
    ShardWorker.Builder builder =
        ShardWorker.builder(monitor, GROUP)
            .workerId(id)
            .shards(ShardSet.numbered(8))
            .settleWindow(Duration.ZERO)
            .drainOnShutdown(Duration.ZERO)
            .tasks(shard -> workers.new Watched(id, shard));
    return zk.closeLater(how.apply(builder).build());
  }

  private ShardWorker start(String id, UnaryOperator<ShardWorker.Builder> how) throws Exception {
    ShardWorker worker = make(id, how);
    worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return worker;
  }

  private static Duration timed(Runnable what) {
    long begun = System.nanoTime();
    what.run();
    return Duration.ofNanos(System.nanoTime() - begun);
  }

  private static CompletableFuture<Duration> timedOnThread(Runnable what) {
    return CompletableFuture.supplyAsync(
        () -> timed(what), task -> new Thread(task, "test-user").start());
  }

  private static Throwable failureOf(CompletableFuture<?> future) throws Exception {
    try {
      return new AssertionError("came to an end: " + future.get(20, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }

  private void awaitNothingLeft() {
    workers.await(
        () -> {
          assertThat(workers.observer().getChildren().forPath(GROUP + "/workers")).isEmpty();
          for (int shard = 0; shard < 8; shard++) {
            assertThat(workers.inOffice("" + shard)).isEmpty();
          }
        });
  }

  // ---- the client or the monitor is closed first ----

  @Test
  void aWorkerWhoseClientIsClosedFirstClosesAtOnceWithOneLine() throws Exception {
    ShardWorker worker = start("w-1", b -> b);
    workers.awaitHeld(8);
    try (LogLines lines = LogLines.of("io.tenure")) {
      client.close();
      assertThat(timed(worker::close)).isLessThan(AT_ONCE);
      assertThat(worker.state()).isEqualTo(WorkerState.CLOSED);
      assertThat(lines.warnings()).isEmpty();
      assertThat(lines.atLeast(Level.INFO))
          .filteredOn(line -> line.getLoggerName().endsWith(".WorkerDriver"))
          .singleElement()
          .asString()
          .contains("CLOSED", "client was closed");
    }
    workers.await(() -> assertThat(workers.held()).isEmpty());
  }

  @Test
  void theEndOfTheJvmWaitsForNothingIfTheClientIsClosedFirst() throws Exception {
    ShardWorker worker = start("w-1", b -> b.drainOnShutdown(Duration.ofSeconds(60)));
    workers.awaitHeld(8);
    client.close();
    assertThat(timed(worker::shutDown)).isLessThan(AT_ONCE);
  }

  @Test
  void aStartThatWaitsForZooKeeperFailsWhenTheClientIsClosed() throws Exception {
    proxy.refuse(true);
    proxy.dropConnections();
    ShardWorker worker = make("w-1", b -> b);
    CompletableFuture<Void> started = worker.start().toCompletableFuture();
    client.close();
    assertThat(failureOf(started)).isInstanceOf(ClientClosedException.class);
    assertThat(timed(worker::close)).isLessThan(AT_ONCE);
    assertThat(failureOf(worker.start().toCompletableFuture()))
        .isInstanceOf(ElectionClosedException.class);
  }

  @Test
  void aDrainUnderWayFailsWhenTheClientIsClosedAndOneAfterwardsToo() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    ShardWorker worker = start("w-1", b -> b.tasks(shard -> new Holding(shard, hold)));
    workers.awaitHeld(8);
    CompletableFuture<Void> drained = worker.drain().toCompletableFuture();
    client.close();
    assertThat(failureOf(drained)).isInstanceOf(ClientClosedException.class);
    hold.countDown();
    assertThatThrownBy(() -> worker.awaitDrained(Duration.ofSeconds(20)))
        .isInstanceOf(ClientClosedException.class);
  }

  /** The session lives on, so the ends are recorded. */
  @Test
  void aWorkerWhoseMonitorIsClosedFirstResignsAndCloses() throws Exception {
    ShardWorker worker = start("w-1", b -> b);
    workers.awaitHeld(8);
    monitor.close();
    assertThat(timed(worker::close)).isLessThan(AT_ONCE);
    awaitNothingLeft();
    assertThat(workers.trail("3").get(1)).startsWith("resigned w-1");
    assertThat(failureOf(worker.drain().toCompletableFuture())).isInstanceOf(TenureException.class);
  }

  @Test
  void aDirectoryThatWaitsFailsWhenTheClientIsClosed() throws Exception {
    ShardDirectory directory = zk.closeLater(ShardDirectory.of(client, "/nothing"));
    CompletableFuture<Void> complete = directory.start().toCompletableFuture();
    client.close();
    assertThat(failureOf(complete)).isInstanceOf(ClientClosedException.class);
    assertThat(timed(directory::close)).isLessThan(AT_ONCE);
  }

  // ---- who closes, and when ----

  /** A task whose steps wait. */
  private class Holding extends Workers.Watched {
    private final CountDownLatch hold;

    Holding(String shard, CountDownLatch hold) {
      workers.super("w-1", shard);
      this.hold = hold;
    }

    @Override
    public NextStep step(Lease lease) throws Exception {
      if (shard.equals("3")) {
        hold.await();
      }
      return NextStep.after(Duration.ofMillis(200));
    }
  }

  /** A task whose step calls something once. */
  private class Calling extends Workers.Watched {
    private final Runnable what;

    Calling(String shard, Runnable what) {
      workers.super("w-1", shard);
      this.what = what;
    }

    @Override
    public NextStep step(Lease lease) {
      if (shard.equals("3")) {
        what.run();
      }
      return NextStep.after(Duration.ofMillis(200));
    }
  }

  @Test
  void aTaskThatClosesItsWorkerIsNotKeptWaiting() throws Exception {
    AtomicReference<ShardWorker> own = new AtomicReference<>();
    CompletableFuture<Duration> took = new CompletableFuture<>();
    ShardWorker worker =
        make(
            "w-1",
            b ->
                b.tasks(shard -> new Calling(shard, () -> took.complete(timed(own.get()::close)))));
    own.set(worker);
    worker.start();
    assertThat(took.get(20, TimeUnit.SECONDS)).isLessThan(AT_ONCE);
    awaitNothingLeft();
    assertThat(workers.trail("3")).last().asString().startsWith("resigned w-1 (worker closed)");
    assertThat(timed(worker::close)).isLessThan(AT_ONCE);
  }

  @Test
  void aTaskThatClosesTheMonitorIsNotKeptWaiting() throws Exception {
    CompletableFuture<Duration> took = new CompletableFuture<>();
    ShardWorker worker =
        make(
            "w-1",
            b -> b.tasks(shard -> new Calling(shard, () -> took.complete(timed(monitor::close)))));
    worker.start();
    assertThat(took.get(20, TimeUnit.SECONDS)).isLessThan(AT_ONCE);
    awaitNothingLeft();
    assertThat(workers.trail("3")).last().asString().startsWith("resigned w-1");
    assertThat(timed(worker::close)).isLessThan(AT_ONCE);
  }

  @Test
  void aListenerThatClosesItsWorkerIsNotKeptWaiting() throws Exception {
    AtomicReference<ShardWorker> own = new AtomicReference<>();
    CompletableFuture<Duration> took = new CompletableFuture<>();
    ShardWorker worker =
        make(
            "w-1",
            b ->
                b.listener(
                    new WorkerListener() {
                      @Override
                      public void elected(String shard, Lease lease) {
                        took.complete(timed(own.get()::close));
                      }
                    }));
    own.set(worker);
    worker.start();
    assertThat(took.get(20, TimeUnit.SECONDS)).isLessThan(AT_ONCE);
    awaitNothingLeft();
    assertThat(timed(worker::close)).isLessThan(AT_ONCE);
  }

  @Test
  void whatFollowsOnADrainMayClose() throws Exception {
    ShardWorker worker = start("w-1", b -> b);
    workers.awaitHeld(8);
    CompletableFuture<Duration> took =
        worker.drain().thenApply(done -> timed(worker::close)).toCompletableFuture();
    assertThat(took.get(20, TimeUnit.SECONDS)).isLessThan(AT_ONCE);
    awaitNothingLeft();
  }

  @Test
  void aWorkerThatIsClosedWhileItStartsIsClosedAtOnce() throws Exception {
    proxy.refuse(true);
    proxy.dropConnections();
    ShardWorker worker = make("w-1", b -> b);
    CompletableFuture<Void> started = worker.start().toCompletableFuture();
    assertThat(timed(worker::close)).isLessThan(SESSION);
    assertThat(failureOf(started)).isInstanceOf(ElectionClosedException.class);
  }

  @Test
  void eachCallerWaitsForTheOneClosing() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    ShardWorker worker = start("w-1", b -> b.tasks(shard -> new Holding(shard, hold)));
    workers.awaitHeld(8);
    List<CompletableFuture<Duration>> closers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      closers.add(timedOnThread(worker::close));
    }
    workers.await(() -> assertThat(workers.inOffice("0")).isEmpty());
    assertThat(closers).noneMatch(CompletableFuture::isDone);
    hold.countDown();
    for (CompletableFuture<Duration> closer : closers) {
      closer.get(20, TimeUnit.SECONDS);
    }
    assertThat(workers.trail("3")).hasSize(2).last().asString().startsWith("resigned w-1");
    assertThat(timed(worker::close)).isLessThan(AT_ONCE);
  }

  @Test
  void anInterruptEndsTheWaitingAndNotTheClosing() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    ShardWorker worker = start("w-1", b -> b.tasks(shard -> new Holding(shard, hold)));
    workers.awaitHeld(8);
    CompletableFuture<Boolean> kept =
        CompletableFuture.supplyAsync(
            () -> {
              Thread.currentThread().interrupt();
              worker.close();
              return Thread.currentThread().isInterrupted();
            },
            task -> new Thread(task, "test-user").start());
    assertThat(kept.get(20, TimeUnit.SECONDS)).isTrue();
    hold.countDown();
    awaitNothingLeft();
    for (int shard = 0; shard < 8; shard++) {
      assertThat(workers.trail("" + shard))
          .containsExactly("elected w-1 (first placement)", "resigned w-1 (worker closed)");
    }
  }

  // ---- the end of the JVM ----

  @Test
  void aCloseWhileTheJvmEndsDoesNotCutTheDrainOff() throws Exception {
    CountDownLatch ready = new CountDownLatch(1);
    ShardWorker worker = start("w-1", b -> b.drainOnShutdown(Duration.ofSeconds(60)));
    workers.awaitHeld(8);
    workers.start(
        "w-2",
        b ->
            b.tasks(
                shard ->
                    workers.new Watched("w-2", shard) {
                      @Override
                      public void warmUp() throws Exception {
                        ready.await();
                      }
                    }));
    workers.await(
        () -> assertThat(workers.observer().getChildren().forPath(GROUP + "/plan")).hasSize(2));
    CompletableFuture<Duration> hook = timedOnThread(worker::shutDown);
    workers.await(() -> assertThat(worker.state()).isEqualTo(WorkerState.DRAINING));
    CompletableFuture<Duration> container = timedOnThread(worker::close);
    assertThat(container).isNotDone();
    ready.countDown();
    hook.get(30, TimeUnit.SECONDS);
    container.get(30, TimeUnit.SECONDS);
    workers.awaitLoads(Map.of("w-2", 8));
    for (int shard = 0; shard < 8; shard++) {
      assertThat(workers.trail("" + shard)).as("one election each").hasSize(3);
      assertThat(workers.trail("" + shard).get(1)).startsWith("resigned w-1 (handoff");
    }
    workers.verify();
  }

  @Test
  void withoutAConnectionTheEndOfTheJvmWaitsNotForADrainThatCannotBe() throws Exception {
    ShardWorker worker = start("w-1", b -> b.drainOnShutdown(Duration.ofSeconds(60)));
    workers.awaitHeld(8);
    workers.start("w-2", b -> b);
    workers.awaitLoads(Map.of("w-1", 4, "w-2", 4));
    proxy.refuse(true);
    proxy.dropConnections();
    assertThat(timed(worker::shutDown)).isLessThan(Duration.ofSeconds(20));
    assertThat(worker.state()).isEqualTo(WorkerState.CLOSED);
  }

  @Test
  void anExecutorThatWasShutDownFirstKeepsNeitherClosingNorTheEndOfTheJvmWaiting()
      throws Exception {
    for (boolean jvm : List.of(false, true)) {
      ExecutorService steps = Executors.newFixedThreadPool(4);
      Workers own = new Workers(zk, "/executor-" + jvm, ZooKeeperFixture.PATIENT_SESSION);
      ShardWorker worker =
          own.start(
                  "w-1",
                  b ->
                      b.shards(ShardSet.numbered(8))
                          .executor(steps)
                          .drainOnShutdown(Duration.ofSeconds(60)))
              .worker();
      own.awaitHeld(8);
      steps.shutdown();
      assertThat(timed(jvm ? worker::shutDown : worker::close)).isLessThan(Duration.ofSeconds(20));
      for (int shard = 0; shard < 8; shard++) {
        assertThat(own.trail("" + shard).get(1))
            .isEqualTo("failed w-1 (its executor was shut down before it stopped)");
      }
      own.verify();
    }
  }

  @Test
  void aClientThatIsAwayIsGivenTheTimeToConnectAgainOnceAndNotForDrainAndCloseEach()
      throws Exception {
    Duration session = Duration.ofSeconds(24);
    Workers others = new Workers(zk, "/others", session);
    Workers.Member ended =
        others.start(
            "w-1", b -> b.shards(ShardSet.numbered(8)).drainOnShutdown(Duration.ofSeconds(60)));
    others.awaitHeld(8);
    ended.crash();
    // A sixth of the session timeout, and not a third.
    assertThat(timed(ended.worker()::shutDown)).isLessThan(session.dividedBy(4));
    ended.heal();
  }

  @Test
  void aCoordinatorWithAMonitorOfItsOwnWaitsForNothingThatCannotBeSettledWithoutAConnection()
      throws Exception {
    Duration session = Duration.ofSeconds(12);
    zk.limitSessions(session);
    ShardWorker worker =
        zk.closeLater(
            ShardWorker.builder(zk.client(proxy.connectString(), session), GROUP)
                .workerId("w-1")
                .shards(ShardSet.numbered(8))
                .settleWindow(Duration.ZERO)
                .drainOnShutdown(Duration.ZERO)
                .tasks(shard -> workers.new Watched("w-1", shard))
                .build());
    worker.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    workers.awaitHeld(8);
    assertThat(worker.snapshot().coordinator()).isTrue();
    proxy.refuse(true);
    proxy.dropConnections();
    // ZooKeeper's client may notice up to 2 s late, and gets a sixth of the session to come back.
    assertThat(timed(worker::close)).isLessThan(session.dividedBy(2));
  }

  @Test
  void aWorkerThatLeadsNothingYetEndsAtOnceWithTheJvm() throws Exception {
    proxy.refuse(true);
    proxy.dropConnections();
    ShardWorker worker = make("w-1", b -> b.drainOnShutdown(Duration.ofSeconds(60)));
    worker.start();
    assertThat(timed(worker::shutDown)).isLessThan(SESSION);
  }
}
