package io.tenure.sharding;

import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.zookeeper.common.PathUtils;

/**
 * The shards of a group, by name and in order. Immutable.
 *
 * <p>The shards of a numbered set are called {@code 0}, {@code 1}, {@code 2} ... A shard's name is
 * the last segment of its scope: {@code /<group>/shards/<shard>}.
 */
public final class ShardSet {

  /** More than this many would not fit into the znodes that list them. */
  public static final int MAX_SHARDS = 100_000;

  /** Nor would names that have more bytes than this together. */
  static final int MAX_NAME_BYTES = 256 * 1024;

  private static final Set<String> RESERVED =
      Set.of("latch", "leader", "audit", "checkpoint", "quarantine");
  private static final int QUOTES_AND_COMMA = 3;

  private final int count;
  private final Optional<List<String>> names;
  private final Map<String, Integer> indexes;

  /** A set whose names are in order and were checked. */
  ShardSet(int count, Optional<List<String>> names) {
    this.count = count;
    this.names = names;
    this.indexes = new HashMap<>();
    names.ifPresent(
        list -> {
          for (int i = 0; i < list.size(); i++) {
            indexes.put(list.get(i), i);
          }
        });
  }

  /**
   * The shards 0 to {@code count - 1}.
   *
   * @throws IllegalArgumentException if the count is not from 1 to {@link #MAX_SHARDS}
   */
  public static ShardSet numbered(int count) {
    if (count < 1 || count > MAX_SHARDS) {
      throw new IllegalArgumentException(
          "a group of " + count + " shards: give 1 to " + MAX_SHARDS + " of them");
    }
    return new ShardSet(count, Optional.empty());
  }

  /**
   * Shards with names of their own, sorted.
   *
   * @throws IllegalArgumentException if there is none, or one that cannot be a znode's name, is a
   *     word that Tenure uses below a scope, or is listed twice
   */
  public static ShardSet named(Collection<String> names) {
    if (names.isEmpty() || names.size() > MAX_SHARDS) {
      throw new IllegalArgumentException(
          "a group of " + names.size() + " shards: give 1 to " + MAX_SHARDS + " of them");
    }
    Set<String> seen = new HashSet<>();
    int bytes = 0;
    for (String name : names) {
      checkName(name);
      bytes += name.getBytes(StandardCharsets.UTF_8).length + QUOTES_AND_COMMA;
      if (bytes > MAX_NAME_BYTES) {
        throw new IllegalArgumentException(
            "the names of "
                + names.size()
                + " shards have more than "
                + MAX_NAME_BYTES
                + " bytes together, and would not fit into the znodes that list them: give shorter"
                + " names or fewer, or number the shards and keep the names elsewhere");
      }
      if (!seen.add(name)) {
        throw new IllegalArgumentException("shard \"" + name + "\" stands twice in the set");
      }
    }
    return new ShardSet(names.size(), Optional.of(names.stream().sorted().toList()));
  }

  /**
   * Checks that a shard can have a name.
   *
   * @throws IllegalArgumentException with the rule that it breaks
   */
  static void checkName(String name) {
    String rule = null;
    if (name.isEmpty() || name.length() > Bounds.SHARD_CHARS) {
      rule = "has " + name.length() + " characters; 1 to " + Bounds.SHARD_CHARS + " are allowed";
    } else if (name.indexOf('/') >= 0) {
      rule = "has a slash: a shard is one segment of a path";
    } else if (RESERVED.contains(name)) {
      rule = "is one of the words that stand below a scope (audit, checkpoint, latch, leader)";
    } else {
      try {
        PathUtils.validatePath("/" + name);
      } catch (IllegalArgumentException e) {
        rule = "cannot be a znode's name";
      }
    }
    if (rule != null) {
      String shown = Printable.of(name, 40);
      throw new IllegalArgumentException("shard \"" + shown + "\" " + rule + ": choose another");
    }
  }

  /** How many shards there are. */
  public int size() {
    return count;
  }

  /** Whether the shards are numbered, rather than named. */
  public boolean isNumbered() {
    return names.isEmpty();
  }

  /** The name of a shard by its place in the order, from 0. */
  public String name(int index) {
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException("shard " + index + " of " + count);
    }
    return names.isPresent() ? names.get().get(index) : Integer.toString(index);
  }

  /** The place of a shard in the order; -1 if it is none of the set. */
  public int indexOf(String name) {
    if (names.isPresent()) {
      return indexes.getOrDefault(name, -1);
    }
    if (name.isEmpty() || name.length() > 7 || (name.length() > 1 && name.charAt(0) == '0')) {
      return -1;
    }
    int index = 0;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      index = index * 10 + (c - '0');
    }
    return index < count ? index : -1;
  }

  /** The names of all shards, in order. */
  public List<String> names() {
    return names.orElseGet(() -> IntStream.range(0, count).mapToObj(Integer::toString).toList());
  }

  /** Whether the shard is in the set. */
  public boolean contains(String name) {
    return indexOf(name) >= 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ShardSet set && set.count == count && set.names.equals(names);
  }

  @Override
  public int hashCode() {
    return 31 * count + names.hashCode();
  }

  /** For people: the count, or the first names. */
  @Override
  public String toString() {
    if (names.isEmpty()) {
      return count + " numbered shards";
    }
    List<String> all = names.get();
    return count
        + " named shards ("
        + String.join(", ", all.subList(0, Math.min(5, count)))
        + (count > 5 ? ", ..." : "")
        + ")";
  }
}
