package io.tenure.sharding;

import io.tenure.internal.session.CallbackThread;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.UserCode;
import io.tenure.lease.LeaseClock;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands steps to the executor that runs them, which may be the user's: it may reject, run a step on
 * the thread that submits it, or block. None of that holds up the event thread, and a step that was
 * not taken is said to be refused.
 *
 * <p>A step that is run by the thread that submits it counts as refused, without having been run:
 * the event thread runs no user code, and a step that submits the next one would never return.
 *
 * <p>Thread-safe.
 */
final class StepExecutor implements AutoCloseable {

  private static final Log log = Log.of(StepExecutor.class);

  /** After a time without a refusal, the next one is news again. */
  private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final long NEVER = Long.MIN_VALUE;

  private final Executor pool;
  private final String owner;
  private final LeaseClock clock;
  private final BooleanSupplier isEventThread;

  /** What submits for the event thread; null if the pool is the worker's own and never blocks. */
  private final @Nullable ThreadPoolExecutor submitter;

  private final AtomicLong lastRefusal = new AtomicLong(NEVER);

  /**
   * An executor of steps.
   *
   * @param owner whose steps they are, as log lines begin
   */
  StepExecutor(Executor pool, String owner, LeaseClock clock, BooleanSupplier isEventThread) {
    this.pool = pool;
    this.owner = owner;
    this.clock = clock;
    this.isEventThread = isEventThread;
    this.submitter = pool instanceof StepPool ? null : CallbackThread.named("tenure-submits");
  }

  /**
   * Submits a step; returns at once on the event thread.
   *
   * @param refused runs instead of the step, on any thread, if the executor does not take it
   */
  void submit(Runnable step, Runnable refused) {
    ThreadPoolExecutor other = submitter;
    if (other != null && isEventThread.getAsBoolean()) {
      try {
        other.execute(() -> submitHere(step, refused));
      } catch (Throwable e) {
        refusal(e);
        refused.run();
      }
    } else {
      submitHere(step, refused);
    }
  }

  private void submitHere(Runnable step, Runnable refused) {
    Submitted submitted = new Submitted(step);
    boolean taken;
    try {
      pool.execute(submitted);
      taken = submitted.isTaken();
      if (!taken) {
        refusal("it runs them on the thread that submits them");
      }
    } catch (Throwable e) {
      taken = false;
      submitted.isTaken();
      refusal(e);
    }
    if (!taken) {
      refused.run();
    }
  }

  private void refusal(Throwable thrown) {
    refusal(UserCode.describe(thrown));
    UserCode.reportToThread(thrown);
  }

  private void refusal(String why) {
    long now = clock.monotonicNanos();
    long before = lastRefusal.getAndSet(now);
    if (before == NEVER || now - before > QUIET_NANOS) {
      log.warn(
          "{} the executor does not take steps: {}. They are submitted again after growing pauses,"
              + " and the lease of a shard whose step is not taken is not renewed: give the"
              + " executor room for one step of each shard",
          owner,
          why);
    }
  }

  /** Whether the executor takes no step ever again. */
  boolean isShutDown() {
    return pool instanceof ExecutorService service && service.isShutdown();
  }

  /** The executor has taken a step and has not run it for very long. */
  void lost(String shard) {
    refusal("it has not run a step of shard " + shard + " for a long time");
  }

  /** Has the pool one thread more, if it is the worker's own. */
  void stuck() {
    if (pool instanceof StepPool own) {
      own.stuck();
    }
  }

  /** That thread is no longer needed. */
  void unstuck() {
    if (pool instanceof StepPool own) {
      own.unstuck();
    }
  }

  @Override
  public void close() {
    if (submitter != null) {
      submitter.shutdown();
    }
  }

  /** A step that notices if the thread that submits it runs it. */
  private static final class Submitted implements Runnable {
    private final Runnable step;

    /** The thread within {@code execute}; null afterwards. */
    private volatile @Nullable Thread submitting = Thread.currentThread();

    /** Written and read by the submitting thread alone. */
    private boolean inline;

    Submitted(Runnable step) {
      this.step = step;
    }

    @Override
    public void run() {
      if (submitting == Thread.currentThread()) {
        inline = true;
      } else {
        step.run();
      }
    }

    /** To be called by the submitting thread when {@code execute} has returned. */
    boolean isTaken() {
      submitting = null;
      return !inline;
    }
  }
}
