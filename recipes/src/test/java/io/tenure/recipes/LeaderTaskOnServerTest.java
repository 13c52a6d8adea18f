package io.tenure.recipes;

import static io.tenure.testing.ZooKeeperFixture.trail;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenure.audit.AuditLog;
import io.tenure.audit.RecordedEntry;
import io.tenure.lease.Ended;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.lease.TaskFailedException;
import io.tenure.scope.ClientClosedException;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The task form: what is called when, on which thread, and what stands in the trail afterwards. */
@Timeout(60)
class LeaderTaskOnServerTest {

  private static final String SCOPE = "/billing/nightly-close";

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  private CuratorFramework client;
  private CuratorFramework operator;
  private LeaderElection election;

  @BeforeEach
  void connect() {
    client = zk.client();
    operator = zk.client();
    election = open("w-1", Duration.ofSeconds(10));
  }

  private LeaderElection open(String id, Duration lease) {
    return zk.closeLater(
        LeaderElection.builder(zk.monitor(client), SCOPE)
            .candidateId(id)
            .leaseDuration(lease)
            .build());
  }

  /** Records its calls and lets the test decide about each step. */
  private static class Recorder implements LeaderTask {
    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<Thread> threads = new CopyOnWriteArrayList<>();
    final BlockingQueue<Lease> steps = new LinkedBlockingQueue<>();

    private void called(String what) {
      calls.add(what);
      threads.add(Thread.currentThread());
    }

    @Override
    public void prepare(Lease lease) {
      called("prepare");
    }

    @Override
    public NextStep step(Lease lease) throws Exception {
      if (!calls.contains("step")) {
        called("step");
      }
      steps.add(lease);
      return next(lease);
    }

    NextStep next(Lease lease) throws Exception {
      return NextStep.after(Duration.ofMillis(20));
    }

    @Override
    public void stop(Lease lease, Transition.End why) throws Exception {
      assertThat(lease.isHeld()).isTrue();
      called("stop " + why.word());
    }

    @Override
    public void lost(Tenure tenure, Transition.End why) {
      called("lost " + why.word());
    }
  }

  private static Thread start(LeaderElection of, LeaderTask task, CompletableFuture<Void> done) {
    Thread thread =
        new Thread(
            () -> {
              try {
                of.run(task);
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            },
            "task");
    thread.start();
    return thread;
  }

  private List<String> trailOf() throws Exception {
    return List.copyOf(trail(operator, SCOPE));
  }

  private String lastReason() throws Exception {
    List<RecordedEntry> entries = AuditLog.of(operator, SCOPE).entries();
    return entries.get(entries.size() - 1).entry().transition().reason();
  }

  @Test
  void aTaskIsPreparedSteppedAndStoppedOnTheCallersThread() throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            return steps.size() < 5 ? NextStep.again() : NextStep.done("all five done");
          }
        };
    election.run(task);
    assertThat(task.calls).containsExactly("prepare", "step", "stop resigned");
    assertThat(task.steps).hasSize(5);
    assertThat(task.threads).containsOnly(Thread.currentThread());
    assertThat(trailOf()).containsExactly("0000000001-elected-w-1", "0000000002-resigned-w-1");
    assertThat(lastReason()).isEqualTo("all five done");
  }

  @Test
  void theLibraryRenewsBetweenStepsAndWhileATaskPauses() throws Exception {
    LeaderElection shortLease = open("w-2", Duration.ofMillis(600));
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            return steps.size() < 3
                ? NextStep.after(Duration.ofMillis(1500))
                : NextStep.done("enough");
          }
        };
    shortLease.run(task);
    assertThat(task.calls).containsExactly("prepare", "step", "stop resigned");
    assertThat(trailOf()).containsExactly("0000000001-elected-w-2", "0000000002-resigned-w-2");
  }

  @Test
  void handOverResignsAndStandsAgain() throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            return lease.epoch() < 3
                ? NextStep.handOver("my turn is over")
                : NextStep.done("third");
          }
        };
    election.run(task);
    assertThat(trailOf()).hasSize(6).endsWith("0000000006-resigned-w-1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSoleCandidateWhoseTaskEndsEachTenureAtOnceIsElectedLessAndLessOften(boolean handsOver)
      throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            if (handsOver) {
              return NextStep.handOver("not now");
            }
            lease.close();
            return NextStep.again();
          }
        };
    CompletableFuture<Void> done = new CompletableFuture<>();
    start(election, task, done);
    int without = 200;
    LeaderElection measure =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(client), "/measure").candidateId("w-1").build());
    for (int i = 0; i < without; i++) {
      measure.acquire().close();
    }
    assertThat(task.steps).hasSizeBetween(2, without / 8);
    election.close();
    done.get(30, TimeUnit.SECONDS);
  }

  @Test
  void aCandidateThatRestsBetweenTenuresHearsAtOnceThatItsClientIsClosed() throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            return NextStep.handOver("not now");
          }
        };
    CompletableFuture<Void> done = new CompletableFuture<>();
    start(election, task, done);
    await().atMost(30, TimeUnit.SECONDS).until(() -> task.steps.size() >= 6);
    client.close();
    assertThatThrownBy(() -> done.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ClientClosedException.class);
  }

  @Test
  void candidatesThatTakeTurnsRestNever() throws Exception {
    int turns = 60;
    CountDownLatch taken = new CountDownLatch(turns);
    List<CompletableFuture<Void>> all = new ArrayList<>();
    List<LeaderElection> candidates = List.of(election, open("w-2", Duration.ofSeconds(10)));
    for (LeaderElection candidate : candidates) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      all.add(done);
      start(
          candidate,
          new Recorder() {
            @Override
            NextStep next(Lease lease) {
              taken.countDown();
              return NextStep.handOver("your turn");
            }
          },
          done);
    }
    // With rests, so many turns would take a quarter of an hour.
    assertThat(taken.await(50, TimeUnit.SECONDS)).isTrue();
    candidates.forEach(LeaderElection::close);
    for (CompletableFuture<Void> done : all) {
      done.get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void aStuckStepLapsesAndThenHearsThatItIsLostAndNotThatItShallStop() throws Exception {
    LeaderElection shortLease = open("w-2", Duration.ofMillis(300));
    CountDownLatch unstick = new CountDownLatch(1);
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) throws Exception {
            if (lease.epoch() > 1) {
              return NextStep.done("second tenure");
            }
            unstick.await();
            return NextStep.again();
          }
        };
    CompletableFuture<Void> done = new CompletableFuture<>();
    start(shortLease, task, done);
    await().until(() -> trailOfIfAny().contains("0000000002-lapsed-w-2"));
    unstick.countDown();
    done.get(30, TimeUnit.SECONDS);
    assertThat(task.calls)
        .containsExactly("prepare", "step", "lost lapsed", "prepare", "stop resigned");
  }

  private List<String> trailOfIfAny() throws Exception {
    return operator.checkExists().forPath(SCOPE + "/audit") == null ? List.of() : trailOf();
  }

  @Test
  void whatAStepThrowsAfterItsLeaseIsOverIsNoFailureAndTheTaskStandsAgain() throws Exception {
    LeaderElection shortLease = open("w-2", Duration.ofMillis(300));
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) throws Exception {
            if (lease.epoch() == 1) {
              lease.ended().toCompletableFuture().get(30, TimeUnit.SECONDS);
              throw new IllegalStateException("the store has seen a newer epoch");
            }
            return NextStep.done("done in epoch " + lease.epoch());
          }
        };
    shortLease.run(task);
    assertThat(task.calls)
        .containsExactly("prepare", "step", "lost lapsed", "prepare", "stop resigned");
    assertThat(lastReason()).isEqualTo("done in epoch 2");
  }

  @Test
  void aTaskHearsThatItIsLostBeforeAnybodyKnowsHowTheTenureIsRecorded() throws Exception {
    FaultProxy proxy = zk.proxy();
    List<String> order = new CopyOnWriteArrayList<>();
    LeaderElection cutOff =
        zk.closeLater(
            LeaderElection.builder(zk.monitor(zk.client(proxy.connectString())), SCOPE)
                .candidateId("w-3")
                .listener(
                    new ElectionListener() {
                      @Override
                      public void ended(Ended how) {
                        order.add("recorded");
                      }
                    })
                .build());
    Recorder task =
        new Recorder() {
          @Override
          public void lost(Tenure tenure, Transition.End why) {
            order.add("lost");
          }
        };
    Thread thread = start(cutOff, task, new CompletableFuture<>());
    task.steps.take();
    proxy.refuse(true);
    proxy.dropConnections();
    await().atMost(Duration.ofSeconds(30)).until(() -> order.size() == 2);
    assertThat(order).containsExactly("lost", "recorded");
    thread.interrupt();
    thread.join();
  }

  @Test
  void aRevokedTaskStopsCleanlyWhileItsLeaseHolds() throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            return lease.epoch() > 1 ? NextStep.done("again") : NextStep.after(Duration.ofHours(1));
          }
        };
    CompletableFuture<Void> done = new CompletableFuture<>();
    start(election, task, done);
    assertThat(task.steps.poll(30, TimeUnit.SECONDS)).isNotNull();
    await().until(() -> operator.checkExists().forPath(SCOPE + "/leader") != null);
    operator.setData().forPath(SCOPE + "/leader", "revoke".getBytes());
    done.get(30, TimeUnit.SECONDS);
    assertThat(task.calls)
        .containsExactly("prepare", "step", "stop revoked", "prepare", "stop resigned");
    assertThat(trailOf()).contains("0000000002-revoked-w-1");
  }

  @Test
  void aRevokedTaskThatDoesNotStopLosesTheOfficeWhenItsLeaseRunsOut() throws Exception {
    LeaderElection shortLease = open("w-2", Duration.ofMillis(500));
    CountDownLatch unstick = new CountDownLatch(1);
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) throws Exception {
            if (lease.epoch() > 1) {
              return NextStep.done("second tenure");
            }
            // It goes on renewing, and never looks whether it is to stop.
            while (!unstick.await(20, TimeUnit.MILLISECONDS) && lease.isHeld()) {
              lease.renew();
            }
            unstick.await();
            return NextStep.again();
          }
        };
    CompletableFuture<Void> done = new CompletableFuture<>();
    start(shortLease, task, done);
    assertThat(task.steps.poll(30, TimeUnit.SECONDS)).isNotNull();
    operator.setData().forPath(SCOPE + "/leader", "revoke".getBytes());
    await().until(() -> trailOfIfAny().contains("0000000002-revoked-w-2"));
    unstick.countDown();
    done.get(30, TimeUnit.SECONDS);
    assertThat(task.calls).contains("lost revoked").doesNotContain("stop revoked");
  }

  @Test
  void aStepThatThrowsIsStoppedRecordedAndReported() throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) throws Exception {
            throw new IOException("disk full");
          }
        };
    assertThatThrownBy(() -> election.run(task))
        .isInstanceOf(TaskFailedException.class)
        .hasRootCauseMessage("disk full");
    assertThat(task.calls).containsExactly("prepare", "step", "stop failed");
    assertThat(trailOf()).containsExactly("0000000001-elected-w-1", "0000000002-failed-w-1");
    assertThat(lastReason()).isEqualTo("step threw java.io.IOException: disk full");
    Lease next = election.acquire();
    assertThat(next.epoch()).isEqualTo(2);
    assertThat(next.predecessor().orElseThrow().end().needsRecovery()).isTrue();
  }

  @Test
  void aStopThatThrowsIsRecordedAsAnEndThatNeedsRecovery() throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            return NextStep.done("done");
          }

          @Override
          public void stop(Lease lease, Transition.End why) {
            throw new IllegalStateException("half done");
          }
        };
    assertThatThrownBy(() -> election.run(task)).hasMessage("half done");
    assertThat(trailOf()).containsExactly("0000000001-elected-w-1", "0000000002-failed-w-1");
    assertThat(election.acquire().predecessor().orElseThrow().end().needsRecovery()).isTrue();
  }

  @Test
  void closeFromAnotherThreadLetsTheTaskStopCleanly() throws Exception {
    Recorder task = new Recorder();
    CompletableFuture<Void> done = new CompletableFuture<>();
    start(election, task, done);
    assertThat(task.steps.poll(30, TimeUnit.SECONDS)).isNotNull();
    election.close();
    done.get(30, TimeUnit.SECONDS);
    assertThat(task.calls).containsExactly("prepare", "step", "stop resigned");
    assertThat(lastReason()).isEqualTo("election closed");
    assertThatThrownBy(() -> election.run(task)).isInstanceOf(ElectionClosedException.class);
  }

  @Test
  void closeFromAStepLetsTheTaskStopCleanly() throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            election.close();
            election.close();
            assertThat(lease.isHeld()).isTrue();
            return NextStep.again();
          }
        };
    election.run(task);
    assertThat(task.calls).containsExactly("prepare", "step", "stop resigned");
    assertThat(task.steps).hasSize(1);
    assertThat(operator.checkExists().forPath(SCOPE + "/leader")).isNull();
  }

  @Test
  void closingTheLeaseFromAStepEndsTheTenureAtOnce() throws Exception {
    Recorder task =
        new Recorder() {
          @Override
          NextStep next(Lease lease) {
            if (lease.epoch() > 1) {
              return NextStep.done("second");
            }
            lease.close();
            lease.close();
            return NextStep.again();
          }
        };
    election.run(task);
    assertThat(task.calls)
        .containsExactly("prepare", "step", "lost resigned", "prepare", "stop resigned");
  }

  @Test
  void anInterruptStopsTheTaskCleanlyAndIsPassedOn() throws Exception {
    Recorder task = new Recorder();
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread = start(election, task, done);
    assertThat(task.steps.poll(30, TimeUnit.SECONDS)).isNotNull();
    thread.interrupt();
    assertThatThrownBy(() -> done.get(30, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
    assertThat(task.calls).containsExactly("prepare", "step", "stop resigned");
    assertThat(lastReason()).isEqualTo("interrupted");
  }
}
