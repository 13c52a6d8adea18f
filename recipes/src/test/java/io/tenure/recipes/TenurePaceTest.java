package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a candidate rests before it queues again, and for how long. */
@Timeout(30)
class TenurePaceTest {

  private static final long MOMENT = TimeUnit.MILLISECONDS.toNanos(5);

  private final TenurePace pace = new TenurePace();

  private long restAfterAtOnce(long epoch) {
    return pace.restAfter(epoch, MOMENT, true);
  }

  @Test
  void theFirstTenureThatEndsAtOnceIsFollowedByTheNextWithoutARest() {
    assertThat(restAfterAtOnce(7)).isZero();
  }

  @Test
  void restsGrowUpToALongest() {
    restAfterAtOnce(1);
    long before = restAfterAtOnce(2);
    assertThat(before).isBetween(TenurePace.FIRST_REST_NANOS / 2, TenurePace.FIRST_REST_NANOS);
    long all = before;
    for (long epoch = 3; epoch < 30; epoch++) {
      long rest = restAfterAtOnce(epoch);
      assertThat(rest)
          .isBetween(
              Math.min(before, TenurePace.LONGEST_REST_NANOS / 2), TenurePace.LONGEST_REST_NANOS);
      before = rest;
      all += rest;
    }
    assertThat(all).isGreaterThan(10 * TenurePace.LONGEST_REST_NANOS / 2);
  }

  @Test
  void aTenureOfAnotherCandidateInBetweenIsARotationWithoutARest() {
    for (long epoch = 1; epoch < 1000; epoch += 2) {
      assertThat(restAfterAtOnce(epoch)).isZero();
    }
  }

  @Test
  void aLongTenureAndAnEndThatWasAskedForBeginAnew() {
    restAfterAtOnce(1);
    restAfterAtOnce(2);
    assertThat(restAfterAtOnce(3)).isPositive();
    assertThat(pace.restAfter(4, TenurePace.SHORT_NANOS, true)).isZero();
    assertThat(restAfterAtOnce(5)).isZero();
    assertThat(restAfterAtOnce(6)).isLessThanOrEqualTo(TenurePace.FIRST_REST_NANOS);
    assertThat(pace.restAfter(7, MOMENT, false)).isZero();
    assertThat(restAfterAtOnce(8)).isZero();
  }

  @Test
  void aRestEndsWhenTheElectionClosesAndWhenItsThreadIsInterrupted() throws Exception {
    TenurePace.rest(TimeUnit.HOURS.toNanos(1), CompletableFuture.completedFuture(null));
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> TenurePace.rest(TimeUnit.HOURS.toNanos(1), new CompletableFuture<>()))
        .isInstanceOf(InterruptedException.class);
    Thread.currentThread().interrupt();
    TenurePace.rest(0, new CompletableFuture<>());
    assertThat(Thread.interrupted()).as("no rest is no wait").isTrue();
  }
}
