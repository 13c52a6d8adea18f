package io.tenure.internal.session;

import io.tenure.internal.Backoff;
import io.tenure.internal.LeaderNode;
import io.tenure.lease.Ended;
import io.tenure.lease.Lease;
import io.tenure.scope.NotLeaderException;
import io.tenure.scope.Predecessor;
import io.tenure.scope.Scope;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * The lease of a committed tenure. Thread-safe: the bounds take care of themselves, the rest is
 * immutable or a future.
 */
public final class HeldLease implements Lease {

  /** The first pause between two tries while the connection is gone. */
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final long LONGEST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final String CHECKPOINT = "the checkpoint";
  private static final String TRANSACTION = "the transaction";

  private final Office office;
  private final Monitor monitor;
  private final ZnodeOps ops;
  private final LeaseRequests requests;
  private final LeaseBounds bounds;
  private final Tenure tenure;
  private final long session;
  private final LeaderNode node;
  private final int recordVersion;
  private final Optional<Predecessor> predecessor;

  /** Completed on the event thread, so that waiting for it never waits for user code. */
  private final CompletableFuture<Ended> ended = new CompletableFuture<>();

  /** The same for users, made when the first asks for it. Guarded by ended. */
  private @Nullable CompletableFuture<Ended> endedForUsers;

  /** Completed with the reason when the tenure is to end, or has ended. For the task form. */
  private final CompletableFuture<Transition.End> stopRequest = new CompletableFuture<>();

  /** The task form wants to be asked to stop, rather than to be told that it is over. */
  private volatile boolean stopsByItself;

  private volatile boolean givenUp;

  public HeldLease(
      Office office,
      Monitor monitor,
      LeaseBounds bounds,
      Tenure tenure,
      long session,
      LeaderNode node,
      int recordVersion,
      Optional<Predecessor> predecessor) {
    this.office = office;
    this.monitor = monitor;
    this.ops = new ZnodeOps(monitor.client());
    this.requests = new LeaseRequests(monitor, tenure);
    this.bounds = bounds;
    this.tenure = tenure;
    this.session = session;
    this.node = node;
    this.recordVersion = recordVersion;
    this.predecessor = predecessor;
  }

  @Override
  public Scope scope() {
    return tenure.scope();
  }

  @Override
  public long epoch() {
    return tenure.epoch();
  }

  @Override
  public Tenure tenure() {
    return tenure;
  }

  @Override
  public Optional<Predecessor> predecessor() {
    return predecessor;
  }

  @Override
  public Duration remaining() {
    return Duration.ofNanos(remainingNanos());
  }

  @Override
  public long remainingNanos() {
    return bounds.remainingNanos();
  }

  @Override
  public boolean isHeld() {
    return bounds.remainingNanos() > 0;
  }

  @Override
  public Duration renew() throws InterruptedException {
    ensureHeld();
    Moment now = Moment.now(monitor.clock());
    progress(now);
    if (isOld(now) && monitor.isConnected()) {
      // Asked for early and waited for late, so that a thread that renews often never waits.
      CompletableFuture<Boolean> answer = monitor.acknowledge();
      long interval = bounds.terms().ackIntervalNanos();
      if (bounds.acknowledgementAgeNanos(now) > interval) {
        await(answer, Math.min(interval, bounds.remainingNanos()));
      }
    }
    ensureHeld();
    return remaining();
  }

  /**
   * Says that the working thread makes progress, and asks for an acknowledgement if the last one is
   * not young, without waiting for it. Does nothing once the lease is over.
   */
  public void renewWithoutWaiting() {
    if (!isHeld()) {
      return;
    }
    Moment now = Moment.now(monitor.clock());
    progress(now);
    if (isOld(now) && monitor.isConnected()) {
      monitor.acknowledge();
    }
  }

  /** Once it is asked to stop, the tenure cannot be prolonged: so the request takes effect. */
  private void progress(Moment now) {
    if (!stopRequest.isDone()) {
      bounds.progress(now);
    }
  }

  private boolean isOld(Moment now) {
    return bounds.acknowledgementAgeNanos(now) > bounds.terms().ackIntervalNanos() / 2;
  }

  @Override
  public void ensure(Duration needed) {
    long left = bounds.remainingNanos();
    if (left == 0 || left < LeaseTerms.nanos(needed)) {
      throw new NotLeaderException(
          "lease of "
              + tenure.scope()
              + " epoch "
              + tenure.epoch()
              + (left == 0
                  ? " is over"
                  : " has "
                      + Duration.ofNanos(left).toMillis()
                      + " ms left, and "
                      + needed.toMillis()
                      + " ms are needed")
              + ": do not act on it");
    }
  }

  private void ensureHeld() {
    ensure(Duration.ZERO);
  }

  @Override
  public void checkpoint(byte[] data) throws InterruptedException {
    Objects.requireNonNull(data, "data");
    String path = tenure.scope().checkpointPath();
    requests.requireFitting(path, data.length);
    Backoff pause = new Backoff(RETRY_NANOS, LONGEST_RETRY_NANOS);
    boolean create = false;
    while (true) {
      ensureHeld();
      List<CuratorOp> all = List.of(fence(), checkpointOp(path, data, create));
      requests.requireRested(CHECKPOINT, all);
      Optional<Reply> reply = send(all);
      if (reply.isEmpty()) {
        throw requests.unknown(CHECKPOINT);
      }
      Code code = reply.get().code();
      if (code == Code.OK) {
        return;
      }
      throwIfFenced(reply.get());
      if (code == Code.NONODE || code == Code.NODEEXISTS) {
        create = code == Code.NONODE;
      } else if (reply.get().isUnknown() || ServerErrors.isTransient(code)) {
        // To write the same bytes twice is harmless, and the fence keeps a late copy from
        // overwriting a successor's.
        requests.requireUnsuspected(CHECKPOINT, all, reply.get());
        awaitConnection(pause);
      } else {
        throw ServerErrors.refused(
            code,
            create && code == Code.NOAUTH ? tenure.scope().path() : path,
            create ? "create" : "write");
      }
    }
  }

  /**
   * Waits until the quorum has acknowledged something small on a connection that has proved itself:
   * the second acknowledgement settles the first. That keeps the leases of the client alive if the
   * next try costs the connection again, and tells a lost connection from a request that loses it.
   */
  private void awaitConnection(Backoff pause) throws InterruptedException {
    LeaseTerms terms = bounds.terms();
    long settleNanos = terms.timing().settleNanos(terms.sessionTimeoutNanos());
    boolean proved = false;
    while (!proved) {
      pause(pause.nextNanos());
      if (acknowledged()) {
        pause(settleNanos);
        proved = acknowledged();
      }
    }
  }

  private boolean acknowledged() throws InterruptedException {
    return await(monitor.acknowledge(), bounds.remainingNanos()).orElse(false);
  }

  private void pause(long nanos) throws InterruptedException {
    boolean over = await(ended, Math.min(nanos, bounds.remainingNanos())).isPresent();
    if (over || !isHeld()) {
      throw requests.unknown(CHECKPOINT);
    }
  }

  private CuratorOp checkpointOp(String path, byte[] data, boolean create) {
    return create ? ops.create(path, data, CreateMode.PERSISTENT) : ops.set(path, data);
  }

  @Override
  public Optional<byte[]> lastCheckpoint() throws InterruptedException {
    String path = tenure.scope().checkpointPath();
    Backoff pause = new Backoff(RETRY_NANOS, LONGEST_RETRY_NANOS);
    while (true) {
      ensureHeld();
      Optional<CuratorEvent> answer = await(readCheckpoint(path), bounds.remainingNanos());
      if (answer.isEmpty()) {
        continue; // ensureHeld() says that the lease ran out
      }
      Code code = ServerErrors.code(answer.get().getResultCode());
      if (code == Code.OK) {
        byte[] data = answer.get().getData();
        return Optional.of(data == null ? new byte[0] : data);
      } else if (code == Code.NONODE) {
        return Optional.empty();
      } else if (!ServerErrors.isTransient(code)) {
        throw ServerErrors.refused(code, path, "read");
      }
      await(ended, Math.min(pause.nextNanos(), bounds.remainingNanos()));
    }
  }

  /** The size first: a reply that is too large for the client would cost it its connection. */
  private CompletableFuture<CuratorEvent> readCheckpoint(String path) {
    // sync before: a lagging follower could show an older checkpoint.
    return monitor
        .call(callback -> client().sync().inBackground(callback).forPath(path))
        .thenCompose(
            synced ->
                monitor.call(
                    callback -> client().checkExists().inBackground(callback).forPath(path)))
        .thenCompose(
            found -> {
              if (found.getStat() != null) {
                requests.requireReadable(path, found.getStat().getDataLength());
              }
              return monitor.call(
                  callback -> Uncompressed.getData(client()).inBackground(callback).forPath(path));
            });
  }

  @Override
  public List<CuratorTransactionResult> inTransaction(Collection<CuratorOp> operations)
      throws InterruptedException, KeeperException {
    ensureHeld();
    List<CuratorOp> all = new ArrayList<>(operations.size() + 1);
    all.add(fence());
    all.addAll(operations);
    requests.requireFitting(TRANSACTION, requests.sizeOf(operations));
    requests.requireRested(TRANSACTION, all);
    Optional<Reply> answer = send(all);
    if (answer.isEmpty()) {
      throw requests.unknown(TRANSACTION);
    }
    Reply reply = answer.get();
    requests.requireUnsuspected(TRANSACTION, all, reply);
    if (reply.isUnknown()) {
      throw requests.unknown(TRANSACTION);
    }
    if (reply.ok()) {
      List<CuratorTransactionResult> results = new ArrayList<>(operations.size());
      for (int i = 1; i < all.size(); i++) {
        results.add(result(all.get(i), reply.results().get(i)));
      }
      return List.copyOf(results);
    }
    throwIfFenced(reply);
    int failed = reply.failedOp();
    String path = failed > 0 ? all.get(failed).getTypeAndPath().getForPath() : scope().path();
    throw KeeperException.create(reply.code(), path);
  }

  private static CuratorTransactionResult result(CuratorOp op, OpResult result) {
    @Nullable String path = null;
    @Nullable Stat stat = null;
    if (result instanceof OpResult.CreateResult create) {
      path = ZnodeOps.created(op.getTypeAndPath().getForPath(), create);
      stat = create.getStat();
    } else if (result instanceof OpResult.SetDataResult set) {
      stat = set.getStat();
    }
    return new CuratorTransactionResult(
        op.getTypeAndPath().getType(), op.getTypeAndPath().getForPath(), path, stat, 0);
  }

  /**
   * The record's version has not changed since this tenure's election: no later tenure has begun.
   */
  private CuratorOp fence() {
    return ops.check(tenure.scope().path(), recordVersion);
  }

  private void throwIfFenced(Reply reply) {
    if (reply.failedOp() == 0 && (reply.code() == Code.BADVERSION || reply.code() == Code.NONODE)) {
      bounds.end();
      office.inspect(this);
      throw new NotLeaderException(
          "lease of "
              + tenure.scope()
              + " epoch "
              + tenure.epoch()
              + " is over: the record has changed since the election, so this tenure has ended. "
              + "Nothing was applied");
    }
  }

  private Optional<Reply> send(List<CuratorOp> ops) throws InterruptedException {
    return await(monitor.transact(session, ops), bounds.remainingNanos());
  }

  /** Waits for a future that never fails; empty if the time is over. */
  private static <T> Optional<T> await(CompletableFuture<T> future, long nanos)
      throws InterruptedException {
    try {
      return Optional.of(future.get(Math.max(0, nanos), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public CompletionStage<Ended> ended() {
    synchronized (ended) {
      CompletableFuture<Ended> users = endedForUsers;
      if (users == null) {
        users = new CompletableFuture<>();
        endedForUsers = users;
        if (ended.isDone()) {
          users.complete(ended.join()); // Nothing depends on it yet.
        }
      }
      return users.minimalCompletionStage();
    }
  }

  @Override
  public void resign(String reason) {
    if (isHeld() && stopRequest().isEmpty()) {
      givenUp = true;
    }
    end(new Transition.Resigned(reason));
  }

  /** Whether the holder has given the lease up by itself, without being asked to stop. */
  public boolean isGivenUp() {
    return givenUp;
  }

  /** Ends the tenure and waits for its record, for one session timeout at most. */
  public void end(Transition.End end) {
    bounds.end();
    office.end(this, end);
    if (monitor.isEventThread()) {
      return;
    }
    try {
      await(ended, monitor.sessionTimeoutNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The lease is over, from now on and for good. */
  public void over(Transition.End end) {
    bounds.end();
    stopRequest.complete(end);
  }

  /** Tells how the tenure ended; false if that was told before. */
  public boolean completeEnded(Ended how, SerialExecutor callbacks) {
    boolean first = ended.complete(how);
    if (first) {
      CompletableFuture<Ended> users;
      synchronized (ended) {
        users = endedForUsers;
      }
      if (users != null) {
        callbacks.complete(() -> users.complete(how));
      }
    }
    return first;
  }

  /** From now on the holder asks {@link #stopRequest()} between its steps. */
  public void stopByItself() {
    stopsByItself = true;
  }

  /**
   * Asks the holder to stop.
   *
   * @return whether it will
   */
  public boolean requestStop(Transition.End why) {
    stopRequest.complete(why);
    return stopsByItself;
  }

  /** Why the tenure is to end or has ended, if it is or has. */
  public Optional<Transition.End> stopRequest() {
    return Optional.ofNullable(stopRequest.getNow(null));
  }

  /**
   * How a tenure is to be recorded whose lease has run out. Only a task that has returned from
   * {@code stop} can resign: one that was asked to and was not done in time may have been
   * interrupted anywhere, which its successor must know.
   */
  public Transition.End endOfLapse() {
    Optional<Transition.End> asked = stopRequest();
    if (asked.isPresent() && !(asked.get() instanceof Transition.Resigned)) {
      return asked.get();
    }
    return new Transition.Lapsed(
        asked.map(end -> "did not stop in time (" + end.reason() + "), ").orElse("")
            + bounds.whyOver());
  }

  /** Runs something, on the thread that asks, when the tenure is to end or has ended. */
  public void onStopRequest(Runnable task) {
    stopRequest.thenRun(task);
  }

  /** Waits until the tenure is to end, or the time is over. */
  public void awaitStopRequest(long nanos) throws InterruptedException {
    await(stopRequest, nanos);
  }

  /**
   * Why the lease is over. Asked only of a lease that is over, so the watchdog, or the thread that
   * ended it, says so within a moment. The trail may later tell the same end in other words, if a
   * successor was there first.
   */
  public Transition.End awaitOver() throws InterruptedException {
    return await(stopRequest, monitor.sessionTimeoutNanos())
        .orElseGet(() -> new Transition.Lapsed(bounds.whyOver()));
  }

  public LeaseBounds bounds() {
    return bounds;
  }

  public LeaderNode node() {
    return node;
  }

  private CuratorFramework client() {
    return monitor.client();
  }
}
