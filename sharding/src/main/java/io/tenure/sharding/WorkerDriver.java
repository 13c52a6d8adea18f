package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.Commit;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.session.ConnectionWait;
import io.tenure.internal.session.EphemeralBytes;
import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.SerialExecutor;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.SessionListener;
import io.tenure.internal.session.TraceLog;
import io.tenure.internal.session.UserCode;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.DuplicateCandidateException;
import io.tenure.scope.ElectionClosedException;
import io.tenure.scope.LeaseTermsException;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/**
 * Feeds one {@link WorkerMachine} with what ZooKeeper and the tasks say, and carries its actions
 * out: sessions, registration and plan are here, transactions are {@link ShardLink}'s, leases and
 * tasks {@link Tenures}'. The one place from which a worker's state changes.
 *
 * <p>Confined to the monitor's event thread, except for the methods that say otherwise. It never
 * blocks and never runs user code.
 */
final class WorkerDriver implements SessionListener {

  private static final Log log = Log.of(WorkerDriver.class);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final WorkerOptions options;
  private final Monitor monitor;
  private final ConnectionWait connection;
  private final UserThreads threads;

  /** What the server has before the client's paths, in bytes. */
  private final int rootBytes;

  private final SerialExecutor callbacks;
  private final Registration registration;
  private final WatchedNode plan;
  private final FollowedSettings followed;
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final ArrayDeque<WorkerEvent> inbox = new ArrayDeque<>();
  private final Actions actions = new Actions();

  // Made when the group's settings are known.
  private @Nullable WorkerMachine machine;
  private @Nullable ShardLink link;
  private @Nullable Tenures tenures;

  /** Read by the coordinator's thread as well. */
  private volatile @Nullable GroupSettings settings;

  private final Backoff afterBroken =
      new Backoff(TimeUnit.SECONDS.toNanos(1), TimeUnit.MINUTES.toNanos(1));
  private int leaderNodesThatFit = Integer.MAX_VALUE;
  private boolean handling;
  private volatile WorkerState state = WorkerState.NEW;
  private long incarnation = -1;
  private boolean draining;
  private @Nullable PlanNode lastPlan;
  private volatile CompletableFuture<Void> drained = new CompletableFuture<>();
  private boolean closing;
  private boolean gone;
  private @Nullable Future<?> retry;
  private final Backoff afterRefusal = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
  private final RefusalNote note;
  private String refusal = "";
  private String planRefusal = "";

  WorkerDriver(WorkerOptions options, Monitor monitor, UserThreads threads) {
    this.options = options;
    this.monitor = monitor;
    this.connection =
        new ConnectionWait(monitor, log, "group=" + options.group() + " worker=" + options.id());
    this.callbacks =
        SerialExecutor.of(
            options.callbacks(), "group=" + options.group() + " worker=" + options.id());
    this.registration =
        new Registration(
            monitor, options.paths(), options.id(), options.wish(), new RegistrationOwner());
    this.threads = threads;
    // Here, since the event thread must not ask the client's ensemble provider.
    this.rootBytes = EphemeralBytes.rootBytes(monitor.client());
    this.note = new RefusalNote(monitor, options.paths(), options.candidate());
    this.plan = new WatchedNode(monitor, options.paths().plan(options.id()), new PlanReader());
    this.followed =
        new FollowedSettings(monitor, options.paths(), options.id(), this::settingsChanged);
  }

  // ---- called from any thread ----

  /** A future of the worker's as users get it. */
  <T> CompletionStage<T> forUsers(CompletableFuture<T> future) {
    return callbacks.forUsers(future);
  }

  WorkerState state() {
    return state;
  }

  /** Completes on the event thread when the worker is registered, or cannot be. */
  CompletableFuture<Void> start() {
    monitor.execute(() -> become(WorkerState.JOINING, "started"));
    monitor.addListener(this);
    connection.start();
    return started;
  }

  /**
   * Hands over everything, or takes shards again.
   *
   * @return completes on the event thread when nothing is left; fails if the session cannot come
   *     back
   */
  CompletableFuture<Void> drain(boolean wanted) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    monitor.execute(
        () -> {
          if (closing) {
            pass(drained, done); // The closing does the rest.
            return;
          }
          draining = wanted;
          if (!wanted) {
            drained = new CompletableFuture<>();
          }
          pass(drained, done);
          registration.report();
          settleState();
          completeIfSettled();
        });
    return done;
  }

  private static void pass(CompletableFuture<Void> from, CompletableFuture<Void> to) {
    from.whenComplete(
        (done, error) -> {
          if (error == null) {
            to.complete(null);
          } else {
            to.completeExceptionally(error);
          }
        });
  }

  /** While the worker closes: ends the shards whose task cannot stop. */
  void lookAtClosing() {
    monitor.execute(this::endUnstoppable);
  }

  /**
   * While the JVM ends: ends the shards whose task cannot stop.
   *
   * @return why nothing can be handed over, if that is known
   */
  CompletableFuture<Optional<String>> lookAtExit() {
    CompletableFuture<Optional<String>> future = new CompletableFuture<>();
    monitor.execute(
        () -> {
          endUnstoppable();
          boolean idle = incarnation < 0 && leadsNothing();
          future.complete(
              idle ? Optional.of("it is not registered, and leads nothing") : Optional.empty());
        });
    return future;
  }

  /**
   * A task that has called {@link System#exit}, or whose executor was shut down, would be waited
   * for in vain until its lease runs out.
   */
  private void endUnstoppable() {
    WorkerMachine known = machine;
    Tenures toTasks = tenures;
    if (known == null || toTasks == null) {
      return;
    }
    for (ShardClaim claim : List.copyOf(known.shards())) {
      if (claim.isLed() && threads.isExiting(claim.shard())) {
        endAsFailed(claim.shard(), "the task called System.exit");
      }
    }
    toTasks
        .unstoppable()
        .forEach(shard -> endAsFailed(shard, "its executor was shut down before it stopped"));
  }

  private void endAsFailed(String shard, String why) {
    Transition.End end = new Transition.Failed(why);
    led(shard).ifPresent(led -> handle(new WorkerEvent.End(shard, led.epoch(), end)));
  }

  /** Whether nothing is left of what the worker led, and it gets nothing new. */
  boolean isDrained() {
    return drained.isDone() && state == WorkerState.DRAINING;
  }

  /** Completes on the event thread when the worker is closed, by its user or by itself. */
  CompletableFuture<Void> closed() {
    return closed;
  }

  /** Leads nothing more and leaves the group; completes when all of it is settled. */
  CompletableFuture<Void> close(String reason) {
    String early = "worker " + options.id() + " was closed before it joined";
    monitor.execute(
        () -> {
          if (!refusal.isEmpty()) {
            note.remove();
          }
          closeNow(reason, new ElectionClosedException(early));
        });
    return closed;
  }

  /** Lets go of everything, settled or not. */
  void abandon() {
    monitor.removeListener(this);
    connection.stop();
    monitor.execute(
        () -> {
          plan.stop();
          followed.stop();
          registration.close();
          if (link != null) {
            link.close();
          }
          if (tenures != null) {
            tenures.abandon();
          }
          closed.complete(null);
        });
  }

  /** What the worker does now; completes on the event thread. */
  CompletableFuture<WorkerSnapshot> snapshot(BooleanSupplier isCoordinator) {
    CompletableFuture<WorkerSnapshot> future = new CompletableFuture<>();
    monitor.execute(() -> future.complete(snapshotNow(isCoordinator.getAsBoolean())));
    return future;
  }

  private WorkerSnapshot snapshotNow(boolean coordinator) {
    List<WorkerSnapshot.LedShard> led = new ArrayList<>();
    int standsBy = 0;
    int waiting = 0;
    if (machine != null) {
      for (ShardClaim claim : machine.shards()) {
        if (claim.isLed()) {
          led(claim.shard()).ifPresent(led::add);
        } else if (claim.role() == ShardRole.STAND_BY) {
          standsBy++;
        } else if (claim.role() == ShardRole.LEAD) {
          waiting++;
        }
      }
    }
    led.sort(Comparator.comparing(WorkerSnapshot.LedShard::shard));
    return new WorkerSnapshot(
        options.id(),
        incarnation,
        state,
        coordinator,
        List.copyOf(led),
        standsBy,
        waiting,
        tenures == null ? WorkerLoad.of(0, options.concurrency()) : tenures.utilization());
  }

  private Optional<WorkerSnapshot.LedShard> led(String shard) {
    return tenures == null ? Optional.empty() : tenures.led(shard);
  }

  // ---- session ----

  @Override
  public void connected(long session) {
    if (link != null) {
      link.connected();
    }
    if (closing) {
      return;
    }
    try {
      if (monitor.terms(options.margin(), options.lease()).isEmpty()) {
        return; // The session has just ended again.
      }
    } catch (LeaseTermsException e) {
      refused(e);
      return;
    }
    registration.connected(session);
    if (incarnation >= 0) {
      plan.refresh();
      followed.refresh();
    }
  }

  @Override
  public void gone(long session) {
    registration.sessionGone();
    plan.stop();
    followed.stop();
    incarnation = -1;
    if (link != null) {
      link.sessionGone();
      handle(new WorkerEvent.SessionGone(session));
    }
    if (!closing && state != WorkerState.NEW && monitor.closedCause().isEmpty()) {
      become(WorkerState.JOINING, "session ended");
    }
    completeIfSettled();
  }

  /** Where only the monitor was closed, the session goes on, and ends are recorded as usual. */
  @Override
  public void closed(TenureException cause) {
    monitor.closeAfter(closed);
    drained.completeExceptionally(cause);
    closeNow(FailureText.of(cause), cause);
    if (!(cause instanceof ElectionClosedException)) {
      callbacks.execute(() -> options.listener().refused(cause));
    }
  }

  @Override
  public boolean isWaitedForHere() {
    return threads.isCurrent();
  }

  private final class RegistrationOwner implements Registration.Owner {

    @Override
    public WorkerNode node(String nonce) {
      return WorkerDriver.this
          .node(nonce)
          .withFits(boundOnShards())
          .withSessionTimeout(TimeUnit.NANOSECONDS.toMillis(monitor.longestSessionTimeoutNanos()));
    }

    @Override
    public void registered(long number, GroupSettings found, boolean untouched) {
      joined(number, found, untouched);
    }

    @Override
    public void refused(TenureException cause) {
      WorkerDriver.this.refused(cause);
    }
  }

  private void joined(long number, GroupSettings found, boolean untouched) {
    long session = monitor.sessionId();
    if (settings == null) {
      link = new ShardLink(monitor, options.paths(), found.retention(), this::handle);
      tenures = new Tenures(options, monitor, callbacks, this::handle, registration::report);
      machine =
          new WorkerMachine(
              options.candidate(),
              found.retention(),
              () -> UUID.randomUUID().toString().substring(0, 13),
              Math::random,
              (shard, change) ->
                  TraceLog.changed(
                      () -> options.paths().shard(shard), options.candidate(), change));
    }
    settingsChanged(found);
    afterRefusal.reset();
    refusal = "";
    note.remove();
    boolean again = incarnation >= 0; // The node was deleted by hand, and the session goes on.
    incarnation = number;
    if (!again) {
      handle(new WorkerEvent.SessionBegun(session, monitor.sessionTimeoutNanos(), untouched));
    }
    settleState();
    plan.start(session);
    followed.start(session, found);
    started.complete(null);
  }

  /** The settings that this worker goes by; empty before it has joined. Thread-safe. */
  Optional<GroupSettings> knownSettings() {
    return Optional.ofNullable(settings);
  }

  /** Takes the group's settings that a worker goes by; the others are the coordinator's. */
  private void settingsChanged(GroupSettings now) {
    settings = now;
    leaderNodesThatFit =
        LeaderNodes.fit(options.leaderNodeBytes(), rootBytes, options.paths(), now.shards());
    if (link != null) {
      link.retain(now.retention());
      handle(new WorkerEvent.Retained(now.retention()));
    }
    registration.report();
  }

  /** At the start, that is an error of the caller that started it; later, it is tried again. */
  private void refused(TenureException cause) {
    tellRefused(cause);
    if (!started.isDone()) {
      closeNow("refused: " + FailureText.of(cause), cause);
      return;
    }
    if (retry == null || retry.isDone()) {
      retry =
          monitor.schedule(
              () -> {
                if (!closing && monitor.sessionId() != 0) {
                  connected(monitor.sessionId());
                }
              },
              afterRefusal.nextNanos());
    }
  }

  /** Logged once for each reason; the listener hears of each refusal, after growing pauses. */
  private void tellRefused(TenureException cause) {
    String text = String.valueOf(cause.getMessage());
    if (!text.equals(refusal)) {
      refusal = text;
      log.error(
          "group={} worker={} is refused{}: {}",
          options.group(),
          options.id(),
          started.isDone() ? " and tries again after growing pauses" : "",
          text);
      note.write(cause);
    }
    callbacks.execute(() -> options.listener().refused(cause));
  }

  private WorkerNode node(String nonce) {
    List<String> ready = new ArrayList<>();
    List<String> tookOver = new ArrayList<>();
    Set<String> unable = new HashSet<>();
    List<String> failing = new ArrayList<>();
    List<FailingShard> errors = new ArrayList<>();
    if (machine != null) {
      for (ShardClaim claim : machine.shards()) {
        if (claim.isTakenOver()) {
          tookOver.add(claim.shard());
        }
        if (claim.isReady()) {
          ready.add(claim.shard());
        }
        if (claim.isUnable()) {
          unable.add(claim.shard());
        }
      }
      unable.addAll(machine.failing().resting());
      failing.addAll(machine.failing().failing());
      errors.addAll(machine.failing().all());
    }
    return new WorkerNode(
        options.candidate(),
        nonce,
        options.zone(),
        options.capacity(),
        options.maxShards(),
        draining,
        fitting(ready),
        fitting(tookOver),
        fitting(new ArrayList<>(unable)),
        fitting(failing),
        FailingShard.fitting(errors, WorkerNode.MAX_LIST_BYTES),
        tenures == null ? 0 : tenures.publishedPercent());
  }

  private List<String> fitting(List<String> shards) {
    shards.sort(Comparator.naturalOrder());
    return WorkerNode.fitting(shards, settings == null || settings.shards().isNumbered());
  }

  // ---- plan ----

  private final class PlanReader implements WatchedNode.Reader {

    @Override
    public void read(Optional<WatchedNode.Found> found) {
      // No plan, or no longer one, says nothing: what is led goes on being led.
      found.ifPresent(node -> planRead(node.data()));
    }

    @Override
    public void refused(Code code) {
      planRefused(ServerErrors.refused(code, options.paths().plan(options.id()), "read"), "");
    }
  }

  private void planRead(byte[] data) {
    PlanNode node;
    try {
      node = PlanNode.parse(options.paths(), options.paths().plan(options.id()), data);
    } catch (TenureException e) {
      planRefused(e, ". Delete that node if the coordinator does not write it again");
      return;
    }
    planRefusal = "";
    if (node.incarnation() > incarnation) {
      registration
          .isReplaced(node.incarnation())
          .thenAccept(
              byAnother -> {
                if (byAnother) {
                  replaced();
                } else {
                  obey(node); // Two registrations of this session, after a lost answer.
                }
              });
      return;
    }
    obey(node);
  }

  /** It is read again at each reconnect and each change, and each kind is said once. */
  private void planRefused(TenureException cause, String remedy) {
    String text = String.valueOf(cause.getMessage());
    if (!cause.getClass().getName().equals(planRefusal)) {
      planRefusal = cause.getClass().getName();
      log.warn(
          "group={} worker={} goes on with the plan that it knows: {}{}",
          options.group(),
          options.id(),
          text,
          remedy);
      callbacks.execute(() -> options.listener().refused(cause));
    }
  }

  private void obey(PlanNode node) {
    if (incarnation < 0 || closing) {
      return;
    }
    lastPlan = node;
    handle(new WorkerEvent.Planned(node));
    settleState();
    completeIfSettled();
  }

  private void replaced() {
    if (closing) {
      return;
    }
    TenureException cause =
        new DuplicateCandidateException(
            "worker id "
                + options.id()
                + " of group "
                + options.group()
                + " was registered again by another process, and the later one counts: give each"
                + " worker an id of its own");
    log.error("group={} worker={} {}", options.group(), options.id(), cause.getMessage());
    closeNow("replaced by a later process with the same id", cause);
    callbacks.execute(() -> options.listener().refused(cause));
  }

  // ---- events and actions ----

  /** On the event thread. */
  private void handle(WorkerEvent event) {
    inbox.add(event);
    if (handling || machine == null) {
      return; // An action led to another event: after the actions that are being carried out.
    }
    handling = true;
    try {
      while (!inbox.isEmpty()) {
        WorkerEvent next = inbox.remove();
        try {
          Instant now = Instant.ofEpochMilli(monitor.clock().wallMillis());
          machine.on(next, now, action -> action.carryOut(actions));
        } catch (Throwable e) {
          broken(next, e);
        }
      }
    } finally {
      handling = false;
    }
    completeIfSettled();
  }

  /** A bug of ours, or a class that is missing at run time: said, and the plan is tried again. */
  private void broken(WorkerEvent event, Throwable thrown) {
    log.error(
        "group={} worker={} {} failed",
        options.group(),
        options.id(),
        event.getClass().getSimpleName(),
        thrown);
    CoordinationException cause =
        new CoordinationException(
            "worker "
                + options.id()
                + " of group "
                + options.group()
                + " failed inside: "
                + UserCode.describe(thrown),
            thrown);
    callbacks.execute(() -> options.listener().refused(cause));
    PlanNode plan = lastPlan;
    if (event instanceof WorkerEvent.Planned && plan != null) {
      monitor.schedule(
          () -> {
            if (plan.equals(lastPlan)) {
              obey(plan);
            }
          },
          afterBroken.nextNanos());
    }
  }

  /** How many shards' leader nodes fit into the session, where not all of the group's do. */
  private int boundOnShards() {
    return settings == null || leaderNodesThatFit >= settings.shards().size()
        ? Integer.MAX_VALUE
        : leaderNodesThatFit;
  }

  /**
   * Whether an election would make one leader node more than may be. The plan gives no worker so
   * many; but who stands by for many shards takes over without being told to.
   */
  private boolean isOneTooMany(String shard, Commit commit) {
    WorkerMachine known = machine;
    return known != null
        && known.occupied() > leaderNodesThatFit
        && commit.elects()
        && known.shard(shard).filter(claim -> !claim.leadership().isAttemptUnknown()).isPresent();
  }

  private TenureException oneTooMany() {
    return new CoordinationException(
        "this worker has "
            + leaderNodesThatFit
            + " leader nodes, and more would take more than "
            + options.leaderNodeBytes()
            + " bytes of its session: start more workers, or give leaderNodeBytes if the servers"
            + " have a larger jute.maxbuffer");
  }

  private ShardLink link() {
    return Objects.requireNonNull(link, "not joined yet");
  }

  private Tenures tenures() {
    return Objects.requireNonNull(tenures, "not joined yet");
  }

  /** Carries out what the machine wants. */
  private final class Actions implements WorkerAction.Performer {

    @Override
    public void ofShard(String shard, LeadershipAction action) {
      action.carryOut(new ShardActions(shard));
    }

    @Override
    public void warmUp(String shard) {
      tenures().warmUp(shard);
    }

    @Override
    public void coolDown(String shard) {
      tenures().coolDown(shard);
    }

    @Override
    public void report() {
      registration.report();
    }

    @Override
    public void warnOfDeletion(WorkerAction.WarnOfDeletion warning) {
      tenures().warnOfDeletion(warning);
    }
  }

  /** Carries out what the leadership of one shard wants. */
  private final class ShardActions implements LeadershipAction.Performer {

    private final String shard;

    ShardActions(String shard) {
      this.shard = shard;
    }

    @Override
    public void read(LeadershipAction.Read read) {
      link().look(shard, read);
    }

    @Override
    public void watch() {
      link().watch(shard);
    }

    @Override
    public void send(LeadershipAction.Send send) {
      if (isOneTooMany(shard, send.commit())) {
        handle(new WorkerEvent.CommitFailed(shard, oneTooMany()));
      } else {
        link().send(new CommitQueue.Item(shard, send.commit()));
      }
    }

    @Override
    public void grant(LeadershipAction.Grant grant) {
      Optional<LeaseTerms> terms = monitor.terms(options.margin(), options.lease());
      if (terms.isPresent()) {
        tenures().grant(shard, grant.view(), grant.session(), terms.get(), grant.predecessor());
      } else {
        // The session has just ended, as the machine is told next; no task will say that it is
        // gone.
        handle(new WorkerEvent.TaskGone(shard, false, false));
      }
    }

    @Override
    public void requestStop(Transition.End why) {
      tenures().requestStop(shard, why);
    }

    @Override
    public void leaseOver(Transition.End end) {
      tenures().leaseOver(shard, end);
    }

    @Override
    public void ended(LeadershipAction.Ended ended) {
      tenures().ended(shard, ended.end(), ended.recorded());
    }

    @Override
    public void dropLeader(LeadershipAction.DropLeader drop) {
      link().dropLeader(shard, drop);
    }

    @Override
    public void later(LeadershipAction.Later later) {
      monitor.schedule(() -> handle(new WorkerEvent.Wake(shard, later.number())), later.nanos());
    }

    @Override
    public void refused(TenureException cause) {
      tenures().failed(shard, cause);
    }

    @Override
    public void warnOfText(byte[] data) {
      tenures().warnOfText(shard, data);
    }

    @Override
    public void warnOfPersistentLeader() {
      tenures().warnOfPersistentLeader(shard);
    }
  }

  // ---- state ----

  private void settleState() {
    if (closing || incarnation < 0) {
      return;
    }
    boolean out = draining || (lastPlan != null && lastPlan.draining().isPresent());
    WorkerState next = out ? WorkerState.DRAINING : WorkerState.ACTIVE;
    if (next != state) {
      become(next, out && !draining ? "an operator wants it" : "asked to");
    }
    if (!out && drained.isDone()) {
      drained = new CompletableFuture<>();
    }
  }

  private boolean leadsNothing() {
    return machine == null || machine.occupied() == 0;
  }

  private void completeIfSettled() {
    if (closing) {
      if (gone && leadsNothing() && !closed.isDone()) {
        abandon();
      }
      return;
    }
    PlanNode known = lastPlan;
    if (state == WorkerState.DRAINING
        && known != null
        && known.draining().isPresent()
        && known.leads().isEmpty()
        && known.takesOver().isEmpty()
        && leadsNothing()) {
      drained.complete(null);
    }
  }

  /** The start, if it is not over yet, fails with the cause, and not before all else is said. */
  private void closeNow(String reason, TenureException cause) {
    if (closing) {
      return;
    }
    closing = true;
    plan.stop();
    followed.stop();
    // First, so that the plan has another worker when the shards become vacant.
    registration
        .leave()
        .thenAccept(
            left -> {
              gone = true;
              completeIfSettled();
            });
    handle(new WorkerEvent.Close(reason));
    become(WorkerState.CLOSED, reason);
    started.completeExceptionally(cause);
    closed.thenRun(() -> drained.complete(null));
  }

  /** The one door: every change of the worker's state goes through here. */
  private void become(WorkerState next, String why) {
    if (next == state) {
      return;
    }
    if (!state.successors().contains(next)) {
      throw new IllegalStateException("a worker cannot go from " + state + " to " + next);
    }
    log.info(
        "group={} worker={} incarnation={} {} reason=\"{}\"",
        options.group(),
        options.id(),
        incarnation,
        next,
        why);
    state = next;
    callbacks.execute(() -> options.listener().stateChanged(next));
  }
}
