package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Processes.Child;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
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

  /** However slow the machine, in session timeouts. */
  static final int PATIENCE_SESSIONS = 20;

  /** A client waits for up to a second before it connects again. */
  private static final int BOUNCES_PER_SESSION = 5;

  private final Ensemble ensemble;
  private final Fleet fleet;
  private final FencedStore store;
  private final CuratorFramework operator;
  private final Duration session;
  private final UnaryOperator<String> leaderPath;
  private final HandOnTree hand;
  private final ProcessFaults processes;
  private final UserFaults users;
  private final List<Violation> unended = new CopyOnWriteArrayList<>();

  /**
   * What a fault met.
   *
   * @param shards those that it may move; empty if it may move all of them
   */
  record Met(String text, Set<String> shards) {
    static Met all(String text) {
      return new Met(text, Set.of());
    }
  }

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
    this.processes = new ProcessFaults(fleet, store, session, hand, this::ends);
    this.users = new UserFaults(store);
  }

  /** Returns when the fault is healed; says what it met. */
  Met inject(Fault fault) throws IOException, InterruptedException {
    return switch (fault.kind().target()) {
      case PROCESSES -> Met.all(processes.inject(fault, victim(fault)));
      case CLIENTS -> Met.all(onClient(fault, victim(fault)));
      case USERS -> users.inject(fault, victim(fault));
      case SERVERS -> Met.all(onServers(fault));
      case TREE -> Met.all(onTree(fault));
    };
  }

  /** The workers that did not end when they were to. */
  List<Violation> unended() {
    return List.copyOf(unended);
  }

  private String onTree(Fault fault) throws InterruptedException {
    HandOnTree.Done done =
        switch (fault.kind()) {
          case FORGE_ENTRIES -> hand.forgeEntries(fault.pick());
          case EMPTY_PLAN -> hand.emptyPlan(fault.pick());
          case DAMAGE_SETTINGS -> hand.damageSettings(fault.pick());
          case LOWER_RETENTION -> hand.lowerRetention(fault.pick());
          default -> throw new IllegalArgumentException(fault + " is for no tree");
        };
    pause(fault);
    done.undo().run();
    return done.met();
  }

  private String onClient(Fault fault, Fleet.Slot worker) throws IOException, InterruptedException {
    return switch (fault.kind()) {
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
      case BOUNCE_CONNECTIONS -> {
        long end = System.nanoTime() + fault.lasts().toNanos();
        int times = 0;
        for (; System.nanoTime() - end < 0; times++) {
          worker.bounce();
          Pause.nanos(session.toNanos() / BOUNCES_PER_SESSION);
        }
        yield worker.id() + ", " + times + " times";
      }
      case CLOSE_CLIENT -> {
        Child child = worker.child();
        child.tell("close 1");
        ends(child, worker, "when its client was closed");
        pause(fault);
        worker.startIfEnded();
        worker.awaitJoined();
        yield worker.id();
      }
      case RESET_CLIENT -> {
        worker.child().tell("reset 1");
        pause(fault);
        yield worker.id();
      }
      case DELETE_LEADER_NODES -> byHand(fault, worker, Optional.empty());
      case REVOKE_LEADERS -> byHand(fault, worker, Optional.of("revoke"));
      default -> throw new IllegalArgumentException(fault + " is for no client");
    };
  }

  /** Notes it, and kills the process, if it does not end. */
  private void ends(Child child, Fleet.Slot worker, String when) throws InterruptedException {
    Duration patience = session.multipliedBy(PATIENCE_SESSIONS);
    ended(child, patience, worker.id() + " " + when).ifPresent(unended::add);
  }

  /** The violation of a process that does not end in time; it is killed. */
  static Optional<Violation> ended(Child child, Duration patience, String what)
      throws InterruptedException {
    if (child.awaitEnd(patience.toNanos())) {
      return Optional.empty();
    }
    child.kill();
    return Optional.of(new Violation(Violation.Rule.DID_NOT_END, "(all)", what));
  }

  private String onServers(Fault fault) throws IOException, InterruptedException {
    return switch (fault.kind()) {
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
      case LOWER_SESSION_LIMIT -> lowerLimit(fault, ensemble.busiestFollower(), victim(fault));
      default -> throw new IllegalArgumentException(fault + " is for no server");
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

  static void pause(Fault fault) throws InterruptedException {
    Pause.nanos(fault.lasts().toNanos());
    if (Thread.interrupted()) {
      throw new InterruptedException("the run was ended");
    }
  }

  /** The worker's session goes on with less time, and comes back to what it had. */
  private String lowerLimit(Fault fault, OptionalInt server, Fleet.Slot worker)
      throws IOException, InterruptedException {
    if (server.isEmpty()) {
      return "no follower";
    }
    int limited = server.getAsInt();
    Duration limit = session.multipliedBy(2).dividedBy(3);
    ensemble.kill(limited);
    ensemble.start(limited, limit);
    ensemble.awaitQuorum();
    worker.onlyServer(limited, true);
    pause(fault);
    worker.onlyServer(limited, false);
    ensemble.kill(limited);
    ensemble.start(limited);
    ensemble.awaitQuorum();
    return "server " + limited + ", " + worker.id() + " has " + limit.toMillis() + " ms";
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
        // No worker leads it now.
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
