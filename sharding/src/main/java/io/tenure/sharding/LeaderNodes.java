package io.tenure.sharding;

import io.tenure.internal.session.EphemeralBytes;
import java.nio.charset.StandardCharsets;

/**
 * How many leader nodes one worker's session may have, by the bytes of their paths; see {@link
 * EphemeralBytes}. Each counts as much as that of the shard with the longest name, so that a number
 * says which shards fit, whichever they are. Stateless.
 */
final class LeaderNodes {

  private LeaderNodes() {}

  /**
   * How many fit.
   *
   * @param bound on their bytes
   * @param rootBytes what the server has before the client's paths
   */
  static int fit(int bound, int rootBytes, GroupPaths paths, ShardSet shards) {
    int most = EphemeralBytes.of(rootBytes, paths.shard(longest(shards)).leaderPath());
    return bound / most;
  }

  private static String longest(ShardSet shards) {
    String longest = shards.name(shards.size() - 1);
    if (shards.isNumbered()) {
      return longest;
    }
    int bytes = 0;
    for (String name : shards.names()) {
      int length = name.getBytes(StandardCharsets.UTF_8).length;
      if (length > bytes) {
        bytes = length;
        longest = name;
      }
    }
    return longest;
  }

  /** Why so many shards are too many for a worker that is left alone. */
  static String tooMany(String group, ShardSet shards, int fit, int bound) {
    return shards.size()
        + " shards of "
        + group
        + " do not fit on one worker that is left alone: their leader nodes would take more than "
        + bound
        + " bytes of its session, and "
        + fit
        + " fit. With very many, ZooKeeper's servers cannot start again after the session has"
        + " ended (ZOOKEEPER-4306). Give fewer shards, or shorter names and paths, or say that the"
        + " group always has several workers";
  }
}
