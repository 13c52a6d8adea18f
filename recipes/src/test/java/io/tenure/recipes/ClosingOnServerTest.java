package io.tenure.recipes;

import static io.tenure.testing.ZooKeeperFixture.trail;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.lease.Ended;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.LogLines;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Closing in the orders that users have: the rows of {@code docs/closing.md} that speak of
 * elections.
 */
@Timeout(60)
class ClosingOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";

  /** As long as the server allows, so that "at once" and "a session timeout" are far apart. */
  private static final Duration LONG = Duration.ofMillis(4000);

  private static final Duration AT_ONCE = LONG.dividedBy(2);

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private CuratorFramework client;
  private CuratorFramework operator;

  @BeforeEach
  void connect() {
    client = zk.client(zk.server().getConnectString(), LONG);
    operator = zk.client();
  }

  private LeaderElection candidate(String id) {
    return zk.closeLater(LeaderElection.builder(client, SCOPE).candidateId(id).build());
  }

  private LeaderElection candidateInOwnSession(String id) {
    return zk.closeLater(
        LeaderElection.builder(zk.monitor(zk.client()), SCOPE).candidateId(id).build());
  }

  /** Runs something on a thread of its own, which an interrupt can be sent to. */
  private static final class Running<T> {
    final CompletableFuture<T> result = new CompletableFuture<>();
    final Thread thread;

    Running(Callable<T> what) {
      thread =
          new Thread(
              () -> {
                try {
                  result.complete(what.call());
                } catch (Throwable e) {
                  result.completeExceptionally(e);
                }
              },
              "test-user");
      thread.setDaemon(true);
      thread.start();
    }

    T get() throws Exception {
      return result.get(30, TimeUnit.SECONDS);
    }

    Throwable failure() throws Exception {
      try {
        return new AssertionError("came to an end: " + get());
      } catch (ExecutionException e) {
        return e.getCause();
      }
    }
  }

  private static Running<Void> close(LeaderElection election) {
    return new Running<>(
        () -> {
          election.close();
          return null;
        });
  }

  private static Running<Void> run(LeaderElection election, LeaderTask task) {
    return new Running<>(
        () -> {
          election.run(task);
          return null;
        });
  }

  private static void closeAtOnce(LeaderElection election) throws Exception {
    close(election).result.get(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void awaitQueue(LeaderElection of, int candidates) {
    await().until(() -> of.candidates().size() == candidates);
  }

  private boolean isLed() throws Exception {
    return operator.checkExists().forPath(SCOPE + "/leader") != null;
  }

  private List<String> queue() throws Exception {
    try {
      return operator.getChildren().forPath(SCOPE + "/latch");
    } catch (KeeperException.NoNodeException e) {
      return List.of();
    }
  }

  /** A task that says when its tenure begins. */
  private static final class Steps implements LeaderTask {
    final CountDownLatch started = new CountDownLatch(1);
    final List<String> ends = new CopyOnWriteArrayList<>();

    @Override
    public NextStep step(Lease lease) {
      started.countDown();
      return NextStep.after(Duration.ofMillis(20));
    }

    @Override
    public void stop(Lease lease, Transition.End why) {
      ends.add("stop " + why.reason());
    }

    @Override
    public void lost(io.tenure.scope.Tenure tenure, Transition.End why) {
      ends.add("lost " + why.reason());
    }
  }

  @Test
  void aCandidateThatHasLedBeforeAndWaitsAgainClosesAtOnceAndTakesNoOffice() throws Exception {
    LeaderElection first = candidate("w-1");
    LeaderElection second = candidateInOwnSession("w-2");
    Steps task = new Steps();
    Running<Void> running = run(first, task);
    assertThat(task.started.await(20, TimeUnit.SECONDS)).isTrue();
    Running<Lease> next = new Running<>(second::acquire);
    awaitQueue(second, 2);
    operator.setData().forPath(SCOPE + "/leader", "revoke".getBytes());
    Lease lease = next.get();
    awaitQueue(second, 2);

    Running<Void> closing = close(first);
    lease.resign("make way, if anybody wants it");
    closing.result.get(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    running.get();

    assertThat(isLed()).isFalse();
    assertThat(trail(operator, SCOPE))
        .containsExactly(
            "0000000001-elected-w-1",
            "0000000002-revoked-w-1",
            "0000000003-elected-w-2",
            "0000000004-resigned-w-2");
  }

  @Test
  void anAttemptWhoseThreadIsInterruptedAndClosesIsCarriedToItsEnd() throws Exception {
    FaultProxy proxy = zk.proxy();
    CuratorFramework slow = zk.client(proxy.connectString(), LONG);
    LeaderElection election = LeaderElection.builder(slow, SCOPE).candidateId("w-1").build();
    FaultProxy.Fault held =
        proxy.holdBeforeForwarding(OpCode.multi, 1, FaultProxy.whenBodyContains("elected"));
    Running<Boolean> user =
        new Running<>(
            () -> {
              try (election) {
                election.acquire();
                return false;
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return true;
              }
            });
    assertThat(held.awaitFired(Duration.ofSeconds(20))).isTrue();
    user.thread.interrupt();
    // The flag is set again too late for close(): both orders are legal. Far from the end of the
    // session, which hears nothing of the client while the attempt is held.
    user.thread.join(LONG.toMillis() / 4);
    held.release();

    Lease next = candidateInOwnSession("w-2").acquire();
    assertThat(next.epoch()).isEqualTo(2);
    assertThat(trail(operator, SCOPE))
        .containsExactly(
            "0000000001-elected-w-1", "0000000002-resigned-w-1", "0000000003-elected-w-2");
    await().untilAsserted(() -> assertThat(queue()).hasSize(1));
    assertThat(AuditLog.of(operator, SCOPE).verify()).isEmpty();
  }

  @Test
  void anAttemptThatIsClosedByAnInterruptedThreadIsCarriedToItsEnd() throws Exception {
    FaultProxy proxy = zk.proxy();
    CuratorFramework slow = zk.client(proxy.connectString(), LONG);
    LeaderElection election = LeaderElection.builder(slow, SCOPE).candidateId("w-1").build();
    FaultProxy.Fault held =
        proxy.holdBeforeForwarding(OpCode.multi, 1, FaultProxy.whenBodyContains("elected"));
    Running<Lease> user = new Running<>(election::acquire);
    assertThat(held.awaitFired(Duration.ofSeconds(20))).isTrue();
    Running<Boolean> closing =
        new Running<>(
            () -> {
              Thread.currentThread().interrupt();
              election.close();
              return Thread.interrupted();
            });
    assertThat(closing.result.get(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS))
        .as("the interrupt is kept")
        .isTrue();
    assertThat(user.failure()).isInstanceOf(ElectionClosedException.class);
    held.release();

    assertThat(candidateInOwnSession("w-2").acquire().epoch()).isEqualTo(2);
    assertThat(trail(operator, SCOPE))
        .containsExactly(
            "0000000001-elected-w-1", "0000000002-resigned-w-1", "0000000003-elected-w-2");
  }

  @RepeatedTest(10)
  void endedCompletesOnceAndTheListenerHearsWhateverTheInterruptFlagOfTheCloserIs()
      throws Exception {
    List<Ended> heard = new CopyOnWriteArrayList<>();
    LeaderElection election =
        LeaderElection.builder(client, SCOPE)
            .candidateId("w-1")
            .listener(
                new ElectionListener() {
                  @Override
                  public void ended(Ended how) {
                    heard.add(how);
                  }
                })
            .build();
    CompletableFuture<Lease> got = new CompletableFuture<>();
    try (LogLines log = LogLines.of("io.tenure")) {
      Running<Void> user =
          new Running<>(
              () -> {
                try (election;
                    Lease lease = election.acquire()) {
                  got.complete(lease);
                  while (!Thread.currentThread().isInterrupted()) {
                    lease.ensure(Duration.ZERO);
                  }
                }
                return null;
              });
      Lease lease = got.get(30, TimeUnit.SECONDS);
      user.thread.interrupt();
      Ended how = lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS);
      user.thread.join(20_000);
      assertThat(how.end()).isInstanceOf(Transition.Resigned.class);
      await().untilAsserted(() -> assertThat(heard).containsExactly(how));
      await()
          .untilAsserted(() -> assertThat(trail(operator, SCOPE).last()).endsWith("-resigned-w-1"));
      await().untilAsserted(() -> assertThat(queue()).isEmpty());
      assertThat(log.warnings()).isEmpty();
    }
  }

  @Test
  void theClientClosedFirstEndsAcquireTryAcquireAndRunAtOnceAndNamesIt() throws Exception {
    candidateInOwnSession("holder").acquire();
    LeaderElection acquires = candidate("w-1");
    LeaderElection tries = candidate("w-2");
    LeaderElection runs = candidate("w-3");
    List<Running<?>> waiting = new ArrayList<>();
    waiting.add(new Running<>(acquires::acquire));
    waiting.add(new Running<>(() -> tries.tryAcquire(Duration.ofMinutes(5))));
    waiting.add(run(runs, new Steps()));
    awaitQueue(acquires, 4);
    try (LogLines log = LogLines.of("io.tenure")) {
      client.close();
      for (Running<?> each : waiting) {
        assertThat(each.failure())
            .isInstanceOf(ElectionClosedException.class)
            .hasMessageContaining("client was closed");
      }
      assertThatThrownBy(acquires::acquire)
          .isInstanceOf(ElectionClosedException.class)
          .hasMessageContaining("client was closed");
      assertThatThrownBy(() -> tries.tryAcquire(Duration.ofMinutes(5)))
          .isInstanceOf(ElectionClosedException.class);
      for (LeaderElection each : List.of(acquires, tries, runs)) {
        closeAtOnce(each);
      }
      assertThat(log.warnings()).isEmpty();
    }
  }

  @Test
  void theClientClosedInOfficeEndsTheTenureAndTheElectionClosesAtOnce() throws Exception {
    LeaderElection election = candidate("w-1");
    Lease lease = election.acquire();
    client.close();
    assertThat(lease.isHeld()).isFalse();
    assertThat(lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS).end())
        .isInstanceOf(Transition.Lost.class);
    closeAtOnce(election);
  }

  @Test
  void theClientClosedUnderATaskEndsRunAtOnceAndTheTaskHearsThatItLost() throws Exception {
    LeaderElection election = candidate("w-1");
    Steps task = new Steps();
    Running<Void> running = run(election, task);
    assertThat(task.started.await(20, TimeUnit.SECONDS)).isTrue();
    client.close();
    assertThat(running.failure())
        .isInstanceOf(ElectionClosedException.class)
        .hasMessageContaining("client was closed");
    assertThat(task.ends).hasSize(1).first().asString().startsWith("lost ");
    closeAtOnce(election);
  }

  @Test
  void theMonitorClosedFirstEndsWhatIsBuiltOnItAndFreesTheOffice() throws Exception {
    SessionMonitor monitor = zk.monitor(client);
    LeaderElection leads = LeaderElection.builder(monitor, SCOPE).candidateId("w-1").build();
    LeaderElection waits = LeaderElection.builder(monitor, SCOPE).candidateId("w-2").build();
    Lease lease = leads.acquire();
    Running<Optional<Lease>> waiting = new Running<>(() -> waits.tryAcquire(Duration.ofMinutes(5)));
    awaitQueue(waits, 2);

    monitor.close();

    assertThat(waiting.failure()).isInstanceOf(ElectionClosedException.class);
    assertThat(lease.ended().toCompletableFuture().get(20, TimeUnit.SECONDS).recorded()).isTrue();
    assertThat(isLed()).isFalse();
    assertThatThrownBy(() -> waits.tryAcquire(Duration.ofMinutes(5)))
        .isInstanceOf(TenureException.class);
    closeAtOnce(leads);
    closeAtOnce(waits);
    await().untilAsserted(() -> assertThat(queue()).isEmpty());
    assertThatThrownBy(() -> LeaderElection.builder(monitor, SCOPE).build())
        .isInstanceOf(ElectionClosedException.class);
    assertThat(candidateInOwnSession("w-3").acquire().epoch()).isEqualTo(2);
  }

  @Test
  void aTaskThatClosesTheMonitorDoesNotWaitForItself() throws Exception {
    SessionMonitor monitor = zk.monitor(client);
    LeaderElection election = LeaderElection.builder(monitor, SCOPE).candidateId("w-1").build();
    Running<Void> running =
        run(
            election,
            lease -> {
              monitor.close();
              assertThat(lease.isHeld()).isTrue();
              return NextStep.again();
            });
    assertThat(running.failure()).isInstanceOf(ElectionClosedException.class);
    assertThat(trail(operator, SCOPE))
        .containsExactly("0000000001-elected-w-1", "0000000002-resigned-w-1");
    closeAtOnce(election);
  }

  @Test
  void theMonitorClosedUnderATaskStopsItFirst() throws Exception {
    SessionMonitor monitor = zk.monitor(client);
    LeaderElection election = LeaderElection.builder(monitor, SCOPE).candidateId("w-1").build();
    Steps task = new Steps();
    Running<Void> running = run(election, task);
    assertThat(task.started.await(20, TimeUnit.SECONDS)).isTrue();
    monitor.close();
    assertThat(running.failure()).isInstanceOf(ElectionClosedException.class);
    assertThat(task.ends).containsExactly("stop session monitor closed");
    assertThat(trail(operator, SCOPE))
        .containsExactly("0000000001-elected-w-1", "0000000002-resigned-w-1");
    closeAtOnce(election);
  }

  @Test
  void closedFromItsTaskFromItsListenerTwiceAndFromTwoThreadsItWaitsForItselfNever()
      throws Exception {
    CompletableFuture<LeaderElection> self = new CompletableFuture<>();
    CountDownLatch listenerClosed = new CountDownLatch(1);
    LeaderElection election =
        LeaderElection.builder(client, SCOPE)
            .candidateId("w-1")
            .listener(
                new ElectionListener() {
                  @Override
                  public void elected(Lease lease) {
                    self.join().close();
                    listenerClosed.countDown();
                  }
                })
            .build();
    self.complete(election);
    Running<Void> running =
        run(
            election,
            lease -> {
              election.close();
              election.close();
              return NextStep.again();
            });
    running.result.get(AT_ONCE.toMillis() + 2000, TimeUnit.MILLISECONDS);
    assertThat(listenerClosed.await(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    Running<Void> one = close(election);
    Running<Void> other = close(election);
    one.result.get(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    other.result.get(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(isLed()).isFalse();
  }

  @Test
  void closedFromAListenerThatRunsOnItsCallerItWaitsForNothingOfItsOwn() throws Exception {
    CompletableFuture<LeaderElection> self = new CompletableFuture<>();
    LeaderElection election =
        LeaderElection.builder(client, SCOPE)
            .candidateId("w-1")
            .callbackExecutor(Runnable::run)
            .listener(
                new ElectionListener() {
                  @Override
                  public void elected(Lease lease) {
                    self.join().close();
                  }
                })
            .build();
    self.complete(election);
    Running<Lease> user = new Running<>(election::acquire);
    user.result
        .handle((lease, error) -> null)
        .get(AT_ONCE.toMillis() + 2000, TimeUnit.MILLISECONDS);
    closeAtOnce(election);
    assertThat(isLed()).isFalse();
    assertThat(trail(operator, SCOPE))
        .containsExactly("0000000001-elected-w-1", "0000000002-resigned-w-1");
  }

  @Test
  void closedWhileItStartsNothingIsLeftBehind() throws Exception {
    for (int i = 0; i < 20; i++) {
      LeaderElection election = candidate("w-" + i);
      Running<Lease> user = new Running<>(election::acquire);
      closeAtOnce(election);
      user.result.handle((lease, error) -> null).get(20, TimeUnit.SECONDS);
      assertThat(user.result.isCompletedExceptionally() || !user.get().isHeld()).isTrue();
    }
    assertThat(isLed()).isFalse();
    await().untilAsserted(() -> assertThat(queue()).isEmpty());
  }

  @Test
  void aCloseThatIsInterruptedWhileItsTaskRunsLetsTheTaskStop() throws Exception {
    LeaderElection election = candidate("w-1");
    CountDownLatch inStep = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    List<String> ends = new CopyOnWriteArrayList<>();
    Running<Void> running =
        run(
            election,
            new LeaderTask() {
              @Override
              public NextStep step(Lease lease) throws InterruptedException {
                inStep.countDown();
                goOn.await();
                return NextStep.again();
              }

              @Override
              public void stop(Lease lease, Transition.End why) {
                ends.add("stop");
              }

              @Override
              public void lost(io.tenure.scope.Tenure tenure, Transition.End why) {
                ends.add("lost");
              }
            });
    assertThat(inStep.await(20, TimeUnit.SECONDS)).isTrue();
    Running<Void> closing = close(election);
    closing.thread.interrupt();
    closing.result.get(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    goOn.countDown();
    running.get();
    assertThat(ends).containsExactly("stop");
    assertThat(trail(operator, SCOPE))
        .containsExactly("0000000001-elected-w-1", "0000000002-resigned-w-1");
  }

  @Test
  void aCloseWhoseTimeIsOverGivesControlBackAndIsSettledWhenThereIsAConnection() throws Exception {
    FaultProxy proxy = zk.proxy();
    CuratorFramework cut = zk.client(proxy.connectString(), LONG);
    LeaderElection election = LeaderElection.builder(cut, SCOPE).candidateId("w-1").build();
    election.acquire();
    proxy.blackhole(true);
    try (LogLines log = LogLines.of("io.tenure.recipes.LeaderElection")) {
      close(election).get();
      assertThat(log.warnings()).hasSize(1).first().asString().contains("in the background");
    }
    proxy.blackhole(false);
    await().untilAsserted(() -> assertThat(isLed()).isFalse());
    assertThat(candidateInOwnSession("w-2").acquire().epoch()).isEqualTo(2);
  }
}
