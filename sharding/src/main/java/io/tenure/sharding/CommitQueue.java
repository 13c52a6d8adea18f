package io.tenure.sharding;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which commits go together into one transaction, and when the next may be sent.
 *
 * <p>A transaction is bounded by its shards, and by its bytes to half of what the server takes by
 * default ({@code jute.maxbuffer}, 1 MiB). Several are under way at a time, so that the round trips
 * overlap. While one is, only full ones follow: what comes one by one, as the events of a crash do,
 * gathers until an answer is there, and no commit waits for a timer.
 *
 * <p>If one operation fails, the server applies none: then that shard is set aside and the others
 * are sent again.
 *
 * <p>Pure; confined to one thread.
 */
final class CommitQueue {

  static final int MAX_SHARDS = 100;
  static final int MAX_BYTES = 512 * 1024;
  static final int MAX_IN_FLIGHT = 8;

  /** Headers, versions, ACL and namespace of one operation, generously. */
  private static final int OP_OVERHEAD_BYTES = 256;

  /** One shard's commit. */
  record Item(String shard, Commit commit) {

    int bytes() {
      int bytes = 0;
      for (ScopeOp op : commit.ops()) {
        bytes += OP_OVERHEAD_BYTES + 3 * shard.length() + dataBytes(op);
      }
      return bytes;
    }

    private static int dataBytes(ScopeOp op) {
      if (op instanceof ScopeOp.CreateScope create) {
        return create.data().length;
      } else if (op instanceof ScopeOp.SetRecord set) {
        return set.data().length;
      } else if (op instanceof ScopeOp.CreateLeader create) {
        return create.data().length;
      } else if (op instanceof ScopeOp.CreateEntry create) {
        return create.data().length + create.name().length();
      }
      return 0;
    }
  }

  /**
   * One transaction.
   *
   * @param again it was sent before, with a shard that has been set aside
   */
  record Batch(List<Item> items, boolean again) {

    /** The item that an operation of the transaction belongs to, and the operation. */
    Failure failure(int op) {
      int before = 0;
      for (Item item : items) {
        int ops = item.commit().ops().size();
        if (op < before + ops) {
          return new Failure(item, item.commit().ops().get(op - before));
        }
        before += ops;
      }
      throw new IllegalArgumentException("no operation " + op);
    }

    /** What is left without one item. */
    Batch without(Item failed) {
      return new Batch(
          items.stream().filter(item -> !item.shard().equals(failed.shard())).toList(), true);
    }
  }

  /** The operation that failed, and whose it is. */
  record Failure(Item item, ScopeOp op) {}

  private final ArrayDeque<Item> waiting = new ArrayDeque<>();
  private final ArrayDeque<Batch> repeats = new ArrayDeque<>();
  private int inFlight;

  /** Half of what the servers take by default, or what they have been found to take. */
  private int maxBytes = MAX_BYTES;

  void add(Item item) {
    waiting.add(item);
  }

  /** Puts a batch in front of everything that waits. */
  void repeat(Batch batch) {
    if (!batch.items().isEmpty()) {
      repeats.add(batch);
    }
  }

  /** Repeats a batch as two, to find out which of its shards fail. */
  void repeatInHalves(Batch batch) {
    int half = (batch.items().size() + 1) / 2;
    repeat(new Batch(batch.items().subList(0, half), true));
    repeat(new Batch(batch.items().subList(half, batch.items().size()), true));
  }

  /**
   * The batches to send now; {@link #answered} must follow for each.
   *
   * @param partial whether one that is not full may follow others that are under way: nothing more
   *     is about to come
   * @return none, or what may be under way beside what is
   */
  List<Batch> next(boolean partial) {
    List<Batch> batches = new ArrayList<>();
    boolean notFull = partial || inFlight == 0;
    while (inFlight < MAX_IN_FLIGHT) {
      Optional<Batch> batch = Optional.ofNullable(repeats.poll());
      if (batch.isEmpty() && (notFull || waiting.size() >= MAX_SHARDS)) {
        batch = fresh();
      }
      if (batch.isEmpty()) {
        break;
      }
      batches.add(batch.get());
      inFlight++;
    }
    return batches;
  }

  private Optional<Batch> fresh() {
    List<Item> items = new ArrayList<>();
    int bytes = 0;
    while (!waiting.isEmpty() && items.size() < MAX_SHARDS) {
      int more = waiting.element().bytes();
      if (!items.isEmpty() && bytes + more > maxBytes) {
        break;
      }
      bytes += more;
      items.add(waiting.remove());
    }
    return items.isEmpty() ? Optional.empty() : Optional.of(new Batch(List.copyOf(items), false));
  }

  /** There is enough for a transaction, and one more may be under way. */
  boolean isFull() {
    return waiting.size() >= MAX_SHARDS && inFlight < MAX_IN_FLIGHT;
  }

  /** The answer to a batch has come, or can no longer come. */
  void answered() {
    inFlight--;
  }

  /** A batch is probably longer than the servers take: from now on none is half as long. */
  void tooLarge(Batch batch) {
    int bytes = batch.items().stream().mapToInt(Item::bytes).sum();
    maxBytes = Math.max(1, Math.min(maxBytes, bytes / 2));
  }

  boolean isIdle() {
    return inFlight == 0 && waiting.isEmpty() && repeats.isEmpty();
  }

  /** Forgets what was not sent. */
  void clear() {
    waiting.clear();
    repeats.clear();
  }
}
