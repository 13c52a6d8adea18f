package io.tenure.internal.session;

import io.tenure.lease.LeaseClock;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * A lease in all interleavings of few steps: whatever the threads do in between, each operation
 * seems to happen at one moment. So a lease that was seen to be over is over for everybody, and a
 * renewal never brings it back.
 *
 * <p>Lincheck makes an object of this class for each interleaving, and compares with a run of the
 * same operations one after the other.
 */
public class LeaseInterleavingsTest {

  private static final long UNIT = 1_000_000;
  private static final long SESSION = 7;
  private static final LeaseTerms TERMS =
      new LeaseTerms(
          5 * UNIT,
          new SessionTiming(UNIT, UNIT, false),
          2 * UNIT,
          UNIT); // The session's share is 3 units.

  private final AtomicLong now = new AtomicLong();

  private final LeaseClock clock =
      new LeaseClock() {
        @Override
        public long monotonicNanos() {
          return now.get();
        }

        @Override
        public long wallMillis() {
          return now.get() / UNIT;
        }
      };

  private volatile Monitor.Acknowledgement acknowledged = acknowledgement();

  private final LeaseBounds bounds =
      new LeaseBounds(clock, () -> acknowledged, TERMS, SESSION, Moment.now(clock));

  private Monitor.Acknowledgement acknowledgement() {
    Moment sent = Moment.now(clock);
    return new Monitor.Acknowledgement(
        SESSION, new QuorumEvidence.Proof(sent, sent, 5 * UNIT), () -> 5 * UNIT);
  }

  @Operation
  public boolean isHeld() {
    return bounds.remainingNanos() > 0;
  }

  /** As the working thread does it: a look, the time, the renewal, a look. */
  @Operation(nonParallelGroup = "the working thread")
  public boolean renew() {
    if (bounds.remainingNanos() == 0) {
      return false;
    }
    bounds.progress(Moment.now(clock));
    return bounds.remainingNanos() > 0;
  }

  /** As much as a lease lasts. */
  @Operation(nonParallelGroup = "time")
  public void timePasses() {
    now.addAndGet(UNIT);
  }

  @Operation(nonParallelGroup = "time")
  public void theQuorumAcknowledges() {
    acknowledged = acknowledgement();
  }

  @Operation
  public void end() {
    bounds.end();
  }

  @Test
  void eachOperationSeemsToHappenAtOneMoment() {
    new ModelCheckingOptions()
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(2)
        .iterations(30)
        .invocationsPerIteration(300)
        .check(LeaseInterleavingsTest.class);
  }
}
