package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Processes.Child;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;

/**
 * Lets one fault happen, and heals it. Faults of different targets may happen at the same time, on
 * threads of their own.
 */
final class Injector {

  /** How many shards an operator lays hands on. */
  private static final int BY_HAND = 3;

  /** A leader hears of what they do a part of the session later. */
  private static final int LATE_PER_SESSION = 5;

  /** What the wall clock is set by. */
  private static final long JUMP_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** However slow the machine, in session timeouts. */
  private static final int PATIENCE_SESSIONS = 20;

  private final Ensemble ensemble;
  private final Fleet fleet;
  private final FencedStore store;
  private final CuratorFramework operator;
  private final Duration session;
  private final UnaryOperator<String> leaderPath;
  private final HandOnTree hand;

  /**
   * An injector.
   *
   * @param operator a client that no fault meets but the servers' own
   * @param leaderPath where a shard's leader stands
   * @param hand what touches the group's znodes
   */
  Injector(
      Ensemble ensemble,
      Fleet fleet,
      FencedStore store,
      CuratorFramework operator,
      Duration session,
      UnaryOperator<String> leaderPath,
      HandOnTree hand) {
    this.ensemble = ensemble;
    this.fleet = fleet;
    this.store = store;
    this.operator = operator;
    this.session = session;
    this.leaderPath = leaderPath;
    this.hand = hand;
  }

  /** Returns when the fault is healed; says what it met. */
  String inject(Fault fault) throws IOException, InterruptedException {
    return fault.kind().target() == Fault.Target.TREE
        ? onTree(fault)
        : inject(fault, victim(fault));
  }

  private String onTree(Fault fault) throws InterruptedException {
    HandOnTree.Done done =
        switch (fault.kind()) {
          case FORGE_ENTRIES -> hand.forgeEntries(fault.pick());
          case EMPTY_PLAN -> hand.emptyPlan(fault.pick());
          case DAMAGE_SETTINGS -> hand.damageSettings(fault.pick());
          default -> throw new IllegalArgumentException(fault + " is for no tree");
        };
    pause(fault);
    done.undo().run();
    return done.met();
  }

  private String inject(Fault fault, Fleet.Slot worker) throws IOException, InterruptedException {
    return switch (fault.kind()) {
      case KILL_WORKER -> {
        worker.child().kill();
        pause(fault);
        worker.start();
        worker.awaitJoined();
        yield worker.id();
      }
      case PAUSE_WORKER -> pauseWorker(fault, worker);
      case DROP_CONNECTIONS -> {
        worker.dropConnections(true);
        pause(fault);
        worker.dropConnections(false);
        yield worker.id();
      }
      case DELAY_REPLIES -> {
        Duration delay = session.dividedBy(20 + fault.pick() % 20);
        worker.delayReplies(delay);
        pause(fault);
        worker.delayReplies(Duration.ZERO);
        yield worker.id() + " by " + delay.toMillis() + " ms";
      }
      case HALF_OPEN -> {
        worker.halfOpen(true);
        pause(fault);
        worker.halfOpen(false);
        yield worker.id();
      }
      case FULL_GC -> {
        worker.child().tell("gc 1");
        pause(fault);
        yield worker.id();
      }
      case WALL_CLOCK -> {
        long jump = (fault.pick() / 10) % 2 == 0 ? JUMP_MILLIS : -JUMP_MILLIS;
        worker.child().tell("wall " + jump);
        pause(fault);
        yield worker.id() + " by " + jump + " ms";
      }
      case DUPLICATE_ID -> duplicate(fault, worker);
      case ROLLING_RESTART -> rollingRestart(fault);
      case CUT_FOLLOWER -> cut(fault, ensemble.busiestFollower());
      case CUT_LEADER -> cut(fault, OptionalInt.of(ensemble.awaitLeader()));
      case KILL_LEADER -> {
        int leader = ensemble.awaitLeader();
        ensemble.kill(leader);
        pause(fault);
        ensemble.start(leader);
        ensemble.awaitQuorum();
        yield "server " + leader;
      }
      case PAUSE_LEADER -> {
        int leader = ensemble.awaitLeader();
        ensemble.freeze(leader, true);
        pause(fault);
        int next = ensemble.awaitLeader();
        ensemble.freeze(leader, false);
        ensemble.awaitQuorum();
        yield "server " + leader + "; then " + next + " led";
      }
      case RESTART_SERVERS -> {
        IntStream.range(0, Ensemble.SERVERS).forEach(ensemble::kill);
        pause(fault);
        for (int server = 0; server < Ensemble.SERVERS; server++) {
          ensemble.start(server);
        }
        ensemble.awaitQuorum();
        yield "all";
      }
      case SLOW_DISK -> {
        Duration delay = session.dividedBy(20 + fault.pick() % 30);
        slowDisks(delay);
        pause(fault);
        slowDisks(Duration.ZERO);
        yield "all, by " + delay.toMillis() + " ms";
      }
      case DELETE_LEADER_NODES -> byHand(fault, worker, Optional.empty());
      case REVOKE_LEADERS -> byHand(fault, worker, Optional.of("revoke"));
      case FORGE_ENTRIES, EMPTY_PLAN, DAMAGE_SETTINGS -> onTree(fault);
    };
  }

  /**
   * One that has something to lose, if there is any: of plain latches, one process may have all.
   */
  private Fleet.Slot victim(Fault fault) {
    Fleet.Slot picked = fleet.pick(fault.pick());
    if (!store.shardsOf(picked.child().pid()).isEmpty()) {
      return picked;
    }
    return fleet.slots().stream()
        .filter(slot -> !store.shardsOf(slot.child().pid()).isEmpty())
        .findFirst()
        .orElse(picked);
  }

  private static void pause(Fault fault) throws InterruptedException {
    Pause.nanos(fault.lasts().toNanos());
    if (Thread.interrupted()) {
      throw new InterruptedException("the run was ended");
    }
  }

  /** It is woken when others have done its work, so that what it holds in hand is stale. */
  private String pauseWorker(Fault fault, Fleet.Slot worker)
      throws IOException, InterruptedException {
    Child child = worker.child();
    long limit = System.nanoTime() + session.multipliedBy(PATIENCE_SESSIONS).toNanos();
    child.signal("STOP");
    pause(fault);
    while (!store.shardsOf(child.pid()).isEmpty() && System.nanoTime() - limit < 0) {
      Pause.nanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    child.signal("CONT");
    return worker.id();
  }

  private String duplicate(Fault fault, Fleet.Slot worker)
      throws IOException, InterruptedException {
    Child first = worker.startAnother();
    worker.awaitJoined();
    pause(fault);
    boolean ended = first.awaitEnd(session.multipliedBy(PATIENCE_SESSIONS).toNanos());
    first.kill();
    return worker.id() + (ended ? "; the first ended" : "; THE FIRST DID NOT END BY ITSELF");
  }

  private String rollingRestart(Fault fault) throws IOException, InterruptedException {
    List<String> late = new ArrayList<>();
    for (Fleet.Slot each : fleet.slots()) {
      each.child().signal("TERM");
      if (!each.child().awaitEnd(session.multipliedBy(PATIENCE_SESSIONS).toNanos())) {
        late.add(each.id());
        each.child().kill();
      }
      each.start();
      each.awaitJoined();
      pause(fault);
    }
    return late.isEmpty() ? "all" : "all; NOT ENDED BY SIGTERM: " + late;
  }

  private String cut(Fault fault, OptionalInt server) throws InterruptedException {
    if (server.isEmpty()) {
      return "no follower";
    }
    ensemble.cut(server.getAsInt(), true);
    pause(fault);
    ensemble.cut(server.getAsInt(), false);
    ensemble.awaitQuorum();
    return "server " + server.getAsInt();
  }

  private void slowDisks(Duration delay) {
    IntStream.range(0, Ensemble.SERVERS).forEach(server -> ensemble.slowDisk(server, delay));
  }

  /** An operator deletes leader nodes, or writes into them, and their leader hears of it late. */
  private String byHand(Fault fault, Fleet.Slot worker, Optional<String> text)
      throws InterruptedException {
    List<String> met = new ArrayList<>();
    worker.delayReplies(session.dividedBy(LATE_PER_SESSION));
    for (String shard : store.shardsOf(worker.child().pid()).stream().limit(BY_HAND).toList()) {
      String path = leaderPath.apply(shard);
      try {
        if (text.isEmpty()) {
          operator.delete().forPath(path);
        } else {
          operator.setData().forPath(path, text.get().getBytes(StandardCharsets.UTF_8));
        }
        met.add(shard);
      } catch (KeeperException.NoNodeException e) {
        // Nobody leads it now.
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        met.add(shard + " perhaps: " + e.getMessage());
      }
    }
    pause(fault);
    worker.delayReplies(Duration.ZERO);
    return worker.id() + " in shards " + met;
  }
}
