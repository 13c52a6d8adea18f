package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.History.Recorded;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Keeps what stood in trails before it was trimmed. Pure; not thread-safe.
 *
 * <p>A tenure that was seen several times is told by the latest look, but for its beginning, which
 * may have been trimmed meanwhile.
 */
final class TrailKeeper {

  private final Map<String, TreeMap<Long, Recorded>> kept = new HashMap<>();

  /** A look at the trail of each shard. */
  void see(Map<String, List<Recorded>> trails) {
    trails.forEach(
        (shard, tenures) -> {
          TreeMap<Long, Recorded> byEpoch = kept.computeIfAbsent(shard, any -> new TreeMap<>());
          tenures.forEach(one -> byEpoch.merge(one.holder().epoch(), one, TrailKeeper::merged));
        });
  }

  private static Recorded merged(Recorded before, Recorded now) {
    OptionalLong until = now.until().isPresent() ? now.until() : before.until();
    Recorded ending = now.until().isPresent() ? now : before;
    return new Recorded(
        now.holder(), Math.min(before.from(), now.from()), until, ending.end(), ending.isDecided());
  }

  /** The tenures of a shard that were ever seen, by their epochs. */
  List<Recorded> tenures(String shard) {
    return new ArrayList<>(kept.getOrDefault(shard, new TreeMap<>()).values());
  }
}
