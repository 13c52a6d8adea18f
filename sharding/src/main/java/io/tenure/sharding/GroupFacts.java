package io.tenure.sharding;

import java.util.List;
import java.util.Optional;

/**
 * What has to be known of a group to say what a change of it comes down to. Immutable.
 *
 * @param settings what all workers agree on
 * @param settingsData the same as it stands in the znode
 * @param settingsVersion the znode's version
 * @param workers the ids of those that are registered
 * @param directives all that exist, with any content
 * @param office of the shard that is to be revoked, if that is what is asked for
 * @param rootBytes what the server has before the client's paths
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record GroupFacts(
    GroupPaths paths,
    GroupSettings settings,
    byte[] settingsData,
    int settingsVersion,
    List<String> workers,
    List<Standing> directives,
    Optional<Office> office,
    int rootBytes) {

  /** Of a client without a chroot or a namespace. */
  GroupFacts(
      GroupPaths paths,
      GroupSettings settings,
      byte[] settingsData,
      int settingsVersion,
      List<String> workers,
      List<Standing> directives,
      Optional<Office> office) {
    this(paths, settings, settingsData, settingsVersion, workers, directives, office, 0);
  }

  /**
   * A directive as it was read. One that this client may not read is told by its name alone, which
   * is enough to take it back.
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Standing(String path, byte[] data, int version) {
    private static final int ANY_VERSION = -1;

    static Standing denied(String path) {
      return new Standing(path, new byte[0], ANY_VERSION);
    }

    boolean isRead() {
      return version != ANY_VERSION;
    }

    /** Whether enough is known of it to go by it. */
    boolean counts() {
      return isRead() || Directives.isDrain(path);
    }

    Directives.Written written() {
      return new Directives.Written(path, data);
    }
  }

  /**
   * A tenure that is in office. The leader node's own version does not tell tenures apart, since
   * each has a new node; the record's does, since every transition sets it.
   *
   * @param leader its worker
   * @param recordVersion of the scope's record, read before the leader node
   * @param leaderVersion of the leader node
   * @param leaderData what it says: the tenure, or an operator's word
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Office(
      String leader, long epoch, int recordVersion, int leaderVersion, byte[] leaderData) {}

  List<Directives.Written> written() {
    return directives.stream().filter(Standing::counts).map(Standing::written).toList();
  }
}
