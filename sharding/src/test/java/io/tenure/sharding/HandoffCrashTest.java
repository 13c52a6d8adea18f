package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.lease.Lease;
import io.tenure.scope.Transition;
import io.tenure.testing.FaultProxy;
import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A planned move in which a worker crashes, before and after each of its steps: the leader, the
 * successor, the coordinator, and two of them together. In every case, one worker that is alive
 * leads the shard soon after, and its trail tells one story.
 *
 * <p>The cases are independent and mostly wait for sessions to end, so some run side by side.
 */
@Timeout(300)
class HandoffCrashTest {

  private static final int SIDE_BY_SIDE = 6;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  /** When it happens. */
  enum Step {
    /** The plan wants a move; the successor has not begun to get ready. */
    BEFORE_PREPARE,
    /** The successor is ready, and no other worker has heard of it. */
    BEFORE_READY,
    /** The registration says that it is ready; the plan gives it the shard. */
    AFTER_READY,
    /** The leader is asked to stop. */
    BEFORE_STOP,
    /** It has stopped; nothing is resigned yet. */
    BEFORE_RESIGN,
    /** The resignation is sent, and its answer does not come. */
    AFTER_RESIGN,
    /** The successor's election is not sent. */
    BEFORE_ELECT,
    /** It is sent, and its answer does not come. */
    AFTER_ELECT
  }

  /** Who crashes. */
  enum Victims {
    LEADER(true, false, false),
    SUCCESSOR(false, true, false),
    COORDINATOR(false, false, true),
    LEADER_AND_SUCCESSOR(true, true, false),
    LEADER_AND_COORDINATOR(true, false, true),
    SUCCESSOR_AND_COORDINATOR(false, true, true);

    final boolean leader;
    final boolean successor;
    final boolean coordinator;

    Victims(boolean leader, boolean successor, boolean coordinator) {
      this.leader = leader;
      this.successor = successor;
      this.coordinator = coordinator;
    }
  }

  @Test
  void aCrashAtAnyStepOfAHandoffLeavesOneLeader() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(SIDE_BY_SIDE);
    try {
      Map<String, Future<String>> cases = new TreeMap<>();
      for (Step step : Step.values()) {
        for (Victims victims : Victims.values()) {
          cases.put(step + " " + victims, pool.submit(() -> new Case(step, victims).run()));
        }
      }
      List<String> table = new ArrayList<>();
      AssertionError failed = null;
      for (Map.Entry<String, Future<String>> one : cases.entrySet()) {
        try {
          table.add(one.getKey() + ": " + one.getValue().get());
        } catch (Exception e) {
          AssertionError more = new AssertionError(one.getKey(), e.getCause());
          if (failed == null) {
            failed = more;
          } else {
            failed.addSuppressed(more);
          }
        }
      }
      table.forEach(System.out::println);
      if (failed != null) {
        throw failed;
      }
      assertThat(table).hasSize(Step.values().length * Victims.values().length);
    } finally {
      pool.shutdownNow();
      pool.awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  /** One move from {@code leader} to {@code successor}, and who crashes when. */
  private final class Case {
    private final Step step;
    private final Victims victims;
    private final Workers workers;
    private final AtomicBoolean crashed = new AtomicBoolean();
    private Workers.Member coordinator;
    private Workers.Member leader;
    private Workers.Member successor;

    Case(Step step, Victims victims) {
      this.step = step;
      this.victims = victims;
      this.workers = new Workers(zk, "/handoffs/" + step + "-" + victims);
    }

    /** Leads or gets ready, and crashes whom it should on the way. */
    private final class Task extends Workers.Watched {
      Task(String worker) {
        workers.super(worker, "0");
      }

      @Override
      public void warmUp() throws Exception {
        if (worker.equals("successor")) {
          crashIf(Step.BEFORE_PREPARE);
          super.warmUp();
          crashIf(Step.BEFORE_READY);
        }
      }

      @Override
      public void stop(Lease lease, Transition.End why) throws Exception {
        if (worker.equals("leader")) {
          crashIf(Step.BEFORE_STOP);
          super.stop(lease, why);
          crashIf(Step.BEFORE_RESIGN);
        }
      }
    }

    private void crashIf(Step now) {
      if (step == now && crashed.compareAndSet(false, true)) {
        if (victims.leader) {
          leader.crash();
        }
        if (victims.successor) {
          successor.crash();
        }
        if (victims.coordinator) {
          coordinator.crash();
        }
      }
    }

    private Workers.Member start(String id, int maxShards) throws Exception {
      Workers.Member member =
          workers.make(
              id,
              b ->
                  b.shards(ShardSet.numbered(1))
                      .maxShards(maxShards)
                      .readyLimit(Duration.ofSeconds(5))
                      .tasks(shard -> new Task(id)));
      Workers.join(member);
      return member;
    }

    String run() throws Exception {
      coordinator = start("coordinator", 0);
      workers.await(() -> assertThat(coordinator.worker().snapshot().coordinator()).isTrue());
      leader = start("leader", 1);
      workers.await(() -> assertThat(workers.holder("0")).contains("leader"));
      successor = start("successor", 1);
      Workers.Member spare = start("spare", 1);
      workers.await(
          () ->
              assertThat(ShardGroup.of(workers.observer(), workers.group).plan().workers())
                  .hasSize(4));
      armProxies();
      ShardGroup.of(workers.observer(), workers.group).move("0", "successor", "");
      if (step == Step.AFTER_READY) {
        workers.await(() -> assertThat(ready()).isTrue());
        crashIf(Step.AFTER_READY);
      }
      workers.await(() -> assertThat(crashed).isTrue());
      workers.await(
          () -> {
            String holder = workers.holder("0").orElse("nobody");
            assertThat(alive()).contains(holder);
            assertThat(workers.inOffice("0").orElseThrow().candidate().id()).isEqualTo(holder);
          });
      workers.verify();
      String told = workers.holder("0").orElse("?") + " leads; " + workers.trail("0");
      for (Workers.Member member : List.of(coordinator, leader, successor, spare)) {
        member.heal();
      }
      for (Workers.Member member : List.of(spare, successor, leader, coordinator)) {
        member.worker().close();
      }
      workers.verify();
      return told;
    }

    private List<String> alive() {
      List<String> alive = new ArrayList<>(List.of("spare"));
      if (!victims.leader) {
        alive.add("leader");
      }
      if (!victims.successor) {
        alive.add("successor");
      }
      return alive;
    }

    private boolean ready() throws Exception {
      for (String name : workers.observer().getChildren().forPath(workers.group + "/workers")) {
        byte[] data = workers.observer().getData().forPath(workers.group + "/workers/" + name);
        if (WorkerNode.parse(name, data).ready().contains("0")) {
          return true;
        }
      }
      // Or it was ready for so short a time that this test has not seen it.
      return workers.holder("0").orElse("").equals("successor");
    }

    /** Steps that are transactions are caught on their way. */
    private void armProxies() {
      var resigns = FaultProxy.whenBodyContains("\"event\":\"resigned\"");
      var elects = FaultProxy.whenBodyContains("\"event\":\"elected\"");
      FaultProxy.Fault fault =
          switch (step) {
            case AFTER_RESIGN ->
                leader.proxy().cutAfterForwardingBeforeReply(OpCode.multi, 1, resigns);
            case BEFORE_ELECT -> successor.proxy().cutBeforeForwarding(OpCode.multi, 1, elects);
            case AFTER_ELECT ->
                successor.proxy().cutAfterForwardingBeforeReply(OpCode.multi, 1, elects);
            default -> null;
          };
      if (fault != null) {
        Thread watcher =
            new Thread(
                () -> {
                  try {
                    if (fault.awaitFired(Workers.PATIENCE)) {
                      crashIf(step);
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "watch-" + step);
        watcher.setDaemon(true);
        watcher.start();
      }
    }
  }
}
