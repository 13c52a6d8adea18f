package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How commits become transactions: bounded by shards and bytes. */
class CommitQueueTest {

  private static final int BYTES = 20_000;

  private final CommitQueue queue = new CommitQueue();

  private void add(int shards) {
    ScopeView after = new ScopeView(ScopeRecord.empty(), 0, Optional.empty(), List.of());
    Commit commit = new Commit(List.of(new ScopeOp.SetRecord(0, new byte[BYTES])), after);
    for (int i = 0; i < shards; i++) {
      queue.add(new CommitQueue.Item("shard-" + i, commit));
    }
  }

  private List<CommitQueue.Batch> send() {
    List<CommitQueue.Batch> sent = new ArrayList<>();
    List<CommitQueue.Batch> next = queue.next(true);
    while (!next.isEmpty()) {
      sent.addAll(next);
      next.forEach(batch -> queue.answered());
      next = queue.next(true);
    }
    return sent;
  }

  private static int largest(List<CommitQueue.Batch> batches) {
    return batches.stream().mapToInt(batch -> batch.items().size()).max().orElse(0);
  }

  @Test
  void aBatchThatIsTooLargeForTheServersHalvesThoseAfterIt() {
    add(60);
    List<CommitQueue.Batch> before = send();
    assertThat(largest(before) * BYTES).isLessThanOrEqualTo(CommitQueue.MAX_BYTES);

    queue.tooLarge(before.get(0));
    add(60);
    assertThat(largest(send())).isEqualTo(before.get(0).items().size() / 2);
  }

  @Test
  void oneShardIsAlwaysSent() {
    add(1);
    for (int i = 0; i < 20; i++) {
      List<CommitQueue.Batch> sent = send();
      assertThat(sent).hasSize(1);
      queue.tooLarge(sent.get(0));
      add(1);
    }
  }

  @Test
  void noShardIsLostWhenBatchesShrink() {
    add(60);
    queue.tooLarge(send().get(0));
    add(60);
    assertThat(send().stream().mapToInt(batch -> batch.items().size()).sum()).isEqualTo(60);
  }
}
