package io.tenure.sharding;

import io.tenure.audit.AuditTrail;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What the coordinator goes by, as an operator's reading found it: not at one instant, but each
 * part as it stood when it was read. Immutable.
 *
 * @param registered the ids of all that are registered, understood or not
 * @param workers registrations that can be understood
 * @param plan parts that can be understood
 * @param summary of the plan; that before the first if it cannot be understood
 * @param directives all that exist, with any content
 * @param unreadable the znodes that cannot be read or understood
 */
record GroupPicture(
    List<String> registered,
    List<CoordinatorMachine.Worker> workers,
    List<PlanNode> plan,
    PlanSummary summary,
    List<GroupFacts.Standing> directives,
    List<AuditTrail.Unreadable> unreadable) {

  /** Of two registrations with one id the later counts. */
  NavigableMap<String, CoordinatorMachine.Worker> present() {
    return CoordinatorMachine.latestIncarnations(workers);
  }

  /**
   * Who leads what, as the coordinator believes: as the plan says, unless a worker says that it
   * took over. A worker that is not registered leads nothing.
   */
  Map<String, String> leaders() {
    Map<String, CoordinatorMachine.Worker> present = present();
    Map<String, String> leaders = new TreeMap<>();
    for (PlanNode node : plan) {
      if (present.containsKey(node.workerId())) {
        node.leads().forEach(shard -> leaders.put(shard, node.workerId()));
      }
    }
    present.forEach(
        (id, worker) -> worker.node().tookOver().forEach(shard -> leaders.put(shard, id)));
    return leaders;
  }
}
