package io.tenure.internal.session;

import io.tenure.lease.LeaseClock;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * A lease in all interleavings of few steps: for all steps of the threads in between, each
 * operation seems to happen at one moment. So a lease that was seen to be over is over for every
 * thread, and a renewal never brings it back.
 *
 * <p>Lincheck makes an object for each interleaving, and holds what the operations have returned
 * against {@link InUnits}, which knows neither clocks nor threads.
 */
class LeaseInterleavingsTest {

  private static final long UNIT = 1_000_000;
  private static final long SESSION = 7;
  private static final int MARGIN = 2;

  /** What a lease is, in units of time and one step after the other. */
  public abstract static class InUnits {

    private final int lease;
    private final int share;
    private int now;
    private int renewed;
    private int acknowledged;
    private boolean over;

    InUnits(int lease, int share) {
      this.lease = lease;
      this.share = share;
    }

    public boolean isHeld() {
      over |= now >= renewed + lease || now >= acknowledged + share;
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

  /** The lease itself, under the names of the same operations. */
  public abstract static class Threads {

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

    private final long timeoutNanos;
    private final LeaseBounds bounds;
    private volatile Monitor.Acknowledgement acknowledged;

    Threads(int lease, int share) {
      timeoutNanos = (share + MARGIN) * UNIT;
      acknowledged = acknowledgement();
      bounds =
          new LeaseBounds(
              clock,
              () -> acknowledged,
              new LeaseTerms(
                  timeoutNanos, new SessionTiming(UNIT, UNIT, false), MARGIN * UNIT, lease * UNIT),
              SESSION,
              Moment.now(clock));
    }

    private Monitor.Acknowledgement acknowledgement() {
      Moment sent = Moment.now(clock);
      return new Monitor.Acknowledgement(
          SESSION, new QuorumEvidence.Proof(sent, sent, timeoutNanos), () -> timeoutNanos);
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
  }

  /** A lease that is over before its session. */
  public static class ShortLease extends Threads {
    public ShortLease() {
      super(1, 3);
    }
  }

  /** What that is. */
  public static class ShortLeaseInUnits extends InUnits {
    public ShortLeaseInUnits() {
      super(1, 3);
    }
  }

  /** A lease that would outlive its session without the other bound. */
  public static class ShortSession extends Threads {
    public ShortSession() {
      super(3, 1);
    }
  }

  /** What that is. */
  public static class ShortSessionInUnits extends InUnits {
    public ShortSessionInUnits() {
      super(3, 1);
    }
  }

  private static void check(Class<? extends Threads> lease, Class<? extends InUnits> units) {
    new ModelCheckingOptions()
        .sequentialSpecification(units)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(2)
        .iterations(30)
        .invocationsPerIteration(300)
        .check(lease);
  }

  @Test
  void eachOperationSeemsToHappenAtOneMomentWhereTheLeaseEndsBeforeItsSession() {
    check(ShortLease.class, ShortLeaseInUnits.class);
  }

  @Test
  void eachOperationSeemsToHappenAtOneMomentWhereTheSessionBoundIsTheShorterOne() {
    check(ShortSession.class, ShortSessionInUnits.class);
  }
}
