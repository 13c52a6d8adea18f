package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How commits become transactions: bounded by shards and bytes, several under way at a time. */
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

  // ---- one transaction ----

  @Test
  void anItemIsAsLargeAsTheDataAndTheNamesOfItsOperationsBesideWhatEachOperationCosts() {
    int each = 256 + 3 * "köln".length();
    assertThat(item("köln", new ScopeOp.CreateScope(new byte[7])).bytes()).isEqualTo(each + 7);
    assertThat(item("köln", new ScopeOp.SetRecord(3, new byte[8])).bytes()).isEqualTo(each + 8);
    assertThat(item("köln", new ScopeOp.CreateLeader(new byte[9])).bytes()).isEqualTo(each + 9);
    assertThat(item("köln", new ScopeOp.CreateEntry("name", new byte[10])).bytes())
        .isEqualTo(each + 10 + 4);
    assertThat(item("köln", new ScopeOp.DeleteEntry("name")).bytes()).isEqualTo(each);
    assertThat(item("köln", new ScopeOp.DeleteLeader(), new ScopeOp.CreateAudit()).bytes())
        .isEqualTo(2 * each);
  }

  @Test
  void theOperationThatFailedTellsWhoseItIs() {
    ScopeOp.DeleteLeader left = new ScopeOp.DeleteLeader();
    ScopeOp.CreateAudit audit = new ScopeOp.CreateAudit();
    CommitQueue.Item two = item("a", new ScopeOp.SetRecord(1, new byte[0]), left);
    CommitQueue.Item one = item("b", audit);
    CommitQueue.Batch batch = new CommitQueue.Batch(List.of(two, one), false);
    assertThat(batch.failure(0)).isEqualTo(new CommitQueue.Failure(two, two.commit().ops().get(0)));
    assertThat(batch.failure(1)).isEqualTo(new CommitQueue.Failure(two, left));
    assertThat(batch.failure(2)).isEqualTo(new CommitQueue.Failure(one, audit));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> batch.failure(3))
        .withMessageContaining("no operation 3");
  }

  @Test
  void whatIsLeftWithoutTheShardThatFailedHasBeenSentBefore() {
    CommitQueue.Item a = small("a");
    CommitQueue.Item b = small("b");
    CommitQueue.Item c = small("c");
    assertThat(new CommitQueue.Batch(List.of(a, b, c), false).without(b))
        .isEqualTo(new CommitQueue.Batch(List.of(a, c), true));
  }

  @Test
  void aTransactionMayBeExactlyAsLongAsTheBoundAndNotOneByteLonger() {
    int each = small("x").bytes();
    ScopeOp rest = new ScopeOp.SetRecord(0, new byte[CommitQueue.MAX_BYTES - 2 * each]);
    queue.add(item("a", rest));
    queue.add(small("b"));
    queue.add(small("c"));
    assertThat(shards(queue.next(true))).containsExactly(List.of("a", "b"), List.of("c"));
  }

  @Test
  void whatIsTooLargeByItselfIsSentAlone() {
    queue.add(item("a", new ScopeOp.SetRecord(0, new byte[CommitQueue.MAX_BYTES])));
    queue.add(item("b", new ScopeOp.SetRecord(0, new byte[CommitQueue.MAX_BYTES])));
    assertThat(shards(queue.next(true))).containsExactly(List.of("a"), List.of("b"));
  }

  @Test
  void noTransactionHasMoreThanAHundredShards() {
    addSmall(250);
    assertThat(queue.next(true))
        .extracting(batch -> batch.items().size())
        .containsExactly(100, 100, 50);
  }

  @Test
  void aBatchThatIsTooLargeHalvesByItsOwnBytesAndNeverRaisesTheBound() {
    List<CommitQueue.Item> items = List.of(small("a"), small("b"), small("c"), small("d"));
    queue.tooLarge(new CommitQueue.Batch(items, false));
    queue.tooLarge(
        new CommitQueue.Batch(
            List.of(item("z", new ScopeOp.SetRecord(0, new byte[CommitQueue.MAX_BYTES]))), false));
    items.forEach(queue::add);
    assertThat(shards(queue.next(true))).containsExactly(List.of("a", "b"), List.of("c", "d"));
  }

  // ---- when ----

  @Test
  void whatComesOneByOneGathersUntilAnAnswerIsThere() {
    queue.add(small("a"));
    assertThat(shards(queue.next(false))).containsExactly(List.of("a"));
    queue.add(small("b"));
    queue.add(small("c"));
    assertThat(queue.next(false)).isEmpty();
    queue.answered();
    assertThat(shards(queue.next(false))).containsExactly(List.of("b", "c"));
  }

  @Test
  void whatIsNotFullFollowsOthersWhenNothingMoreIsAboutToCome() {
    queue.add(small("a"));
    queue.next(true);
    queue.add(small("b"));
    assertThat(shards(queue.next(true))).containsExactly(List.of("b"));
  }

  @Test
  void aFullTransactionFollowsThoseUnderWayAndWhatIsLeftOverGathers() {
    queue.add(small("first"));
    queue.next(false);
    addSmall(99);
    assertThat(queue.isFull()).isFalse();
    assertThat(queue.next(false)).isEmpty();
    addSmall(1);
    assertThat(queue.isFull()).isTrue();
    addSmall(1);
    assertThat(queue.next(false)).extracting(batch -> batch.items().size()).containsExactly(100);
    assertThat(queue.isFull()).isFalse();
  }

  @Test
  void eightAreUnderWayAtMostAndEachAnswerLetsOneFollow() {
    addSmall(1000);
    assertThat(queue.next(false)).hasSize(CommitQueue.MAX_IN_FLIGHT).hasSize(8);
    assertThat(queue.isFull()).as("nothing more may be sent").isFalse();
    assertThat(queue.next(true)).isEmpty();
    queue.answered();
    assertThat(queue.isFull()).isTrue();
    assertThat(queue.next(false)).hasSize(1);
    queue.answered();
    queue.answered();
    assertThat(queue.next(false)).hasSize(1);
  }

  @Test
  void whatIsRepeatedGoesBeforeWhatWaitsAndDoesNotGather() {
    queue.add(small("under way"));
    queue.next(true);
    queue.add(small("waits"));
    queue.repeat(new CommitQueue.Batch(List.of(small("a")), true));
    queue.repeat(new CommitQueue.Batch(List.of(small("b"), small("c")), true));
    List<CommitQueue.Batch> next = queue.next(false);
    assertThat(shards(next)).containsExactly(List.of("a"), List.of("b", "c"));
    assertThat(next).allMatch(CommitQueue.Batch::again);
    List<CommitQueue.Batch> after = queue.next(true);
    assertThat(shards(after)).containsExactly(List.of("waits"));
    assertThat(after).noneMatch(CommitQueue.Batch::again);
  }

  @Test
  void nothingIsRepeatedWhereNothingIsLeft() {
    queue.repeat(new CommitQueue.Batch(List.of(small("a")), false).without(small("a")));
    assertThat(queue.isIdle()).isTrue();
    assertThat(queue.next(true)).isEmpty();
  }

  @Test
  void halvesHoldEveryShardOnceAndEachIsSmallerThanTheWhole() {
    List<CommitQueue.Item> five = new ArrayList<>();
    List.of("a", "b", "c", "d", "e").forEach(shard -> five.add(small(shard)));
    queue.repeatInHalves(new CommitQueue.Batch(five, false));
    List<CommitQueue.Batch> next = queue.next(false);
    assertThat(shards(next)).containsExactly(List.of("a", "b", "c"), List.of("d", "e"));
    assertThat(next).allMatch(CommitQueue.Batch::again);
    queue.repeatInHalves(new CommitQueue.Batch(five.subList(0, 2), false));
    assertThat(shards(queue.next(false))).containsExactly(List.of("a"), List.of("b"));
    queue.repeatInHalves(new CommitQueue.Batch(five.subList(0, 1), false));
    assertThat(shards(queue.next(false))).as("no empty half").containsExactly(List.of("a"));
  }

  @Test
  void itIsIdleWhenNothingWaitsIsRepeatedOrUnderWay() {
    assertThat(queue.isIdle()).isTrue();
    queue.add(small("a"));
    assertThat(queue.isIdle()).as("one waits").isFalse();
    queue.next(true);
    assertThat(queue.isIdle()).as("one is under way").isFalse();
    queue.answered();
    assertThat(queue.isIdle()).isTrue();
    queue.repeat(new CommitQueue.Batch(List.of(small("a")), true));
    assertThat(queue.isIdle()).as("one is repeated").isFalse();
  }

  @Test
  void theUnsentElectionsOfASessionThatEndedDoNotGoOutInTheNext() {
    queue.add(small("under way"));
    queue.next(true);
    queue.add(small("waits"));
    queue.repeat(new CommitQueue.Batch(List.of(small("set aside")), true));
    queue.clear();
    assertThat(queue.next(true)).isEmpty();
    assertThat(queue.isIdle()).as("the answer of what was sent is still to come").isFalse();
    queue.answered();
    assertThat(queue.isIdle()).isTrue();
    queue.add(small("next session"));
    assertThat(shards(queue.next(false))).containsExactly(List.of("next session"));
  }

  private static CommitQueue.Item item(String shard, ScopeOp... ops) {
    ScopeView after = new ScopeView(ScopeRecord.empty(), 0, Optional.empty(), List.of());
    return new CommitQueue.Item(shard, new Commit(List.of(ops), after));
  }

  /** All small ones have the same number of bytes, regardless of their names. */
  private static CommitQueue.Item small(String shard) {
    return item(shard, new ScopeOp.SetRecord(0, new byte[100 - 3 * shard.length()]));
  }

  private void addSmall(int shards) {
    for (int i = 0; i < shards; i++) {
      queue.add(small("shard-" + i));
    }
  }

  private static List<List<String>> shards(List<CommitQueue.Batch> batches) {
    return batches.stream()
        .map(batch -> batch.items().stream().map(CommitQueue.Item::shard).toList())
        .toList();
  }
}
