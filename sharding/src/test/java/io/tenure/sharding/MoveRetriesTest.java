package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** When a shard may be moved again that was moved in vain, and for how long that is remembered. */
class MoveRetriesTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final long REMEMBERED = Duration.ofMinutes(10).toNanos();

  private final MoveRetries retries = new MoveRetries(() -> 0);

  @Test
  void thePauseDoublesUpToAMinuteAndCountsDown() {
    long now = 7;
    assertThat(retries.nanosLeft("0", now)).isZero();
    assertThat(retries.failures("0")).isZero();
    for (int failures = 1; failures <= 9; failures++) {
      assertThat(retries.failed("0", now)).isEqualTo(failures);
      assertThat(retries.failures("0")).isEqualTo(failures);
      long pause = Math.min(60, 1L << (failures - 1)) * SECOND;
      assertThat(retries.nanosLeft("0", now)).isEqualTo(pause);
      assertThat(retries.nanosLeft("0", now + pause - 1)).isEqualTo(1);
      now += pause;
      assertThat(retries.nanosLeft("0", now)).isZero();
      assertThat(retries.nanosLeft("0", now + SECOND)).isZero();
    }
    assertThat(retries.failures("1")).isZero();
  }

  @Test
  void theLotShortensAPauseByHalfAtMost() {
    MoveRetries half = new MoveRetries(() -> 0.5);
    half.failed("0", 0);
    assertThat(half.nanosLeft("0", 0)).isEqualTo(3 * SECOND / 4);
  }

  @Test
  void whatWasDueForMoreThanTenMinutesIsForgotten() {
    retries.failed("0", 7);
    retries.failed("1", 8);
    retries.forgetOld(7 + SECOND + REMEMBERED);
    assertThat(retries.failures("0")).isEqualTo(1);
    retries.forgetOld(8 + SECOND + REMEMBERED);
    assertThat(retries.failures("0")).isZero();
    assertThat(retries.failures("1")).isEqualTo(1);
  }

  // ---------------------------------------------------------------- a coordinator's memory

  private static Members members(int workers, int failing) {
    TreeMap<String, CoordinatorMachine.Worker> byId = new TreeMap<>();
    for (int w = 0; w < workers; w++) {
      String failed = w < failing ? "{\"failing\":\"0\"," : "{";
      String json =
          failed
              + "\"format\":1,\"candidate\":\"w-"
              + w
              + "\",\"host\":\"h\",\"pid\":1,\"nonce\":\"n\",\"state\":\"active\","
              + "\"utilization\":0}";
      WorkerNode node = WorkerNode.parse("/orders/w", json.getBytes(StandardCharsets.UTF_8));
      byId.put("w-" + w, new CoordinatorMachine.Worker(node, 1));
    }
    return new Members(byId, Directives.none(), ShardSet.numbered(2));
  }

  @Test
  void aMemoryBeginsOnceWithWhatFailsAsOftenAsOnWorkersAndForgetsWhatIsOld() {
    CoordinatorMemory memory = new CoordinatorMemory(() -> 0);
    BitSet both = new BitSet();
    both.set(0, 2);
    memory.begin(members(3, 2), both, ShardSet.numbered(2), 0);
    assertThat(memory.failing.failures("0")).isEqualTo(2);
    assertThat(memory.failing.nanosLeft("1", 0)).as("it fails on no worker").isZero();
    memory.slow.failed("1", 0);
    memory.begin(members(3, 3), both, ShardSet.numbered(2), 2 * SECOND + REMEMBERED);
    assertThat(memory.failing.failures("0")).as("only the first time").isEqualTo(2);
    assertThat(memory.slow.failures("1")).isZero();
    memory.begin(members(3, 3), both, ShardSet.numbered(2), 2 * SECOND + REMEMBERED + 1);
    assertThat(memory.failing.failures("0")).isZero();
  }

  @Test
  void whatIsAwayFromHomeIsKnownUntilItIsHomeOrRemoved() {
    CoordinatorMemory memory = new CoordinatorMemory(() -> 0);
    List.of("0", "1", "2").forEach(memory::isAway);
    memory.isHome("1");
    assertThat(memory.displaced(ShardSet.numbered(3)).stream()).containsExactly(0, 2);
    assertThat(memory.displaced(ShardSet.numbered(2)).stream()).containsExactly(0);
    assertThat(memory.displaced(ShardSet.numbered(3)).stream())
        .as("a shard of its name is another one")
        .containsExactly(0);
  }
}
