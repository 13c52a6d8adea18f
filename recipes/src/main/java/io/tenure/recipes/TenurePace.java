package io.tenure.recipes;

import io.tenure.internal.Backoff;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How long a candidate rests before it queues again, where its task ends each tenure at once by
 * itself and no other candidate takes the office in between. Without a rest such a candidate is
 * elected as fast as the servers can write, for as long as the task says "not now".
 *
 * <p>An epoch of another candidate between two tenures is a rotation that several candidates share:
 * it goes on without a rest.
 *
 * <p>Confined to the thread that runs the task.
 */
final class TenurePace {

  /** A tenure that lasted longer has done some work. */
  static final long SHORT_NANOS = TimeUnit.SECONDS.toNanos(10);

  static final long FIRST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  static final long LONGEST_REST_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Backoff rests = new Backoff(FIRST_REST_NANOS, LONGEST_REST_NANOS);

  /** The epoch of the last tenure, if that was short and the task's own doing; otherwise 0. */
  private long lastShort;

  /**
   * A tenure is over.
   *
   * @param epoch its epoch
   * @param nanos how long it lasted
   * @param byItself whether the task has ended it, unasked
   * @return how long to rest before the next tenure, in nanoseconds; 0 for not at all
   */
  long restAfter(long epoch, long nanos, boolean byItself) {
    boolean isShort = byItself && nanos < SHORT_NANOS;
    boolean again = isShort && lastShort == epoch - 1 && lastShort > 0;
    lastShort = isShort ? epoch : 0;
    if (again) {
      return rests.nextNanos();
    }
    rests.reset();
    return 0;
  }

  /**
   * Rests.
   *
   * @param closing ends the rest when it completes
   */
  static void rest(long nanos, CompletableFuture<Void> closing) throws InterruptedException {
    if (nanos <= 0) {
      return;
    }
    try {
      closing.get(nanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // Rested.
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
