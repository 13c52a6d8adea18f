package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a change of a group would lead to, as the coordinator would plan it if nothing else happened
 * meanwhile: no worker came or went, no operator asked for anything else, no task failed. For a
 * group at rest it is exact; while shards are on the move, which one goes where may depend on what
 * comes first. Immutable.
 *
 * @param change what is asked for
 * @param takesEffect false if the change takes something back that does not exist
 * @param passedOver why the coordinator would pass the change over, if it would
 * @param moves the shards that would get another leader, in the order of their set; those that are
 *     about to anyway are marked
 * @param calledOff moves that are about to be made, and would not be with this change
 * @param unplaced shards that no worker would have room for
 * @param loads how many shards each worker would lead
 * @param ignored directives that would be passed over, this change's or others': path and why
 */
public record PlacementPreview(
    GroupChange change,
    boolean takesEffect,
    Optional<String> passedOver,
    List<Move> moves,
    List<Move> calledOff,
    List<String> unplaced,
    Map<String, Integer> loads,
    Map<String, String> ignored) {

  /**
   * One shard that gets another leader.
   *
   * @param from who leads it, as far as the coordinator knows; empty if no worker does
   * @param to the worker that is to lead it; empty if there is no room for it, or it is removed
   * @param reason in the coordinator's words, as they will stand in the shard's trail
   * @param anyway it is about to move there without this change as well
   */
  public record Move(
      String shard, Optional<String> from, Optional<String> to, String reason, boolean anyway) {}

  /** The moves that the change causes. */
  public List<Move> caused() {
    return moves.stream().filter(move -> !move.anyway()).toList();
  }

  /**
   * Compares what would be with what is, and with what would be anyway.
   *
   * @param settings as they are
   */
  static PlacementPreview of(
      GroupChange change, GroupEdit edit, GroupSettings settings, GroupPicture picture) {
    boolean takesEffect = !(edit instanceof GroupEdit.Nothing);
    Rehearsal.Outcome without = Rehearsal.of(settings, picture, Optional.empty());
    Rehearsal.Outcome with =
        takesEffect ? Rehearsal.of(settings, picture, Optional.of(edit)) : without;
    Map<String, Move> before = moves(settings, picture, without);
    List<Move> moves = new ArrayList<>();
    Map<String, Move> after = moves(settings, picture, with);
    after.forEach(
        (shard, move) -> {
          Move anyway = before.get(shard);
          boolean same = anyway != null && anyway.to().equals(move.to());
          moves.add(new Move(shard, move.from(), move.to(), move.reason(), same));
        });
    List<Move> calledOff =
        before.values().stream().filter(move -> !after.containsKey(move.shard())).toList();
    Optional<String> passedOver =
        edit instanceof GroupEdit.Put put
            ? Optional.ofNullable(with.ignored().get(put.path()))
            : Optional.empty();
    return new PlacementPreview(
        change,
        takesEffect,
        passedOver,
        List.copyOf(moves),
        calledOff,
        List.copyOf(with.unplaced()),
        Collections.unmodifiableMap(with.loads()),
        Collections.unmodifiableMap(new TreeMap<>(with.ignored())));
  }

  /** The shards that are about to move without any change. */
  static List<Move> pending(GroupSettings settings, GroupPicture picture) {
    return List.copyOf(
        moves(settings, picture, Rehearsal.of(settings, picture, Optional.empty())).values());
  }

  /** By shard, in the order of the set; shards that are removed come last. */
  private static Map<String, Move> moves(
      GroupSettings settings, GroupPicture picture, Rehearsal.Outcome outcome) {
    Map<String, String> led = new HashMap<>(picture.leaders());
    Map<String, Move> moves = new LinkedHashMap<>();
    for (String shard : outcome.shards().names()) {
      Optional<String> from = Optional.ofNullable(led.remove(shard));
      Optional<String> to = Optional.ofNullable(outcome.leaders().get(shard));
      if (!from.equals(to)) {
        moves.put(shard, new Move(shard, from, to, outcome.reason(shard, from, to), true));
      }
    }
    for (String shard : settings.shards().names()) {
      Optional<String> from = Optional.ofNullable(led.get(shard));
      if (from.isPresent() && !outcome.shards().contains(shard)) {
        String why = outcome.reason(shard, from, Optional.empty());
        moves.put(shard, new Move(shard, from, Optional.empty(), why, true));
      }
    }
    return moves;
  }
}
