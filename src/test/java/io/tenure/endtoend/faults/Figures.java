package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.FaultRun.Injected;
import io.tenure.endtoend.faults.FaultRun.Result;
import io.tenure.endtoend.faults.History.Held;
import io.tenure.endtoend.faults.History.Use;
import io.tenure.endtoend.faults.History.Write;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What the runs of one mode add up to. Times are in session timeouts.
 *
 * @param leases tenures that were used
 * @param checks how often a lease was asked
 * @param uses acts on the strength of a lease
 * @param late acts that ended when a later lease had begun, which only the store's fence can mend
 * @param ledAgain the longest time from the last fault of a run until each shard was led
 * @param healthy for each fault of the users' code, the shards that nothing had happened to
 * @param byRule how often each promise was broken
 * @param gaps by kind of fault: for each that was injected, the longest time that a shard had no
 *     leader after it
 */
record Figures(
    int runs,
    long leases,
    long checks,
    long uses,
    long late,
    long accepted,
    long refused,
    double ledAgain,
    long healthy,
    Map<Violation.Rule, Integer> byRule,
    Map<Fault.Kind, List<Double>> gaps) {

  /** A holder's last check may be this old when its process is killed. */
  private static final long UNLOGGED_NANOS = 50_000_000;

  int faults() {
    return gaps.values().stream().mapToInt(List::size).sum();
  }

  int violations() {
    return byRule.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Adds the runs up; all of one mode. */
  static Figures of(List<Result> results) {
    long leases = 0;
    long checks = 0;
    long uses = 0;
    long late = 0;
    long accepted = 0;
    double ledAgain = 0;
    long writes = 0;
    long healthy = 0;
    Map<Violation.Rule, Integer> byRule = new EnumMap<>(Violation.Rule.class);
    Map<Fault.Kind, List<Double>> gaps = new TreeMap<>();
    for (Result result : results) {
      History history = result.history();
      leases += history.held().size();
      checks += history.held().stream().mapToLong(Held::checks).sum();
      uses += history.uses().size();
      late += late(history);
      writes += history.writes().size();
      accepted += history.writes().stream().filter(Write::accepted).count();
      ledAgain = Math.max(ledAgain, ledAgain(result));
      healthy += HealthyShards.count(history);
      result.violations().forEach(violation -> byRule.merge(violation.rule(), 1, Integer::sum));
      addGaps(result, gaps);
    }
    return new Figures(
        results.size(),
        leases,
        checks,
        uses,
        late,
        accepted,
        writes - accepted,
        ledAgain,
        healthy,
        byRule,
        gaps);
  }

  private static long late(History history) {
    Map<String, List<Held>> byShard = Checker.byShard(history.held());
    long late = 0;
    for (Use use : history.uses()) {
      OptionalLong end = use.end();
      if (end.isPresent()) {
        boolean later =
            byShard.getOrDefault(use.shard(), List.of()).stream()
                .anyMatch(
                    held ->
                        held.holder().epoch() > use.holder().epoch()
                            && held.from() < end.getAsLong());
        late += later ? 1 : 0;
      }
    }
    return late;
  }

  private static double sessions(Result result, long nanos) {
    return (double) nanos / result.setup().session().toNanos();
  }

  private static double ledAgain(Result result) {
    Map<String, List<Held>> byShard = Checker.byShard(result.history().held());
    long calm = result.history().calm();
    return result.history().shards().stream()
        .map(shard -> Checker.ledAfter(byShard.getOrDefault(shard, List.of()), calm))
        .mapToDouble(
            led ->
                led.isPresent()
                    ? sessions(result, led.getAsLong() - calm)
                    : Double.POSITIVE_INFINITY)
        .max()
        .orElse(0);
  }

  /** A time without a leader counts to the last fault that had begun when it began. */
  private static void addGaps(Result result, Map<Fault.Kind, List<Double>> gaps) {
    long[] longest = new long[result.injected().size()];
    for (List<Held> held : Checker.byShard(result.history().held()).values()) {
      long until = held.get(0).until();
      for (Held one : held) {
        if (one.from() > until) {
          int cause = lastBefore(result.injected(), until + UNLOGGED_NANOS);
          if (cause >= 0) {
            longest[cause] = Math.max(longest[cause], one.from() - until);
          }
        }
        until = Math.max(until, one.until());
      }
    }
    for (int i = 0; i < longest.length; i++) {
      gaps.computeIfAbsent(result.injected().get(i).fault().kind(), any -> new ArrayList<>())
          .add(sessions(result, longest[i]));
    }
  }

  private static int lastBefore(List<Injected> injected, long time) {
    int last = -1;
    for (int i = 0; i < injected.size(); i++) {
      last = injected.get(i).from() <= time ? i : last;
    }
    return last;
  }
}
