package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.HeldLease;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.TaskTurns;
import io.tenure.internal.session.UserCode;
import io.tenure.lease.LeaseClock;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The task of one shard: gets it ready, runs it through one tenure, a turn at a time, and is done.
 *
 * <p>Between two turns it stands at the end of the pool's queue, so thousands of shards share few
 * threads fairly. A task that pauses holds no thread; a timer brings it back.
 *
 * <p><b>The executor</b> may refuse a run: it is submitted again after a pause. It may lose one: a
 * run that has waited very long is submitted once more. Of several copies of a run only the first
 * does anything, since each carries how many runs had begun when it was submitted.
 *
 * <p><b>User code</b> may throw anything. The outcome is kept before it is told, and told again if
 * there was no memory to tell it: a shard whose outcome is never told would never be led again.
 *
 * <p>Thread-safe: what is asked for is kept in flags under the object's lock, and carried out by
 * one thread of the pool at a time.
 */
final class ShardRun {

  private static final Log log = Log.of(ShardRun.class);

  /** A turn that has waited so many lease durations for a thread may never get one. */
  private static final int MAX_LEASES_QUEUED = 4;

  /** The same without a lease, while getting ready. */
  private static final long MAX_QUEUED_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** To whom the task belongs. Called on a thread of the pool. */
  interface Owner {

    void warmedUp(ShardRun run);

    /** It could not be made or got ready; the text is for the registration. */
    void warmUpFailed(ShardRun run, Throwable cause, String text);

    /** The tenure's last turn is over; without one, the task was only got ready. */
    void over(ShardRun run, Optional<TaskTurns.Over> over);

    /** Calls {@link ShardRun#resume} after a while. */
    void resumeLater(ShardRun run, long number, long nanos);

    /** Calls {@link ShardRun#resubmit} after a while. */
    void resubmitLater(ShardRun run, long number, long nanos);
  }

  /**
   * How the task ended.
   *
   * @param how empty if it was only got ready
   */
  private record Outcome(Optional<TaskTurns.Over> how) {}

  private final String shard;
  private final ShardTaskFactory factory;
  private final FailureText texts;
  private final Owner owner;
  private final StepExecutor executor;
  private final LeaseClock clock;
  private final BusyTime busyTime = new BusyTime();

  // Guarded by this.
  private boolean scheduled;
  private boolean running;
  private boolean refused;
  private boolean warmUpWanted;
  private boolean coolDownWanted;
  private boolean turnWanted;
  private long scheduledAtNanos;
  private long runningSinceNanos;

  /** How often the present run was submitted once more because it seems lost. */
  private int timesLost;

  private final Backoff pauses = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);

  /** How many runs have begun: tells a pause that is over and a copy of a run from others. */
  private long runs;

  private @Nullable HeldLease lease;
  private long grantedAtNanos;

  /** How it ended, until the owner has been told. */
  private @Nullable Outcome untold;

  // Confined to the thread that runs, which is one at a time.
  private @Nullable ShardTask task;
  private @Nullable TaskTurns turns;
  private boolean over;

  ShardRun(
      String shard,
      ShardTaskFactory factory,
      FailureText texts,
      Owner owner,
      StepExecutor executor,
      LeaseClock clock) {
    this.shard = shard;
    this.factory = factory;
    this.texts = texts;
    this.owner = owner;
    this.executor = executor;
    this.clock = clock;
  }

  String shard() {
    return shard;
  }

  BusyTime busyTime() {
    return busyTime;
  }

  synchronized Optional<HeldLease> lease() {
    return Optional.ofNullable(lease);
  }

  /** Whether the task's code is being run. */
  synchronized boolean isRunning() {
    return running;
  }

  /** Whether the executor has not taken the next run, and none is under way. */
  synchronized boolean isRefused() {
    return refused && !running;
  }

  /** Whether one call of the task's code has been running for so long. */
  synchronized boolean isRunningFor(long nanos) {
    return running && clock.monotonicNanos() - runningSinceNanos >= nanos;
  }

  /** How long ago the tenure began. */
  synchronized long ageNanos() {
    return clock.monotonicNanos() - grantedAtNanos;
  }

  void warmUp() {
    synchronized (this) {
      warmUpWanted = true;
    }
    schedule();
  }

  void coolDown() {
    synchronized (this) {
      coolDownWanted = true;
    }
    schedule();
  }

  /** Begins the tenure. */
  void lead(HeldLease granted) {
    synchronized (this) {
      lease = granted;
      grantedAtNanos = clock.monotonicNanos();
      turnWanted = true;
    }
    // In a pause of any length, the task has to notice that it is asked to stop.
    granted.onStopRequest(this::wake);
    schedule();
  }

  private void wake() {
    synchronized (this) {
      turnWanted = true;
    }
    schedule();
  }

  /** A pause is over, unless the task has been woken before. */
  void resume(long number) {
    synchronized (this) {
      if (number != runs) {
        return;
      }
      turnWanted = true;
    }
    schedule();
  }

  /**
   * Renews the lease of a task that is not being run: one that pauses, or waits for a thread. Call
   * on a thread of the pool: that there is one is the progress that this rests on. Waits for
   * nothing.
   */
  void renewIfWaiting() {
    HeldLease held;
    synchronized (this) {
      held = lease;
      if (held == null || running || refused || queuedNanos() > longestQueuedNanos()) {
        return; // A task that hangs, or that the executor does not run, has no progress to show.
      }
    }
    held.renewWithoutWaiting();
  }

  /** Under the lock. */
  private long queuedNanos() {
    return scheduled && !running ? clock.monotonicNanos() - scheduledAtNanos : 0;
  }

  /** Under the lock. */
  private long longestQueuedNanos() {
    HeldLease held = lease;
    return held == null
        ? MAX_QUEUED_NANOS
        : MAX_LEASES_QUEUED * LeaseTerms.nanos(held.bounds().terms().longest());
  }

  /** Looks whether the executor has lost the run, or the owner has not heard how it ended. */
  void check() {
    boolean tells;
    boolean lost;
    synchronized (this) {
      tells = untold != null;
      // The wait doubles each time.
      lost = !refused && queuedNanos() >> Math.min(30, timesLost) > longestQueuedNanos();
      timesLost += lost ? 1 : 0;
    }
    if (tells) {
      tell();
    }
    if (lost) {
      executor.lost(shard);
      submit();
    }
  }

  // ---- the executor ----

  private void schedule() {
    synchronized (this) {
      if (scheduled) {
        return;
      }
      becomeScheduled();
    }
    submit();
  }

  /** Under the lock. */
  private void becomeScheduled() {
    scheduled = true;
    scheduledAtNanos = clock.monotonicNanos();
    timesLost = 0;
  }

  private void submit() {
    long number;
    synchronized (this) {
      number = runs;
      refused = false;
    }
    executor.submit(() -> run(number), () -> refused(number));
  }

  private void refused(long number) {
    long nanos;
    synchronized (this) {
      if (number != runs || running) {
        return; // Another copy was taken.
      }
      refused = true;
      nanos = pauses.nextNanos();
    }
    owner.resubmitLater(this, number, nanos);
  }

  /** The pause after a refusal is over. */
  void resubmit(long number) {
    synchronized (this) {
      if (number != runs || running || !refused) {
        return;
      }
    }
    submit();
  }

  // ---- one run ----

  private void run(long number) {
    boolean warm;
    boolean cool;
    boolean turn;
    HeldLease held;
    synchronized (this) {
      if (number != runs || running) {
        return;
      }
      runs++;
      running = true;
      refused = false;
      pauses.reset();
      runningSinceNanos = clock.monotonicNanos();
      warm = warmUpWanted;
      cool = coolDownWanted;
      turn = turnWanted;
      held = lease;
      warmUpWanted = false;
      coolDownWanted = false;
      turnWanted = false;
    }
    @Nullable Throwable thrown = null;
    try {
      if (!over) {
        busyTime.begin(clock.monotonicNanos());
        thrown = work(warm, cool, turn, held);
      }
    } catch (Throwable e) {
      // An error of the surrounding code, not of the task: no memory, or no room on the stack.
      thrown = e;
      broken(held, e);
    } finally {
      busyTime.end(clock.monotonicNanos());
      ran();
    }
    if (thrown != null) {
      UserCode.reportToThread(thrown);
    }
  }

  private void ran() {
    synchronized (this) {
      running = false;
      if (over || !(warmUpWanted || coolDownWanted || turnWanted)) {
        scheduled = false;
        return;
      }
      becomeScheduled();
    }
    submit();
  }

  private @Nullable Throwable work(
      boolean warm, boolean cool, boolean turn, @Nullable HeldLease held) {
    @Nullable Throwable thrown = warm ? doWarmUp() : null;
    if (turn && held != null) {
      return doTurn(held);
    } else if (cool) {
      over = true;
      thrown = doCoolDown();
      ended(Optional.empty());
    }
    return thrown;
  }

  private void broken(@Nullable HeldLease held, Throwable thrown) {
    UserCode.warn(log, "shard=" + shard + " its task could not be run", thrown);
    if (held == null) {
      task = null;
      owner.warmUpFailed(this, thrown, texts.of(thrown));
    } else if (!over) {
      over = true;
      ended(failed("a turn", thrown));
    }
  }

  private void ended(Optional<TaskTurns.Over> how) {
    synchronized (this) {
      untold = new Outcome(how);
    }
    tell();
  }

  private void tell() {
    Outcome outcome;
    synchronized (this) {
      outcome = untold;
      untold = null;
    }
    if (outcome == null) {
      return; // Told meanwhile.
    }
    boolean told = false;
    try {
      owner.over(this, outcome.how());
      told = true;
    } finally {
      if (!told) {
        synchronized (this) {
          untold = outcome;
        }
      }
    }
  }

  private @Nullable Throwable doWarmUp() {
    try {
      task().warmUp();
    } catch (Throwable e) {
      keepInterrupt(e);
      task = null;
      owner.warmUpFailed(this, e, texts.of(e));
      return e;
    }
    owner.warmedUp(this);
    return null;
  }

  private ShardTask task() throws Exception {
    ShardTask made = task;
    if (made == null) {
      made = made();
      task = made;
    }
    return made;
  }

  private ShardTask made() throws Exception {
    @Nullable ShardTask made = factory.taskFor(shard);
    if (made == null) {
      throw new IllegalStateException(
          factory.getClass().getName() + " returned null as the task of shard " + shard);
    }
    return made;
  }

  private @Nullable Throwable doCoolDown() {
    ShardTask made = task;
    if (made != null) {
      try {
        made.coolDown();
      } catch (Throwable e) {
        keepInterrupt(e);
        UserCode.warn(log, "shard=" + shard + " cooling down failed", e);
        return e;
      }
    }
    return null;
  }

  private static void keepInterrupt(Throwable e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
  }

  private @Nullable Throwable doTurn(HeldLease held) {
    TaskTurns current = turns;
    if (current == null) {
      if (!held.isHeld()) {
        // It ran out before there was a thread for the first turn, or while getting ready.
        over = true;
        Throwable thrown = doCoolDown();
        ended(
            Optional.of(
                new TaskTurns.Over(
                    Optional.empty(), false, false, Optional.empty(), Optional.empty())));
        return thrown;
      }
      try {
        ShardTask own = task();
        current = new TaskTurns(own, UserThreads.classOf(own), held, texts);
      } catch (Throwable e) {
        keepInterrupt(e);
        UserCode.warn(log, "shard=" + shard + " its task cannot be made", e);
        over = true;
        ended(failed("the task factory", e));
        return e;
      }
      turns = current;
    }
    TaskTurns.Turn turn = current.turn();
    if (turn instanceof TaskTurns.Over last) {
      over = true;
      ended(Optional.of(last));
      return last.failure().orElse(null);
    } else if (turn instanceof TaskTurns.Next next) {
      pause(held, next.pauseNanos());
    }
    return null;
  }

  private Optional<TaskTurns.Over> failed(String call, Throwable thrown) {
    String text = texts.of(thrown);
    return Optional.of(
        new TaskTurns.Over(
            Optional.of(FailureText.failed(call, text)),
            false,
            false,
            Optional.of(thrown),
            Optional.of(text)));
  }

  private void pause(HeldLease held, long nanos) {
    if (nanos <= 0 || held.stopRequest().isPresent()) {
      wake();
      return;
    }
    long number;
    synchronized (this) {
      number = runs;
    }
    owner.resumeLater(this, number, nanos);
  }
}
