package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Processes.Child;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Faults of the workers' processes. Confined to one thread. */
final class ProcessFaults {

  /** What the wall clock is set by. */
  private static final long JUMP_MILLIS = TimeUnit.HOURS.toMillis(1);

  private static final int CRASHES = 3;

  /** Waits for the end of a process that has to end. */
  interface Ending {
    void await(Child child, Fleet.Slot worker, String when) throws InterruptedException;
  }

  private final Fleet fleet;
  private final FencedStore store;
  private final Duration session;
  private final HandOnTree hand;
  private final Ending ending;

  ProcessFaults(Fleet fleet, FencedStore store, Duration session, HandOnTree hand, Ending ending) {
    this.fleet = fleet;
    this.store = store;
    this.session = session;
    this.hand = hand;
    this.ending = ending;
  }

  String inject(Fault fault, Fleet.Slot worker) throws IOException, InterruptedException {
    return switch (fault.kind()) {
      case KILL_WORKER -> {
        worker.child().kill();
        Injector.pause(fault);
        startAgain(worker);
        yield worker.id();
      }
      case PAUSE_WORKER -> pause(fault, worker);
      case FULL_GC -> {
        worker.child().tell("gc 1");
        Injector.pause(fault);
        yield worker.id();
      }
      case WALL_CLOCK -> {
        long jump = (fault.pick() / 10) % 2 == 0 ? JUMP_MILLIS : -JUMP_MILLIS;
        worker.child().tell("wall " + jump);
        Injector.pause(fault);
        yield worker.id() + " by " + jump + " ms";
      }
      case DUPLICATE_ID -> {
        Child first = worker.startAnother();
        worker.awaitJoined();
        Injector.pause(fault);
        ending.await(first, worker, "when it was replaced");
        yield worker.id();
      }
      case ROLLING_RESTART -> rollingRestart(fault);
      case END_WITHOUT_SERVERS -> endWithoutServers(fault, worker);
      case CRASH_LOOP -> {
        for (int i = 0; i < CRASHES; i++) {
          worker.child().kill();
          startAgain(worker);
          Injector.pause(fault);
        }
        yield worker.id() + ", " + CRASHES + " times";
      }
      case ADD_SHARDS -> hand.addShards() + "; " + rollingRestart(fault);
      default -> throw new IllegalArgumentException(fault + " is for no process");
    };
  }

  private static void startAgain(Fleet.Slot worker) throws IOException {
    worker.startIfEnded();
    worker.awaitJoined();
  }

  /** It is woken when others have done its work, so that what it holds in hand is stale. */
  private String pause(Fault fault, Fleet.Slot worker) throws IOException, InterruptedException {
    Child child = worker.child();
    long limit = System.nanoTime() + session.multipliedBy(Injector.PATIENCE_SESSIONS).toNanos();
    child.signal("STOP");
    Injector.pause(fault);
    while (!store.shardsOf(child.pid()).isEmpty() && System.nanoTime() - limit < 0) {
      Pause.nanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    child.signal("CONT");
    return worker.id();
  }

  private String rollingRestart(Fault fault) throws IOException, InterruptedException {
    for (Fleet.Slot each : fleet.slots()) {
      Child child = each.child();
      child.signal("TERM");
      ending.await(child, each, "on SIGTERM");
      startAgain(each);
      Injector.pause(fault);
    }
    return "all";
  }

  private String endWithoutServers(Fault fault, Fleet.Slot worker)
      throws IOException, InterruptedException {
    Child child = worker.child();
    boolean silent = fault.pick() % 2 == 0;
    cut(worker, silent, true);
    try {
      Injector.pause(fault);
      long start = System.nanoTime();
      child.signal("TERM");
      ending.await(child, worker, "on SIGTERM while it could not reach ZooKeeper");
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      return worker.id() + (silent ? ", silence" : ", refused") + ", ended after " + took + " ms";
    } finally {
      cut(worker, silent, false);
      startAgain(worker);
    }
  }

  private static void cut(Fleet.Slot worker, boolean silent, boolean off) {
    if (silent) {
      worker.halfOpen(off);
    } else {
      worker.dropConnections(off);
    }
  }
}
