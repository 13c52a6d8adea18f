package io.tenure.recipes;

import io.tenure.internal.CandidateFormat;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.QueueLength;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.session.CallbackThread;
import io.tenure.internal.session.CuratorClients;
import io.tenure.internal.session.EphemeralBytes;
import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.HeldLease;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.LeaseClock;
import io.tenure.lease.TaskFailedException;
import io.tenure.scope.Bounds;
import io.tenure.scope.Candidate;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Printable;
import io.tenure.scope.Retention;
import io.tenure.scope.Scope;
import io.tenure.scope.Tenure;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.curator.framework.CuratorFramework;
import org.jspecify.annotations.Nullable;

/**
 * The election of one scope's leader, over Curator's {@code LeaderLatch}. One object is one
 * candidate.
 *
 * <pre>{@code
 * try (LeaderElection election = LeaderElection.builder(client, "/billing/nightly-close").build();
 *     Lease lease = election.acquire()) {
 *   while (work.hasNext()) {
 *     lease.renew();
 *     lease.ensure(Duration.ofSeconds(1));
 *     work.next().writeTo(store, lease.epoch());
 *   }
 * }
 * }</pre>
 *
 * <p>It does not promise that code which runs after a check still runs as leader: see the package
 * documentation for what is promised and under which assumptions.
 *
 * <p>Thread-safe. A candidate holds or asks for one tenure at a time; a second {@code acquire}
 * meanwhile is refused. Listeners run on the callback executor, in order.
 */
public final class LeaderElection implements AutoCloseable {

  private static final Log log = Log.of(LeaderElection.class);

  private final Scope scope;
  private final SessionMonitor monitor;
  private final boolean ownsMonitor;
  private final ElectionDriver driver;
  private final @Nullable ThreadPoolExecutor ownCallbacks;
  private final CuratorFramework client;
  private final ZnodeReader znodes;

  /** The thread that runs a task, and the lease it has; for {@link #close()}. */
  private volatile @Nullable Thread taskThread;

  private volatile @Nullable HeldLease taskLease;
  private final int ephemeralBytes;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final Object closing = new Object();
  private final FailureText failureText;
  private volatile boolean closeRequested;

  private LeaderElection(Builder builder) {
    this.scope = builder.scope;
    this.failureText = builder.failureText;
    this.ownsMonitor = builder.monitor == null;
    this.monitor =
        builder.monitor == null
            ? SessionMonitor.builder(builder.client).clock(builder.clock).build()
            : builder.monitor;
    this.client = monitor.client();
    this.znodes = new ZnodeReader(client);
    Executor callbacks = builder.callbacks;
    if (callbacks == null) {
      ThreadPoolExecutor own = CallbackThread.named("tenure-callbacks");
      ownCallbacks = own;
      callbacks = own;
    } else {
      ownCallbacks = null;
    }
    this.driver =
        new ElectionDriver(
            new ElectionDriver.Settings(
                scope,
                Candidate.ofThisProcess(builder.candidateId, builder.endpoint),
                builder.margin,
                builder.lease,
                builder.retention,
                builder.listener,
                callbacks),
            monitor.internal());
    // The leader node and the node in the queue.
    ephemeralBytes =
        EphemeralBytes.of(client, scope.leaderPath())
            + EphemeralBytes.of(client, scope.latchPath())
            + QueueLength.NAME_BYTES;
    monitor.internal().ephemerals().add(ephemeralBytes);
  }

  /**
   * A candidate with a monitor of its own, which suits a process that leads one scope.
   *
   * @param client started by the caller, and closed by the caller after the election
   * @throws IllegalArgumentException if the path is no scope
   */
  public static Builder builder(CuratorFramework client, String scope) {
    return new Builder(Objects.requireNonNull(client, "client"), null, new Scope(scope));
  }

  /**
   * A candidate that shares a monitor with others of the same client.
   *
   * @throws IllegalArgumentException if the path is no scope
   */
  public static Builder builder(SessionMonitor monitor, String scope) {
    return new Builder(monitor.client(), monitor, new Scope(scope));
  }

  /** What a candidate is made of. Not thread-safe. */
  public static final class Builder {
    private final CuratorFramework client;
    private final @Nullable SessionMonitor monitor;
    private final Scope scope;
    private String candidateId = Candidate.defaultId();
    private Optional<String> endpoint = Optional.empty();
    private Optional<Duration> lease = Optional.empty();
    private Optional<Duration> margin = Optional.empty();
    private Retention retention = Retention.DEFAULT;
    private ElectionListener listener = new ElectionListener() {};
    private LeaseClock clock = LeaseClock.system();
    private FailureText failureText = FailureText.redacted();
    private @Nullable Executor callbacks;

    private Builder(CuratorFramework client, @Nullable SessionMonitor monitor, Scope scope) {
      this.client = client;
      this.monitor = monitor;
      this.scope = scope;
    }

    /**
     * What the audit trail is told of an exception that the task of {@link #run} throws, beside its
     * class; at most 200 characters are kept. The trail is kept for long and is read by many, by
     * default by every client of the servers, so the default is the message with {@code ***} in
     * place of what looks like a secret: values of keys, users and passwords of URLs, JDBC URLs,
     * long tokens. The log gets the exception as it is.
     *
     * <p>The function is called on a thread of the library and waited for a second, during which
     * the office is kept. Where it throws, returns null or does not return, the class stands alone.
     * To record classes only, give {@code thrown -> ""}.
     */
    public Builder failureText(Function<? super Throwable, String> text) {
      failureText = FailureText.by(Objects.requireNonNull(text, "failure text"));
      return this;
    }

    /** The candidate's id; default host and pid. Checked by {@link #build()}. */
    public Builder candidateId(String id) {
      candidateId = Objects.requireNonNull(id, "candidate id");
      return this;
    }

    /** Where the leader can be reached, for those who look it up; default nowhere. */
    public Builder endpoint(String value) {
      endpoint = Optional.of(value);
      return this;
    }

    /**
     * How long a lease holds after a renewal by the working thread. Longer forgives longer steps;
     * shorter frees the office sooner from a thread that hangs. Default: the session timeout, which
     * leaves the session bound alone to decide.
     */
    public Builder leaseDuration(Duration duration) {
      lease = Optional.of(SessionMonitor.Builder.positive("lease duration", duration));
      return this;
    }

    /**
     * What is taken off the session timeout. Default: ack interval + tickTime/2 + a twentieth of
     * the session timeout for the network and for clocks that advance differently. Together with
     * the negotiated session timeout it must leave more than one ack interval; that is checked when
     * the candidate is about to be elected.
     */
    public Builder safetyMargin(Duration duration) {
      margin = Optional.of(SessionMonitor.Builder.positive("safety margin", duration));
      return this;
    }

    /**
     * How many entries of the audit trail are kept; default {@link Retention#DEFAULT}. A client
     * that may not delete entries keeps them all, and logs that once.
     */
    public Builder retention(Retention value) {
      retention = Objects.requireNonNull(value, "retention");
      return this;
    }

    /** Is told of this candidate's tenures. */
    public Builder listener(ElectionListener value) {
      listener = Objects.requireNonNull(value, "listener");
      return this;
    }

    /** Where listeners run; default a daemon thread of the election's own. */
    public Builder callbackExecutor(Executor value) {
      callbacks = Objects.requireNonNull(value, "callback executor");
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

    /**
     * Makes the candidate; nothing is written to ZooKeeper before it acquires.
     *
     * @throws IllegalArgumentException if the id or the endpoint is empty, too long, or has control
     *     characters
     * @throws IllegalStateException if the client was not started
     * @throws io.tenure.scope.ClientClosedException if the client was closed
     */
    public LeaderElection build() {
      CuratorClients.requireStarted(client, "the election");
      Candidate.ofThisProcess(candidateId, endpoint);
      Bounds.check("candidate id", candidateId, Bounds.ID_BYTES);
      endpoint.ifPresent(where -> Bounds.check("endpoint", where, Bounds.ENDPOINT_BYTES));
      if (monitor != null) {
        monitor.internal().requireOpen();
      }
      return new LeaderElection(this);
    }
  }

  /** What is led. */
  public Scope scope() {
    return scope;
  }

  /**
   * Waits until this candidate is leader.
   *
   * @throws IllegalStateException if it already leads or is acquiring
   * @throws InterruptedException if interrupted; then this candidate does not lead and does not
   *     queue
   * @throws ElectionClosedException if the election is or gets closed
   * @throws TenureException if the office cannot be had at all
   */
  public Lease acquire() throws InterruptedException {
    return acquire(Optional.empty()).orElseThrow();
  }

  /**
   * Waits for a limited time until this candidate is leader.
   *
   * @return empty if the time is over; then this candidate no longer queues
   * @throws IllegalStateException if it already leads or is acquiring
   * @throws InterruptedException if interrupted; then this candidate does not lead and does not
   *     queue
   * @throws ElectionClosedException if the election is or gets closed
   * @throws TenureException if the office cannot be had at all
   */
  public Optional<Lease> tryAcquire(Duration timeout) throws InterruptedException {
    return acquire(Optional.of(timeout)).map(lease -> lease);
  }

  private Optional<HeldLease> acquire(Optional<Duration> timeout) throws InterruptedException {
    if (closeRequested) {
      throw closedException();
    }
    CompletableFuture<HeldLease> future = driver.join();
    try {
      return Optional.of(
          timeout.isEmpty()
              ? future.get()
              : future.get(LeaseTerms.nanos(timeout.get()), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      driver.leave(future, "acquire timed out");
      // A lease that came in the last moment is the caller's; otherwise the future is cancelled
      // now.
      try {
        return Optional.of(future.get());
      } catch (CancellationException | ExecutionException gone) {
        return Optional.empty();
      }
    } catch (InterruptedException e) {
      driver.leave(future, "acquire interrupted");
      future.thenAccept(lease -> driver.end(lease, new Transition.Resigned("acquire interrupted")));
      throw e;
    } catch (CancellationException e) {
      throw closedException();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        cause.addSuppressed(new Acquiring(scope));
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Shows where the caller stood: the error itself was made on the event thread. */
  private static final class Acquiring extends Exception {
    private static final long serialVersionUID = 1L;

    Acquiring(Scope scope) {
      super("while acquiring " + scope);
    }
  }

  private ElectionClosedException closedException() {
    return new ElectionClosedException("the election of " + scope + " is closed");
  }

  /**
   * Leads again and again, and runs the task through each tenure on the calling thread. Returns
   * when the task says that it is done, or when the election is closed.
   *
   * <p>A task that ends one short tenure after the other by itself, while no other candidate takes
   * the office, is run again after growing pauses of up to a minute.
   *
   * @throws InterruptedException if interrupted; the task has been stopped and the tenure ended
   * @throws TaskFailedException if the task threw a checked exception; unchecked ones and errors
   *     come as they are. The tenure has been ended, as {@code failed}
   * @throws TenureException if the office cannot be had at all
   */
  public void run(LeaderTask task) throws InterruptedException {
    synchronized (closing) {
      if (closeRequested) {
        throw closedException();
      }
      if (taskThread != null) {
        throw new IllegalStateException("a task of " + scope + " is already running");
      }
      taskThread = Thread.currentThread();
    }
    try {
      TenurePace pace = new TenurePace();
      while (!closeRequested) {
        if (runTenure(task, acquire(Optional.empty()).orElseThrow(), pace)) {
          return;
        }
      }
    } catch (ElectionClosedException e) {
      if (!closeRequested) {
        throw e;
      }
      log.debug("scope={} closed while waiting for the office", scope, e);
    } catch (InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new TaskFailedException("the task of " + scope + " failed: " + e.getMessage(), e);
    } finally {
      taskThread = null;
      if (closeRequested) {
        settle();
        awaitClosed();
      }
    }
  }

  /** Whether the task is done; if not, after a rest where one is due. */
  private boolean runTenure(LeaderTask task, HeldLease lease, TenurePace pace) throws Exception {
    long start = System.nanoTime();
    TaskRunner runner =
        new TaskRunner(task, lease, failureText, cause -> driver.taskFailed(lease, cause));
    boolean done = runTenure(runner, lease);
    if (!done) {
      long lasted = System.nanoTime() - start;
      driver.rest(pace.restAfter(lease.epoch(), lasted, runner.isEndedByTask()));
    }
    return done;
  }

  private boolean runTenure(TaskRunner runner, HeldLease lease) throws Exception {
    taskLease = lease;
    driver.taskRuns(true);
    try {
      if (closeRequested) {
        lease.requestStop(new Transition.Resigned("election closed"));
      }
      return runner.run();
    } finally {
      driver.taskRuns(false);
      taskLease = null; // Who waits for the office has nothing to stop.
    }
  }

  /**
   * Who leads now, as the server that the client is connected to says. A hint: it may be over by
   * the time it is read, and a lagging server may show the tenure before. Only {@link Lease} is
   * proof.
   *
   * @throws TenureException if it cannot be read
   */
  public Optional<Tenure> leader() throws InterruptedException {
    Optional<byte[]> node = data(scope.leaderPath());
    if (node.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(LeaderNode.parse(scope.leaderPath(), node.get()).tenure(scope));
    } catch (ForeignDataException e) {
      // An operator has written into the node, "revoke" most likely: the record says the same.
      return data(scope.path())
          .flatMap(record -> ScopeRecord.parse(scope.path(), record).tenure(scope));
    }
  }

  /**
   * Who queues for the office, the leader included, first come first. Participants that are not
   * Tenure's, but plain latches on the same path, are shown with the host {@code unknown}.
   *
   * @throws TenureException if it cannot be read; {@link io.tenure.scope.ListTooLongException} if
   *     there are more than fit into one reply
   */
  public List<Candidate> candidates() throws InterruptedException {
    List<String> paths =
        znodes.childrenOfEach(List.of(scope.latchPath())).get(0).found().orElse(List.of()).stream()
            .sorted(Comparator.comparing(name -> name.substring(Math.max(0, name.length() - 10))))
            .map(name -> scope.latchPath() + "/" + name)
            .toList();
    return znodes.read(paths).stream().map(LeaderElection::candidate).toList();
  }

  private static Candidate candidate(ZnodeReader.Znode node) {
    return CandidateFormat.parse(node.path(), node.data())
        .orElseGet(() -> new Candidate(plainId(node), "unknown", 0, Optional.empty()));
  }

  private static String plainId(ZnodeReader.Znode node) {
    byte[] data = node.data();
    String name = node.path().substring(node.path().lastIndexOf('/') + 1);
    String text = Printable.of(new String(data, StandardCharsets.UTF_8).strip());
    return text.isEmpty() || data.length > 100
        ? name.substring(Math.max(0, name.length() - 100))
        : text;
  }

  /**
   * Resigns if it leads, leaves the queue if it waits, and lets go of everything.
   *
   * <p>A task that runs is asked to stop, and is waited for; called from the task itself, it does
   * not wait, and {@link #run} closes when the step has returned. Waits for one session timeout at
   * most. The rest is settled in the background, as soon as there is a connection: until then, or
   * until the session ends, the {@code leader} node and the node in the queue may stay in
   * ZooKeeper. Closing twice is harmless. An interrupt ends the waiting, never the settling, and is
   * kept.
   */
  @Override
  public void close() {
    Thread runner;
    HeldLease lease;
    synchronized (closing) {
      closeRequested = true;
      runner = taskThread;
      lease = taskLease;
    }
    driver.endRest();
    boolean taskStops =
        runner != null
            && lease != null
            && lease.requestStop(new Transition.Resigned("election closed"));
    if (!taskStops) {
      settle();
    } // Else: run() settles when the task has stopped, which the lease limits.
    if (runner == Thread.currentThread()) {
      return;
    }
    awaitClosed();
  }

  /** Ends what there is, and lets go of everything once all is settled. */
  private void settle() {
    driver.close("election closed").thenRun(this::letGo);
  }

  private void letGo() {
    monitor.internal().ephemerals().add(-ephemeralBytes);
    if (ownCallbacks != null) {
      ownCallbacks.shutdown();
    }
    if (ownsMonitor) {
      monitor.close();
    }
    closed.complete(null);
  }

  private void awaitClosed() {
    if (monitor.internal().isEventThread()) {
      return; // A callback executor that runs on the caller: to wait would be to wait for oneself.
    }
    long millis = Math.max(1_000, client.getZookeeperClient().getLastNegotiatedSessionTimeoutMs());
    try {
      closed.get(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      log.warn(
          "scope={} not settled within {} ms: goes on in the background. Until then, or until the"
              + " session ends, {} and the candidate's node in {} may stay",
          scope,
          millis,
          scope.leaderPath(),
          scope.latchPath());
      settle();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private Optional<byte[]> data(String path) throws InterruptedException {
    return znodes.read(List.of(path)).stream().findFirst().map(ZnodeReader.Znode::data);
  }
}
