package io.tenure.internal.session;

import io.tenure.internal.Backoff;
import io.tenure.internal.tls.TlsDiagnosis;
import io.tenure.internal.tls.TlsProblem;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.jspecify.annotations.Nullable;

/**
 * Says once why a client is without a connection, where the reason can be found: TLS that cannot
 * be, or a login that the servers want. ZooKeeper's client tries again and says so in its own log
 * alone. Servers are asked on a thread for that, seldom, and only while something waits for them.
 *
 * <p>Confined to the monitor's event thread.
 */
final class MissingConnection {

  private static final Log log = Log.of(MissingConnection.class);

  private static final long MIN_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MAX_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long MAX_BACKOFF_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** Is told on the event thread that the servers refuse the login. */
  interface Refusal {
    void refused(Code code, ZooKeeper through);
  }

  /**
   * What the monitors of one client share, so that servers are asked and the reason is said once.
   * Thread-safe.
   */
  private static final class Notice {
    private static final PerClient<Notice> ALL = new PerClient<>(client -> new Notice());

    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile boolean said;

    private synchronized boolean first() {
      boolean first = !said;
      said = true;
      return first;
    }
  }

  private final Monitor monitor;
  private final Notice notice;
  private final Refusal refusal;
  private final Executor asking = CallbackThread.named("tenure-tls");
  private final Backoff backoff = new Backoff(MAX_PATIENCE_NANOS, MAX_BACKOFF_NANOS);

  private @Nullable ZooKeeper handle;
  private @Nullable Future<?> timer;
  private boolean waiting;
  private boolean queued;
  private long connections;

  /** Whether the last connection was not used for any answer, as far as is known. */
  private boolean unanswered = true;

  MissingConnection(Monitor monitor, CuratorFramework client, Refusal refusal) {
    this.monitor = monitor;
    this.notice = Notice.ALL.of(client);
    this.refusal = refusal;
  }

  /** There is none through a handle that lives on; the wait begins, or goes on. */
  void missing(ZooKeeper through) {
    handle = through;
    if (!waiting) {
      waiting = true;
      timer = monitor.schedule(this::ask, patienceNanos());
    }
    countConnections();
    queueFirstRequest(through);
  }

  /**
   * Servers that want a login say so in the answer to a connection's first request alone, from any
   * sender, and the others are lost with the connection. What is queued before the connection is
   * the first.
   */
  private void queueFirstRequest(ZooKeeper through) {
    if (queued || !unanswered) {
      return;
    }
    queued = true;
    through.exists(
        "/",
        false,
        (rc, path, context, stat) ->
            monitor.execute(
                () -> {
                  queued = false;
                  Code code = ServerErrors.code(rc);
                  if (Logins.isRefusal(code)) {
                    refusal.refused(code, through);
                  }
                }),
        null);
  }

  /** A request was answered: when later ones go unanswered, the notice is logged again. */
  void answered() {
    notice.said = false;
    unanswered = false;
  }

  /** There is one. */
  void connected() {
    over();
    countConnections();
  }

  /** There may have been one that was lost before it was looked at. */
  private void countConnections() {
    if (connections != monitor.connections()) {
      connections = monitor.connections();
      unanswered = true;
    }
  }

  /** There can be none. */
  void over() {
    waiting = false;
    handle = null;
    backoff.reset();
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  /** The servers have said why. */
  void because(String reason) {
    say(reason);
  }

  private long patienceNanos() {
    long connection =
        TimeUnit.MILLISECONDS.toNanos(
            monitor.client().getZookeeperClient().getConnectionTimeoutMs());
    return Math.max(MIN_PATIENCE_NANOS, Math.min(MAX_PATIENCE_NANOS, connection));
  }

  private void ask() {
    ZooKeeper through = handle;
    if (!waiting || notice.said || through == null) {
      return;
    } else if (notice.asking.getAndSet(true)) {
      timer = monitor.schedule(this::ask, patienceNanos()); // Another monitor asks now.
      return;
    }
    int triesBefore = backoff.failures();
    asking.execute(
        () -> {
          Optional<String> found;
          try {
            found = problem(through, triesBefore);
          } finally {
            notice.asking.set(false);
          }
          monitor.execute(() -> found(found));
        });
  }

  private Optional<String> problem(ZooKeeper through, int triesBefore) {
    try {
      ZKClientConfig config = through.getClientConfig();
      return TlsDiagnosis.again(
              config,
              monitor.client().getZookeeperClient().getCurrentConnectionString(),
              triesBefore)
          .map(TlsProblem::sentence)
          .or(() -> TlsDiagnosis.cannotTell(config));
    } catch (RuntimeException | LinkageError e) { // Also what another ZooKeeper lacks.
      log.debug("it cannot be found out why there is no connection", e);
      return Optional.empty();
    }
  }

  private void found(Optional<String> found) {
    if (!waiting || notice.said) {
      return;
    }
    found.ifPresentOrElse(
        this::say, () -> timer = monitor.schedule(this::ask, backoff.nextNanos()));
  }

  private void say(String reason) {
    if (notice.first()) {
      log.warn("no connection to {}: {}", monitor.servers(), reason);
    }
  }
}
