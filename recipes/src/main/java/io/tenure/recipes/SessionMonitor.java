package io.tenure.recipes;

import io.tenure.internal.session.CallbackThread;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.SessionTiming;
import io.tenure.lease.Lease;
import io.tenure.lease.LeaseClock;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.curator.framework.CuratorFramework;

/**
 * What one client knows of its ZooKeeper session: which it is, how long it lives, and when the
 * quorum last acknowledged an operation of it. All leases of a client should share one monitor, so
 * that what it costs to keep them depends on the number of processes and not on the number of
 * scopes.
 *
 * <pre>{@code
 * SessionMonitor monitor = SessionMonitor.of(client);
 * LeaderElection eu = LeaderElection.builder(monitor, "/billing/eu").build();
 * LeaderElection us = LeaderElection.builder(monitor, "/billing/us").build();
 * }</pre>
 *
 * <p><b>What it sends.</b> While elections use it, one local read every half ack interval. The read
 * is no heartbeat of any lease: it extends nothing. It proves that requests of this process reach
 * its server often enough for the safety margin to hold (see {@link #acknowledge()} for what
 * extends leases). A process that was stopped has no such proof, and its next lease is accordingly
 * shorter.
 *
 * <p><b>Made after the client was started</b>, a monitor does not know how old the session is, and
 * the first election waits for tickTime/2 and a little more before it takes office. Made before, it
 * need not.
 *
 * <p><b>How many elections.</b> The paths of all ephemeral nodes of a session are one transaction
 * when it ends, and servers with the usual {@code jute.maxbuffer} cannot start again after one of
 * more than 2 MiB (ZOOKEEPER-4306). An election has two: some 8,000 elections with scopes of 50
 * characters come to half of that, and are warned of once. Use several clients, or {@code
 * tenure-sharding}, for more.
 *
 * <p><b>The client's ACL provider</b> is asked for each znode that is created, so also for the
 * entry of each end of a tenure, on threads for that and by several at a time. While it blocks,
 * what needs its answer waits: elections, and the records of ends, of the scopes it is asked for
 * (of a worker's shards, those of the same transaction). Leases, renewals and other scopes go on;
 * after one session timeout there is one WARN line. When sixteen calls wait for it, all further
 * elections of the client do. Before the first session it may also be asked for the client's
 * namespace, and nothing begins until it answers. Let it answer from memory.
 *
 * <p>Thread-safe. One daemon thread, the <em>event thread</em>, owns the session's evidence and
 * runs the state machines of the elections; it never blocks and never runs user code.
 */
public final class SessionMonitor implements AutoCloseable {

  /** ZooKeeper's own default. */
  private static final Duration DEFAULT_TICK_TIME = Duration.ofSeconds(2);

  /** So many users' dependents of a future may block before a further future has to wait. */
  private static final int FUTURES = 16;

  private final Monitor monitor;
  private final Executor futures = CallbackThread.several("tenure-futures", FUTURES);

  private SessionMonitor(Monitor monitor) {
    this.monitor = monitor;
  }

  /**
   * A monitor with the default durations. The caller closes it, after the elections that use it.
   */
  public static SessionMonitor of(CuratorFramework client) {
    return builder(client).build();
  }

  /** A monitor with other durations. */
  public static Builder builder(CuratorFramework client) {
    return new Builder(client);
  }

  /** Durations and clock of a monitor. Not thread-safe. */
  public static final class Builder {
    private final CuratorFramework client;
    private LeaseClock clock = LeaseClock.system();
    private Optional<Duration> ackInterval = Optional.empty();
    private Duration tickTime = DEFAULT_TICK_TIME;
    private boolean observerMaster;

    private Builder(CuratorFramework client) {
      this.client = Objects.requireNonNull(client, "client");
    }

    /**
     * The age up to which an acknowledgement is young: a renewal by then sends nothing and waits
     * for nothing. Usual and default: a sixth of the session timeout. Longer means fewer quorum
     * operations, and a larger safety margin.
     */
    public Builder ackInterval(Duration duration) {
      ackInterval = Optional.of(positive("ack interval", duration));
      return this;
    }

    /**
     * The servers' {@code tickTime}, which a client cannot ask for. Default 2 s, ZooKeeper's own.
     * Half of it is part of the safety margin, so a value below the real one makes leases unsafe.
     */
    public Builder tickTime(Duration duration) {
      tickTime = positive("tickTime", duration);
      return this;
    }

    /**
     * Whether this client may be connected to an observer that follows a follower, which a client
     * cannot ask for either. Default: no. It is needed where servers have {@code
     * observerMasterPort} in their configuration and the connect string names observers: such an
     * observer's news of this session wait for two pings, one after the other, before the quorum
     * leader has them, so the safety margin contains the whole tickTime and not its half. Without
     * it leases there may outlast their sessions by tickTime/2; with it, where it is not needed,
     * each lease is tickTime/2 shorter. It is not needed for observers that follow the quorum
     * leader, nor where the connect string names voting servers alone. {@code tenure doctor} finds
     * it where servers answer {@code mntr}.
     */
    public Builder observerMaster(boolean value) {
      observerMaster = value;
      return this;
    }

    /** The clocks; for tests. */
    public Builder clock(LeaseClock value) {
      clock = Objects.requireNonNull(value, "clock");
      return this;
    }

    /** Starts the monitor. */
    public SessionMonitor build() {
      return new SessionMonitor(
          new Monitor(client, clock, SessionTiming.of(ackInterval, tickTime, observerMaster)));
    }

    static Duration positive(String what, Duration duration) {
      if (duration.isNegative() || duration.isZero()) {
        throw new IllegalArgumentException(what + " is " + duration + "; it must be positive");
      }
      return duration;
    }
  }

  /**
   * Sends one quorum operation for all leases of the client, or joins the one that is under way.
   * Working threads do this by {@link Lease#renew()}; it is public for those who renew many leases
   * at once.
   *
   * @return completes when the answer has come or cannot come; {@code true} if the quorum has
   *     acknowledged it. On a thread for that, so that what hangs on it may block
   */
  public CompletableFuture<Boolean> acknowledge() {
    CompletableFuture<Boolean> acknowledged = new CompletableFuture<>();
    monitor
        .acknowledge()
        .thenAccept(answer -> futures.execute(() -> acknowledged.complete(answer)));
    return acknowledged;
  }

  /** The client whose session is monitored. */
  public CuratorFramework client() {
    return monitor.client();
  }

  /** What the other modules of Tenure work with. No API: it changes without notice. */
  public Monitor internal() {
    return monitor;
  }

  /**
   * Ends what is built on the monitor, then stops it and its thread: tasks are asked to stop, and
   * tenures are resigned. Waits for that for one session timeout at most, and not at all when it is
   * called from such a task. Closing twice is harmless; the client is left open.
   */
  @Override
  public void close() {
    monitor.close();
  }
}
