package io.tenure.sharding;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Planned moves that are under way: first the successor gets ready, then the plan gives it the
 * shard, and then it takes office. Their number is limited, and so is the time of each phase.
 *
 * <p>Pure; confined to one thread.
 */
final class MovesInFlight {

  /** How far a move is. */
  enum Phase {
    /** The successor gets ready, and the leader leads. */
    PREPARES,
    /** The plan has given the shard to its successor, which is ready until it is elected. */
    TAKES_OFFICE,
    /**
     * The same, but the successor was not ready in time, and the leader drains. The time when the
     * successor takes office is unknown, so the move does not count; it is remembered for a while
     * for its reason only.
     */
    LATE
  }

  /**
   * One planned move.
   *
   * @param from who led when the shard was given away; empty before
   * @param to who is to lead
   * @param reason for the audit trail; empty if another coordinator began the move
   * @param sinceNanos when its present phase began
   */
  record Move(String from, String to, String reason, long sinceNanos, Phase phase) {

    /** The plan has given the shard to the successor. */
    boolean isReleased() {
      return phase != Phase.PREPARES;
    }

    boolean isOver(long limitNanos, long nowNanos) {
      return nowNanos - sinceNanos >= limitNanos;
    }
  }

  private final Map<String, Move> moves = new TreeMap<>();

  /** How many of them are in the two later phases. */
  private int takingOffice;

  private int late;

  Optional<Move> get(String shard) {
    return Optional.ofNullable(moves.get(shard));
  }

  Collection<Map.Entry<String, Move>> all() {
    return moves.entrySet();
  }

  boolean isEmpty() {
    return moves.isEmpty();
  }

  /** How many count against the limit. */
  int size() {
    return moves.size() - late;
  }

  /** How many have been given to successors that are ready, and have not taken office yet. */
  int released() {
    return takingOffice;
  }

  void begin(String shard, String to, String reason, long nowNanos) {
    put(shard, new Move("", to, reason, nowNanos, Phase.PREPARES));
  }

  /** The plan gives the shard to its successor. */
  Move release(String shard, String from, String reason, boolean ready, long nowNanos) {
    Move before = get(shard).orElseThrow();
    Phase phase = ready ? Phase.TAKES_OFFICE : Phase.LATE;
    Move released = new Move(from, before.to(), reason, nowNanos, phase);
    put(shard, released);
    return released;
  }

  void end(String shard) {
    forget(moves.remove(shard));
  }

  private void put(String shard, Move move) {
    forget(moves.put(shard, move));
    count(move, 1);
  }

  private void forget(@Nullable Move move) {
    if (move != null) {
      count(move, -1);
    }
  }

  private void count(Move move, int change) {
    switch (move.phase()) {
      case PREPARES -> {}
      case TAKES_OFFICE -> takingOffice += change;
      case LATE -> late += change;
    }
  }

  /** How long the next move to run out of time has yet; empty if there is none. */
  Optional<Long> nanosLeft(long limitNanos, long nowNanos) {
    return moves.values().stream()
        .map(move -> limitNanos - (nowNanos - move.sinceNanos()))
        .filter(left -> left > 0) // What has run out of time, and is ready, waits for its turn.
        .min(Long::compare);
  }
}
