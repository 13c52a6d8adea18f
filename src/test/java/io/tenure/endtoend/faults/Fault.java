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

  /** Whom a fault meets. Two faults of one target never overlap. */
  enum Target {
    WORKERS,
    SERVERS,
    /** The znodes of the group, by hand. */
    TREE
  }

  /** What can happen. The numbers are how long it lasts, in hundredths of a session timeout. */
  enum Kind {
    /** SIGKILL of a worker, which is started again. */
    KILL_WORKER(Target.WORKERS, 120, 160),
    /** SIGSTOP of a worker for longer than its session, until others lead, and SIGCONT. */
    PAUSE_WORKER(Target.WORKERS, 140, 180),
    /** A worker's connections are cut, and refused. */
    DROP_CONNECTIONS(Target.WORKERS, 20, 60),
    /** Whatever the servers tell a worker comes later. */
    DELAY_REPLIES(Target.WORKERS, 30, 80),
    /** A worker's connections stay open, and nothing passes. */
    HALF_OPEN(Target.WORKERS, 180, 220),
    /** A full garbage collection in a worker. */
    FULL_GC(Target.WORKERS, 10, 10),
    /** A worker's wall clock is set an hour ahead, or back. */
    WALL_CLOCK(Target.WORKERS, 10, 10),
    /** A second process with a worker's id. */
    DUPLICATE_ID(Target.WORKERS, 20, 40),
    /** SIGTERM of all workers, one after the other, and new ones in their place. */
    ROLLING_RESTART(Target.WORKERS, 10, 20),
    /** The follower with the most clients hears nothing of the quorum, and still serves them. */
    CUT_FOLLOWER(Target.SERVERS, 140, 190),
    /** The quorum leader hears nothing of its followers, and still serves its clients. */
    CUT_LEADER(Target.SERVERS, 170, 220),
    /** SIGKILL of the quorum leader, which is started again. */
    KILL_LEADER(Target.SERVERS, 30, 100),
    /** SIGSTOP of the quorum leader, and SIGCONT when there is another. */
    PAUSE_LEADER(Target.SERVERS, 170, 200),
    /** SIGKILL of all servers, which are started again. */
    RESTART_SERVERS(Target.SERVERS, 10, 30),
    /** Every server's disk is slow. */
    SLOW_DISK(Target.SERVERS, 60, 120),
    /** Some leader nodes of a worker are deleted by hand, and it hears of that late. */
    DELETE_LEADER_NODES(Target.WORKERS, 25, 40),
    /** Some leaders of a worker are told to give up, by hand, and it hears of that late. */
    REVOKE_LEADERS(Target.WORKERS, 25, 40),
    /** Entries that no transition made stand in trails, where the next ones belong. */
    FORGE_ENTRIES(Target.TREE, 60, 120),
    /** The plan is emptied, damaged or deleted, in one part or in all. */
    EMPTY_PLAN(Target.TREE, 20, 60),
    /** The group's settings are damaged or emptied, and written again. */
    DAMAGE_SETTINGS(Target.TREE, 100, 160);

    private final Target target;
    private final int least;
    private final int most;

    Kind(Target target, int least, int most) {
      this.target = target;
      this.least = least;
      this.most = most;
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
