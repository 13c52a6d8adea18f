package io.tenure.sharding;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Planned moves whose successors get ready, in one decision: which are over, and which may begin.
 *
 * <p>A leader in office is not given up for a successor that is not ready: in the end, the move is
 * called off, and tried again after a pause that doubles each time, see {@link MoveRetries}. Only a
 * leader that drains goes all the same. A limit of zero means that no move waits for its successor.
 *
 * <p>Pure; confined to that decision.
 */
final class Preparations {

  private static final int NONE = Placement.NONE;

  private final MovesInFlight moves;
  private final MoveRetries retries;
  private final GroupSettings settings;
  private final ShardSet shards;
  private final Members members;
  private final int[] actual;
  private final long now;
  private final Map<String, List<String>> calledOff = new TreeMap<>();
  private Optional<Long> wait = Optional.empty();

  /**
   * The moves of one decision.
   *
   * @param retries of shards whose successors were too slow
   * @param actual for each shard its leader
   */
  Preparations(
      MovesInFlight moves,
      MoveRetries retries,
      GroupSettings settings,
      ShardSet shards,
      Members members,
      int[] actual,
      long nowNanos) {
    this.moves = moves;
    this.retries = retries;
    this.settings = settings;
    this.shards = shards;
    this.members = members;
    this.actual = actual;
    this.now = nowNanos;
  }

  /** Ends moves whose end is known, and those that have lost their sense. */
  void settle() {
    for (Map.Entry<String, MovesInFlight.Move> entry : List.copyOf(moves.all())) {
      int shard = shards.indexOf(entry.getKey());
      int to = members.indexOf(entry.getValue().to());
      if (shard < 0 || to == NONE || isOver(entry.getKey(), shard, to, entry.getValue())) {
        moves.end(entry.getKey());
      }
    }
  }

  private boolean isOver(String name, int shard, int to, MovesInFlight.Move move) {
    boolean late = move.isOver(settings.readyLimit().toNanos(), now);
    return switch (move.phase()) {
      case PREPARES ->
          actual[shard] == to
              || !members.isOpen(move.to())
              || members.isUnable(to, shard)
              || (late && (hasToRead(actual[shard], name) || isCalledOff(name, shard, to)));
      case TAKES_OFFICE -> late || !members.isReady(to, name) || members.isUnable(to, shard);
      case LATE -> late;
    };
  }

  private boolean isCalledOff(String name, int shard, int to) {
    if (members.isReady(to, name) || mayGoToUnready(actual[shard])) {
      return false;
    }
    if (retries.failed(name, now) == 1) {
      calledOff.computeIfAbsent(members.id(to), any -> new ArrayList<>()).add(name);
    }
    return true;
  }

  /** Whether a leader gives its shard to a successor that has not got ready in time. */
  boolean mayGoToUnready(int leader) {
    boolean drains =
        leader != NONE && members.member(leader).draining() && !members.isDamped(leader);
    return drains || settings.readyLimit().isZero();
  }

  /**
   * A worker that took a shard over has to read in the plan that it leads the shard before it can
   * read that it no longer does: else it would go on saying that it took the shard over.
   */
  boolean hasToRead(int leader, String shard) {
    return leader != NONE && members.hasTakenOver(leader, shard);
  }

  /** Whether a shard's move may begin, as far as the shard goes. */
  boolean mayBegin(Placement.Move move, String shard) {
    long left = mayGoToUnready(move.from()) ? 0 : retries.nanosLeft(shard, now);
    if (left > 0) {
      wait = Optional.of(Math.min(left, wait.orElse(left)));
    }
    return left == 0 && !hasToRead(move.from(), shard);
  }

  /** How long until the first of those moves may begin that have to wait; empty if none has. */
  Optional<Long> nanosToWait() {
    return wait;
  }

  /** Moves that were called off for the first time: shards by who has not got ready for them. */
  Map<String, List<String>> calledOff() {
    return calledOff;
  }
}
