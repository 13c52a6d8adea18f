package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.tenure.internal.session.TaskTurns;
import io.tenure.lease.Ended;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.LeaseClock;
import io.tenure.lease.NextStep;
import io.tenure.lease.TaskFailedException;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Predecessor;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import io.tenure.testing.ZooKeeperFixture;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** What tasks and listeners of one scope throw or return, and what follows. */
@Timeout(60)
class UserCodeOnServerTest {

  private static final Logger LOG = (Logger) LoggerFactory.getLogger(TaskTurns.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @RegisterExtension static final ZooKeeperFixture zk = new ZooKeeperFixture();

  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<Throwable> causes = new CopyOnWriteArrayList<>();
  private CuratorFramework client;

  private final ElectionListener listener =
      new ElectionListener() {
        @Override
        public void elected(Lease lease) {
          heard.add("elected");
        }

        @Override
        public void failed(Tenure tenure, Throwable cause) {
          heard.add("failed");
          causes.add(cause);
        }

        @Override
        public void ended(Ended ended) {
          heard.add("ended " + ended.end().word());
        }
      };

  @BeforeEach
  void connect() {
    client = zk.client();
    lines.start();
    LOG.addAppender(lines);
  }

  @AfterEach
  void hush() {
    LOG.detachAppender(lines);
  }

  private static final Map<String, Throwable> THROWN =
      Map.of(
          "exception", new IllegalStateException("no disk"),
          "checked", new IOException("no disk"),
          "assertion", new AssertionError("not so"),
          "linkage", new NoClassDefFoundError("com/example/Snappy"),
          "stack", new StackOverflowError(),
          "memory", new OutOfMemoryError("not really"));

  static Stream<Arguments> calls() {
    return Stream.of("prepare", "step", "stop")
        .flatMap(call -> THROWN.keySet().stream().map(what -> Arguments.of(call, what)));
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable any) throws T {
    throw (T) any;
  }

  private static final class Thrower implements LeaderTask {
    final List<String> calls = new CopyOnWriteArrayList<>();
    private final String call;
    private final Throwable thrown;

    Thrower(String call, Throwable thrown) {
      this.call = call;
      this.thrown = thrown;
    }

    private void called(String what) {
      if (what.equals(call)) {
        UserCodeOnServerTest.<RuntimeException>sneak(thrown);
      }
    }

    @Override
    public void prepare(Lease lease) {
      called("prepare");
    }

    @Override
    public NextStep step(Lease lease) {
      called("step");
      return NextStep.done("to see it stop");
    }

    @Override
    public void stop(Lease lease, Transition.End why) {
      calls.add("stop " + why.word());
      called("stop");
    }

    @Override
    public void lost(Tenure tenure, Transition.End why) {
      calls.add("lost");
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void whateverATaskThrowsItsTenureEndsAsFailedAndItsCallerHearsIt(String call, String what)
      throws Exception {
    Throwable thrown = THROWN.get(what);
    String scope = "/billing/" + call + "-" + what;
    try (LeaderElection election =
        LeaderElection.builder(zk.monitor(client), scope)
            .candidateId("w-1")
            .listener(listener)
            .build()) {
      Thrower task = new Thrower(call, thrown);
      Throwable caught = catchThrowable(() -> election.run(task));
      assertThat(caught instanceof TaskFailedException ? caught.getCause() : caught)
          .isSameAs(thrown);
      assertThat(task.calls).containsExactly(call.equals("stop") ? "stop resigned" : "stop failed");
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(heard).containsExactly("elected", "failed", "ended failed"));
      assertThat(causes).containsExactly(thrown);
      assertThat(lines.list)
          .as("one line, with the stack trace")
          .singleElement()
          .satisfies(line -> assertThat(line.getThrowableProxy()).isNotNull());
      try (Lease next = election.acquire()) {
        Transition.End end = next.predecessor().orElseThrow().end();
        assertThat(end).isEqualTo(new Transition.Failed(call + " threw " + thrown));
        assertThat(end.needsRecovery()).isTrue();
      }
    }
  }

  @Test
  void whatLostThrowsComesOutOfRunAndTheEndStaysAsItWas() throws Exception {
    AssertionError thrown = new AssertionError("not so");
    try (LeaderElection election =
        LeaderElection.builder(zk.monitor(client), "/billing/lost").listener(listener).build()) {
      LeaderTask task =
          new LeaderTask() {
            @Override
            public NextStep step(Lease lease) {
              lease.resign("enough");
              return NextStep.again();
            }

            @Override
            public void lost(Tenure tenure, Transition.End why) {
              throw thrown;
            }
          };
      assertThat(catchThrowable(() -> election.run(task))).isSameAs(thrown);
      try (Lease next = election.acquire()) {
        assertThat(next.predecessor().orElseThrow().end())
            .isEqualTo(new Transition.Resigned("enough"));
      }
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(causes).containsExactly(thrown));
    }
  }

  /** A task that hangs in its first step until it is interrupted. */
  private static final class Hanging implements LeaderTask {
    final CountDownLatch hangs = new CountDownLatch(1);
    final List<String> calls = new CopyOnWriteArrayList<>();
    private final boolean returns;

    Hanging(boolean returns) {
      this.returns = returns;
    }

    @Override
    public NextStep step(Lease lease) throws Exception {
      hangs.countDown();
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        if (!returns) {
          throw e;
        }
        Thread.currentThread().interrupt();
      }
      return NextStep.again();
    }

    @Override
    public void stop(Lease lease, Transition.End why) {
      calls.add("stop " + why.word());
    }
  }

  private Lease afterInterrupted(Hanging task) throws Exception {
    LeaderElection election =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(client), "/hanging/" + task.returns)
                .candidateId("w-1")
                .leaseDuration(Duration.ofMinutes(1))
                .listener(listener)
                .build());
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                election.run(task);
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            });
    thread.start();
    task.hangs.await();
    thread.interrupt();
    assertThatThrownBy(() -> done.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
    return election.acquire();
  }

  @Test
  void aStepThatIsInterruptedInTheMiddleIsNoCleanResignation() throws Exception {
    Hanging task = new Hanging(false);
    Predecessor before = afterInterrupted(task).predecessor().orElseThrow();
    assertThat(before.end().word()).isEqualTo("failed");
    assertThat(before.end().reason()).startsWith("step threw java.lang.InterruptedException");
    assertThat(before.end().needsRecovery()).isTrue();
    assertThat(task.calls).containsExactly("stop failed");
    await().until(() -> causes.size() == 1);
    assertThat(causes.get(0)).isInstanceOf(InterruptedException.class);
  }

  @Test
  void aStepThatReturnsWithTheInterruptKeptHasNotBeenCutOff() throws Exception {
    Hanging task = new Hanging(true);
    Predecessor before = afterInterrupted(task).predecessor().orElseThrow();
    assertThat(before.end()).isEqualTo(new Transition.Resigned("interrupted"));
    assertThat(task.calls).containsExactly("stop resigned");
    assertThat(heard).doesNotContain("failed");
    assertThat(lines.list).noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.WARN));
  }

  @Test
  void aStepThatReturnsNullIsRefusedWithTheNameOfItsTask() throws Exception {
    class Forgetful implements LeaderTask {
      @Override
      public NextStep step(Lease lease) {
        return null;
      }
    }
    try (LeaderElection election =
        LeaderElection.builder(zk.monitor(client), "/billing/null").build()) {
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> election.run(new Forgetful()))
          .withMessageContaining(Forgetful.class.getName())
          .withMessageContaining("null");
    }
  }

  @Test
  void aListenerThatThrowsErrorsIsToldOfTheNextTenureAllTheSame() throws Exception {
    List<String> calls = new CopyOnWriteArrayList<>();
    try (LeaderElection election =
        LeaderElection.builder(zk.monitor(client), "/billing/listener")
            .listener(
                new ElectionListener() {
                  @Override
                  public void elected(Lease lease) {
                    calls.add("elected " + lease.epoch());
                    throw new NoClassDefFoundError("com/example/Snappy");
                  }

                  @Override
                  public void ended(Ended ended) {
                    calls.add("ended " + ended.tenure().epoch());
                    throw new AssertionError("not so");
                  }
                })
            .build()) {
      election.acquire().close();
      election.acquire().close();
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(calls)
                      .containsExactly("elected 1", "ended 1", "elected 2", "ended 2"));
    }
  }

  @Test
  void aDependentThatBlocksStopsNeitherAcknowledgementsNorElections() throws Exception {
    CountDownLatch opens = new CountDownLatch(1);
    SessionMonitor monitor = zk.monitor(client);
    try (LeaderElection election = LeaderElection.builder(monitor, "/billing/blocks").build();
        Lease lease = election.acquire()) {
      monitor
          .acknowledge()
          .thenRun(
              () -> {
                try {
                  opens.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      assertThat(monitor.acknowledge().get(20, TimeUnit.SECONDS)).isTrue();
      lease.close();
      assertThat(election.tryAcquire(PATIENCE)).isPresent();
    } finally {
      opens.countDown();
    }
  }

  @Test
  void anErrorInsideTheLibraryReachesWhoeverWaitsForTheOfficeAndTheNextTryGoesWell()
      throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    LeaseClock clock =
        new LeaseClock() {
          @Override
          public long monotonicNanos() {
            return System.nanoTime();
          }

          @Override
          public long wallMillis() {
            boolean deciding =
                StackWalker.getInstance()
                    .walk(frames -> frames.anyMatch(f -> f.getMethodName().equals("scopeRead")));
            if (deciding && broken.compareAndSet(true, false)) {
              throw new NoSuchMethodError("as with another version of a library");
            }
            return System.currentTimeMillis();
          }
        };
    try (LeaderElection election =
        LeaderElection.builder(client, "/billing/inside").clock(clock).build()) {
      assertThatExceptionOfType(CoordinationException.class)
          .isThrownBy(() -> election.tryAcquire(PATIENCE))
          .withMessageContaining("/billing/inside failed inside")
          .withCauseInstanceOf(NoSuchMethodError.class);
      assertThat(broken).isFalse();
      assertThat(election.tryAcquire(PATIENCE)).isPresent();
    }
  }
}
