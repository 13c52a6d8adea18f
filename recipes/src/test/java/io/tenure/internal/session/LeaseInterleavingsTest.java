package io.tenure.internal.session;

import io.tenure.lease.LeaseClock;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * A lease in all interleavings of few steps: whatever the threads do in between, each operation
 * seems to happen at one moment. So a lease that was seen to be over is over for every thread, and
 * a renewal never brings it back.
 *
 * <p>Lincheck makes an object of this class for each interleaving, and holds what the operations
 * have returned against {@link InUnits}, which knows neither clocks nor threads.
 */
public class LeaseInterleavingsTest {

  private static final long UNIT = 1_000_000;
  private static final long SESSION = 7;
  private static final long TIMEOUT = 4 * UNIT;

  /** A margin of 2 units leaves 2 of the session, and a lease lasts 2 as well. */
  private static final LeaseTerms TERMS =
      new LeaseTerms(TIMEOUT, new SessionTiming(UNIT, UNIT, false), 2 * UNIT, 2 * UNIT);

  /** What a lease is, in units of time and one step after the other. */
  public static class InUnits {

    private int now;
    private int renewed;
    private int acknowledged;
    private boolean over;

    public boolean isHeld() {
      over |= now >= renewed + 2 || now >= acknowledged + 2;
      return !over;
    }

    public boolean renew() {
      if (isHeld()) {
        renewed = now;
      }
      return isHeld();
    }

    public void timePasses() {
      now++;
    }

    public void theQuorumAcknowledges() {
      acknowledged = now;
    }

    public void end() {
      over = true;
    }
  }

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
        SESSION, new QuorumEvidence.Proof(sent, sent, TIMEOUT), () -> TIMEOUT);
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
        .sequentialSpecification(InUnits.class)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(2)
        .actorsAfter(2)
        .iterations(30)
        .invocationsPerIteration(300)
        .check(LeaseInterleavingsTest.class);
  }
}
