package io.tenure.sharding;

import io.tenure.internal.session.CallbackThread;
import io.tenure.internal.session.CuratorClients;
import io.tenure.internal.session.EphemeralBytes;
import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.Log;
import io.tenure.lease.LeaseClock;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.Bounds;
import io.tenure.scope.Candidate;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.curator.framework.CuratorFramework;
import org.jspecify.annotations.Nullable;

/**
 * One process of a group: leads its part of the group's shards, and stands by for others'.
 *
 * <pre>{@code
 * try (ShardWorker worker =
 *     ShardWorker.builder(client, "/orders")
 *         .workerId("orders-3")
 *         .shards(ShardSet.numbered(64))
 *         .tasks(shard -> new OrdersTask(shard))
 *         .build()) {
 *   worker.start();
 *   ...
 * }
 * }</pre>
 *
 * <p>Which worker leads which shard is a plan, made by the worker that coordinates the group. The
 * plan only steers: a shard is led by the worker whose election ZooKeeper has committed, and each
 * lease is as safe, and as limited, as {@link io.tenure.lease.Lease} says.
 *
 * <p>It does not promise that every shard is led at every moment: for as long as a lost worker's
 * session lasts, its shards have no leader.
 *
 * <p>Thread-safe. Tasks run on the executor, listeners on a thread of the worker's own.
 */
public final class ShardWorker implements AutoCloseable {

  private static final Log log = Log.of(ShardWorker.class);

  private static final long SNAPSHOT_SECONDS = 10;

  private final WorkerOptions options;
  private final SessionMonitor monitor;
  private final boolean ownsMonitor;
  private final @Nullable StepPool ownPool;
  private final ThreadPoolExecutor callbacks;
  private final Duration shutdownLimit;
  private final UserThreads threads = new UserThreads();
  private final WorkerDriver driver;
  private final Coordinator coordinator;
  private final WorkerClosing closing;
  private final Object lifecycle = new Object();

  // Guarded by lifecycle.
  private @Nullable CompletableFuture<Void> started;
  private @Nullable Thread shutdownHook;
  private boolean jvmEnds;
  private boolean closed;

  private ShardWorker(Builder builder) {
    ownsMonitor = builder.monitor == null;
    monitor =
        builder.monitor == null
            ? SessionMonitor.builder(builder.client).clock(builder.clock).build()
            : builder.monitor;
    shutdownLimit = builder.shutdownLimit;
    callbacks = CallbackThread.named("tenure-callbacks");
    Executor pool = builder.executor;
    if (pool == null) {
      ownPool = new StepPool(builder.concurrency);
      pool = ownPool;
    } else {
      ownPool = null;
    }
    options =
        new WorkerOptions(
            builder.paths,
            Candidate.ofThisProcess(builder.workerId, builder.endpoint),
            builder.zone,
            builder.capacity,
            builder.maxShards,
            builder.leaderNodeBytes,
            builder.wish(),
            builder.margin,
            builder.lease,
            builder.concurrency,
            builder.overloadThreshold,
            threads.ofTasks(Objects.requireNonNull(builder.tasks, "tasks")),
            builder.failureText,
            builder.listener,
            pool,
            threads.ofListener(callbacks));
    driver = new WorkerDriver(options, monitor.internal(), threads);
    coordinator = new Coordinator(options, monitor, driver::knownSettings);
    closing =
        new WorkerClosing(options, monitor.internal(), threads, driver, coordinator, this::release);
  }

  /**
   * A worker with a monitor of its own, which suits a process with one worker.
   *
   * @param client started by the caller, and closed by the caller after the worker
   * @param group a znode path below the client's namespace
   * @throws IllegalArgumentException if the path cannot be a group's
   */
  public static Builder builder(CuratorFramework client, String group) {
    return new Builder(Objects.requireNonNull(client, "client"), null, group);
  }

  /**
   * A worker that shares a monitor with others of the same client. Made before the client was
   * started, the monitor lets the worker take office without delay.
   *
   * @throws IllegalArgumentException if the path cannot be a group's
   */
  public static Builder builder(SessionMonitor monitor, String group) {
    return new Builder(monitor.client(), monitor, group);
  }

  /** What a worker is made of. Not thread-safe. */
  public static final class Builder {
    private final CuratorFramework client;
    private final @Nullable SessionMonitor monitor;
    private final GroupPaths paths;
    private String workerId = Candidate.defaultId();
    private Optional<String> endpoint = Optional.empty();
    private String zone = "";
    private double capacity = 1;
    private int maxShards = Integer.MAX_VALUE;
    private int leaderNodeBytes = EphemeralBytes.DEFAULT_BOUND;
    private boolean severalWorkers;
    private @Nullable ShardTaskFactory tasks;
    private FailureText failureText = FailureText.redacted();
    private WorkerListener listener = new WorkerListener() {};
    private @Nullable Executor executor;
    private int concurrency = Math.max(8, 2 * Runtime.getRuntime().availableProcessors());
    private double overloadThreshold = 0.8;
    private Optional<Duration> lease = Optional.empty();
    private Optional<Duration> margin = Optional.empty();
    private Duration shutdownLimit = Duration.ofSeconds(20);
    private LeaseClock clock = LeaseClock.system();
    private Optional<ShardSet> shards = Optional.empty();
    private Optional<Integer> standbys = Optional.empty();
    private Optional<Duration> settleWindow = Optional.empty();
    private Optional<Integer> movesInFlight = Optional.empty();
    private Optional<Duration> readyLimit = Optional.empty();
    private Optional<Retention> retention = Optional.empty();
    private Optional<Optional<LoadBalancing>> loadBalancing = Optional.empty();

    private Builder(CuratorFramework client, @Nullable SessionMonitor monitor, String group) {
      this.client = client;
      this.monitor = monitor;
      this.paths = new GroupPaths(group);
    }

    /**
     * The worker's id, unique in the group; default host and pid. A worker that comes back under
     * its id before its shards were given away gets them again.
     */
    public Builder workerId(String id) {
      workerId = Objects.requireNonNull(id, "worker id");
      return this;
    }

    /** Where it can be reached, for those who look up a shard's leader; default nowhere. */
    public Builder endpoint(String value) {
      endpoint = Optional.of(value);
      return this;
    }

    /**
     * Where it runs: standbys are in another zone than the leader, where there is one. At most 128
     * bytes of printable text.
     */
    public Builder zone(String value) {
      zone = Objects.requireNonNull(value, "zone");
      return this;
    }

    /** How much of the load it takes, relative to others; default 1. */
    public Builder capacity(double value) {
      if (!(value > 0) || Double.isInfinite(value)) {
        throw new IllegalArgumentException("capacity is " + value + "; give a number above 0");
      }
      capacity = value;
      return this;
    }

    /** How many shards it leads at most; default any number. 0 is a worker that only stands by. */
    public Builder maxShards(int value) {
      if (value < 0) {
        throw new IllegalArgumentException("max shards is " + value + "; give 0 or more");
      }
      maxShards = value;
      return this;
    }

    /**
     * What the paths of this worker's leader nodes take at most, in bytes, as its session's end
     * names them in one transaction: with about twice the default, servers that have the usual
     * {@code jute.maxbuffer} cannot start again (ZOOKEEPER-4306). Default 1 MiB, half of that: room
     * for some 20,000 shards with paths of 50 characters. The worker is given at most as many
     * shards as fit, and takes over no further ones. Raise it only where all servers have a larger
     * {@code jute.maxbuffer}.
     */
    public Builder leaderNodeBytes(int bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException(
            "leader nodes may take " + bytes + " bytes; give at least 1");
      }
      leaderNodeBytes = bytes;
      return this;
    }

    /**
     * The group always has several workers: its shards need not fit on one that is left alone,
     * which leads as many as {@link #leaderNodeBytes} allows while the others wait unplaced.
     * Without this, such a set of shards is refused.
     */
    public Builder shardsNeedSeveralWorkers() {
      severalWorkers = true;
      return this;
    }

    /** Makes the task of each shard. Required. */
    public Builder tasks(ShardTaskFactory factory) {
      tasks = Objects.requireNonNull(factory, "tasks");
      return this;
    }

    /**
     * What the audit trails and this worker's registration are told of an exception that a task
     * throws, beside its class; see {@code LeaderElection.Builder.failureText}. Default: the
     * message without what looks like a secret. The log and the listener get the exception as it
     * is.
     */
    public Builder failureText(Function<? super Throwable, String> text) {
      failureText = FailureText.by(Objects.requireNonNull(text, "failure text"));
      return this;
    }

    /** Is told what happens to this worker. */
    public Builder listener(WorkerListener value) {
      listener = Objects.requireNonNull(value, "listener");
      return this;
    }

    /**
     * Where steps run; default a pool of the worker's own, of virtual threads where the JVM has
     * them. The caller closes it, after the worker. Say with {@link #concurrency} how many steps it
     * runs at a time.
     */
    public Builder executor(Executor value) {
      executor = Objects.requireNonNull(value, "executor");
      return this;
    }

    /** How many steps run at a time; default twice the processors, at least 8. */
    public Builder concurrency(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("concurrency is " + value + "; give at least 1");
      }
      concurrency = value;
      return this;
    }

    /** The utilization from which the worker is overloaded; default 0.8. */
    public Builder overloadThreshold(double value) {
      if (!(value > 0 && value <= 1)) {
        throw new IllegalArgumentException(
            "overload threshold is " + value + "; give a utilization above 0 and up to 1");
      }
      overloadThreshold = value;
      return this;
    }

    /**
     * How long a lease holds after a renewal by the working thread, and so how long a step may
     * take. Longer forgives longer steps; shorter frees the shard sooner from one that hangs.
     * Default: the session timeout, which leaves the session bound alone to decide.
     */
    public Builder leaseDuration(Duration duration) {
      if (duration.isNegative() || duration.isZero()) {
        throw new IllegalArgumentException(
            "lease duration is " + duration + "; it must be positive");
      }
      lease = Optional.of(duration);
      return this;
    }

    /** What is taken off the session timeout; see {@code LeaderElection.Builder.safetyMargin}. */
    public Builder safetyMargin(Duration duration) {
      if (duration.isNegative() || duration.isZero()) {
        throw new IllegalArgumentException(
            "safety margin is " + duration + "; it must be positive");
      }
      margin = Optional.of(duration);
      return this;
    }

    /**
     * How long the end of the JVM (SIGTERM) waits until everything is handed over; default 20 s. At
     * zero the worker does not notice the end of the JVM: then close it yourself, or its shards
     * wait for its session to end.
     */
    public Builder drainOnShutdown(Duration limit) {
      if (limit.isNegative()) {
        throw new IllegalArgumentException("shutdown limit is " + limit + "; give 0 or more");
      }
      shutdownLimit = limit;
      return this;
    }

    /** The group's shards; left away, those that it has. All workers must be told the same. */
    public Builder shards(ShardSet set) {
      shards = Optional.of(set);
      return this;
    }

    /**
     * How many workers stand by for each shard, 0 to 3; default 1. All workers must be told the
     * same.
     */
    public Builder standbys(int count) {
      standbys = Optional.of(count);
      return this;
    }

    /**
     * How long no further worker must have joined before shards move to those that did; default 3
     * s. All workers must be told the same.
     */
    public Builder settleWindow(Duration duration) {
      settleWindow = Optional.of(duration);
      return this;
    }

    /** How many planned moves are under way at a time; default 100. The same for all workers. */
    public Builder movesInFlight(int count) {
      movesInFlight = Optional.of(count);
      return this;
    }

    /**
     * How long a planned move waits for {@link ShardTask#warmUp}; default 30 s. Then the leader
     * goes on leading, and the move is tried again later, less and less often; only a leader that
     * drains gives its shard away all the same. At 0 no move waits. The same for all workers.
     */
    public Builder readyLimit(Duration duration) {
      readyLimit = Optional.of(duration);
      return this;
    }

    /**
     * How much of each shard's audit trail is kept; default the last 20. The same for all. A worker
     * that may not delete entries keeps them all, and logs that once.
     */
    public Builder retention(Retention value) {
      retention = Optional.of(value);
      return this;
    }

    /** Lets busy workers shed shards; default off. The same for all workers. */
    public Builder loadBalancing(LoadBalancing value) {
      loadBalancing = Optional.of(Optional.of(value));
      return this;
    }

    /**
     * The clocks; for tests. A shared monitor brings its own.
     *
     * @throws IllegalStateException if the monitor is shared
     */
    public Builder clock(LeaseClock value) {
      if (monitor != null) {
        throw new IllegalStateException("the clock is the shared monitor's: set it there");
      }
      clock = Objects.requireNonNull(value, "clock");
      return this;
    }

    private void checkFits(ShardSet set) {
      int fit = LeaderNodes.fit(leaderNodeBytes, EphemeralBytes.rootBytes(client), paths, set);
      if (set.size() > fit) {
        throw new IllegalArgumentException(
            LeaderNodes.tooMany(paths.group(), set, fit, leaderNodeBytes)
                + ": shardsNeedSeveralWorkers()");
      }
    }

    private SettingsWish wish() {
      return new SettingsWish(
          shards, standbys, settleWindow, movesInFlight, readyLimit, retention, loadBalancing);
    }

    /**
     * Makes the worker; nothing is written to ZooKeeper before it is started.
     *
     * @throws IllegalArgumentException if a value breaks its rule
     * @throws IllegalStateException if no tasks were given, or the client was not started
     * @throws io.tenure.scope.TenureException if the client or the shared monitor was closed
     */
    public ShardWorker build() {
      if (tasks == null) {
        throw new IllegalStateException("a worker needs tasks: give tasks(shard -> ...)");
      }
      CuratorClients.requireStarted(client, "the worker");
      if (monitor != null) {
        monitor.internal().requireOpen();
      }
      Candidate.ofThisProcess(workerId, endpoint);
      Bounds.check("worker id", workerId, Bounds.ID_BYTES);
      endpoint.ifPresent(where -> Bounds.check("endpoint", where, Bounds.ENDPOINT_BYTES));
      Bounds.check("zone", zone, Bounds.ZONE_BYTES);
      // The rules of the settings, before anything is made.
      wish().over(GroupSettings.of(ShardSet.numbered(1)));
      shards.filter(set -> !severalWorkers).ifPresent(this::checkFits);
      return new ShardWorker(this);
    }
  }

  /** The worker's id. */
  public String id() {
    return options.id();
  }

  /** The group's path. */
  public String group() {
    return options.group();
  }

  /**
   * Joins the group. Starting twice is harmless.
   *
   * @return completes when the worker is registered; fails with {@link GroupSettingsException} if
   *     it was told other settings than the group has, with another {@link
   *     io.tenure.scope.TenureException} if it cannot join at all, with {@link
   *     ElectionClosedException} if the worker is closed or the JVM ends already. While ZooKeeper
   *     cannot be reached, it waits
   */
  public CompletionStage<Void> start() {
    synchronized (lifecycle) {
      if (closed) {
        return CompletableFuture.failedFuture(
            new ElectionClosedException("worker " + id() + " is closed"));
      }
      CompletableFuture<Void> before = started;
      if (before != null) {
        return driver.forUsers(before);
      }
      if (!shutdownLimit.isZero() && !drainsAtExit()) {
        return CompletableFuture.failedFuture(
            new ElectionClosedException(
                "worker " + id() + " does not start, because the JVM ends"));
      }
      CompletableFuture<Void> joined = driver.start().thenRun(coordinator::start);
      started = joined;
      return driver.forUsers(joined);
    }
  }

  /**
   * Registers the shutdown hook, which waits for this lock before it does anything.
   *
   * @return whether there will be a drain; there is none if the JVM ends already
   */
  private boolean drainsAtExit() {
    Thread hook = new Thread(this::shutDown, "tenure-drain-" + id());
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      log.debug("group={} worker={} does not start", group(), id(), e);
      return false;
    }
    shutdownHook = hook;
    return true;
  }

  /** What the shutdown hook does. A {@link #close} that comes meanwhile waits for its end. */
  void shutDown() {
    synchronized (lifecycle) {
      jvmEnds = true;
    }
    if (!closing.hasBegun()) {
      DrainAtExit drain = new DrainAtExit(options, monitor.internal(), threads, driver);
      try {
        drain.run(shutdownLimit);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      closing.begin(drain.forClosing());
    }
    closing.await();
  }

  /**
   * Hands over every shard, as planned moves, and takes no new ones. Where no other worker has
   * room, shards are left without a leader. The worker stays in the group, drained, until it is
   * closed.
   *
   * @return completes when nothing is left; fails if the worker's session cannot come back, because
   *     the client is closed for example
   */
  public CompletionStage<Void> drain() {
    return driver.forUsers(driver.drain(true));
  }

  /** Takes shards again. */
  public void undrain() {
    driver.drain(false);
  }

  /** Whether it drains, on its own or an operator's wish, and nothing is left. */
  public boolean isDrained() {
    return driver.isDrained();
  }

  /**
   * Drains, and waits for it.
   *
   * @return whether nothing is left
   * @throws io.tenure.scope.TenureException if the worker's session cannot come back, because the
   *     client is closed for example
   */
  public boolean awaitDrained(Duration limit) throws InterruptedException {
    try {
      driver.drain(true).get(limit.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TenureException closedUnder) {
        throw closedUnder;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Where the worker stands. */
  public WorkerState state() {
    return driver.state();
  }

  /** What the worker does now. Waits for its event thread, which is a matter of moments. */
  public WorkerSnapshot snapshot() throws InterruptedException {
    try {
      return driver.snapshot(coordinator::leads).get(SNAPSHOT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      // Closed, and its monitor with it.
      return WorkerSnapshot.ofNothing(id(), driver.state());
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /**
   * Leaves the group: stops every task, resigns every shard, and lets go of everything. For a
   * handover in which the successors get ready first, drain before.
   *
   * <p>Waits for one session timeout at most; if ZooKeeper cannot be reached by then, or a task
   * does not return, what is ephemeral stays until the session ends. Without a connection it waits
   * only until the tasks have stopped and the client could have connected again. If the client is
   * closed already, it returns at once.
   *
   * <p>May be called at any time, by any thread, any number of times: closing happens once, and
   * each caller waits for it, with three exceptions. A task or a listener of this worker is not
   * kept waiting, since the closing waits for it. An interrupt ends the waiting, is kept, and ends
   * not the closing. While the JVM ends, the call waits for {@link Builder#drainOnShutdown} as
   * well, which it does not cut short.
   */
  @Override
  public void close() {
    if (!isLeftToHook()) {
      closing.begin();
    }
    closing.await();
  }

  /** Whether the shutdown hook runs, or is about to: it closes the worker when it has drained. */
  private boolean isLeftToHook() {
    synchronized (lifecycle) {
      closed = true;
      Thread hook = shutdownHook;
      if (jvmEnds || hook == null) {
        return jvmEnds;
      }
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
        shutdownHook = null;
        return false;
      } catch (IllegalStateException e) {
        log.debug("the JVM is ending already", e);
        return true;
      }
    }
  }

  private void release() {
    if (ownPool != null) {
      ownPool.close();
    }
    if (ownsMonitor) {
      monitor.close();
    }
    callbacks.shutdown();
  }
}
