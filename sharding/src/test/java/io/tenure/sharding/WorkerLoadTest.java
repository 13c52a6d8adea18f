package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** How busy a shard and a worker are said to be, by a clock that the test moves. */
class WorkerLoadTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final Offset<Double> EXACTLY = within(1e-9);

  private final BusyTime one = new BusyTime();
  private final BusyTime other = new BusyTime();
  private final WorkerLoad load = new WorkerLoad(2, 0.2, 100);
  private long now = 100;

  /** A step of one shard, and then nothing until the second is over. */
  private long secondWithStep(BusyTime shard, long nanos) {
    shard.begin(now);
    shard.end(now + nanos);
    now += SECOND;
    return shard.sample(now, SECOND);
  }

  /** The average after so many seconds in each of which a shard, or a worker, is as busy. */
  private static double after(int seconds, double ratio) {
    return ratio * (1 - Math.exp(-seconds / 10.0));
  }

  @Test
  void theAverageOfAShardIsThatOfTheLastSecondsAndTheOlderTheLessTheyCount() {
    for (int second = 1; second <= 30; second++) {
      assertThat(secondWithStep(one, SECOND / 4)).isEqualTo(SECOND / 4);
      assertThat(one.average()).isEqualTo(after(second, 0.25), EXACTLY);
    }
    double before = one.average();
    now += 10 * SECOND;
    assertThat(one.sample(now, 10 * SECOND)).isZero();
    assertThat(one.average()).isEqualTo(before * Math.exp(-1), EXACTLY);
  }

  @Test
  void aStepThatStillRunsCountsInEachSampleAndOnceAllInAll() {
    one.begin(now + SECOND / 2);
    assertThat(one.sample(now + SECOND, SECOND)).isEqualTo(SECOND / 2);
    assertThat(one.sample(now + 2 * SECOND, SECOND)).isEqualTo(SECOND);
    one.end(now + 2 * SECOND + 7);
    assertThat(one.sample(now + 3 * SECOND, SECOND)).isEqualTo(7);
    one.end(now + 4 * SECOND);
    assertThat(one.sample(now + 4 * SECOND, SECOND)).as("an end without a beginning").isZero();
  }

  @Test
  void aSampleIsNeverLongerThanItsTimeNorLessThanNothing() {
    one.begin(now);
    assertThat(one.sample(now + 3 * SECOND, SECOND)).isEqualTo(SECOND);
    one.end(now + 3 * SECOND);
    assertThat(one.sample(now + 4 * SECOND, SECOND)).as("told already, though cut").isZero();
    other.begin(now + SECOND);
    assertThat(other.sample(now, 1)).as("a clock that was read before").isZero();
    double average = one.average();
    assertThat(one.sample(now + 4 * SECOND, 0)).isZero();
    assertThat(one.average()).as("no time has passed").isEqualTo(average);
  }

  @Test
  void aWorkersLoadIsTheBusyTimeOfAllShardsOverWhatItsThreadsCanDo() {
    for (int second = 1; second <= 5; second++) {
      one.begin(now);
      one.end(now + SECOND / 2);
      other.begin(now);
      other.end(now + SECOND / 4);
      now += SECOND;
      load.sample(Stream.of(one, other), now);
      double average = after(second, 0.75 / 2);
      Utilization utilization = load.utilization();
      assertThat(utilization.wall()).isEqualTo(Duration.ofSeconds(20));
      assertThat(utilization.ratio()).isEqualTo(average, within(1e-8));
      assertThat(load.percent()).isEqualTo((int) Math.round(100 * average));
    }
  }

  @Test
  void aSampleWithoutTimeChangesNothingAndMoreThanAllThreadsIsAll() {
    one.begin(now);
    assertThat(load.sample(Stream.of(one), now)).isFalse();
    assertThat(load.percent()).isZero();
    WorkerLoad small = new WorkerLoad(1, 0.2, now);
    other.begin(now);
    now += SECOND;
    small.sample(Stream.of(one, other), now);
    assertThat(small.utilization().ratio()).isEqualTo(after(1, 1), within(1e-8));
  }

  @Test
  void overloadIsToldWhenTheThresholdIsReachedAndAgainOnlyAfterItWasLeftWellBelow() {
    one.begin(now);
    int told = 0;
    int second = 0;
    while (told == 0) {
      second++;
      now += SECOND;
      told += load.sample(Stream.of(one), now) ? 1 : 0;
      assertThat(told == 1).isEqualTo(after(second, 0.5) >= 0.2);
    }
    assertThat(second).isEqualTo(6);
    assertThat(load.sample(Stream.of(one), now += SECOND)).as("told already").isFalse();
    one.end(now);
    double average = load.utilization().ratio();
    while (average * Math.exp(-0.1) >= 0.15) { // Not yet well below it.
      average *= Math.exp(-0.1);
      assertThat(load.sample(Stream.of(one), now += SECOND)).isFalse();
    }
    assertThat(load.utilization().ratio()).isBetween(0.15, 0.2);
    one.begin(now);
    for (int busy = 0; busy < 5; busy++) {
      assertThat(load.sample(Stream.of(one), now += SECOND)).as("it was never over").isFalse();
    }
    one.end(now);
    now += 20 * SECOND;
    assertThat(load.sample(Stream.of(one), now)).isFalse();
    assertThat(load.utilization().ratio()).isLessThan(0.15);
    one.begin(now);
    int again = 0;
    for (int busy = 0; busy < 10; busy++) {
      again += load.sample(Stream.of(one), now += SECOND) ? 1 : 0;
    }
    assertThat(again).isEqualTo(1);
  }

  @Test
  void theThresholdItselfIsTooMuchAndASampleWithoutTimeSpoilsNoLaterOne() {
    double once = BusyTime.moved(0, 0.5, SECOND);
    WorkerLoad exact = new WorkerLoad(1, once, now);
    one.begin(now);
    one.end(now + SECOND / 2);
    assertThat(exact.sample(Stream.of(one), now)).isFalse();
    assertThat(exact.sample(Stream.of(one), now + SECOND)).isTrue();
    assertThat(exact.percent()).isEqualTo(5);
    assertThat(exact.sample(List.of(), now + SECOND)).isFalse();
  }
}
