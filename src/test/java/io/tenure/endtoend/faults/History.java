package io.tenure.endtoend.faults;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What happened in a run, as the processes logged it, the store decided it and the audit trail
 * tells it. All times are of {@link System#nanoTime()}. Immutable.
 *
 * @param held who believed to lead what, and when; one for each holder of each shard
 * @param uses what was done on the strength of that
 * @param writes what reached the store, in the store's order
 * @param claims what leases said of their predecessors
 * @param trails what stands in ZooKeeper, by shard; empty for leaders that leave no trail
 * @param settled when each shard was led as planned, before the first fault
 * @param calm when the last fault was over
 * @param troubles what may have made shards change their leaders
 * @param costs what the workers cost before the faults and after; empty where that was not measured
 */
record History(
    List<String> shards,
    List<Held> held,
    List<Use> uses,
    List<Write> writes,
    List<Claim> claims,
    Map<String, Trail> trails,
    long settled,
    long calm,
    List<Trouble> troubles,
    Optional<Costs> costs) {

  History {
    shards = List.copyOf(shards);
    held = List.copyOf(held);
    uses = List.copyOf(uses);
    writes = List.copyOf(writes);
    claims = List.copyOf(claims);
    trails = Map.copyOf(trails);
    troubles = List.copyOf(troubles);
  }

  /**
   * A fault, as far as it may move shards. What follows from it may come long after it: shards go
   * back to where they failed, and to a worker that crashed, after growing pauses.
   *
   * @param shards that it may move; empty if it may move all of them
   * @param isUsers it is one of the users' code, and not of what Tenure runs on
   * @param upsets how often it may make a shard change its leader that is not in trouble itself
   */
  record Trouble(
      Fault.Kind kind, long from, long until, Set<String> shards, boolean isUsers, int upsets) {
    Trouble {
      shards = Set.copyOf(shards);
    }

    boolean meets(String shard) {
      return shards.isEmpty() || shards.contains(shard);
    }
  }

  /** What the workers cost while nothing happens. */
  record Costs(Vitals before, Vitals after) {}

  /** What was held or done in a leader's name. */
  interface OfHolder {
    String shard();

    Holder holder();
  }

  /** Who leads: a tenure, as its own process sees it. */
  record Holder(String worker, long pid, long epoch) {
    @Override
    public String toString() {
      return worker + " (pid " + pid + ") epoch " + epoch;
    }
  }

  /**
   * A lease that was certainly held from one time to another.
   *
   * @param checks how often it was found so
   */
  record Held(String shard, Holder holder, long from, long until, long checks)
      implements OfHolder {}

  /**
   * One act of a leader.
   *
   * @param begin when the lease was held
   * @param end when the act was over; empty if the process was killed before
   */
  record Use(String shard, Holder holder, long number, long begin, OptionalLong end)
      implements OfHolder {}

  /** One write as the store decided it. */
  record Write(String shard, Holder holder, long number, boolean accepted, long at)
      implements OfHolder {}

  /** What a lease said of the tenure before. */
  record Claim(String shard, Holder holder, String before, long beforeEpoch, String end) {}

  /**
   * The audit trail of a shard, whole.
   *
   * @param findings what is wrong with it by its own rules
   */
  record Trail(List<Recorded> tenures, List<String> findings) {
    Trail {
      tenures = List.copyOf(tenures);
      findings = List.copyOf(findings);
    }
  }

  /**
   * A tenure as the trail tells it.
   *
   * @param from when its election was prepared
   * @param until when its end was; at or before that if it was lost; empty if it has none
   * @param end the word for its end; empty if it has none
   * @param isDecided whether it ended by a decision, or since its task was not run: not because the
   *     session or the connection was lost
   */
  record Recorded(Holder holder, long from, OptionalLong until, String end, boolean isDecided) {}
}
