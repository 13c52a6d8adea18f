package io.tenure.sharding;

import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * One worker: its machine, fed as {@link WorkerDriver} feeds it. After each event the machine is
 * held to its invariants.
 */
final class SimulatedWorker {

  /** Short, so that a worker that waits for a leader that has given up looks a few times only. */
  private static final long SESSION_TIMEOUT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  static final Retention RETENTION = Retention.last(7);

  private record Timer(long dueNanos, String shard, long number) {}

  final int number;
  final WorkerMachine machine;
  final SimulatedLink link;
  final SimulatedTasks tasks;

  private final SimulatedEnsemble ensemble;
  private final Transcript transcript;
  private final Deque<WorkerEvent> inbox = new ArrayDeque<>();
  private final Actions performer = new Actions();
  private final List<Timer> timers = new ArrayList<>();
  private Optional<Timer> lastFired = Optional.empty();
  private boolean handling;
  private int nonces;
  private long nowNanos;

  /** Registered in the present session. */
  boolean registered;

  boolean closing;

  /** The registration is gone, and the closing is no longer held up. */
  boolean left;

  /** It was closed and has settled everything: its process is gone. */
  boolean closed;

  /** What the registration says of the shards. */
  private Map<String, String> told = Map.of();

  SimulatedWorker(
      SimulatedEnsemble ensemble, int number, SimulatedSession session, Transcript transcript) {
    this.ensemble = ensemble;
    this.number = number;
    this.transcript = transcript;
    this.link = new SimulatedLink(ensemble, RETENTION, session, this::feed);
    this.tasks = new SimulatedTasks(ensemble, this::feed);
    String unique = "w" + number + "-" + Long.toHexString(session.id) + "-" + ensemble.lastZxid();
    this.machine =
        new WorkerMachine(
            new Candidate("w-" + number, "h", 1, Optional.empty()),
            RETENTION,
            () -> unique + "-" + nonces++ + ".",
            ensemble.random::nextDouble,
            (shard, change) -> {});
  }

  // ---- events and actions ----

  void feed(WorkerEvent event) {
    inbox.add(event);
    if (handling) {
      return;
    }
    handling = true;
    while (!inbox.isEmpty() && !closed) {
      WorkerEvent next = inbox.remove();
      transcript.add("%s < %s", this, next);
      List<WorkerAction> actions = new ArrayList<>();
      machine.on(
          next,
          ensemble.wallTime(),
          action -> {
            transcript.add("%s     > %s", this, action);
            actions.add(action);
            action.carryOut(performer);
          });
      check();
      checkRegistration(
          next instanceof WorkerEvent.SessionBegun
              || actions.stream().anyMatch(WorkerAction.Report.class::isInstance));
      closed = closing && left && machine.occupied() == 0;
    }
    inbox.clear();
    handling = false;
  }

  /** As {@link WorkerDriver} does. */
  private final class Actions implements WorkerAction.Performer {

    @Override
    public void ofShard(String shard, LeadershipAction action) {
      action.carryOut(new ShardActions(shard));
    }

    @Override
    public void warmUp(String shard) {
      tasks.warmUp(shard);
    }

    @Override
    public void coolDown(String shard) {
      tasks.coolDown(shard);
    }

    @Override
    public void report() {}

    @Override
    public void warnOfDeletion(WorkerAction.WarnOfDeletion warning) {}
  }

  private final class ShardActions implements LeadershipAction.Performer {

    private final String shard;

    ShardActions(String shard) {
      this.shard = shard;
    }

    @Override
    public void read(LeadershipAction.Read read) {
      link.look(shard, read);
    }

    @Override
    public void watch() {
      link.watch(shard);
    }

    @Override
    public void send(LeadershipAction.Send send) {
      checkTriesOnlyIfAble(shard);
      link.send(shard, send.commit());
    }

    @Override
    public void grant(LeadershipAction.Grant grant) {
      tasks.grant(shard, grant);
    }

    @Override
    public void requestStop(Transition.End why) {
      tasks.requestStop(shard, why);
    }

    @Override
    public void leaseOver(Transition.End end) {
      tasks.leaseOver(shard);
    }

    @Override
    public void ended(LeadershipAction.Ended ended) {
      tasks.ended(shard, ended);
    }

    @Override
    public void dropLeader(LeadershipAction.DropLeader drop) {
      link.dropLeader(shard, drop.nonce());
    }

    @Override
    public void later(LeadershipAction.Later later) {
      timers.add(new Timer(nowNanos + later.nanos(), shard, later.number()));
    }

    @Override
    public void refused(TenureException cause) {
      if (ensemble.calm) {
        throw new AssertionError("nothing fails for good without faults: " + shard, cause);
      }
    }

    @Override
    public void warnOfText(byte[] data) {}

    @Override
    public void warnOfPersistentLeader() {}
  }

  private void checkTriesOnlyIfAble(String shard) {
    ShardClaim claim = machine.shard(shard).orElseThrow();
    boolean elects =
        claim.state() == LeadershipState.ELECTING && !claim.leadership().isAttemptUnknown();
    if (elects && (claim.isUnable() || machine.failing().rests(shard))) {
      throw new AssertionError(this + " says that it cannot lead " + shard + ", and tries");
    }
  }

  private void check() {
    int occupied = 0;
    for (ShardClaim slot : machine.shards()) {
      if (slot.isLed() != tasks.holdsLease(slot.shard())) {
        throw new AssertionError("a lease is out exactly in IN_OFFICE, not in " + slot.state());
      }
      occupied += isOccupied(slot) ? 1 : 0;
    }
    for (SimulatedTasks.Run run : tasks.tenures()) {
      if (!run.leaseOver && machine.shard(run.shard).isEmpty()) {
        throw new AssertionError("the lease of " + run.shard + " is out and forgotten");
      }
    }
    for (String shard : tasks.leftOver()) {
      if (machine.shard(shard).map(slot -> !slot.isWarm()).orElse(true)) {
        throw new AssertionError("the task that got ready for " + shard + " is forgotten");
      }
    }
    if (occupied != machine.occupied()) {
      throw new AssertionError(machine.occupied() + " slots said to be occupied of " + occupied);
    }
  }

  /** Every change is reported; an end as soon as it is settled. */
  private void checkRegistration(boolean reported) {
    Map<String, String> now = toTell();
    if (reported || !registered) {
      told = now;
    }
    for (String shard : ensemble.scopes.keySet()) {
      boolean settled =
          machine
              .shard(shard)
              .map(
                  slot -> slot.state() != LeadershipState.ENDING && !slot.leadership().isStopping())
              .orElse(true);
      if (settled && !closing && !now.get(shard).equals(told.get(shard))) {
        throw new AssertionError(
            "the registration says "
                + shard
                + told.get(shard)
                + ", and should say "
                + shard
                + now.get(shard));
      }
    }
  }

  /** Something that is under way may make it the leader, or does. */
  private static boolean isOccupied(ShardClaim slot) {
    return switch (slot.state()) {
      case ELECTING, IN_OFFICE, ENDING -> true;
      case IDLE, QUEUED, READING, WAITING, RESTING -> slot.leadership().isAttemptUnknown();
    };
  }

  /** What {@link WorkerDriver} writes into the registration. */
  private Map<String, String> toTell() {
    Map<String, String> all = new TreeMap<>();
    for (String shard : ensemble.scopes.keySet()) {
      all.put(shard, machine.shard(shard).map(SimulatedWorker::toTell).orElse("") + failing(shard));
    }
    return all;
  }

  boolean saysThatItTookOver(String shard) {
    return told.getOrDefault(shard, "").contains("took over");
  }

  boolean saysThatItIsUnable(String shard) {
    return told.getOrDefault(shard, "").contains("unable");
  }

  private String failing(String shard) {
    return (machine.failing().rests(shard) ? " rests" : "")
        + (machine.failing().isFailing(shard) ? " failing" : "")
        + machine.failing().all().stream().filter(one -> one.shard().equals(shard)).toList();
  }

  private static String toTell(ShardClaim slot) {
    return (slot.isTakenOver() ? " took over" : "")
        + (slot.isReady() ? " ready" : "")
        + (slot.isUnable() ? " unable" : "");
  }

  /**
   * While its session lives and no operator has interfered, the holder of a lease has its leader
   * node: no other worker can be in office.
   *
   * @param led those in office so far; those of this worker are added
   */
  void checkOffices(Set<String> led) {
    for (SimulatedTasks.Run run : tasks.tenures()) {
      if (!run.leaseOver && isInOffice(run)) {
        if (!led.add(run.shard)) {
          throw new AssertionError("two leaders of shard " + run.shard);
        }
      } else if (!run.leaseOver
          && link.session().alive
          && run.evictions == ensemble.scope(run.shard).evictions) {
        throw new AssertionError(this + " holds the lease of " + run.shard + " without its office");
      }
    }
  }

  /** Whether it holds the lease, and the leader node is that tenure's. */
  boolean isInOffice(String shard) {
    return tasks.tenures().stream()
        .anyMatch(run -> run.shard.equals(shard) && !run.leaseOver && isInOffice(run));
  }

  private boolean isInOffice(SimulatedTasks.Run run) {
    Optional<ScopeView.LeaderData> leader = ensemble.scope(run.shard).now.leader;
    return link.session().alive
        && leader.isPresent()
        && leader.get().owner() == run.session
        && run.session == link.session().id
        && SimulatedEnsemble.isOfOrOverwritten(leader.get().data(), run.nonce);
  }

  // ---- time ----

  /** Time passes; wake-ups that are due may come, or come later. */
  void passes(long nanos) {
    nowNanos += nanos;
  }

  void aTimerFires() {
    List<Timer> due = timers.stream().filter(timer -> timer.dueNanos() <= nowNanos).toList();
    if (!due.isEmpty()) {
      fire(due.get(ensemble.random.nextInt(due.size())));
    }
  }

  void theLastTimerFiresAgain() {
    lastFired.ifPresent(this::fire);
  }

  /** The next wake-up comes, as time passes until then. */
  boolean nextTimer() {
    Optional<Timer> next = timers.stream().min(Comparator.comparingLong(Timer::dueNanos));
    next.ifPresent(
        timer -> {
          nowNanos = Math.max(nowNanos, timer.dueNanos());
          fire(timer);
        });
    return next.isPresent();
  }

  private void fire(Timer timer) {
    timers.remove(timer);
    lastFired = Optional.of(timer);
    feed(new WorkerEvent.Wake(timer.shard(), timer.number()));
  }

  // ---- session and registration ----

  void sessionGone() {
    SimulatedSession session = link.session();
    if (!session.gone) {
      transcript.add("%s gives session %s up", this, session);
      link.sessionGone();
      registered = false;
      feed(new WorkerEvent.SessionGone(session.id));
    }
  }

  void beginSession() {
    if (link.session().gone && !closed) {
      link.begin(ensemble.newSession());
    }
  }

  /** Each connection may be to a server with other limits of session timeouts. */
  void register(boolean untouched) {
    if (!registered && !closing && !link.session().gone) {
      registered = true;
      long timeoutNanos = SESSION_TIMEOUT_NANOS * (1 + ensemble.random.nextInt(3)) / 2;
      feed(new WorkerEvent.SessionBegun(link.session().id, timeoutNanos, untouched));
    }
  }

  void plan(PlanNode plan) {
    if (registered && !closing) {
      feed(new WorkerEvent.Planned(plan));
    }
  }

  void close() {
    if (!closing) {
      closing = true;
      feed(new WorkerEvent.Close("worker closed"));
    }
  }

  void leave() {
    left = closing;
    closed |= closing && machine.occupied() == 0;
  }

  boolean isLive() {
    return !closing && registered;
  }

  @Override
  public String toString() {
    return "w-" + number;
  }

  String describe() {
    List<String> slots = new ArrayList<>();
    for (ShardClaim slot : machine.shards()) {
      slots.add(
          slot.shard()
              + " "
              + slot.role()
              + " "
              + slot.state()
              + (slot.leadership().isAttemptUnknown() ? " unknown" : "")
              + (slot.isUnable() ? " unable" : "")
              + (slot.leadership().isLeaderThere() ? " led" : "")
              + (link.session().watches(slot.shard()) ? " watched" : ""));
    }
    return this
        + (closed ? " closed" : closing ? " closing" : "")
        + " session "
        + Sessions.format(link.session().id)
        + " "
        + slots
        + " tasks "
        + tasks;
  }
}
