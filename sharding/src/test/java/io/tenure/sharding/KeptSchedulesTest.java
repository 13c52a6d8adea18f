package io.tenure.sharding;

import static io.tenure.sharding.ScheduledGroup.SHARD;
import static io.tenure.sharding.ScheduledGroup.leads;
import static io.tenure.sharding.ScheduledGroup.nothing;
import static io.tenure.sharding.ScheduledGroup.standsBy;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;

/**
 * Schedules of a shard that once went wrong, each reduced to the few events that it takes; {@link
 * WorkerSimulationTest} looks for others.
 */
class KeptSchedulesTest {

  private final ScheduledGroup group = new ScheduledGroup(2);
  private final SimulatedWorker first = group.worker(0);
  private final SimulatedWorker second = group.worker(1);

  private boolean isInOffice(SimulatedWorker worker) {
    return worker.isInOffice(SHARD);
  }

  private void firstLeadsAndSecondStandsBy() {
    first.plan(leads());
    group.settles(first);
    second.plan(standsBy());
    group.settles(second);
    second.nextTimer();
    group.settles(second);
    assertThat(isInOffice(first)).isTrue();
  }

  /**
   * A standby took the office of a leader whose node an operator had deleted, while that leader
   * still held its lease: two leases. Found by the fault harness, then by the model.
   */
  @Example
  void aStandbyThatHearsFirstOfADeletedLeaderNodeWaitsForTheLeadersEnd() {
    firstLeadsAndSecondStandsBy();
    group.ensemble.deleteLeader(SHARD, true);
    group.settles(second);
    assertThat(first.tasks.holdsLease(SHARD)).as("the leader has not heard of it").isTrue();
    assertThat(second.tasks.holdsLease(SHARD)).isFalse();
    group.settles(first);
    assertThat(first.tasks.holdsLease(SHARD)).isFalse();
    second.nextTimer();
    group.settles(second);
    assertThat(isInOffice(second)).isTrue();
    assertThat(group.history()).containsExactly("elected 1", "revoked 1", "elected 2");
  }

  /**
   * The plan no longer wanted the shard while an election of it had no answer and rested. It came
   * true, no task was run for it, and no other worker could be elected. The simulation finds it.
   */
  @Example
  void anElectionThatThePlanNoLongerWantsAndThatComesTrueIsEnded() {
    group.losesTheAnswerOfAnElection(first);
    first.link.session().reconnect();
    while (!first.link.committing.contains(SHARD)) {
      first.link.flush();
      group.isAnswered(first);
    }
    first.link.flush();
    group.dice.fall(0); // The server refuses the second copy.
    group.isAnswered(first);
    first.plan(nothing());
    group.ensemble.aStragglerArrives();
    second.plan(leads());
    group.settle();
    assertThat(isInOffice(second)).isTrue();
    assertThat(first.machine.shards()).isEmpty();
    assertThat(group.history()).containsExactly("elected 1", "resigned 1", "elected 2");
  }
}
