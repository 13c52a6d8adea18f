package io.tenure.sharding;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Planned moves that are under way: first the successor gets ready, then the plan gives it the
 * shard, and then it takes office. Their number is limited, and so is the time of each phase.
 *
 * <p>Pure; confined to one thread.
 */
final class MovesInFlight {

  /**
   * One planned move.
   *
   * @param from who leads
   * @param to who shall
   * @param reason for the audit trail
   * @param sinceNanos when its present phase began
   * @param released the plan has given the shard to the successor
   */
  record Move(String from, String to, String reason, long sinceNanos, boolean released) {}

  private final Map<String, Move> moves = new TreeMap<>();

  Optional<Move> get(String shard) {
    return Optional.ofNullable(moves.get(shard));
  }

  Collection<Map.Entry<String, Move>> all() {
    return moves.entrySet();
  }

  int size() {
    return moves.size();
  }

  /** How many have been given to their successors, which have not taken office yet. */
  long released() {
    return moves.values().stream().filter(Move::released).count();
  }

  void begin(String shard, String from, String to, String reason, long nowNanos) {
    moves.put(shard, new Move(from, to, reason, nowNanos, false));
  }

  void release(String shard, Move move, long nowNanos) {
    moves.put(shard, new Move(move.from(), move.to(), move.reason(), nowNanos, true));
  }

  void end(String shard) {
    moves.remove(shard);
  }

  /** How long the first move to run out of time has yet; empty if none is under way. */
  Optional<Long> nanosLeft(long limitNanos, long nowNanos) {
    return moves.values().stream()
        .map(move -> Math.max(0, limitNanos - (nowNanos - move.sinceNanos())))
        .min(Long::compare);
  }
}
