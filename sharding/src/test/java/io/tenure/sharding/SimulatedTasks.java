package io.tenure.sharding;

import io.tenure.internal.Incumbent;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What {@link Tenures} and {@link ShardRun} do for a worker: leases, and tasks that stop, hang or
 * fail. Holds the machine to what it promises them.
 */
final class SimulatedTasks {

  /** One tenure's lease and task. */
  static final class Run {
    final String shard;
    final long epoch;
    final String nonce;
    final long session;

    /** How many there had been when it was elected. */
    final int evictions;

    /** The lease is not handed out yet, so no task runs. */
    boolean granting = true;

    boolean leaseOver;
    Optional<Transition.End> asked = Optional.empty();

    /** Its step never returns, however little goes wrong otherwise. */
    boolean stuck;

    Run(String shard, LeadershipAction.Grant grant, SimulatedEnsemble.SimulatedScope scope) {
      Incumbent incumbent = grant.view().record().incumbent().orElseThrow();
      this.shard = shard;
      this.epoch = grant.view().record().epoch();
      this.nonce = incumbent.nonce();
      this.session = grant.session();
      this.evictions = scope.elected.getOrDefault(nonce, -1);
    }
  }

  private final SimulatedEnsemble ensemble;
  private final Consumer<WorkerEvent> machine;

  /** From the grant until it is known how the tenure ended. */
  private final Map<String, Run> tenures = new TreeMap<>();

  /** From the grant until the task is gone. */
  private final Map<String, Run> tasks = new TreeMap<>();

  /** Tasks that were made before there was a tenure. */
  private final Set<String> made = new TreeSet<>();

  /** Those of them that are getting ready. */
  private final Set<String> warming = new TreeSet<>();

  SimulatedTasks(SimulatedEnsemble ensemble, Consumer<WorkerEvent> machine) {
    this.ensemble = ensemble;
    this.machine = machine;
  }

  // ---- what the machine wants ----

  void grant(String shard, LeadershipAction.Grant grant) {
    SimulatedEnsemble.SimulatedScope scope = ensemble.scope(shard);
    Run run = new Run(shard, grant, scope);
    require(!tenures.containsKey(run.shard), "the last tenure has ended before the next", run);
    require(!tasks.containsKey(run.shard), "one task at a time", run);
    require(run.evictions >= 0, "a lease is granted for a committed tenure", run);
    tenures.put(run.shard, run);
    tasks.put(run.shard, run);
  }

  void requestStop(String shard, Transition.End why) {
    Run run = tenures.get(shard);
    if (run != null && run.asked.isEmpty()) {
      run.asked = Optional.of(why);
    }
  }

  void leaseOver(String shard) {
    Run run = tenures.get(shard);
    if (run == null || run.leaseOver) {
      throw new AssertionError("a lease is over once, shard " + shard);
    }
    run.leaseOver = true;
    if (run.granting) {
      // No task will say that it is gone.
      unmake(shard);
      tasks.remove(shard);
      machine.accept(new WorkerEvent.TaskGone(shard, false, false));
    }
  }

  void ended(String shard, LeadershipAction.Ended ended) {
    Run run = tenures.remove(shard);
    if (run == null) {
      return; // It was no longer wanted when it was elected.
    }
    require(run.leaseOver, "the lease is over before the end is told", run);
    SimulatedEnsemble.SimulatedScope scope = ensemble.scope(run.shard);
    if (ended.recorded() && run.evictions == scope.evictions) {
      boolean stands =
          scope.now.history.stream()
              .anyMatch(
                  entry ->
                      entry.epoch() == run.epoch && entry.transition() instanceof Transition.End);
      require(stands, "an end that is said to be recorded is", run);
    }
  }

  void warmUp(String shard) {
    require(!tasks.containsKey(shard), "no task gets ready beside one that runs", shard);
    made.add(shard);
    warming.add(shard);
  }

  void coolDown(String shard) {
    require(!tasks.containsKey(shard), "a task that leads is not cooled down", shard);
    unmake(shard);
  }

  private void unmake(String shard) {
    made.remove(shard);
    warming.remove(shard);
  }

  // ---- what happens to tasks ----

  /** Something happens to one of them. */
  void somethingHappens() {
    if (!warming.isEmpty() && ensemble.random.nextInt(3) == 0) {
      String shard = any(List.copyOf(warming));
      warming.remove(shard);
      if (ensemble.random.nextInt(4) == 0) {
        made.remove(shard);
        machine.accept(new WorkerEvent.WarmUpFailed(shard, "no"));
      } else {
        machine.accept(new WorkerEvent.WarmedUp(shard));
      }
    }
    if (tasks.isEmpty()) {
      return;
    }
    Run run = any(List.copyOf(tasks.values()));
    if (run.granting) {
      run.granting = false;
      return;
    }
    switch (ensemble.random.nextInt(40)) {
      case 0 -> lapse(run);
      case 1 -> end(run, new Transition.Resigned("the user resigns"));
      case 2 -> machine.accept(new WorkerEvent.Inspect(run.shard));
      case 3 -> run.stuck = true;
      case 4 -> over(run, ensemble.random.nextBoolean());
      default -> {
        if (!run.stuck && (run.asked.isPresent() || run.leaseOver)) {
          over(run, ensemble.random.nextInt(6) == 0);
        }
      }
    }
  }

  /** What happens where nothing goes wrong. */
  boolean everythingIsAsItShouldBe() {
    boolean any = false;
    for (Run run : List.copyOf(tasks.values())) {
      if (run.granting) {
        run.granting = false;
        any = true;
      } else if (run.asked.isPresent() && !run.leaseOver && run.stuck) {
        lapse(run);
        any = true;
      } else if ((run.asked.isPresent() || run.leaseOver) && !run.stuck) {
        over(run, false);
        any = true;
      }
    }
    return any;
  }

  boolean everyTaskIsReady() {
    List<String> all = List.copyOf(warming);
    warming.clear();
    all.forEach(shard -> machine.accept(new WorkerEvent.WarmedUp(shard)));
    return !all.isEmpty();
  }

  private void lapse(Run run) {
    end(run, new Transition.Lapsed("no renewal"));
  }

  private void end(Run run, Transition.End end) {
    if (tenures.get(run.shard) == run) {
      machine.accept(new WorkerEvent.End(run.shard, run.epoch, end));
    }
  }

  /** Its last turn is over. */
  private void over(Run run, boolean failed) {
    boolean held = !run.leaseOver;
    Transition.End end =
        failed
            ? new Transition.Failed("step threw")
            : run.asked.orElse(new Transition.Resigned("done"));
    machine.accept(
        new WorkerEvent.End(
            run.shard, run.epoch, held ? end : new Transition.Lapsed("no renewal")));
    tasks.remove(run.shard);
    unmake(run.shard);
    boolean rests = failed || (held && run.asked.isEmpty());
    boolean lasted = ensemble.random.nextInt(4) == 0;
    Optional<String> failure = failed ? Optional.of("no") : Optional.empty();
    machine.accept(new WorkerEvent.TaskGone(run.shard, rests, lasted, failure));
  }

  private <T> T any(List<T> some) {
    return some.get(ensemble.random.nextInt(some.size()));
  }

  // ---- what is known of them ----

  /** Those whose end is not known yet. */
  Collection<Run> tenures() {
    return tenures.values();
  }

  boolean holdsLease(String shard) {
    Run run = tenures.get(shard);
    return run != null && !run.leaseOver;
  }

  boolean works(String shard) {
    Run run = tasks.get(shard);
    return run != null && !run.granting && !run.leaseOver;
  }

  /** Tasks that got ready, or tried to, and neither lead nor were told that they are not needed. */
  Set<String> leftOver() {
    Set<String> all = new TreeSet<>(made);
    all.removeAll(tasks.keySet());
    return all;
  }

  boolean isStuck(String shard) {
    Run run = tasks.get(shard);
    return run != null && run.stuck;
  }

  void everyTaskComesLoose() {
    tasks.values().forEach(run -> run.stuck = false);
  }

  private static void require(boolean holds, String what, Run run) {
    require(holds, what, run.shard + " epoch " + run.epoch);
  }

  private static void require(boolean holds, String what, String shard) {
    if (!holds) {
      throw new AssertionError(what + ", shard " + shard);
    }
  }

  @Override
  public String toString() {
    List<String> all = new ArrayList<>();
    tasks.forEach(
        (shard, run) ->
            all.add(
                shard
                    + (run.granting ? " granting" : "")
                    + (run.leaseOver ? " over" : "")
                    + (run.stuck ? " stuck" : "")
                    + run.asked.map(end -> " asked").orElse("")));
    return all + " warming " + warming;
  }
}
