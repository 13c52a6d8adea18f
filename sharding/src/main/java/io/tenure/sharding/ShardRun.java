package io.tenure.sharding;

import io.tenure.internal.session.HeldLease;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.TaskTurns;
import io.tenure.internal.session.UserCode;
import io.tenure.lease.LeaseClock;
import io.tenure.scope.Transition;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The task of one shard: gets it ready, runs it through one tenure, a turn at a time, and is done.
 *
 * <p>Between two turns it stands at the end of the pool's queue, so thousands of shards share few
 * threads fairly. A task that pauses holds no thread; a timer brings it back.
 *
 * <p>Thread-safe: what is asked for is kept in flags under the object's lock, and carried out by
 * one thread of the pool at a time.
 */
final class ShardRun implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(ShardRun.class);

  /** A turn that has waited so many lease durations for a thread will never get one. */
  private static final int MAX_LEASES_QUEUED = 4;

  /** Whoever the task belongs to. Called on a thread of the pool. */
  interface Owner {

    void warmedUp(ShardRun run);

    /** It could not be made or got ready. */
    void warmUpFailed(ShardRun run, Throwable cause);

    /** The tenure's last turn is over; without one, the task was only got ready. */
    void over(ShardRun run, Optional<TaskTurns.Over> over);

    /** Calls {@link ShardRun#resume} after a while. */
    void resumeLater(ShardRun run, long pause, long nanos);
  }

  private final String shard;
  private final ShardTaskFactory factory;
  private final Owner owner;
  private final Executor pool;
  private final LeaseClock clock;
  private final BusyTime busyTime = new BusyTime();

  // Guarded by this.
  private boolean scheduled;
  private boolean running;
  private boolean warmUpWanted;
  private boolean coolDownWanted;
  private boolean turnWanted;
  private long scheduledAtNanos;
  private long pause;
  private @Nullable HeldLease lease;
  private long grantedAtNanos;

  // Confined to whoever runs, which is one thread at a time.
  private @Nullable ShardTask task;
  private @Nullable TaskTurns turns;
  private boolean over;

  ShardRun(String shard, ShardTaskFactory factory, Owner owner, Executor pool, LeaseClock clock) {
    this.shard = shard;
    this.factory = factory;
    this.owner = owner;
    this.pool = pool;
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
    // However long it means to pause, it shall look whether it is asked to stop.
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
      if (number != pause) {
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
      if (held == null || running) {
        return;
      }
      long queued = scheduled ? clock.monotonicNanos() - scheduledAtNanos : 0;
      long longest = LeaseTerms.nanos(held.bounds().terms().longest());
      if (queued / MAX_LEASES_QUEUED > longest) {
        return; // The executor has lost it: then the lease must run out.
      }
    }
    held.renewWithoutWaiting();
  }

  private void schedule() {
    synchronized (this) {
      if (scheduled) {
        return;
      }
      scheduled = true;
      scheduledAtNanos = clock.monotonicNanos();
    }
    execute();
  }

  private void execute() {
    try {
      pool.execute(this);
    } catch (RejectedExecutionException e) {
      log.warn("shard={} the executor refuses its steps: its lease runs out", shard);
    }
  }

  @Override
  public void run() {
    boolean warm;
    boolean cool;
    boolean turn;
    HeldLease held;
    synchronized (this) {
      running = true;
      warm = warmUpWanted;
      cool = coolDownWanted;
      turn = turnWanted;
      held = lease;
      warmUpWanted = false;
      coolDownWanted = false;
      turnWanted = false;
      pause++;
    }
    if (!over) {
      busyTime.begin(clock.monotonicNanos());
      try {
        if (warm) {
          doWarmUp();
        }
        if (turn && held != null) {
          doTurn(held);
        } else if (cool) {
          over = true;
          doCoolDown();
          owner.over(this, Optional.empty());
        }
      } finally {
        busyTime.end(clock.monotonicNanos());
      }
    }
    synchronized (this) {
      running = false;
      if (over || !(warmUpWanted || coolDownWanted || turnWanted)) {
        scheduled = false;
        return;
      }
      scheduledAtNanos = clock.monotonicNanos();
    }
    execute();
  }

  private void doWarmUp() {
    try {
      task().warmUp();
      owner.warmedUp(this);
    } catch (Exception e) {
      keepInterrupt(e);
      task = null;
      owner.warmUpFailed(this, e);
    }
  }

  private ShardTask task() throws Exception {
    ShardTask made = task;
    if (made == null) {
      made = factory.taskFor(shard);
      task = made;
    }
    return made;
  }

  private void doCoolDown() {
    ShardTask made = task;
    if (made != null) {
      try {
        made.coolDown();
      } catch (Exception e) {
        keepInterrupt(e);
        log.warn("shard={} cooling down failed", shard, e);
      }
    }
  }

  private static void keepInterrupt(Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
  }

  private void doTurn(HeldLease held) {
    TaskTurns current = turns;
    if (current == null) {
      if (!held.isHeld()) {
        // It ran out before there was a thread for the first turn, or while getting ready.
        over = true;
        doCoolDown();
        owner.over(this, Optional.of(noTurn(Optional.empty(), Optional.empty())));
        return;
      }
      try {
        current = new TaskTurns(task(), held);
      } catch (Exception e) {
        keepInterrupt(e);
        over = true;
        Transition.End end = UserCode.failed("the task factory", e);
        owner.over(this, Optional.of(noTurn(Optional.of(end), Optional.of(e))));
        return;
      }
      turns = current;
    }
    TaskTurns.Turn turn = current.turn();
    if (turn instanceof TaskTurns.Over ended) {
      over = true;
      owner.over(this, Optional.of(ended));
    } else if (turn instanceof TaskTurns.Next next) {
      pause(held, next.pauseNanos());
    }
  }

  private static TaskTurns.Over noTurn(Optional<Transition.End> end, Optional<Throwable> failure) {
    return new TaskTurns.Over(end, false, false, failure);
  }

  private void pause(HeldLease held, long nanos) {
    if (nanos <= 0 || held.stopRequest().isPresent()) {
      wake();
      return;
    }
    long number;
    synchronized (this) {
      number = pause;
    }
    owner.resumeLater(this, number, nanos);
  }
}
