package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.FencedStore.OwnFigures;
import io.tenure.endtoend.faults.Fleet.Slot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** Measures what a fleet costs. Confined to one thread. */
final class VitalSigns {

  private final Fleet fleet;
  private final FencedStore store;
  private final Duration session;
  private long asked;

  VitalSigns(Fleet fleet, FencedStore store, Duration session) {
    this.fleet = fleet;
    this.store = store;
    this.session = session;
  }

  /** Counts requests for a session timeout, and asks each process what it has. */
  Vitals measure(int shards) {
    long start = System.nanoTime();
    long before = fleet.requests();
    Pause.nanos(session.toNanos());
    double requests = fleet.requests() - before;
    double sessions = (double) (System.nanoTime() - start) / session.toNanos();
    List<OwnFigures> own = fleet.slots().stream().map(this::figures).toList();
    return new Vitals(
        shards,
        requests / sessions,
        own.stream().mapToLong(OwnFigures::watchers).sum(),
        own.stream().mapToLong(OwnFigures::threads).sum());
  }

  /** Measures until nothing is left of the faults, or the time is over. */
  Vitals awaitReturnTo(Vitals before, int shards, Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    Vitals now = measure(shards);
    while (!now.leftSince(before).isEmpty() && System.nanoTime() - end < 0) {
      Pause.nanos(TimeUnit.MILLISECONDS.toNanos(100));
      now = measure(shards);
    }
    return now;
  }

  private OwnFigures figures(Slot slot) {
    long number = ++asked;
    return Awaitility.await("figures of " + slot.id())
        .atMost(session.multipliedBy(FaultRun.BOUND_SESSIONS))
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              slot.child().tell("figures " + number);
              return store.figures(slot.child().pid(), number);
            },
            Optional::isPresent)
        .orElseThrow();
  }
}
