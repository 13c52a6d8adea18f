package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What operators want of single shards, in one decision: by number, as the {@link Placement} counts
 * shards and workers. What cannot be is passed over, and said in {@link #ignored()}. Confined to
 * that decision.
 */
final class Wishes {

  private static final int NONE = Placement.NONE;

  private final Directives directives;
  private final ShardSet shards;
  private final Members members;
  private final Map<String, String> ignored;
  private final Map<Integer, Integer> pins;
  private final Map<Integer, Integer> moves;

  Wishes(Directives directives, ShardSet shards, Members members) {
    this.directives = directives;
    this.shards = shards;
    this.members = members;
    this.ignored = new TreeMap<>(directives.ignored());
    this.pins = possible(Directives.PIN, directives.pins());
    this.moves = possible(Directives.MOVE, directives.moves());
  }

  private Map<Integer, Integer> possible(String kind, Map<String, String> wishes) {
    Map<Integer, Integer> possible = new TreeMap<>();
    wishes.forEach(
        (shard, to) -> {
          int index = shards.indexOf(shard);
          if (index < 0) {
            passOver(kind, shard, "there is no shard \"" + shard + "\" in the group");
          } else if (members.indexOf(to) == NONE) {
            passOver(kind, shard, "there is no worker \"" + to + "\" now");
          } else if (!members.isOpen(to)) {
            passOver(kind, shard, "worker " + to + " drains");
          } else {
            possible.put(index, members.indexOf(to));
          }
        });
    return Collections.unmodifiableMap(possible);
  }

  private void passOver(String kind, String shard, String why) {
    ignored.put(path(kind, shard), why);
  }

  private String path(String kind, String shard) {
    return directives.paths().getOrDefault(kind + shard, kind + shard);
  }

  /** The workers that pinned shards are to stay with. */
  Map<Integer, Integer> pins() {
    return pins;
  }

  /** The workers that shards are to move to once. */
  Map<Integer, Integer> moves() {
    return moves;
  }

  /** The worker that a shard is pinned to, or {@link Placement#NONE}. */
  int pin(int shard) {
    return pins.getOrDefault(shard, NONE);
  }

  boolean isPinned(int shard, int to) {
    return pin(shard) == to;
  }

  /** Whether an operator has asked for just this move. */
  boolean isAskedFor(int shard, int to) {
    return isPinned(shard, to) || moves.getOrDefault(shard, NONE) == to;
  }

  /** What was passed over: path and why. */
  Map<String, String> ignored() {
    return ignored;
  }

  /** Takes note of what the placement could not fulfil. */
  void compare(int[] leaders) {
    pins.forEach(
        (shard, to) -> {
          if (leaders[shard] != to) {
            passOver(Directives.PIN, shards.name(shard), cannotHave(to));
          }
        });
    moves.forEach(
        (shard, to) -> {
          int leader = leaders[shard];
          if (leader != to) {
            boolean pinned = leader != NONE && isPinned(shard, leader);
            String why = pinned ? "the shard is pinned to " + members.id(leader) : cannotHave(to);
            passOver(Directives.MOVE, shards.name(shard), why);
          }
        });
  }

  private String cannotHave(int worker) {
    return "worker " + members.id(worker) + " has no room for it or cannot lead it";
  }

  /**
   * The directives of moves that are done: the plan gives the shard to its worker, and what that
   * has to give up in return is under way. Before, the next placement might move the shard back.
   *
   * @param waiting workers that have to give up something yet
   * @return their paths
   */
  List<String> done(PlanDraft draft, Set<Integer> waiting) {
    List<String> done = new ArrayList<>();
    moves.forEach(
        (shard, to) -> {
          if (draft.leader(shard) == to && !waiting.contains(to)) {
            done.add(path(Directives.MOVE, shards.name(shard)));
          }
        });
    return done;
  }
}
