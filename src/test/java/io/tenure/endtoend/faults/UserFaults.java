package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Injector.Met;
import io.tenure.endtoend.faults.TaskFaults.Behavior;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Faults of the users' code. Tasks that fail belong to a few shards, always the same ones, so that
 * there are others which have to stay where they are.
 *
 * <p>Confined to one thread.
 */
final class UserFaults {

  /** The shards whose tasks fail. */
  static final List<String> FRAIL = List.of("0", "1", "2", "3");

  private static final int AT_A_TIME = 2;

  private final FencedStore store;

  UserFaults(FencedStore store) {
    this.store = store;
  }

  Met inject(Fault fault, Fleet.Slot worker) throws InterruptedException {
    return switch (fault.kind()) {
      case TASK_THROWS -> onLeaders(fault, Behavior.THROWS);
      case TASK_THROWS_ERROR -> onLeaders(fault, Behavior.THROWS_ERROR);
      case TASK_RETURNS_NULL -> onLeaders(fault, Behavior.RETURNS_NULL);
      case TASK_BLOCKS -> onLeaders(fault, Behavior.BLOCKS);
      case POISON_SHARD -> poison(fault);
      case EXECUTOR_REJECTS_ONCE -> reject(fault, worker, 1);
      case EXECUTOR_REJECTS -> reject(fault, worker, Integer.MAX_VALUE);
      default -> throw new IllegalArgumentException(fault + " is for no user");
    };
  }

  private Met onLeaders(Fault fault, Behavior behavior) throws InterruptedException {
    long before = store.tasks().obeyed();
    List<String> shards = new ArrayList<>();
    for (int i = 0; i < AT_A_TIME; i++) {
      String shard = FRAIL.get((fault.pick() + i) % FRAIL.size());
      store.leaderOf(shard).ifPresent(pid -> store.tasks().begin(shard, pid, behavior));
      shards.add(shard);
    }
    return during(fault, shards, before);
  }

  private Met poison(Fault fault) throws InterruptedException {
    long before = store.tasks().obeyed();
    String shard = FRAIL.get(fault.pick() % FRAIL.size());
    store.tasks().begin(shard, TaskFaults.ANYWHERE, Behavior.THROWS);
    return during(fault, List.of(shard), before);
  }

  private Met during(Fault fault, List<String> shards, long before) throws InterruptedException {
    try {
      Injector.pause(fault);
    } finally {
      store.tasks().end(shards);
    }
    long times = store.tasks().obeyed() - before;
    return new Met("shards " + shards + ", " + times + " times", Set.copyOf(shards));
  }

  /** All shards that the worker leads before or after may fail on it. */
  private Met reject(Fault fault, Fleet.Slot worker, long tasks) throws InterruptedException {
    Processes.Child child = worker.child();
    Set<String> shards = new HashSet<>(store.shardsOf(child.pid()));
    child.tell("reject " + tasks);
    try {
      Injector.pause(fault);
    } finally {
      child.tell("reject 0");
    }
    shards.addAll(store.shardsOf(child.pid()));
    return new Met(worker.id() + " with shards " + shards, Set.copyOf(shards));
  }
}
