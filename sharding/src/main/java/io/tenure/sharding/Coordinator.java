package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.SessionListener;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.recipes.LeaderElection;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.NotLeaderException;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.scope.Retention;
import io.tenure.scope.Tenure;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.jspecify.annotations.Nullable;

/**
 * A worker as a candidate for the group's coordinator, and as the coordinator: watches workers and
 * directives, lets {@link CoordinatorMachine} decide, and has {@link PlanWriter} write the plan. If
 * an answer does not come, it is unknown how much of the plan was written: then the plan is read
 * again, and decided anew.
 *
 * <p><b>A decision that fails</b>, for any reason, is reported once, and tried again after a pause
 * that grows. After some failures in a row the office is resigned, since another worker may have
 * the permission, the room for the packet or the version that is missing here; this worker rests
 * before it is a candidate again, each time longer. See {@link DecisionFailures}. The thread goes
 * on until the worker is closed.
 *
 * <p><b>What another hand does.</b> The plan is written again where it is no longer as this
 * coordinator wrote it, see {@link PlanKeeper}; what cannot be read or understood counts as it was
 * last understood, see {@link LastUnderstood}. Neither is a failure.
 *
 * <p>Everything runs on one thread of its own, except for what the watches say.
 */
final class Coordinator implements LeaderTask, SessionListener, AutoCloseable {

  private static final Log log = Log.of(Coordinator.class);

  private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final WorkerOptions options;
  private final GroupPaths paths;
  private final Monitor monitor;
  private final LeaderElection election;
  private final GroupReader reader;
  private final PlanKeeper keeper;
  private final Watcher watcher = this::changed;
  private final Watcher settingsWatcher = this::settingsChanged;
  private final Semaphore signals = new Semaphore(0);

  /** Ends a rest early. */
  private final Semaphore wakeups = new Semaphore(0);

  private final Set<Long> goodbyes = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean leads;

  // Confined to the thread.
  private @Nullable CoordinatorMachine machine;
  private CoordinatorMemory memory = new CoordinatorMemory(Math::random);
  private final DecisionFailures failures = new DecisionFailures(Math::random);
  private final Backoff looks = new Backoff(FIRST_LOOK_NANOS, LONGEST_LOOK_NANOS);
  private long watching;
  private boolean due = true;
  private long decideAtNanos;

  /** A decision has failed, and nothing that happens makes the next one come earlier. */
  private boolean paused;

  private Map<String, String> ignored = Map.of();

  /**
   * A candidate.
   *
   * @param known the settings that its worker goes by
   */
  Coordinator(
      WorkerOptions options, SessionMonitor sessions, Supplier<Optional<GroupSettings>> known) {
    this.options = options;
    this.paths = options.paths();
    this.monitor = sessions.internal();
    this.reader = new GroupReader(monitor, paths, known);
    this.keeper = new PlanKeeper(monitor, paths, reader, Math::random);
    LeaderElection.Builder builder =
        LeaderElection.builder(sessions, paths.coordinator().path()).candidateId(options.id());
    options.candidate().endpoint().ifPresent(builder::endpoint);
    options.margin().ifPresent(builder::safetyMargin);
    // Where all is kept, the workers may not be allowed to delete entries.
    options.wish().retention().filter(Retention.KEEP_ALL::equals).ifPresent(builder::retention);
    this.election = builder.build();
    this.thread = new Thread(this::run, "tenure-coordinator-" + options.id());
    thread.setDaemon(true);
  }

  void start() {
    if (closed.getCount() == 0) {
      return; // The worker was closed while it joined.
    }
    monitor.addListener(this);
    thread.start();
  }

  /** Whether this worker coordinates now, as far as it knows. */
  boolean leads() {
    return leads;
  }

  @Override
  public void close() {
    monitor.removeListener(this);
    closed.countDown();
    signals.release();
    wakeups.release();
    election.close();
  }

  private void run() {
    while (!isClosed()) {
      try {
        election.run(this);
      } catch (ElectionClosedException e) {
        return;
      } catch (InterruptedException e) {
        log.debug("group={} interrupted unexpectedly: goes on", options.group(), e);
      } catch (RuntimeException | Error e) {
        report("this worker cannot coordinate", e);
      }
      Thread.interrupted(); // Only its own worker has this thread, and closes it.
      rest(failures.rest(now()));
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Another worker may fare better meanwhile. Settings that are mended end the rest. */
  private void rest(long nanos) {
    wakeups.drainPermits();
    if (isClosed()) {
      return;
    }
    long session = monitor.sessionId();
    String group = monitor.realPath(paths.group());
    try {
      monitor.exists(session, group, settingsWatcher);
      if (wakeups.tryAcquire(nanos, TimeUnit.NANOSECONDS)) {
        log.debug("group={} worker={} rests no longer", options.group(), options.id());
      }
    } catch (InterruptedException | RuntimeException e) {
      log.debug("group={} worker={} rest cut short", options.group(), options.id(), e);
    }
    monitor.removeWatch(session, group, settingsWatcher);
  }

  /** Each kind of failure once; with the stack trace where it was not foreseen. */
  private void report(String what, Throwable failure) {
    boolean foreseen = failure instanceof TenureException || failure instanceof KeeperException;
    boolean isNew = failures.isNew(failure);
    String format = "group={} worker={} {}, and goes on trying, less and less often: {}";
    String why = text(failure);
    if (!isNew) {
      log.debug(format, options.group(), options.id(), what, why);
    } else if (foreseen) {
      log.warn(format, options.group(), options.id(), what, why);
    } else {
      log.warn(format, options.group(), options.id(), what, why, failure);
    }
  }

  private static String text(Throwable failure) {
    if (failure instanceof KeeperException e && e.getPath() != null) {
      return String.valueOf(ServerErrors.refused(e.code(), e.getPath(), "write").getMessage());
    }
    return failure instanceof TenureException
        ? String.valueOf(failure.getMessage())
        : failure.toString();
  }

  /** For the audit trail. */
  private static String shared(Throwable failure) {
    if (failure instanceof TenureException ours) {
      return FailureText.of(ours);
    }
    return failure instanceof KeeperException ? text(failure) : FailureText.redacted().of(failure);
  }

  // ---- what happens, on other threads ----

  private void changed(WatchedEvent event) {
    if (event.getType() == Watcher.Event.EventType.None) {
      return; // The session's own events come another way.
    }
    String path = monitor.clientPath(event.getPath());
    long goodbye = paths.goodbyeOf(path);
    if (goodbye >= 0) {
      goodbyes.add(goodbye);
    }
    if (!path.startsWith(paths.plans()) || keeper.happened(path)) {
      signals.release();
    } // Else: what it writes itself.
  }

  private void settingsChanged(WatchedEvent event) {
    if (event.getType() != Watcher.Event.EventType.None) {
      wakeups.release();
    }
  }

  /** What has happened while there was no connection, no watch tells. */
  @Override
  public void connected(long session) {
    keeper.suspectAll();
    signals.release();
  }

  @Override
  public void gone(long session) {
    signals.release();
  }

  /** No further session begins, so that there is nothing to coordinate from now on. */
  @Override
  public void closed(TenureException cause) {
    log.debug("group={} worker={} coordinates no longer", options.group(), options.id(), cause);
    closed.countDown();
    signals.release();
    wakeups.release();
  }

  // ---- the task ----

  @Override
  public void prepare(Lease lease) {
    machine = null;
    memory = new CoordinatorMemory(Math::random, new Damping(now(), monitor.clock().wallMillis()));
    due = true;
    paused = false;
    leads = true;
    failures.begin();
    // Sent before the first reading, on the same connection, so that nothing after it is missed. If
    // they fail for want of a connection, the reading fails as well, and they are set again.
    watch();
  }

  private void watch() {
    watching = monitor.sessionId();
    watched()
        .forEach((path, mode) -> monitor.addWatch(watching, monitor.realPath(path), mode, watcher));
  }

  private Map<String, AddWatchMode> watched() {
    return Map.of(
        paths.group(), AddWatchMode.PERSISTENT,
        paths.workers(), AddWatchMode.PERSISTENT_RECURSIVE,
        paths.directives(), AddWatchMode.PERSISTENT_RECURSIVE,
        paths.plans(), AddWatchMode.PERSISTENT_RECURSIVE);
  }

  @Override
  public NextStep step(Lease lease) throws InterruptedException {
    if (!isDue(lease) || isClosed()) {
      return NextStep.again();
    }
    signals.drainPermits();
    due = false;
    paused = false;
    decideAtNanos = now() + TimeUnit.MINUTES.toNanos(1);
    try {
      boolean written = decide(lease);
      looks.reset();
      if (failures.succeeded(written, now())) {
        log.info("group={} worker={} can coordinate again", options.group(), options.id());
      }
      return NextStep.again();
    } catch (GroupReader.NotConnectedException e) {
      log.debug("group={} cannot be read now", options.group(), e);
      watch();
      decideAtNanos = now() + looks.nextNanos();
      return NextStep.again();
    } catch (NotLeaderException e) {
      throw e;
    } catch (KeeperException | RuntimeException | Error e) {
      return failed(e);
    }
  }

  /** Whether it is time to decide; waits a while for that. */
  private boolean isDue(Lease lease) throws InterruptedException {
    if (!due) {
      long wait =
          Math.max(0, Math.min(decideAtNanos - now(), LeaseTerms.nanos(lease.remaining()) / 4));
      boolean happened =
          paused
              ? closed.await(wait, TimeUnit.NANOSECONDS)
              : signals.tryAcquire(wait, TimeUnit.NANOSECONDS);
      due = happened || decideAtNanos - now() <= 0;
    }
    return due;
  }

  /** After any failure, the machine's picture of the group may be wrong. */
  private NextStep failed(Throwable failure) {
    machine = null;
    if (isOrdinary(failure) && failures.isFirst()) {
      log.info("group={} {}: the plan is read again", options.group(), text(failure));
    } else {
      report("a decision on the plan failed", failure);
    }
    paused = true;
    decideAtNanos = now() + failures.failed(now());
    if (!failures.shallResign()) {
      return NextStep.again();
    }
    String why = "cannot coordinate: " + shared(failure);
    log.debug("group={} worker={} {}", options.group(), options.id(), why);
    return NextStep.done(why);
  }

  /** An answer is lost, or a person makes or deletes a part of the plan: that happens once. */
  private static boolean isOrdinary(Throwable failure) {
    return failure instanceof OutcomeUnknownException
        || failure instanceof KeeperException.NodeExistsException
        || failure instanceof KeeperException.NoNodeException
        || failure instanceof KeeperException.NotEmptyException;
  }

  private long now() {
    return monitor.clock().monotonicNanos();
  }

  /** Decides, and writes what is new. */
  private boolean decide(Lease lease)
      throws InterruptedException, GroupReader.NotConnectedException, KeeperException {
    CoordinatorMachine present = machine;
    Optional<GroupReader.StandingPlan> begun =
        present == null ? Optional.of(keeper.begin()) : Optional.empty();
    OptionalLong again = keeper.keep(lease);
    CoordinatorMachine.View view =
        reader.view(present == null ? begun.orElseThrow()::isFor : present.plans::containsKey);
    if (present == null) {
      present = begin(lease, begun.orElseThrow(), view.settings().shards());
    }
    for (long goodbye : List.copyOf(goodbyes)) {
      goodbyes.remove(goodbye);
      memory.damping.saidGoodbye(goodbye);
    }
    CoordinatorMachine.Decision decision = present.decide(view, now());
    warn(decision.ignored());
    warnOfSlow(decision.calledOff(), view.settings());
    decision.nanosToWait().ifPresent(nanos -> decideAtNanos = now() + nanos);
    again.ifPresent(this::decideWithin);
    if (decision.isEmpty()) {
      return false;
    }
    try {
      keeper.writer().write(lease, decision, view.settings().shards().isNumbered());
    } catch (InterruptedException e) {
      machine = null;
      throw e;
    }
    tell(decision);
    return true;
  }

  /** Where a part of the plan was lost while no worker coordinated, the leaders are still there. */
  private CoordinatorMachine begin(Lease lease, GroupReader.StandingPlan plan, ShardSet shards)
      throws InterruptedException, GroupReader.NotConnectedException {
    CoordinatorMachine begun =
        new CoordinatorMachine(
            options.id(), lease.epoch(), plan.nodes(), plan.summary(), memory, now());
    begun.foundLeaders(reader.leaders(plan.unnamed(shards)));
    machine = begun;
    return begun;
  }

  private void decideWithin(long nanos) {
    long at = now() + nanos;
    if (at - decideAtNanos < 0) {
      decideAtNanos = at;
    }
  }

  private void warnOfSlow(Map<String, List<String>> calledOff, GroupSettings settings) {
    calledOff.forEach(
        (id, shards) ->
            log.warn(
                "group={} worker {} has not got ready for {} of its new shards in {} (the first is"
                    + " {}): their leaders go on leading, and the moves are tried again later, less"
                    + " and less often; if warmUp needs more time, give the group a longer"
                    + " readyLimit",
                options.group(),
                id,
                shards.size(),
                settings.readyLimit(),
                shards.get(0)));
  }

  private void warn(Map<String, String> now) {
    now.forEach(
        (path, why) -> {
          if (!why.equals(ignored.get(path))) {
            log.warn("group={} directive {} is passed over: {}", options.group(), path, why);
          }
        });
    ignored = Map.copyOf(now);
  }

  private void tell(CoordinatorMachine.Decision decision) {
    decision
        .summary()
        .ifPresent(
            now ->
                log.info(
                    "group={} plan version={} epoch={} workers changed={} removed={} unplaced={}"
                        + " reason=\"{}\"",
                    options.group(),
                    now.version(),
                    now.coordinatorEpoch(),
                    decision.writes().size(),
                    decision.removals().size(),
                    now.unplaced().size(),
                    now.reason()));
  }

  @Override
  public void stop(Lease lease, Transition.End why) {
    retire();
  }

  @Override
  public void lost(Tenure tenure, Transition.End why) {
    retire();
  }

  private void retire() {
    leads = false;
    machine = null;
    watched()
        .keySet()
        .forEach(path -> monitor.removeWatch(watching, monitor.realPath(path), watcher));
  }
}
