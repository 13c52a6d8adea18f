package io.tenure.sharding;

import java.util.AbstractList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.stream.IntStream;

/**
 * The names of a set of shards, which counts how often one of them is read: what a computation
 * costs, on any machine. Confined to one thread.
 */
final class CountedNames extends AbstractList<String> implements RandomAccess {

  private final List<String> names;
  private long reads;

  private CountedNames(List<String> names) {
    this.names = names;
  }

  /** So many names, from a number on; all of one length, so that they are in order. */
  static CountedNames of(int count, int from) {
    return new CountedNames(
        IntStream.range(from, from + count)
            .mapToObj(i -> String.format(Locale.ROOT, "tenant-%06d", i))
            .toList());
  }

  /** A set of these shards. */
  ShardSet shards() {
    ShardSet shards = new ShardSet(names.size(), Optional.of(this));
    reads = 0;
    return shards;
  }

  /** How many names were read since the set was made. */
  long reads() {
    return reads;
  }

  @Override
  public String get(int index) {
    reads++;
    return names.get(index);
  }

  @Override
  public int size() {
    return names.size();
  }
}
