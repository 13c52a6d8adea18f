package io.tenure.recipes;

import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeView;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.internal.leadership.ScopeReading;
import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.HeldLease;
import io.tenure.internal.session.LeaseBounds;
import io.tenure.internal.session.LeaseStart;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.LongWait;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.Office;
import io.tenure.internal.session.SerialExecutor;
import io.tenure.internal.session.SessionListener;
import io.tenure.internal.session.TraceLog;
import io.tenure.internal.session.UserCode;
import io.tenure.lease.Ended;
import io.tenure.scope.Candidate;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.LeaseTermsException;
import io.tenure.scope.Retention;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.jspecify.annotations.Nullable;

/**
 * Feeds one {@link ElectionMachine} with what Curator says, and carries its actions out. The one
 * place from which an election's log lines, listener calls and transactions come.
 *
 * <p>Confined to the monitor's event thread, except for the methods that say otherwise. It never
 * blocks and never runs user code.
 */
final class ElectionDriver implements SessionListener, Office {

  private static final Log log = Log.of(ElectionDriver.class);

  /**
   * What an election is made of. Immutable.
   *
   * @param margin the safety margin, where it is not the default
   * @param lease the lease duration, where it is not the default
   */
  record Settings(
      Scope scope,
      Candidate candidate,
      Optional<Duration> margin,
      Optional<Duration> lease,
      Retention retention,
      ElectionListener listener,
      Executor callbacks) {}

  private final Settings settings;
  private final Scope scope;
  private final Monitor monitor;
  private final ScopeStore store;
  private final SerialExecutor callbacks;
  private final ElectionMachine machine;
  private final Actions actions = new Actions();
  private final CuratorWatcher officeWatcher;
  private final LatchQueue queue;
  private final Retry reading;
  private final LongWait handleWait;
  private final ArrayDeque<ElectionEvent> inbox = new ArrayDeque<>();

  private volatile @Nullable Thread taskThread;

  private boolean handling;
  private @Nullable CompletableFuture<HeldLease> acquiring;
  private @Nullable HeldLease lease;
  private @Nullable Future<?> watchdog;

  /** Leader nodes that are being deleted; it is not settled before. */
  private int dropping;

  /** No office is asked for from then on, and what is under way is carried to its end. */
  private boolean closing;

  /** Completed when the election, its monitor or its client is closed. */
  private final CompletableFuture<Void> restOver = new CompletableFuture<>();

  private boolean letGo;

  /** Completed on the event thread when that end is reached. */
  private final CompletableFuture<Void> settled = new CompletableFuture<>();

  /** An attempt without a waiting caller cannot be carried to its end: said once. */
  private boolean stuckSaid;

  /** Why the last transaction that was refused was refused. */
  private String refusal = "";

  /**
   * Answers to requests before the latest one are too late to matter, and are dropped by this
   * number.
   */
  private long request;

  /** The number of the request to hand out a lease that still waits; 0 if none does. */
  private long granting;

  ElectionDriver(Settings settings, Monitor monitor) {
    this.settings = settings;
    this.scope = settings.scope();
    this.monitor = monitor;
    this.store =
        new ScopeStore(
            scope, settings.retention(), monitor, () -> post(new ElectionEvent.DeletesDenied()));
    this.callbacks = SerialExecutor.of(settings.callbacks(), "scope=" + settings.scope());
    this.machine =
        new ElectionMachine(
            settings.candidate(),
            settings.retention(),
            () -> UUID.randomUUID().toString().substring(0, 13),
            Math::random,
            change -> TraceLog.changed(() -> scope, settings.candidate(), change));
    this.officeWatcher =
        event -> {
          if (event.getType() != EventType.None) {
            post(new ElectionEvent.OfficeChanged());
          }
        };
    this.queue = new LatchQueue(settings, monitor, store, officeWatcher, queueOwner());
    this.reading = new Retry(monitor, log, "scope=" + scope + " waits to be read");
    this.handleWait = new LongWait(monitor, log, "scope=" + scope + " waits in the queue");
    monitor.addListener(this);
  }

  private LatchQueue.Owner queueOwner() {
    return new LatchQueue.Owner() {
      @Override
      public void head() {
        handle(new ElectionEvent.QueueHead());
      }

      @Override
      public void headLost() {
        handle(new ElectionEvent.QueueLost());
      }

      @Override
      public void failed(TenureException cause) {
        failQueued(cause);
      }
    };
  }

  // ---- called from any thread ----

  /** Asks for the office. */
  CompletableFuture<HeldLease> join() {
    CompletableFuture<HeldLease> future = new CompletableFuture<>();
    monitor.execute(
        () -> {
          if (closing) {
            future.completeExceptionally(closedException());
            return;
          }
          // A tenure whose end is still being recorded is over: the new attempt waits for that.
          boolean inOffice = machine.state() == LeadershipState.IN_OFFICE;
          if (acquiring != null || inOffice) {
            future.completeExceptionally(
                new IllegalStateException(
                    "candidate "
                        + settings.candidate().id()
                        + (inOffice ? " already leads " : " is already acquiring ")
                        + scope
                        + ": one tenure at a time"));
            return;
          }
          acquiring = future;
          handle(new ElectionEvent.Join());
        });
    return future;
  }

  /** No longer waits for the office; the future has completed when this takes effect. */
  void leave(CompletableFuture<HeldLease> future, String reason) {
    monitor.execute(
        () -> {
          if (acquiring == future) {
            acquiring = null;
            handle(new ElectionEvent.Leave(reason));
          }
          future.cancel(false);
        });
  }

  @Override
  public void end(HeldLease of, Transition.End end) {
    monitor.execute(
        () -> {
          if (lease == of) {
            handle(new ElectionEvent.End(end));
          }
        });
  }

  /** The calling thread runs the task, or none does. */
  void taskRuns(boolean here) {
    taskThread = here ? Thread.currentThread() : null;
  }

  @Override
  public boolean isWaitedForHere() {
    return taskThread == Thread.currentThread();
  }

  /**
   * Rests before the next tenure; returns at once if the election, its monitor or client is closed.
   */
  void rest(long nanos) throws InterruptedException {
    TenurePace.rest(nanos, restOver);
  }

  /** The election is being closed: no rest goes on. */
  void endRest() {
    restOver.complete(null);
  }

  /** The task of that lease threw. Tells the listener, before the end of the tenure is known. */
  void taskFailed(HeldLease of, Throwable cause) {
    callbacks.execute(() -> settings.listener().failed(of.tenure(), cause));
  }

  @Override
  public void inspect(HeldLease of) {
    post(new ElectionEvent.OfficeChanged());
  }

  /**
   * Ends what there is. An attempt or an end whose outcome is not known is carried to its end, with
   * or without a waiting caller.
   *
   * @return completes when all of it is settled; not before there is a connection
   */
  CompletableFuture<Void> close(String reason) {
    monitor.execute(
        () -> {
          beginClosing();
          stopWaiting(reason, closedException());
          HeldLease held = lease;
          handle(
              new ElectionEvent.End(
                  held != null && held.stopRequest().isPresent()
                      ? held.endOfLapse() // A task that was asked to stop, and has not.
                      : new Transition.Resigned(reason)));
          if (monitor.closedCause().isPresent() && monitor.sessionId() == 0) {
            endOfSessions();
          }
          settleIfIdle();
        });
    return settled;
  }

  private void beginClosing() {
    closing = true;
    endRest();
  }

  private TenureException closedException() {
    return monitor
        .closedCause()
        .orElseGet(() -> new ElectionClosedException("the election of " + scope + " is closed"));
  }

  private void stopWaiting(String reason, TenureException cause) {
    CompletableFuture<HeldLease> waiting = acquiring;
    if (waiting != null) {
      acquiring = null;
      handle(new ElectionEvent.Leave(reason));
      waiting.completeExceptionally(cause);
    }
  }

  private void settleIfIdle() {
    if (closing && !letGo && machine.state() == LeadershipState.IDLE && dropping == 0) {
      letGo = true;
      CompletableFuture<Void> left = CompletableFuture.completedFuture(null);
      try {
        left = queue.leave();
        stopWatchdog();
        store.close();
        monitor.removeListener(this);
      } finally {
        CompletableFuture<Void> latchGone = left;
        // After the latch's node and the watches.
        monitor.outside(() -> latchGone.whenComplete((gone, error) -> settled.complete(null)));
      }
    }
  }

  // ---- events ----

  /**
   * No session will be begun again. Where the session still lives, because only the monitor was
   * closed, what is in ZooKeeper is settled first.
   */
  @Override
  public void closed(TenureException cause) {
    beginClosing();
    String reason = String.valueOf(cause.getMessage());
    stopWaiting(reason, cause);
    if (monitor.sessionId() == 0) {
      endOfSessions();
    } else {
      monitor.closeAfter(settled);
      HeldLease held = lease;
      Transition.End end = new Transition.Resigned("session monitor closed");
      if (held == null || !held.requestStop(end)) {
        handle(new ElectionEvent.End(end));
      } // Else: the task stops, and then ends the tenure.
    }
    settleIfIdle();
  }

  /** Nothing that was sent can come true, and nothing of ours is left in ZooKeeper for long. */
  private void endOfSessions() {
    handle(new ElectionEvent.SessionGone(machine.session()));
    dropping = 0;
  }

  @Override
  public void connected(long session) {
    handleWait.over();
    queue.reconnected();
    // Watches of an earlier session are gone, and an operator may have been faster than a new one.
    handle(new ElectionEvent.OfficeChanged());
    reading.connected();
  }

  @Override
  public void gone(long session) {
    handle(new ElectionEvent.SessionGone(session));
    if (queue.isWaitedIn() && monitor.isHandleClosed()) {
      handleWait.because(monitor.noConnection());
    }
  }

  private void post(ElectionEvent event) {
    monitor.execute(() -> handle(event));
  }

  private void handle(ElectionEvent event) {
    inbox.add(event);
    if (handling) {
      return; // An action led to another event: after the actions that are being carried out.
    }
    handling = true;
    try {
      while (!inbox.isEmpty()) {
        ElectionEvent next = inbox.remove();
        if (next instanceof ElectionEvent.CommitFailed failed) {
          refusal = String.valueOf(failed.cause().getMessage());
        }
        try {
          for (ElectionAction action : machine.on(next, wallTime())) {
            action.carryOut(actions);
          }
        } catch (Throwable e) {
          broken(next, e);
        }
      }
    } finally {
      handling = false;
    }
    if (machine.state() == LeadershipState.IDLE) {
      request++; // What is still being read is of no use.
      reading.givenUp();
      handleWait.givenUp();
      stuckSaid = false;
    }
    settleIfIdle();
  }

  /**
   * A bug of ours, or a class that is missing at run time: the caller that waits for the office
   * gets the error instead of waiting for ever, and a lease runs out by itself.
   */
  private void broken(ElectionEvent event, Throwable thrown) {
    CoordinationException cause = inside(event.getClass().getSimpleName(), thrown);
    if (acquiring != null) {
      fail(cause);
      if (!(event instanceof ElectionEvent.Leave)) {
        inbox.add(new ElectionEvent.Leave("failed inside"));
      }
    }
  }

  private CoordinationException inside(String what, Throwable thrown) {
    log.error("scope={} {} failed", scope, what, thrown);
    return new CoordinationException(
        "the election of " + scope + " failed inside: " + UserCode.describe(thrown), thrown);
  }

  /** Carries out what the machine wants. */
  private final class Actions implements ElectionAction.Performer {

    @Override
    public void joinQueue() {
      queue.join();
    }

    @Override
    public void leaveQueue() {
      queue.leave();
    }

    @Override
    public void read(LeadershipAction.Read read) {
      ElectionDriver.this.read(read, ++request);
    }

    @Override
    public void watch() {
      post(new ElectionEvent.OfficeChanged()); // A reading sets the watch.
    }

    @Override
    public void send(LeadershipAction.Send send) {
      if (send.commit().elects()) {
        elect(send, ++request);
      } else {
        commit(send, ++request);
      }
    }

    @Override
    public void grant(LeadershipAction.Grant grant) {
      ElectionDriver.this.grant(grant);
    }

    @Override
    public void requestStop(Transition.End why) {
      HeldLease asked = lease;
      if (asked == null || !asked.requestStop(why)) {
        handle(new ElectionEvent.End(why));
      } // Else the task stops cleanly and then ends the tenure; the watchdog limits how long it
      // may.
    }

    @Override
    public void leaseOver(Transition.End end) {
      ElectionDriver.this.leaseOver(end);
    }

    @Override
    public void ended(LeadershipAction.Ended ended) {
      ElectionDriver.this.ended(ended.end(), ended.recorded());
    }

    @Override
    public void dropLeader(LeadershipAction.DropLeader drop) {
      ElectionDriver.this.dropLeader(drop.session(), drop.nonce());
    }

    @Override
    public void later(LeadershipAction.Later later) {
      monitor.schedule(() -> handle(new ElectionEvent.Wake(later.number())), later.nanos());
    }

    @Override
    public void refused(TenureException cause) {
      fail(cause);
    }

    @Override
    public void warnOfText(byte[] data) {
      String text = new String(data, 0, Math.min(data.length, 60), StandardCharsets.UTF_8);
      log.warn(
          "scope={} epoch={} ignored \"{}\" in {}: the only word it takes is \"revoke\"",
          scope,
          epoch(),
          text,
          scope.leaderPath());
    }

    @Override
    public void warnOfPersistentLeader() {
      log.warn(
          "scope={} {} is a persistent node, made by a person or a tool: it goes with no session, and"
              + " no candidate is elected while it is there. If none leads, delete it: delete {}",
          scope,
          scope.leaderPath(),
          scope.leaderPath());
    }

    @Override
    public void warnOfConflicts(int conflicts) {
      log.warn(
          "scope={} {} tries in a row to be elected were in vain, and it is tried on: something other"
              + " than Tenure writes {}, or cuts the connection each time",
          scope,
          conflicts,
          scope.path());
    }

    @Override
    public void warnOfReading(TenureException cause) {
      log.warn(
          "scope={} epoch={} cannot be read in office, so a revocation is not heard of; the tenure goes"
              + " on, and it is tried again: {}",
          scope,
          epoch(),
          cause.getMessage());
    }
  }

  private String epoch() {
    return lease == null ? "?" : Long.toString(lease.epoch());
  }

  /** The office cannot be had, as was found out while queueing. */
  private void failQueued(TenureException cause) {
    if (acquiring != null) {
      fail(cause);
      handle(new ElectionEvent.Leave(cause.getMessage() == null ? "" : cause.getMessage()));
    }
  }

  // ---- reading and committing ----

  private void read(LeadershipAction.Read read, long number) {
    if (monitor.sessionId() == 0) {
      reading.whenConnected(ifStill(number, () -> read(read, number)));
      return;
    }
    boolean lists = read.names() != LeadershipAction.Names.NO;
    CompletableFuture<Optional<ScopeView>> found =
        read.stands()
            ? store
                .readToStand(officeWatcher, lists)
                .thenCompose(
                    view ->
                        view.isPresent()
                            ? CompletableFuture.completedFuture(view)
                            : store.ensure().thenCompose(done -> store.read(officeWatcher, lists)))
            : store.read(officeWatcher, lists);
    found.whenComplete(
        (view, error) -> {
          if (number != request) {
            return;
          }
          if (error != null) {
            readFailed(error, read, number);
          } else if (monitor.sessionId() == 0) {
            reading.whenConnected(ifStill(number, () -> read(read, number)));
          } else {
            scopeRead(read, view);
          }
        });
  }

  private void scopeRead(LeadershipAction.Read read, Optional<ScopeView> view) {
    reading.succeeded();
    handle(new ElectionEvent.ScopeRead(read.number(), new ScopeReading(view, monitor.sessionId())));
  }

  private void readFailed(Throwable error, LeadershipAction.Read read, long number) {
    Optional<TenureException> lasting = ScopeStore.lasting(scope, error);
    if (lasting.isPresent()) {
      handle(new ElectionEvent.ReadFailed(read.number(), lasting.get()));
    } else {
      reading.later(ifStill(number, () -> read(read, number)), ScopeStore.reason(error));
    }
  }

  private Runnable ifStill(long number, Runnable task) {
    return () -> {
      if (number == request) {
        task.run();
      }
    };
  }

  private void elect(LeadershipAction.Send elect, long number) {
    try {
      if (monitor.terms(settings.margin(), settings.lease()).isEmpty()) {
        return; // The session has just ended; the machine is told next.
      }
    } catch (LeaseTermsException e) {
      handle(new ElectionEvent.CommitFailed(e));
      return;
    }
    // A commit that elects starts a lease, which must count from when it was sent.
    monitor.whenSettled(ifStill(number, () -> commit(elect, number)));
  }

  private void commit(LeadershipAction.Send send, long number) {
    store
        .commit(send.session(), send.commit())
        .whenComplete(
            (event, error) -> {
              if (number != request) {
                return;
              }
              handle(
                  error == null
                      ? event
                      : new ElectionEvent.CommitFailed(
                          new CoordinationException("the commit in " + scope + " failed", error)));
            });
  }

  private Instant wallTime() {
    return Instant.ofEpochMilli(monitor.clock().wallMillis());
  }

  // ---- the tenure ----

  private void grant(LeadershipAction.Grant grant) {
    Optional<LeaseTerms> terms;
    try {
      terms = monitor.terms(settings.margin(), settings.lease());
    } catch (LeaseTermsException e) {
      handle(new ElectionEvent.End(new Transition.Resigned(FailureText.of(e))));
      fail(e);
      return;
    }
    if (terms.isEmpty()) {
      return; // The session has just ended; the machine is told next.
    }
    long number = request;
    granting = number;
    LeaseStart.begin(
        monitor,
        terms.get(),
        grant.session(),
        () -> granting == number,
        bounds -> {
          granting = 0;
          handOut(grant, bounds);
        });
  }

  private void handOut(LeadershipAction.Grant grant, LeaseBounds bounds) {
    LeaderNode node =
        new LeaderNode(
            grant.view().record().epoch(), grant.view().record().incumbent().orElseThrow());
    HeldLease granted =
        new HeldLease(
            this,
            monitor,
            bounds,
            node.tenure(scope),
            grant.session(),
            node,
            grant.view().version(),
            grant.predecessor());
    lease = granted;
    log.info(
        "scope={} epoch={} elected candidate={} predecessor={} terms=[{}]",
        scope,
        granted.epoch(),
        settings.candidate().id(),
        grant
            .predecessor()
            .map(p -> p.candidateId() + " epoch " + p.epoch() + " " + p.end().word())
            .orElse("none"),
        bounds.terms().show());
    watch(granted);
    callbacks.execute(() -> settings.listener().elected(granted));
    CompletableFuture<HeldLease> waiting = acquiring;
    acquiring = null;
    if (waiting == null || !waiting.complete(granted)) {
      handle(new ElectionEvent.End(new Transition.Resigned("nobody waits for the office")));
    }
  }

  /** The watchdog: notices that a lease has run out, and frees the office for another candidate. */
  private void watch(HeldLease watched) {
    if (lease != watched) {
      return;
    }
    long left = watched.remainingNanos();
    if (left > 0) {
      watchdog = monitor.schedule(() -> watch(watched), left);
      return;
    }
    handle(new ElectionEvent.End(watched.endOfLapse()));
  }

  private void stopWatchdog() {
    if (watchdog != null) {
      watchdog.cancel(false);
      watchdog = null;
    }
  }

  private void leaseOver(Transition.End end) {
    stopWatchdog();
    granting = 0;
    HeldLease over = lease;
    if (over != null) {
      over.over(end);
      // If there is no connection, the end is known before it is recorded.
      monitor.schedule(() -> tellEnded(over, end, false), over.bounds().terms().ackIntervalNanos());
    }
  }

  private void ended(Transition.End end, boolean recorded) {
    HeldLease over = lease;
    lease = null;
    if (over == null) {
      log.info("scope={} ended before its lease was out: {}", scope, end.reason());
      if (acquiring != null) {
        handle(new ElectionEvent.Join()); // The user still waits for the office.
      }
      return;
    }
    log.info(
        "scope={} epoch={} {} candidate={} reason=\"{}\" recorded={}",
        scope,
        over.epoch(),
        end.word(),
        settings.candidate().id(),
        end.reason(),
        recorded);
    tellEnded(over, end, recorded);
  }

  /** Tells once; a second call, with an outcome that came late, is dropped. */
  private void tellEnded(HeldLease over, Transition.End end, boolean recorded) {
    Ended how = new Ended(over.tenure(), end, recorded);
    if (over.completeEnded(how, callbacks)) {
      callbacks.execute(() -> settings.listener().ended(how));
    }
  }

  private void dropLeader(long session, String nonce) {
    log.error(
        "scope={} epoch={} the end cannot be recorded; only the leader node is deleted{}",
        scope,
        epoch(),
        refusal.isEmpty() ? "" : ": " + refusal);
    dropping++;
    store
        .dropLeader(session, nonce)
        .thenRun(
            () -> {
              dropping = Math.max(0, dropping - 1);
              settleIfIdle();
            });
  }

  private void fail(TenureException cause) {
    CompletableFuture<HeldLease> waiting = acquiring;
    acquiring = null;
    if (waiting != null) {
      waiting.completeExceptionally(cause);
    } else if (!stuckSaid) {
      stuckSaid = true;
      log.warn(
          "scope={} an attempt to be elected was given up before its outcome was known, and cannot be"
              + " settled: {}. It is tried again while the session lives; if it has come true,"
              + " no other candidate is elected until then",
          scope,
          cause.getMessage());
    }
  }
}
