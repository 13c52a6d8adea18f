package io.tenure.endtoend.faults;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What happened in a run, as the processes logged it, the store decided it and the audit trail
 * tells it. All times are of {@link System#nanoTime()}. Immutable.
 *
 * @param held who believed to lead what, and when; one for each holder of each shard
 * @param uses what was done on the strength of that
 * @param writes what reached the store, in the store's order
 * @param claims what leases said of their predecessors
 * @param trails what stands in ZooKeeper, by shard; empty for leaders that leave no trail
 * @param calm when the last fault was over
 */
record History(
    List<String> shards,
    List<Held> held,
    List<Use> uses,
    List<Write> writes,
    List<Claim> claims,
    Map<String, Trail> trails,
    long calm) {

  History {
    shards = List.copyOf(shards);
    held = List.copyOf(held);
    uses = List.copyOf(uses);
    writes = List.copyOf(writes);
    claims = List.copyOf(claims);
    trails = Map.copyOf(trails);
  }

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
   */
  record Recorded(Holder holder, long from, OptionalLong until, String end) {}
}
