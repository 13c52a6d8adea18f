package io.tenure.internal.session;

import io.tenure.internal.Backoff;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * How a lease begins: as soon as one is worth having. Where the election's answer was lost, its
 * record was found by reading, which proves nothing about how long the session lives; then an
 * operation is acknowledged first.
 *
 * <p>Confined to the monitor's event thread; stateless.
 */
public final class LeaseStart {

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private LeaseStart() {}

  /**
   * Makes the bounds of a tenure's lease, at once if possible.
   *
   * @param session in which the tenure was committed
   * @param wanted whether the tenure goes on; if not, {@code then} is not called
   */
  public static void begin(
      Monitor monitor,
      LeaseTerms terms,
      long session,
      BooleanSupplier wanted,
      Consumer<LeaseBounds> then) {
    Backoff backoff = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
    begin(monitor, terms, session, wanted, then, backoff);
  }

  private static void begin(
      Monitor monitor,
      LeaseTerms terms,
      long session,
      BooleanSupplier wanted,
      Consumer<LeaseBounds> then,
      Backoff backoff) {
    if (!wanted.getAsBoolean()) {
      return;
    }
    // The progress bound starts now and not at the commit: no work has been done yet to be late
    // with.
    LeaseBounds bounds =
        new LeaseBounds(
            monitor.clock(), monitor::last, terms, session, Moment.now(monitor.clock()));
    LeaseTerms present = bounds.terms();
    if (present.sessionShareNanos() <= 0
        || bounds.remainingNanos() > LeaseTerms.nanos(present.longest()) / 2) {
      // Where a shorter session timeout leaves nothing, the lease is over at once and says so.
      then.accept(bounds);
      return;
    }
    Runnable again = () -> begin(monitor, terms, session, wanted, then, backoff);
    monitor.whenSettled(
        () ->
            monitor
                .acknowledge()
                .thenAccept(
                    acknowledged -> {
                      if (acknowledged) {
                        again.run();
                      } else {
                        monitor.schedule(again, backoff.nextNanos());
                      }
                    }));
  }
}
