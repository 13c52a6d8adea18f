package io.tenure.sharding;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * Workers of the simulation with one shard, whose network and servers do what a test says, step by
 * step.
 */
final class ScheduledGroup {

  static final String SHARD = "0";

  /** Dice that fall as they are told, and otherwise so that nothing goes wrong. */
  static final class Dice extends Random {
    private static final long serialVersionUID = 1L;

    private final transient Deque<Integer> next = new ArrayDeque<>();

    /** The next throws. */
    void fall(int... throwsOfThem) {
      for (int one : throwsOfThem) {
        next.add(one);
      }
    }

    @Override
    public int nextInt(int bound) {
      return next.isEmpty() ? bound - 1 : next.remove();
    }

    @Override
    public long nextLong(long bound) {
      return nextInt((int) bound);
    }

    @Override
    public double nextDouble() {
      return 0.5;
    }

    @Override
    public boolean nextBoolean() {
      return false;
    }
  }

  final Dice dice = new Dice();
  final Transcript transcript = new Transcript(true);
  final SimulatedEnsemble ensemble = new SimulatedEnsemble(dice, List.of(SHARD), transcript);
  final List<SimulatedWorker> workers = new ArrayList<>();

  ScheduledGroup(int size) {
    for (int i = 0; i < size; i++) {
      SimulatedWorker worker = new SimulatedWorker(ensemble, i, ensemble.newSession(), transcript);
      workers.add(worker);
      worker.register(false);
    }
  }

  SimulatedWorker worker(int number) {
    return workers.get(number);
  }

  static PlanNode leads() {
    return SimulatedGroup.plan(List.of(SHARD), List.of(), List.of());
  }

  static PlanNode standsBy() {
    return SimulatedGroup.plan(List.of(), List.of(), List.of(List.of(SHARD)));
  }

  static PlanNode nothing() {
    return SimulatedGroup.plan(List.of(), List.of(), List.of());
  }

  /** The next request is served and answered. */
  void isAnswered(SimulatedWorker worker) {
    worker.link.session().serve();
    worker.link.session().deliver();
  }

  /** A worker's plan gives it the shard, and its election is on its way when it is cut off. */
  void losesTheAnswerOfAnElection(SimulatedWorker worker) {
    worker.plan(leads());
    while (!worker.link.committing.contains(SHARD)) {
      worker.link.flush();
      isAnswered(worker);
    }
    worker.link.flush();
    dice.fall(3);
    worker.link.session().disconnect();
    if (!ensemble.hasStragglers()) {
      throw new AssertionError("nothing was on its way\n" + transcript);
    }
  }

  /** All that a worker has sent is served and answered, and its task does what it is asked. */
  void settles(SimulatedWorker worker) {
    boolean any = true;
    for (int round = 0; any; round++) {
      if (round > 100) {
        throw new AssertionError("no end of messages\n" + transcript + worker.describe());
      }
      SimulatedSession session = worker.link.session();
      any = worker.link.flush();
      any |= worker.tasks.everythingIsAsItShouldBe();
      any |= session.serve();
      any |= session.catchUp();
      any |= session.deliver();
      check();
    }
  }

  /** The same for all of them, and time passes until no wake-up is left. */
  void settle() {
    boolean any = true;
    for (int timers = 0; any; timers++) {
      if (timers > 100) {
        throw new AssertionError("no end of wake-ups\n" + transcript);
      }
      workers.forEach(this::settles);
      any = false;
      for (SimulatedWorker worker : workers) {
        any |= worker.nextTimer();
      }
    }
  }

  void check() {
    TreeSet<String> led = new TreeSet<>();
    workers.forEach(worker -> worker.checkOffices(led));
  }

  /** The history of the shard's tenures. */
  List<String> history() {
    return ensemble.scope(SHARD).now.history.stream()
        .map(entry -> entry.transition().word() + " " + entry.epoch())
        .toList();
  }
}
