package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;

class DecisionFailuresTest {

  private final DecisionFailures failures = new DecisionFailures(() -> 0.0);

  private static List<Long> millis(List<Long> nanos) {
    return nanos.stream().map(one -> Duration.ofNanos(one).toMillis()).toList();
  }

  private List<Long> officeThatFails() {
    List<Long> pauses = new ArrayList<>();
    failures.begin();
    while (!failures.shallResign()) {
      pauses.add(failures.failed(0));
    }
    return millis(pauses);
  }

  @Example
  void theOfficeIsResignedAfterAFewFailuresWithGrowingPauses() {
    assertThat(officeThatFails()).containsExactly(100L, 200L, 400L, 800L, 1600L);
    assertThat(officeThatFails()).as("the next office").hasSize(DecisionFailures.TRIES);
  }

  @Example
  void theRestsBetweenOfficesGrowUpToAMinute() {
    List<Long> rests = new ArrayList<>();
    for (int office = 0; office < 9; office++) {
      officeThatFails();
      rests.add(failures.rest(0));
    }
    assertThat(millis(rests))
        .containsExactly(1000L, 2000L, 4000L, 8000L, 16000L, 32000L, 60000L, 60000L, 60000L);
  }

  @Example
  void aDecisionWithNothingToWriteForgivesNothingUntilAWhileHasPassed() {
    officeThatFails();
    failures.rest(0);
    failures.begin();
    assertThat(failures.succeeded(false, DecisionFailures.FORGIVEN_NANOS - 1)).isFalse();
    assertThat(Duration.ofNanos(failures.rest(0))).hasMillis(2000);
    assertThat(failures.succeeded(false, DecisionFailures.FORGIVEN_NANOS)).isTrue();
    assertThat(Duration.ofNanos(failures.rest(0))).hasMillis(1000);
  }

  @Example
  void aPlanThatWasWrittenForgivesEverythingAtOnce() {
    assertThat(failures.succeeded(true, 0)).as("nothing had failed").isFalse();
    officeThatFails();
    failures.rest(0);
    Throwable failure = new IllegalStateException("a");
    assertThat(failures.isNew(failure)).isTrue();
    assertThat(failures.isNew(failure)).isFalse();
    assertThat(failures.succeeded(true, 1)).isTrue();
    assertThat(failures.isFirst()).isTrue();
    assertThat(failures.isNew(failure)).as("told again after it went well").isTrue();
    assertThat(Duration.ofNanos(failures.rest(0))).hasMillis(1000);
  }

  @Example
  void theFirstFailureOfAnOfficeIsKnownAndTheTimeCountsFromTheLastOne() {
    failures.begin();
    assertThat(failures.isFirst()).isTrue();
    failures.failed(1_000);
    assertThat(failures.isFirst()).isFalse();
    assertThat(failures.succeeded(false, 999 + DecisionFailures.FORGIVEN_NANOS)).isFalse();
    assertThat(failures.succeeded(false, 1_000 + DecisionFailures.FORGIVEN_NANOS)).isTrue();
    assertThat(failures.isFirst()).isTrue();
  }

  private static Throwable thrownAt(int line) {
    Throwable failure = new IllegalStateException("a");
    failure.setStackTrace(
        line == 0
            ? new StackTraceElement[0]
            : new StackTraceElement[] {new StackTraceElement("C", "m", "C.java", line)});
    return failure;
  }

  @Example
  void aKindOfFailureIsItsClassAndWhereItWasThrownAndSoManyAreRemembered() {
    for (int line = 0; line < 50; line++) {
      assertThat(failures.isNew(thrownAt(line))).as("line %s", line).isTrue();
      if (line < 49) {
        assertThat(failures.isNew(thrownAt(line))).isFalse();
      }
    }
    // With the fiftieth, all are told anew: one that is thrown from ever new places fills nothing.
    assertThat(failures.isNew(thrownAt(49))).isTrue();
    assertThat(failures.isNew(thrownAt(49))).isFalse();
    assertThat(failures.isNew(thrownAt(0))).isTrue();
  }
}
