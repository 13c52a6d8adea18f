package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.leadership.LeadershipState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Several workers' machines on a few shards in a simulated ensemble, with a schedule of faults from
 * a seed: plans that contradict each other, answers that are lost, late or out of date, sessions
 * that end, operators, tasks that hang, workers that are closed.
 */
class WorkerSimulationTest {

  private static final int STEPS = 900;

  /** What the plan wants of each worker for each shard, once it is of one mind. */
  private static final class Wanted {
    final Map<String, List<SimulatedWorker>> byShard = new HashMap<>();
    final Map<String, SimulatedWorker> takesOver = new HashMap<>();

    Wanted withoutStandbys() {
      Wanted fewer = new Wanted();
      byShard.forEach((shard, order) -> fewer.byShard.put(shard, List.of(order.get(0))));
      return fewer;
    }

    SimulatedWorker leader(String shard) {
      return byShard.get(shard).get(0);
    }

    List<SimulatedWorker> standbys(String shard) {
      return byShard.get(shard).subList(1, byShard.get(shard).size());
    }

    PlanNode of(SimulatedWorker worker) {
      List<String> leads = new ArrayList<>();
      List<List<String>> standsBy =
          List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      List<String> takes = new ArrayList<>();
      byShard.forEach(
          (shard, order) -> {
            int place = order.indexOf(worker);
            if (place == 0) {
              leads.add(shard);
            } else if (place > 0) {
              standsBy.get(place - 1).add(shard);
            }
          });
      takesOver.forEach(
          (shard, who) -> {
            if (who == worker) {
              takes.add(shard);
            }
          });
      return SimulatedGroup.plan(leads, takes, standsBy);
    }
  }

  @Property
  void atMostOneLeaderOfAShardAndTheOneThatThePlanNamesInTheEnd(@ForAll long seed) {
    SimulatedGroup group = group(seed, false);
    try {
      simulate(group);
    } catch (AssertionError | RuntimeException e) {
      SimulatedGroup again = group(seed, true);
      try {
        simulate(again);
      } catch (AssertionError | RuntimeException same) {
        throw new AssertionError(
            same + "\nseed " + seed + "\n" + again.transcript + again.describe(), same);
      }
      throw new AssertionError("the simulation is not deterministic", e);
    }
  }

  private static SimulatedGroup group(long seed, boolean transcript) {
    Random random = new Random(seed);
    return new SimulatedGroup(
        random.nextLong(), 2 + random.nextInt(2), 1 + random.nextInt(3), transcript);
  }

  private static void simulate(SimulatedGroup group) {
    for (int step = 0; step < STEPS; step++) {
      group.somethingHappens();
      if (step % 300 == 0) {
        group.ensemble.check();
      }
    }
    group.faultsStop();
    Wanted wanted = consistentPlan(group);
    Wanted first = group.random.nextBoolean() ? wanted : wanted.withoutStandbys();
    plan(group, first);
    checkWhoCannotLeadSaysSo(group, first);
    group.everyTaskComesLoose();
    plan(group, wanted);
    if (whoTookOverIsPlannedToLead(group, wanted)) {
      plan(group, wanted);
    }
    checkAsPlanned(group, wanted);

    aShardIsHandedOver(group, wanted);
    aLeaderIsGone(group, wanted);
    allAreClosed(group);
  }

  private static void plan(SimulatedGroup group, Wanted wanted) {
    group.workers.forEach(worker -> worker.plan(wanted.of(worker)));
    group.settle();
  }

  /** As the coordinator does when it has read the registrations. */
  private static boolean whoTookOverIsPlannedToLead(SimulatedGroup group, Wanted wanted) {
    boolean any = false;
    for (String shard : group.shards) {
      List<SimulatedWorker> order = wanted.byShard.get(shard);
      for (SimulatedWorker worker : group.workers) {
        if (worker.saysThatItTookOver(shard)) {
          order.remove(worker);
          order.add(0, worker);
          wanted.takesOver.remove(shard, worker);
          any = true;
        }
      }
    }
    return any;
  }

  private static Wanted consistentPlan(SimulatedGroup group) {
    Wanted wanted = new Wanted();
    for (String shard : group.shards) {
      List<SimulatedWorker> order = new ArrayList<>(group.workers);
      Collections.shuffle(order, group.random);
      if (order.size() > 2 && group.random.nextInt(3) == 0) {
        SimulatedWorker last = order.remove(2);
        if (group.random.nextBoolean()) {
          wanted.takesOver.put(shard, last);
        }
      }
      wanted.byShard.put(shard, order);
    }
    return wanted;
  }

  /** A worker whose last task hangs does not lead; the plan hears of it, and others may. */
  private static void checkWhoCannotLeadSaysSo(SimulatedGroup group, Wanted wanted) {
    for (String shard : group.shards) {
      if (group.leaders(shard).isEmpty()) {
        assertThat(wanted.byShard.get(shard))
            .as("could lead %s", shard)
            .allMatch(worker -> worker.tasks.isStuck(shard));
        assertThat(wanted.leader(shard).saysThatItIsUnable(shard))
            .as("%s says that it cannot lead %s", wanted.leader(shard), shard)
            .isTrue();
      }
    }
  }

  private static void checkAsPlanned(SimulatedGroup group, Wanted wanted) {
    group.ensemble.check();
    for (String shard : group.shards) {
      checkLeads(group, shard, wanted.leader(shard));
      for (SimulatedWorker standby : wanted.standbys(shard)) {
        checkStandsBy(group, shard, standby);
      }
      Optional.ofNullable(wanted.takesOver.get(shard))
          .ifPresent(
              worker ->
                  assertThat(worker.machine.shard(shard).map(ShardClaim::isReady))
                      .as("%s gets ready for %s", worker, shard)
                      .contains(true));
      for (SimulatedWorker worker : group.workers) {
        boolean hasToDo =
            wanted.byShard.get(shard).contains(worker) || wanted.takesOver.get(shard) == worker;
        if (worker.isLive() && !hasToDo) {
          assertThat(worker.machine.shard(shard)).as("%s forgets %s", worker, shard).isEmpty();
        }
      }
    }
  }

  private static void checkLeads(SimulatedGroup group, String shard, SimulatedWorker worker) {
    assertThat(group.leaders(shard)).as("the leader of %s", shard).containsExactly(worker);
    assertThat(worker.tasks.works(shard)).as("task of %s", shard).isTrue();
    assertThat(worker.link.session().watches(shard))
        .as("the leader of %s watches for operators", shard)
        .isTrue();
  }

  private static void checkStandsBy(SimulatedGroup group, String shard, SimulatedWorker worker) {
    assertThat(worker.machine.shard(shard).map(ShardClaim::state))
        .as("%s stands by for %s", worker, shard)
        .contains(LeadershipState.WAITING);
    assertThat(worker.link.session().watches(shard)).as("%s watches %s", worker, shard).isTrue();
  }

  /** The plan swaps leader and standby: that takes no wake-up. */
  private static void aShardIsHandedOver(SimulatedGroup group, Wanted wanted) {
    group.transcript.add("---- a handover");
    String shard = group.shards.get(0);
    List<SimulatedWorker> order = wanted.byShard.get(shard);
    List<SimulatedWorker> both = new ArrayList<>(order.subList(0, 2));
    Collections.swap(order, 0, 1);
    Collections.shuffle(both, group.random);
    both.get(0).plan(wanted.of(both.get(0)));
    if (group.random.nextBoolean()) {
      group.settleAtOnce();
    }
    both.get(1).plan(wanted.of(both.get(1)));
    group.settleAtOnce();
    checkLeads(group, shard, wanted.leader(shard));
    group.settle();
    checkAsPlanned(group, wanted);
  }

  /** The first standby takes over, without a plan and without a wake-up. */
  private static void aLeaderIsGone(SimulatedGroup group, Wanted wanted) {
    group.transcript.add("---- a crash");
    SimulatedWorker gone = wanted.leader(group.shards.get(0));
    gone.link.session().end();
    if (group.random.nextBoolean()) {
      gone.sessionGone();
    }
    wanted.byShard.values().forEach(order -> order.remove(gone));
    wanted.takesOver.values().removeIf(worker -> worker == gone);
    group.settleAtOnce();
    for (String shard : group.shards) {
      checkLeads(group, shard, wanted.leader(shard));
    }
    group.settle();
    gone.sessionGone();
    checkAsPlanned(group, wanted);
  }

  private static void allAreClosed(SimulatedGroup group) {
    group.transcript.add("---- the end");
    group.workers.forEach(SimulatedWorker::close);
    group.settle();
    group.ensemble.check();
    for (SimulatedWorker worker : group.workers) {
      worker.leave();
      assertThat(worker.closed).as("%s is closed", worker).isTrue();
      assertThat(worker.machine.occupied()).isZero();
      assertThat(worker.machine.shards()).as("slots of %s", worker).isEmpty();
    }
    for (String shard : group.shards) {
      assertThat(group.ensemble.scope(shard).now.leader).as("office of %s", shard).isEmpty();
    }
  }
}
