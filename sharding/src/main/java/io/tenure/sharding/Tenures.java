package io.tenure.sharding;

import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeView;
import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.HeldLease;
import io.tenure.internal.session.LeaseStart;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Office;
import io.tenure.internal.session.SerialExecutor;
import io.tenure.internal.session.TaskTurns;
import io.tenure.internal.session.UserCode;
import io.tenure.lease.Ended;
import io.tenure.scope.Predecessor;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leases and tasks of a worker's shards. What is done for all of them at once is done here: one
 * watchdog, one renewal of those that wait, one sample of how busy they are.
 *
 * <p><b>Renewal.</b> A step is preceded by a renewal on its own thread. A task that pauses, or
 * waits for a thread, is renewed by a round that itself is run by the pool: if no thread gets to
 * it, the leases run out. A task whose step is running is renewed by its own thread only: if it
 * hangs, it lapses, and it alone.
 *
 * <p>Confined to the monitor's event thread, except for what {@link ShardRun.Owner} and {@link
 * Office} are called for, which is handed over to it.
 */
final class Tenures implements ShardRun.Owner, Office {

  private static final Log log = Log.of(Tenures.class);

  /** Two looks at the same leases are at least this far apart. */
  private static final long MIN_WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private static final long SAMPLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** After a tenure of this length, what failed before it is forgotten. */
  private static final long LONG_TENURE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** A round of renewals that has waited so many periods for a thread is lost. */
  private static final int MAX_ROUNDS_QUEUED = 16;

  /** A task that gets ready or cools down for so long is taken to hang. */
  private static final long HANGING_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** A registration tells of a utilization that has changed by so many points ... */
  private static final int PUBLISHED_POINTS = 3;

  /** ... but not more often than this. */
  private static final long PUBLISH_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final WorkerOptions options;
  private final Monitor monitor;
  private final SerialExecutor callbacks;
  private final Consumer<WorkerEvent> machine;
  private final Runnable report;
  private final StepExecutor steps;
  private final WorkerLoad load;

  /** The task of each shard, from when it gets ready until its last turn is over. */
  private final Map<String, ShardRun> runs = new HashMap<>();

  /** Tasks that only got ready and cool down, until that is over. */
  private final Map<String, ShardRun> leaving = new HashMap<>();

  /** The lease of each shard, until it is known how it ended. */
  private final Map<String, HeldLease> leases = new HashMap<>();

  /** A lease that is about to be handed out, and why it is to stop, if it is to already. */
  private static final class Granting {
    Optional<Transition.End> stop = Optional.empty();
  }

  private final Map<String, Granting> granting = new HashMap<>();

  private final Set<ShardRun> hanging = new HashSet<>();

  private @Nullable Future<?> watchdog;
  private long watchdogAtNanos;
  private @Nullable Future<?> renewals;
  private volatile boolean renewing;
  private long renewingSinceNanos;
  private @Nullable Future<?> samples;
  private int publishedPercent;
  private long publishedAtNanos;
  private boolean abandoned;

  Tenures(
      WorkerOptions options,
      Monitor monitor,
      SerialExecutor callbacks,
      Consumer<WorkerEvent> machine,
      Runnable report) {
    this.options = options;
    this.monitor = monitor;
    this.callbacks = callbacks;
    this.machine = machine;
    this.report = report;
    this.steps =
        new StepExecutor(
            options.pool(),
            "group=" + options.group() + " worker=" + options.id(),
            monitor.clock(),
            monitor::isEventThread);
    this.load = new WorkerLoad(options.concurrency(), options.overloadThreshold(), now());
    this.publishedAtNanos = now() - PUBLISH_NANOS;
  }

  private long now() {
    return monitor.clock().monotonicNanos();
  }

  private Scope scope(String shard) {
    return options.paths().shard(shard);
  }

  private ShardRun run(String shard) {
    if (samples == null) {
      samples = monitor.schedule(this::sample, SAMPLE_NANOS);
    }
    return runs.computeIfAbsent(
        shard,
        name ->
            new ShardRun(
                name, options.factory(), options.failureText(), this, steps, monitor.clock()));
  }

  private Optional<HeldLease> lease(String shard) {
    return Optional.ofNullable(leases.get(shard));
  }

  // ---- what the machine wants ----

  void warmUp(String shard) {
    ShardRun before = leaving.get(shard);
    if (before != null && before.isRunningFor(HANGING_NANOS)) {
      // Another task would hang as well, and each keeps a thread.
      monitor.execute(() -> stillHangs(shard));
      return;
    }
    run(shard).warmUp();
  }

  private void stillHangs(String shard) {
    Throwable cause =
        new IllegalStateException(
            "the task of shard "
                + shard
                + " that got ready before still runs: its warmUp or"
                + " coolDown hangs");
    told(shard, cause);
    machine.accept(new WorkerEvent.WarmUpFailed(shard, FailureText.redacted().of(cause)));
  }

  void coolDown(String shard) {
    ShardRun run = runs.remove(shard);
    if (run != null) {
      leaving.putIfAbsent(shard, run);
      run.coolDown();
    }
  }

  void grant(
      String shard,
      ScopeView view,
      long session,
      LeaseTerms terms,
      Optional<Predecessor> predecessor) {
    Granting own = new Granting();
    granting.put(shard, own);
    LeaseStart.begin(
        monitor,
        terms,
        session,
        () -> granting.get(shard) == own && monitor.sessionId() == session,
        bounds -> {
          LeaderNode node =
              new LeaderNode(view.record().epoch(), view.record().incumbent().orElseThrow());
          HeldLease lease =
              new HeldLease(
                  this,
                  monitor,
                  bounds,
                  node.tenure(scope(shard)),
                  session,
                  node,
                  view.version(),
                  predecessor);
          handOut(shard, lease);
        });
  }

  private void handOut(String shard, HeldLease lease) {
    Granting granted = granting.remove(shard);
    ShardRun run = run(shard);
    leases.put(shard, lease);
    log.info(
        "scope={} epoch={} elected worker={} predecessor={}",
        lease.scope(),
        lease.epoch(),
        options.id(),
        lease
            .predecessor()
            .map(p -> p.candidateId() + " epoch " + p.epoch() + " " + p.end().word())
            .orElse("none"));
    callbacks.execute(() -> options.listener().elected(shard, lease));
    run.lead(lease);
    if (granted != null) {
      granted.stop.ifPresent(lease::requestStop);
    }
    watchBy(now() + lease.remainingNanos());
    // A round asks for an acknowledgement if the last is older than half the interval at which they
    // are needed: it should come clearly before or after that, and twice before the interval ends.
    long period = lease.bounds().terms().ackIntervalNanos() * 2 / 5;
    if (renewals == null) {
      renewals = monitor.schedule(() -> renewRound(period), period);
    }
  }

  void requestStop(String shard, Transition.End why) {
    Granting pending = granting.get(shard);
    if (pending != null) {
      pending.stop = Optional.of(pending.stop.orElse(why));
    }
    lease(shard).ifPresent(lease -> lease.requestStop(why));
  }

  void leaseOver(String shard, Transition.End end) {
    if (granting.remove(shard) != null) {
      // It was over before its lease was out, and no task will say that it is gone.
      coolDown(shard);
      machine.accept(new WorkerEvent.TaskGone(shard, false, false));
    }
    lease(shard)
        .ifPresent(
            lease -> {
              lease.over(end);
              // If there is no connection, the end is known before it is recorded.
              monitor.schedule(
                  () -> tellEnded(shard, lease, end, false),
                  lease.bounds().terms().ackIntervalNanos());
            });
  }

  void ended(String shard, Transition.End end, boolean recorded) {
    Optional<HeldLease> lease = Optional.ofNullable(leases.remove(shard));
    log.info(
        "scope={} epoch={} {} worker={} reason=\"{}\" recorded={}",
        scope(shard),
        lease.map(held -> Long.toString(held.epoch())).orElse("?"),
        end.word(),
        options.id(),
        end.reason(),
        recorded);
    lease.ifPresent(held -> tellEnded(shard, held, end, recorded));
  }

  /** Tells once; a second call, with an outcome that came late, tells no listener. */
  private void tellEnded(String shard, HeldLease lease, Transition.End end, boolean recorded) {
    Ended how = new Ended(lease.tenure(), end, recorded);
    if (lease.completeEnded(how, callbacks)) {
      callbacks.execute(() -> options.listener().ended(shard, how));
    }
  }

  /** Something is wrong with a shard, not with its task. */
  void failed(String shard, TenureException cause) {
    log.warn("scope={} worker={} {}", scope(shard), options.id(), cause.toString());
    told(shard, cause);
  }

  private void told(String shard, Throwable cause) {
    callbacks.execute(() -> options.listener().failed(shard, cause));
  }

  void warnOfText(String shard, byte[] data) {
    String text = new String(data, 0, Math.min(data.length, 60), StandardCharsets.UTF_8);
    log.warn(
        "scope={} ignored \"{}\" in {}: the only word it takes is \"revoke\"",
        scope(shard),
        text,
        scope(shard).leaderPath());
  }

  void warnOfPersistentLeader(String shard) {
    String path = scope(shard).leaderPath();
    log.warn(
        "group={} {} is a persistent node, made by a person or a tool: it goes with no session,"
            + " and shard {} has no leader meanwhile. If none leads, delete it: delete {}",
        options.group(),
        path,
        shard,
        path);
  }

  void warnOfDeletion(WorkerAction.WarnOfDeletion warning) {
    log.warn(
        "scope={} epoch={} worker={} waits: the leader node was deleted, and {} may hold its lease"
            + " until it has recorded its end; to revoke, set {} to \"revoke\"",
        scope(warning.shard()),
        warning.epoch(),
        options.id(),
        warning.leader().id(),
        scope(warning.shard()).leaderPath());
  }

  /**
   * The shards whose task cannot stop, since its executor was shut down and runs nothing of it now.
   */
  List<String> unstoppable() {
    if (!steps.isShutDown()) {
      return List.of();
    }
    return runs.values().stream().filter(ShardRun::isRefused).map(ShardRun::shard).toList();
  }

  /** From now on no caller asks. */
  void abandon() {
    abandoned = true;
    steps.close();
    for (Future<?> timer : new Future<?>[] {watchdog, renewals, samples}) {
      if (timer != null) {
        timer.cancel(false);
      }
    }
  }

  // ---- what is done for all of them ----

  /** The watchdog looks at that time at the latest. */
  private void watchBy(long atNanos) {
    Future<?> before = watchdog;
    if (before != null && watchdogAtNanos - atNanos <= 0) {
      return;
    }
    if (before != null) {
      before.cancel(false);
    }
    watchdogAtNanos = atNanos;
    watchdog = monitor.schedule(this::watch, atNanos - now());
  }

  private void watch() {
    watchdog = null;
    if (abandoned) {
      return;
    }
    long least = Long.MAX_VALUE;
    for (Map.Entry<String, HeldLease> entry : List.copyOf(leases.entrySet())) {
      String shard = entry.getKey();
      HeldLease lease = entry.getValue();
      long left = lease.remainingNanos();
      if (left > 0) {
        least = Math.min(least, left);
      } else {
        // Does nothing where its end is under way.
        machine.accept(new WorkerEvent.End(shard, lease.epoch(), lease.endOfLapse()));
        markHanging(shard);
      }
    }
    if (least != Long.MAX_VALUE) {
      watchBy(now() + Math.max(MIN_WATCH_NANOS, least));
    }
  }

  private void markHanging(String shard) {
    ShardRun run = runs.get(shard);
    if (run != null && run.isRunning() && hanging.add(run)) {
      steps.stuck();
    }
  }

  private void comesBack(ShardRun run) {
    if (hanging.remove(run)) {
      steps.unstuck();
    }
  }

  private void check(ShardRun run) {
    run.check();
    if (run.lease().isEmpty() && run.isRunningFor(HANGING_NANOS) && hanging.add(run)) {
      log.warn(
          "scope={} worker={} its warmUp or coolDown has not come back for {} s",
          scope(run.shard()),
          options.id(),
          TimeUnit.NANOSECONDS.toSeconds(HANGING_NANOS));
      steps.stuck();
    }
  }

  private void renewRound(long periodNanos) {
    if (abandoned || runs.isEmpty()) {
      renewals = null;
      return;
    }
    renewals = monitor.schedule(() -> renewRound(periodNanos), periodNanos);
    if (renewing && now() - renewingSinceNanos < MAX_ROUNDS_QUEUED * periodNanos) {
      return; // No thread has got to the last one yet.
    }
    renewing = true;
    renewingSinceNanos = now();
    List<ShardRun> all = List.copyOf(runs.values());
    steps.submit(
        () -> {
          try {
            all.forEach(Tenures::renew);
          } finally {
            renewing = false;
          }
        },
        () -> renewing = false);
  }

  /** A lease that cannot be renewed does not keep the others from being renewed. */
  private static void renew(ShardRun run) {
    try {
      run.renewIfWaiting();
    } catch (Throwable e) {
      UserCode.warn(log, "shard=" + run.shard() + " its lease is not renewed", e);
    }
  }

  private void sample() {
    if (abandoned) {
      return;
    }
    List.copyOf(runs.values()).forEach(this::check);
    List.copyOf(leaving.values()).forEach(this::check);
    if (load.sample(runs.values(), now())) {
      Utilization utilization = load.utilization();
      log.warn(
          "group={} worker={} overloaded: utilization {} %",
          options.group(), options.id(), load.percent());
      callbacks.execute(() -> options.listener().overloaded(utilization));
    }
    int percent = load.percent();
    boolean changed =
        Math.abs(percent - publishedPercent) >= PUBLISHED_POINTS
            || (percent == 0 && publishedPercent != 0);
    if (changed && now() - publishedAtNanos >= PUBLISH_NANOS) {
      publishedPercent = percent;
      publishedAtNanos = now();
      report.run();
    }
    boolean idle = runs.isEmpty() && leaving.isEmpty() && percent == 0 && publishedPercent == 0;
    samples = idle ? null : monitor.schedule(this::sample, SAMPLE_NANOS);
  }

  Utilization utilization() {
    return load.utilization();
  }

  /** What the registration tells of it: not every change, since each telling is a write. */
  int publishedPercent() {
    return publishedPercent;
  }

  Optional<WorkerSnapshot.LedShard> led(String shard) {
    ShardRun run = runs.get(shard);
    return run == null
        ? Optional.empty()
        : run.lease()
            .map(
                lease ->
                    new WorkerSnapshot.LedShard(
                        shard,
                        lease.epoch(),
                        lease.remaining(),
                        WorkerLoad.of(run.busyTime().average(), 1)));
  }

  // ---- what the tasks say, on threads of the pool ----

  @Override
  public void warmedUp(ShardRun run) {
    monitor.execute(
        () -> {
          comesBack(run);
          if (runs.get(run.shard()) == run) {
            machine.accept(new WorkerEvent.WarmedUp(run.shard()));
          }
        });
  }

  @Override
  public void warmUpFailed(ShardRun run, Throwable cause, String text) {
    monitor.execute(
        () -> {
          UserCode.warn(
              log,
              "scope=" + scope(run.shard()) + " worker=" + options.id() + " cannot get ready",
              cause);
          comesBack(run);
          told(run.shard(), cause);
          if (runs.get(run.shard()) == run) {
            if (run.lease().isEmpty()) {
              runs.remove(run.shard()); // It is made anew if it is wanted again.
            }
            machine.accept(new WorkerEvent.WarmUpFailed(run.shard(), text));
          }
        });
  }

  @Override
  public void over(ShardRun run, Optional<TaskTurns.Over> over) {
    monitor.execute(() -> finished(run, over));
  }

  private void finished(ShardRun run, Optional<TaskTurns.Over> over) {
    comesBack(run);
    leaving.remove(run.shard(), run);
    HeldLease lease = run.lease().orElse(null);
    if (over.isEmpty() || lease == null) {
      return; // It was only got ready.
    }
    TaskTurns.Over how = over.get();
    how.failure().ifPresent(cause -> told(run.shard(), cause)); // It is logged where it was thrown.
    machine.accept(
        new WorkerEvent.End(run.shard(), lease.epoch(), how.end().orElseGet(lease::endOfLapse)));
    boolean handsOver = lease.isGivenUp() || (how.end().isPresent() && !how.asked());
    boolean rests = how.failureText().isPresent() || handsOver;
    if (runs.remove(run.shard(), run)) {
      machine.accept(
          new WorkerEvent.TaskGone(
              run.shard(), rests, run.ageNanos() >= LONG_TENURE_NANOS, how.failureText()));
    }
  }

  @Override
  public void resumeLater(ShardRun run, long number, long nanos) {
    monitor.schedule(() -> run.resume(number), nanos);
  }

  @Override
  public void resubmitLater(ShardRun run, long number, long nanos) {
    monitor.schedule(() -> run.resubmit(number), nanos);
  }

  // ---- what the holders of leases say, on any thread ----

  @Override
  public void end(HeldLease lease, Transition.End end) {
    monitor.execute(() -> machine.accept(new WorkerEvent.End(shardOf(lease), lease.epoch(), end)));
  }

  @Override
  public void inspect(HeldLease lease) {
    monitor.execute(() -> machine.accept(new WorkerEvent.Inspect(shardOf(lease))));
  }

  private String shardOf(HeldLease lease) {
    return options.paths().shardOf(lease.scope().path());
  }
}
