package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.session.Log;
import io.tenure.internal.session.LongWait;
import io.tenure.testing.LogLines;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When what has failed is tried again, by a timer that is driven by hand. */
class RetryPauseTest {

  private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** A task that waits for its time. */
  private record Timer(Runnable task, long delayNanos, CompletableFuture<Void> future) {}

  private final LogLines lines = LogLines.of(RetryPauseTest.class.getName());
  private final List<Timer> timers = new ArrayList<>();
  private final List<Timer> limits = new ArrayList<>();
  private final List<String> tried = new ArrayList<>();

  private final Retry retry =
      new Retry(
          (task, delay) -> add(timers, task, delay),
          () -> "no server answers",
          new LongWait(
              (task, delay) -> add(limits, task, delay),
              () -> 1,
              () -> 0,
              Log.of(RetryPauseTest.class),
              "a test waits"));

  private static CompletableFuture<Void> add(List<Timer> to, Runnable task, long delay) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    to.add(new Timer(task, delay, future));
    return future;
  }

  private long lastPause() {
    return timers.get(timers.size() - 1).delayNanos();
  }

  /** The time of all that wait comes. */
  private void timePasses() {
    List<Timer> due = List.copyOf(timers);
    timers.clear();
    due.stream().filter(timer -> !timer.future().isCancelled()).forEach(t -> t.task().run());
  }

  private void fails() {
    retry.later(() -> tried.add("again"), "it failed");
  }

  @AfterEach
  void detach() {
    lines.close();
  }

  @Test
  void eachPauseIsTwiceAsLongAsTheOneBeforeUpToALongest() {
    long bound = FIRST_NANOS;
    for (int i = 0; i < 20; i++) {
      fails();
      assertThat(lastPause()).isBetween(bound / 2, bound);
      timePasses();
      assertThat(tried).hasSize(i + 1);
      bound = Math.min(LONGEST_NANOS, 2 * bound);
    }
    assertThat(bound).isEqualTo(LONGEST_NANOS);
    retry.succeeded();
    fails();
    assertThat(lastPause()).as("it has not failed in between").isLessThanOrEqualTo(FIRST_NANOS);
  }

  @Test
  void theLatestIsTriedAndOnce() {
    retry.later(() -> tried.add("first"), "it failed");
    retry.later(() -> tried.add("second"), "it failed");
    assertThat(timers.get(0).future()).isCancelled();
    assertThat(timers.get(1).future()).isNotDone();
    retry.connected();
    assertThat(tried).as("at once").containsExactly("second");
    assertThat(timers.get(1).future()).isCancelled();
    timePasses();
    retry.connected();
    assertThat(tried).containsExactly("second");
  }

  @Test
  void whatIsNotWantedOrHasSucceededIsNotTried() {
    fails();
    retry.cancel();
    assertThat(timers.get(0).future()).isCancelled();
    timePasses();
    retry.connected();
    fails();
    retry.succeeded();
    timePasses();
    retry.connected();
    assertThat(tried).isEmpty();
  }

  @Test
  void aLongWaitSaysWhatItWaitsForUntilItSucceeds() {
    retry.whenConnected(() -> tried.add("again"));
    limits.get(0).task().run();
    assertThat(lines.warnings()).singleElement().asString().contains("no server answers");
    retry.succeeded();
    fails();
    limits.get(1).task().run();
    assertThat(lines.warnings()).hasSize(2).last().asString().contains("it failed");
    retry.succeeded();
    retry.connected();
    assertThat(limits).as("nothing is waited for").hasSize(2);
    fails();
    retry.connected();
    limits.get(2).task().run();
    assertThat(lines.warnings()).last().asString().contains("has connected since");
  }
}
