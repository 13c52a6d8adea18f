package io.tenure.sharding;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The core of the coordinator: looks at who is there and what operators want, and says how the plan
 * is to change. Knows no Curator, clock, thread or log.
 *
 * <p><b>What it goes by.</b> The plan says who leads what, until a worker reports that it took a
 * shard over. Nothing here looks at the shards themselves: their number would make that expensive,
 * and since the plan only steers, a wrong idea of who leads costs a detour, never a second leader.
 * All of it stands in ZooKeeper, so that the next coordinator goes on where this one ended: who
 * leads in the plan, moves under way as {@code takesOver}, the shares of busy workers in the
 * summary. Only times begin anew.
 *
 * <p><b>What happens to a shard.</b>
 *
 * <ul>
 *   <li>Its leader's worker is gone: a standby has it, since a standby takes over without being
 *       told; where there is no standby, the plan gives it to another worker at once.
 *   <li>It is to move from one live worker to another: a planned move, see {@link MovesInFlight}.
 *   <li>Its leader drains and no other worker is there: it is released without a successor.
 *   <li>It fails somewhere: see {@link FailingPlacement}.
 * </ul>
 *
 * <p><b>An outage is no crash.</b> When a coordinator begins and more than half of the workers of
 * the plan are missing, or have registered again since it was written, they have most likely lost
 * their sessions together, and the missing ones will be back as well: it waits for them, two settle
 * windows at most, before it gives their shards to those that were faster. Where a shard has a
 * standby, the standby has taken over meanwhile.
 *
 * <p>One machine lives from one reading of the plan to the next loss of certainty about it: a
 * tenure, or less if the outcome of a write is unknown; its {@link CoordinatorMemory} lives for all
 * of the tenure. Confined to one thread.
 */
final class CoordinatorMachine {

  private static final int OUTAGE_WINDOWS = 2;

  /** One registered worker. */
  record Worker(WorkerNode node, long incarnation) {
    String id() {
      return node.candidate().id();
    }
  }

  /** What there is. */
  record View(GroupSettings settings, List<Worker> workers, Directives directives) {}

  /**
   * How the plan is to change.
   *
   * @param writes plans of workers that are new or have changed
   * @param removals workers that are gone and whose plans are to be deleted
   * @param summary the plan as a whole, if anything changes
   * @param movesDone paths of {@code move-} directives that are fulfilled
   * @param nanosToWait when to decide again even if nothing happens
   * @param ignored directives that are passed over: path and why
   * @param calledOff moves whose successors have not got ready in time, for the first time: shards
   *     by successor
   */
  record Decision(
      List<PlanNode> writes,
      List<String> removals,
      Optional<PlanSummary> summary,
      List<String> movesDone,
      Optional<Long> nanosToWait,
      Map<String, String> ignored,
      Map<String, List<String>> calledOff) {

    boolean isEmpty() {
      return writes.isEmpty() && removals.isEmpty() && summary.isEmpty() && movesDone.isEmpty();
    }
  }

  final String self;
  final long epoch;
  final CoordinatorMemory memory;
  private final long startedNanos;
  final Joining joining = new Joining();

  /** The first look at the workers is over. */
  private boolean looked;

  /** It found that most of the plan's workers had lost their sessions; some are waited for. */
  private boolean outage;

  // What a decision reads and brings up to date; see Planning.
  final NavigableMap<String, PlanNode> plans = new TreeMap<>();
  final MovesInFlight moves = new MovesInFlight();
  final LoadBalance load;
  final Trigger trigger;
  PlanSummary summary;

  /** Who leads shards that the plan did not name when it was read; forgotten once it does. */
  Map<String, String> led = Map.of();

  /** Empty before the first decision. */
  Optional<WantedStandbys> wanted = Optional.empty();

  /**
   * Begins with the plan as it stands.
   *
   * @param self the coordinator's worker id
   * @param epoch of its tenure
   * @param memory of that tenure
   */
  CoordinatorMachine(
      String self,
      long epoch,
      List<PlanNode> plan,
      PlanSummary summary,
      CoordinatorMemory memory,
      long nowNanos) {
    this.self = self;
    this.epoch = epoch;
    this.memory = memory;
    this.startedNanos = nowNanos;
    this.summary = summary;
    this.trigger = new Trigger(summary.reason());
    this.load = new LoadBalance(summary.shares(), nowNanos);
    plan.forEach(node -> plans.put(node.workerId(), node));
    for (PlanNode node : plan) {
      node.takesOver().forEach(shard -> moves.begin(shard, node.workerId(), "", nowNanos));
    }
  }

  /**
   * Before the first decision: who was found to lead shards that no part of the plan names. A part
   * that was emptied or deleted does not end its worker's tenures.
   */
  void foundLeaders(Map<String, String> leaders) {
    led = Map.copyOf(leaders);
  }

  private boolean isKnown(String workerId) {
    return plans.containsKey(workerId) || led.containsValue(workerId);
  }

  /** Decides, and takes it that the decision is carried out. */
  Decision decide(View view, long nowNanos) {
    NavigableMap<String, Worker> present = latestIncarnations(view.workers());
    memory.damping.begin(summary.damped(), nowNanos);
    memory.damping.see(present.values(), nowNanos);
    Optional<Long> outage = nanosOfOutage(present, view.settings(), nowNanos);
    if (outage.isPresent()) {
      return nothing(outage, Map.of());
    }
    Set<String> joined = joined(present, view, nowNanos);
    if (isFirst() && joined.isEmpty()) {
      // The first plan waits for the first workers, all of them.
      return nothing(
          joining.nanosLeft(view.settings().settleWindow().toNanos(), nowNanos),
          view.directives().ignored());
    }
    present.keySet().removeIf(id -> !isKnown(id) && !joined.contains(id));
    Members members =
        new Members(
            present,
            view.directives(),
            view.settings().shards(),
            damped(present, view, memory.damping.held(nowNanos)));
    return new Planning(this, view, members, joined, nowNanos).decide();
  }

  /** Nothing was planned yet. A plan whose summary was lost, or is not written yet, is one. */
  private boolean isFirst() {
    return summary.version() == 0 && plans.isEmpty() && led.isEmpty();
  }

  private static Decision nothing(Optional<Long> wait, Map<String, String> ignored) {
    return new Decision(List.of(), List.of(), Optional.empty(), List.of(), wait, ignored, Map.of());
  }

  /** Of two registrations with one id the later counts: the other's process was replaced. */
  static NavigableMap<String, Worker> latestIncarnations(List<Worker> workers) {
    NavigableMap<String, Worker> latest = new TreeMap<>();
    for (Worker worker : workers) {
      latest.merge(worker.id(), worker, (a, b) -> a.incarnation() > b.incarnation() ? a : b);
    }
    return latest;
  }

  /** How long the missing workers are waited for yet; empty if they are not. */
  private Optional<Long> nanosOfOutage(
      NavigableMap<String, Worker> present, GroupSettings settings, long nowNanos) {
    boolean missing = !present.keySet().containsAll(plans.keySet());
    if (!looked) {
      looked = true;
      long lostSession =
          plans.values().stream().filter(plan -> !plan.isFor(present.get(plan.workerId()))).count();
      outage = lostSession * 2 > plans.size();
    }
    long left = OUTAGE_WINDOWS * settings.settleWindow().toNanos() - (nowNanos - startedNanos);
    outage &= missing && left > 0;
    return outage ? Optional.of(left) : Optional.empty();
  }

  private Set<String> joined(NavigableMap<String, Worker> present, View view, long nowNanos) {
    Map<String, Long> newcomers = new TreeMap<>();
    boolean anybody = false;
    for (Worker worker : present.values()) {
      if (!isKnown(worker.id())) {
        newcomers.put(worker.id(), worker.incarnation());
      } else {
        anybody |= !isDraining(worker, view.directives());
      }
    }
    joining.see(newcomers, nowNanos);
    long settle = view.settings().settleWindow().toNanos();
    boolean due = joining.nanosLeft(settle, nowNanos).map(left -> left == 0).orElse(false);
    // A group that was led and has no worker left does not wait: its shards are vacant.
    return due || (!anybody && !isFirst()) ? joining.take() : Set.of();
  }

  /**
   * The workers that get no shards because they keep dying. If the others have no room for all
   * shards, or are too few, it is better to have them led now and then.
   */
  private static Set<String> damped(
      NavigableMap<String, Worker> present, View view, Set<String> held) {
    Set<String> damped = new TreeSet<>(held);
    damped.removeIf(
        id -> {
          Worker worker = present.get(id);
          return worker == null || isDraining(worker, view.directives());
        });
    long room = 0;
    for (Worker worker : present.values()) {
      if (!damped.contains(worker.id()) && !isDraining(worker, view.directives())) {
        room += worker.node().mayLead();
      }
    }
    boolean inForce =
        damped.size() * 2 <= present.size() && room >= view.settings().shards().size();
    return inForce ? damped : Set.of();
  }

  private static boolean isDraining(Worker worker, Directives directives) {
    return worker.node().draining() || directives.drains().containsKey(worker.id());
  }
}
