package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Incumbent;
import io.tenure.internal.LeaderNode;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.LeaseClock;
import io.tenure.lease.NextStep;
import io.tenure.scope.Candidate;
import io.tenure.scope.Scope;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import io.tenure.testing.Opened;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a turn says of a task that throws, by the lease at that moment. Without a server. */
@Timeout(60)
class TaskTurnsTest {

  private static final long SESSION = 7;
  private static final Duration TIMEOUT = Duration.ofSeconds(12);
  private static final SessionTiming TIMING =
      SessionTiming.of(Optional.empty(), Duration.ofMillis(200), false);

  @RegisterExtension final Opened opened = new Opened();

  /** What a step throws. */
  enum Thrown {
    EXCEPTION,
    INTERRUPT;

    Exception make() {
      return this == EXCEPTION
          ? new IllegalStateException("the store is gone")
          : new InterruptedException("cut off");
    }
  }

  private final LeaseClock clock =
      new LeaseClock() {
        @Override
        public long monotonicNanos() {
          return 0;
        }

        @Override
        public long wallMillis() {
          return 0;
        }
      };

  private final LeaseBounds bounds =
      new LeaseBounds(
          clock,
          () ->
              new Monitor.Acknowledgement(
                  SESSION,
                  new QuorumEvidence.Proof(
                      Moment.now(clock), Moment.now(clock), LeaseTerms.nanos(TIMEOUT)),
                  () -> LeaseTerms.nanos(TIMEOUT)),
          LeaseTerms.of(TIMEOUT, TIMING, Optional.empty(), Optional.empty()),
          SESSION,
          Moment.now(clock));

  private HeldLease lease() {
    // Never started: nothing is sent.
    CuratorFramework client =
        opened.closeLater(CuratorFrameworkFactory.newClient("127.0.0.1:1", new RetryOneTime(1)));
    Monitor monitor = opened.closeLater(new Monitor(client, clock, TIMING));
    Candidate candidate = new Candidate("w-1", "h", 1, Optional.empty());
    LeaderNode node = new LeaderNode(1, new Incumbent(candidate, "0x7", "n", Instant.EPOCH));
    Office office =
        new Office() {
          @Override
          public void end(HeldLease lease, Transition.End end) {}

          @Override
          public void inspect(HeldLease lease) {}
        };
    return new HeldLease(
        office,
        monitor,
        bounds,
        node.tenure(new Scope("/orders")),
        SESSION,
        node,
        1,
        Optional.empty());
  }

  private TaskTurns.Over lastTurn(LeaderTask task) {
    TaskTurns turns = new TaskTurns(task, task.getClass(), lease(), FailureText.redacted());
    TaskTurns.Turn turn = turns.turn();
    return (TaskTurns.Over) turn;
  }

  @ParameterizedTest
  @EnumSource
  void whatAStepThrowsInOfficeIsToldAsTheTasksFailure(Thrown thrown) {
    Exception cause = thrown.make();
    TaskTurns.Over over =
        lastTurn(
            lease -> {
              throw cause;
            });

    assertThat(over.end()).get().isInstanceOf(Transition.Failed.class);
    assertThat(over.failure()).contains(cause);
    assertThat(over.failureText()).contains(FailureText.redacted().of(cause));
  }

  @ParameterizedTest
  @EnumSource
  void whatAStepThrowsAfterTheLeaseIsNotToldAsTheTasksFailure(Thrown thrown) {
    TaskTurns.Over over =
        lastTurn(
            lease -> {
              bounds.end();
              throw thrown.make();
            });

    assertThat(over.end()).isEmpty();
    assertThat(over.failureText()).isEmpty();
  }

  @Test
  void aLeaseThatIsOverBeforeTheStepIsNotToldAsTheTasksFailure() {
    TaskTurns.Over over =
        lastTurn(
            new LeaderTask() {
              @Override
              public void prepare(Lease lease) {
                bounds.end();
              }

              @Override
              public NextStep step(Lease lease) {
                throw new AssertionError("a step without a lease");
              }
            });

    assertThat(over.end()).isEmpty();
    assertThat(over.failure()).isEmpty();
    assertThat(over.failureText()).isEmpty();
  }

  @Test
  void whatLostThrowsIsToldAndNotWhatTheStepThrewBefore() {
    IllegalArgumentException ofLost = new IllegalArgumentException("cannot let go");
    TaskTurns.Over over =
        lastTurn(
            new LeaderTask() {
              @Override
              public NextStep step(Lease lease) {
                bounds.end();
                throw new IllegalStateException("the store is gone");
              }

              @Override
              public void lost(Tenure tenure, Transition.End why) {
                throw ofLost;
              }
            });

    assertThat(over.failure()).contains(ofLost);
    assertThat(over.failureText()).contains(FailureText.redacted().of(ofLost));
  }
}
