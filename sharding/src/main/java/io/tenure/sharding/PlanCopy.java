package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.zookeeper.data.Stat;

/**
 * The coordinator's own copy of the plan, as it stood when it began and as it has written it since.
 * Only the coordinator in office writes the plan: every transaction of it checks the record of its
 * office. So what differs from the copy was written by another hand, and the copy is what counts.
 *
 * <p>Pure; confined to the coordinator's thread.
 */
final class PlanCopy {

  /** What another hand has done to a znode of the plan. */
  enum Kind {
    DELETED("was deleted"),
    EMPTIED("was emptied"),
    CHANGED("was overwritten"),
    /** It belongs to no worker of the plan. No worker goes by it, and it is left alone. */
    FOREIGN("was made by another client, and no worker goes by it");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /** A znode as it was found. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Found(byte[] data, Stat stat) {}

  /**
   * One znode that is not as it was written.
   *
   * @param stat of the znode; where it was deleted, of its parent, if that is there
   */
  record Difference(String path, Kind kind, Optional<Stat> stat) {
    boolean isToBeMended() {
      return kind != Kind.FOREIGN;
    }
  }

  private final String top;
  private final Map<String, byte[]> written = new TreeMap<>();

  /** The znodes that are there, as far as is known: this decides between creating and setting. */
  private final Set<String> there = new HashSet<>();

  /** Plans of workers that are gone, whose znodes cannot be deleted. */
  private final Set<String> abandoned = new HashSet<>();

  PlanCopy(String top) {
    this.top = top;
  }

  /**
   * The plan was read anew: what is there counts.
   *
   * @param found the data of those znodes that can be read
   * @param children all of them that are there
   */
  void begin(Map<String, byte[]> found, Collection<String> children) {
    written.clear();
    written.putAll(found);
    there.clear();
    there.addAll(found.keySet());
    there.addAll(children);
    abandoned.clear();
  }

  void wrote(String path, byte[] data) {
    written.put(path, data);
    abandoned.remove(path);
    there.add(path);
  }

  void deleted(String path) {
    written.remove(path);
    there.remove(path);
  }

  /** Deleted as far as the plan goes, although the znode is still there. */
  void abandoned(String path) {
    written.remove(path);
    abandoned.add(path);
  }

  boolean isThere(String path) {
    return there.contains(path);
  }

  /** What stands at a path by this copy. */
  Optional<byte[]> data(String path) {
    return Optional.ofNullable(written.get(path));
  }

  Set<String> paths() {
    return Set.copyOf(written.keySet());
  }

  /**
   * Compares some znodes with what was found of them.
   *
   * @param found empty where there is no such znode
   */
  List<Difference> compare(Map<String, Optional<Found>> found) {
    List<Difference> differences = new ArrayList<>();
    Optional<Stat> parent = found.getOrDefault(top, Optional.empty()).map(Found::stat);
    new TreeMap<>(found)
        .forEach(
            (path, node) -> {
              if (node.isPresent()) {
                there.add(path);
              } else {
                there.remove(path);
              }
              difference(path, node, parent).ifPresent(differences::add);
            });
    return differences;
  }

  private Optional<Difference> difference(
      String path, Optional<Found> node, Optional<Stat> parent) {
    byte[] own = written.get(path);
    if (node.isEmpty()) {
      return own == null
          ? Optional.empty()
          : Optional.of(new Difference(path, Kind.DELETED, parent));
    }
    Optional<Stat> stat = Optional.of(node.get().stat());
    byte[] data = node.get().data();
    if (own == null) {
      // The plan's own znode is made by the first worker, empty, before there is a plan.
      return path.equals(top) || abandoned.contains(path)
          ? Optional.empty()
          : Optional.of(new Difference(path, Kind.FOREIGN, stat));
    } else if (Arrays.equals(own, data)) {
      return Optional.empty();
    }
    return Optional.of(new Difference(path, data.length == 0 ? Kind.EMPTIED : Kind.CHANGED, stat));
  }
}
