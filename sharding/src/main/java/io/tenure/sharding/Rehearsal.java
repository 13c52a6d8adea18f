package io.tenure.sharding;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the coordinator would make of a group if nothing else happened: its own machine, fed with
 * what there is, and with workers that do at once what the plan says.
 *
 * <p>First it decides on what there is, as the coordinator has done already, so that it knows what
 * changes. Then the change is made, and from then on nothing has to wait: neither for workers that
 * may join, nor for successors to get ready, nor for other moves. So the end is reached in a few
 * rounds, and it is the same one, because the placement does not depend on how many moves are under
 * way at a time. Load balancing is left as it is: how busy workers will be is unknown.
 *
 * <p>Pure; confined to one thread.
 */
final class Rehearsal {

  /** Far more than are needed: who is unable to lead may cause a few. */
  private static final int MAX_ROUNDS = 100;

  private static final String TOOK_OVER = "stood by";

  /**
   * How it ends.
   *
   * @param shards the set then
   * @param leaders who leads what by the plan
   * @param loads how many shards each worker of the plan leads
   * @param reasons for each worker why it has, or no longer has, a shard: the plan's own words
   * @param unplaced shards that no worker has room for
   * @param ignored directives that are passed over: path and why
   * @param atRest nothing changes but what is changed here
   */
  record Outcome(
      ShardSet shards,
      Map<String, String> leaders,
      Map<String, Integer> loads,
      Map<String, Map<String, String>> reasons,
      List<String> unplaced,
      Map<String, String> ignored,
      boolean atRest) {

    /** Why a shard goes from one worker, or from none, to another. */
    String reason(String shard, Optional<String> from, Optional<String> to) {
      return to.or(() -> from).map(reasons::get).map(why -> why.get(shard)).orElse("");
    }
  }

  private final CoordinatorMachine machine;
  private GroupSettings settings;
  private final NavigableMap<String, byte[]> directives = new TreeMap<>();
  private final List<CoordinatorMachine.Worker> workers;
  private final Map<String, Set<String>> tookOver = new HashMap<>();
  private long now;

  private Rehearsal(GroupSettings settings, GroupPicture picture) {
    this.settings = settings;
    this.workers = new ArrayList<>(picture.workers());
    // What an operator may not read, the coordinator is unlikely to follow.
    picture.directives().stream()
        .filter(GroupFacts.Standing::isRead)
        .forEach(one -> directives.put(one.path(), one.data()));
    PlanSummary summary = picture.summary();
    this.machine =
        new CoordinatorMachine(
            summary.coordinator(),
            summary.coordinatorEpoch(),
            picture.plan(),
            summary,
            new CoordinatorMemory(() -> 0),
            now);
  }

  /**
   * Plays it to its end.
   *
   * @param edit what an operator changes, if anything
   */
  static Outcome of(GroupSettings settings, GroupPicture picture, Optional<GroupEdit> edit) {
    return new Rehearsal(settings, picture).run(edit);
  }

  private Outcome run(Optional<GroupEdit> edit) {
    boolean atRest = decide().isEmpty();
    edit.ifPresent(this::make);
    settings = withoutWaiting(settings);
    CoordinatorMachine.Decision last = decide();
    atRest &= last.isEmpty() || edit.isPresent();
    for (int round = 1; round < MAX_ROUNDS && !last.isEmpty(); round++) {
      workers.replaceAll(this::obeying);
      last = decide();
    }
    Map<String, String> leaders = new HashMap<>();
    Map<String, Integer> loads = new TreeMap<>();
    Map<String, Map<String, String>> reasons = new HashMap<>();
    machine.plans.forEach(
        (id, node) -> {
          node.leads().forEach(shard -> leaders.put(shard, id));
          loads.put(id, node.leads().size());
          Map<String, String> why = reasons.computeIfAbsent(id, any -> new HashMap<>());
          node.reasons().forEach((text, shards) -> shards.forEach(one -> why.put(one, text)));
          tookOver.getOrDefault(id, Set.of()).forEach(shard -> why.put(shard, TOOK_OVER));
        });
    return new Outcome(
        settings.shards(),
        leaders,
        loads,
        reasons,
        machine.summary.unplaced(),
        last.ignored(),
        atRest);
  }

  private CoordinatorMachine.Decision decide() {
    List<Directives.Written> written = new ArrayList<>();
    directives.forEach((path, data) -> written.add(new Directives.Written(path, data)));
    CoordinatorMachine.Decision decision =
        machine.decide(
            new CoordinatorMachine.View(settings, workers, Directives.parse(written)), ++now);
    decision.movesDone().forEach(directives::remove);
    return decision;
  }

  /** Ready for what it is to take over, and in office where it is to lead. */
  private CoordinatorMachine.Worker obeying(CoordinatorMachine.Worker worker) {
    PlanNode plan = machine.plans.get(worker.id());
    if (plan == null || !plan.isFor(worker)) {
      return worker;
    }
    WorkerNode node = worker.node();
    Set<String> unable = new HashSet<>(node.unable());
    Set<String> leads = new HashSet<>(node.tookOver().isEmpty() ? List.of() : plan.leads());
    return with(
        worker,
        plan.takesOver().stream().filter(shard -> !unable.contains(shard)).toList(),
        node.tookOver().stream().filter(shard -> !leads.contains(shard)).toList());
  }

  private static CoordinatorMachine.Worker with(
      CoordinatorMachine.Worker worker, List<String> ready, List<String> tookOver) {
    return new CoordinatorMachine.Worker(worker.node().with(ready, tookOver), worker.incarnation());
  }

  private void make(GroupEdit edit) {
    if (edit instanceof GroupEdit.Put put) {
      directives.put(put.path(), put.data());
    } else if (edit instanceof GroupEdit.TakeBack takeBack) {
      takeBack.directives().forEach(standing -> directives.remove(standing.path()));
    } else if (edit instanceof GroupEdit.SetSettings set) {
      settings = set.settings();
    } else if (edit instanceof GroupEdit.Revoke revoke) {
      takeOver(revoke.shard());
    }
  }

  /** A standby takes over what the leader gives up. Without a standby, the leader has it again. */
  private void takeOver(String shard) {
    for (int rank = 0; rank < GroupSettings.MAX_STANDBYS; rank++) {
      for (PlanNode plan : machine.plans.values()) {
        if (rank < plan.standsBy().size() && plan.standsBy().get(rank).contains(shard)) {
          for (int i = 0; i < workers.size(); i++) {
            CoordinatorMachine.Worker worker = workers.get(i);
            if (plan.isFor(worker)
                && worker.id().equals(plan.workerId())
                && !worker.node().unable().contains(shard)) {
              List<String> all = new ArrayList<>(worker.node().tookOver());
              all.add(shard);
              workers.set(i, with(worker, worker.node().ready(), all));
              tookOver.computeIfAbsent(worker.id(), any -> new HashSet<>()).add(shard);
              return;
            }
          }
        }
      }
    }
  }

  private static GroupSettings withoutWaiting(GroupSettings settings) {
    return new GroupSettings(
        settings.shards(),
        settings.standbys(),
        Duration.ZERO,
        Integer.MAX_VALUE,
        Duration.ZERO,
        settings.retention(),
        settings
            .loadBalancing()
            .map(
                load ->
                    new LoadBalancing(
                        LoadBalancing.MAX_INTERVAL, load.deadBand(), load.movesPerInterval())));
  }
}
