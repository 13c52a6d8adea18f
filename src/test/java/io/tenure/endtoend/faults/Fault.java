package io.tenure.endtoend.faults;

import java.time.Duration;
import java.util.Locale;

/**
 * One fault of a schedule.
 *
 * @param at when it is to begin, counted from the start of the schedule
 * @param lasts how long until it is healed, at least
 * @param pick a number from which its victim follows
 */
record Fault(Kind kind, Duration at, Duration lasts, int pick) {

  /** What a fault meets. Two faults of one target never overlap. */
  enum Target {
    /** The workers' processes. */
    PROCESSES,
    /** The workers' clients, and what stands in ZooKeeper in their names. */
    CLIENTS,
    /** The users' code: tasks, and the executor that they run on. */
    USERS,
    SERVERS,
    /** The znodes of the group, by hand. */
    TREE
  }

  /**
   * What can happen. The first two numbers are how long it lasts, in hundredths of a session
   * timeout; the third is how often it may make a shard change its leader, at most: twice for each
   * worker that may go because of it, and come back.
   */
  enum Kind {
    /** SIGKILL of a worker, which is started again. */
    KILL_WORKER(Target.PROCESSES, 120, 160, 2),
    /** SIGSTOP of a worker for longer than its session, until others lead, and SIGCONT. */
    PAUSE_WORKER(Target.PROCESSES, 140, 180, 2),
    /** A full garbage collection in a worker. */
    FULL_GC(Target.PROCESSES, 10, 10, 2),
    /** A worker's wall clock is set an hour ahead, or back. */
    WALL_CLOCK(Target.PROCESSES, 10, 10, 2),
    /** A second process with a worker's id. */
    DUPLICATE_ID(Target.PROCESSES, 20, 40, 2),
    /** SIGTERM of all workers, one after the other, and new ones in their place. */
    ROLLING_RESTART(Target.PROCESSES, 10, 20, 6),
    /** SIGTERM of a worker that cannot reach ZooKeeper. */
    END_WITHOUT_SERVERS(Target.PROCESSES, 10, 20, 2),
    /** SIGKILL of a worker as soon as it has joined, again and again under one id. */
    CRASH_LOOP(Target.PROCESSES, 10, 20, 8),
    /** Shards are added, and each worker is restarted, still built with the old number of them. */
    ADD_SHARDS(Target.PROCESSES, 10, 20, 8),
    /** A worker's connections are cut, and refused. */
    DROP_CONNECTIONS(Target.CLIENTS, 20, 60, 2),
    /** What the servers tell a worker comes later. */
    DELAY_REPLIES(Target.CLIENTS, 30, 80, 2),
    /** A worker's connections stay open, and nothing passes. */
    HALF_OPEN(Target.CLIENTS, 180, 220, 2),
    /** A worker's connection is cut and made again, many times. */
    BOUNCE_CONNECTIONS(Target.CLIENTS, 150, 200, 2),
    /** A worker's client is closed under it; the worker ends, and is started again. */
    CLOSE_CLIENT(Target.CLIENTS, 10, 20, 2),
    /** A worker's client is reset: another session takes the place of its own. */
    RESET_CLIENT(Target.CLIENTS, 30, 60, 2),
    /** Some leader nodes of a worker are deleted by hand, and it hears of that late. */
    DELETE_LEADER_NODES(Target.CLIENTS, 25, 40, 2),
    /** Some leaders of a worker are told to give up, by hand, and it hears of that late. */
    REVOKE_LEADERS(Target.CLIENTS, 25, 40, 2),
    /** The tasks of some shards throw an exception, on the workers that lead them. */
    TASK_THROWS(Target.USERS, 60, 120, 0),
    /** The tasks of some shards throw an error. */
    TASK_THROWS_ERROR(Target.USERS, 60, 120, 0),
    /** The tasks of some shards return null. */
    TASK_RETURNS_NULL(Target.USERS, 60, 120, 0),
    /** The tasks of some shards block, heedless of interrupts, until after their leases. */
    TASK_BLOCKS(Target.USERS, 150, 190, 0),
    /** The task of one shard throws an exception on each worker. */
    POISON_SHARD(Target.USERS, 200, 260, 0),
    /** The executor of a worker's steps rejects one of them. */
    EXECUTOR_REJECTS_ONCE(Target.USERS, 30, 60, 0),
    /** The executor of a worker's steps rejects all of them for a while. */
    EXECUTOR_REJECTS(Target.USERS, 60, 120, 0),
    /** The follower with the most clients hears nothing of the quorum, and still serves them. */
    CUT_FOLLOWER(Target.SERVERS, 140, 190, 6),
    /** The quorum leader hears nothing of its followers, and still serves its clients. */
    CUT_LEADER(Target.SERVERS, 170, 220, 6),
    /** SIGKILL of the quorum leader, which is started again. */
    KILL_LEADER(Target.SERVERS, 30, 100, 6),
    /** SIGSTOP of the quorum leader, and SIGCONT when there is another. */
    PAUSE_LEADER(Target.SERVERS, 170, 200, 6),
    /** SIGKILL of all servers, which are started again. */
    RESTART_SERVERS(Target.SERVERS, 10, 30, 6),
    /** Every server's disk is slow. */
    SLOW_DISK(Target.SERVERS, 60, 120, 6),
    /** A follower comes back with a lower limit of sessions, and a worker can reach no other. */
    LOWER_SESSION_LIMIT(Target.SERVERS, 100, 150, 6),
    /**
     * Entries that no transition made stand in trails, where the next ones belong: in scopes' and
     * in the group's own.
     */
    FORGE_ENTRIES(Target.TREE, 60, 120, 2),
    /** The plan is emptied, damaged or deleted, in one part or in all. */
    EMPTY_PLAN(Target.TREE, 20, 60, 4),
    /** The group's settings are damaged or emptied, and written again. */
    DAMAGE_SETTINGS(Target.TREE, 100, 160, 2),
    /** Few entries of each trail are kept for a while, and some leaders are revoked. */
    LOWER_RETENTION(Target.TREE, 60, 100, 3);

    private final Target target;
    private final int least;
    private final int most;
    private final int upsets;

    Kind(Target target, int least, int most, int upsets) {
      this.target = target;
      this.least = least;
      this.most = most;
      this.upsets = upsets;
    }

    Target target() {
      return target;
    }

    /** In hundredths of a session timeout. */
    int least() {
      return least;
    }

    /** In hundredths of a session timeout. */
    int most() {
      return most;
    }

    /** How often it may make a shard change its leader that is not the users' own trouble. */
    int upsets() {
      return upsets;
    }

    /** For people. */
    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%7.2f s  %s for %d ms (%d)",
        at.toMillis() / 1e3,
        kind.word(),
        lasts.toMillis(),
        pick);
  }
}
