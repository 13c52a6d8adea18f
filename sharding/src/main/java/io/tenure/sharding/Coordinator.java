package io.tenure.sharding;

import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.SessionListener;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.lease.TaskFailedException;
import io.tenure.recipes.LeaderElection;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.scope.Retention;
import io.tenure.scope.Tenure;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker as a candidate for the group's coordinator, and as the coordinator: watches workers and
 * directives, lets {@link CoordinatorMachine} decide, and writes the plan.
 *
 * <p>Every write is a transaction that checks the record of the coordinator's scope, so a deposed
 * coordinator writes nothing. A plan that is too large for one transaction is written in several:
 * since it only steers, its parts need not come true at one instant. If an answer does not come,
 * nobody knows how much of it stands there: then the plan is read again, and decided anew.
 *
 * <p>Everything runs on one thread of its own, except for what the watches say.
 */
final class Coordinator implements LeaderTask, SessionListener, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Coordinator.class);

  private static final long RETRY_SECONDS = 1;

  /** Half of what the server takes by default. */
  private static final int MAX_BYTES = 512 * 1024;

  private final WorkerOptions options;
  private final GroupPaths paths;
  private final Monitor monitor;
  private final CuratorFramework client;
  private final LeaderElection election;
  private final GroupReader reader;
  private final Watcher watcher = this::changed;
  private final Semaphore signals = new Semaphore(0);
  private final Set<String> deletedPlans = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean leads;

  // Confined to the thread.
  private @Nullable CoordinatorMachine machine;
  private Set<String> planNames = new HashSet<>();
  private long watching;
  private boolean due = true;
  private long decideAtNanos;
  private Map<String, String> ignored = Map.of();

  Coordinator(WorkerOptions options, SessionMonitor sessions) {
    this.options = options;
    this.paths = options.paths();
    this.monitor = sessions.internal();
    this.client = sessions.client();
    this.reader = new GroupReader(monitor, paths);
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
    election.close();
  }

  private void run() {
    try {
      do {
        try {
          election.run(this);
        } catch (ElectionClosedException e) {
          return;
        } catch (TaskFailedException | TenureException e) {
          // Another worker may fare better; this one tries again.
          log.warn(
              "group={} worker={} cannot coordinate: {}",
              options.group(),
              options.id(),
              e.getMessage());
        }
      } while (!closed.await(RETRY_SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- what happens, on other threads ----

  private void changed(WatchedEvent event) {
    if (event.getType() == Watcher.Event.EventType.None) {
      return; // The session's own events come another way.
    }
    String path = monitor.clientPath(event.getPath());
    if (!path.startsWith(paths.plans())) {
      signals.release();
    } else if (event.getType() == Watcher.Event.EventType.NodeDeleted) {
      deletedPlans.add(path.substring(path.lastIndexOf('/') + 1));
      signals.release();
    } // Else: what it writes itself.
  }

  /** What has happened while there was no connection, no watch tells. */
  @Override
  public void connected(long session) {
    signals.release();
  }

  @Override
  public void gone(long session) {
    signals.release();
  }

  // ---- the task ----

  @Override
  public void prepare(Lease lease) {
    machine = null;
    due = true;
    leads = true;
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
    if (!due) {
      long wait = Math.min(decideAtNanos - now(), LeaseTerms.nanos(lease.remaining()) / 4);
      boolean happened = signals.tryAcquire(Math.max(0, wait), TimeUnit.NANOSECONDS);
      due = happened || decideAtNanos - now() <= 0;
      if (!due || closed.getCount() == 0) {
        return NextStep.again();
      }
    }
    signals.drainPermits();
    due = false;
    decideAtNanos = now() + TimeUnit.MINUTES.toNanos(1);
    try {
      decide(lease);
    } catch (GroupReader.NotConnectedException e) {
      log.debug("group={} cannot be read now", options.group(), e);
      watch();
      again();
    } catch (OutcomeUnknownException e) {
      log.info("group={} {}: the plan is read again", options.group(), e.getMessage());
      machine = null;
      again();
    }
    return NextStep.again();
  }

  /** There is no connection, or was none: tries again when there is, or a little later. */
  private void again() {
    decideAtNanos = now() + TimeUnit.MILLISECONDS.toNanos(100);
  }

  private long now() {
    return monitor.clock().monotonicNanos();
  }

  private void decide(Lease lease) throws InterruptedException, GroupReader.NotConnectedException {
    CoordinatorMachine present = machine;
    if (present == null || planDeleted(present)) {
      GroupReader.StandingPlan standing = reader.plan();
      planNames = new HashSet<>(standing.names());
      present =
          new CoordinatorMachine(
              options.id(), lease.epoch(), standing.nodes(), standing.summary(), now());
      machine = present;
    }
    CoordinatorMachine.View view = reader.view();
    CoordinatorMachine.Decision decision = present.decide(view, now());
    warn(decision.ignored());
    decision.nanosToWait().ifPresent(nanos -> decideAtNanos = now() + nanos);
    if (!decision.isEmpty()) {
      write(lease, decision, view.settings().shards().isNumbered());
    }
  }

  private boolean planDeleted(CoordinatorMachine present) {
    boolean any = false;
    for (String name : List.copyOf(deletedPlans)) {
      deletedPlans.remove(name);
      any |= present.plans.keySet().stream().anyMatch(id -> ZnodeName.encodeWhole(id).equals(name));
    }
    return any;
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

  private void write(Lease lease, CoordinatorMachine.Decision decision, boolean numbered)
      throws InterruptedException {
    List<CuratorOp> ops = new ArrayList<>();
    int bytes = 0;
    try {
      for (PlanNode node : decision.writes()) {
        byte[] data = node.bytes(numbered);
        if (bytes > 0 && bytes + data.length > MAX_BYTES) {
          lease.inTransaction(ops);
          ops.clear();
          bytes = 0;
        }
        bytes += data.length;
        ops.add(put(paths.plan(node.workerId()), data));
      }
      for (String id : decision.removals()) {
        planNames.remove(ZnodeName.encodeWhole(id));
        ops.add(client.transactionOp().delete().forPath(paths.plan(id)));
      }
      for (String path : decision.movesDone()) {
        ops.add(client.transactionOp().delete().forPath(path));
      }
      Optional<PlanSummary> summary = decision.summary();
      if (summary.isPresent()) {
        byte[] data = summary.get().bytes(numbered);
        ops.add(client.transactionOp().setData().uncompressed().forPath(paths.plans(), data));
      }
      lease.inTransaction(ops);
    } catch (KeeperException e) {
      // Somebody else has made or deleted one of them.
      log.info("group={} plan not written: {}", options.group(), e.getMessage());
      machine = null;
      again();
      return;
    } catch (InterruptedException | TenureException e) {
      machine = null;
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("the plan cannot be built", e);
    }
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

  private CuratorOp put(String path, byte[] data) throws Exception {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return planNames.add(name)
        ? client
            .transactionOp()
            .create()
            .uncompressed()
            .withMode(CreateMode.PERSISTENT)
            .forPath(path, data)
        : client.transactionOp().setData().uncompressed().forPath(path, data);
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
