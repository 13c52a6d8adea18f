package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.tenure.testing.LogLines;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A wait that is long says so once, with the latest reason. */
class LongWaitTest {

  private static final long LIMIT_NANOS = 10_000_000_000L;

  private final LogLines lines = LogLines.of(LongWaitTest.class.getName());
  private final List<Runnable> timers = new ArrayList<>();
  private long now = 7;

  private final LongWait wait =
      new LongWait(
          (task, delay) -> {
            assertThat(delay).isEqualTo(LIMIT_NANOS);
            CompletableFuture<Void> timer = new CompletableFuture<>();
            timers.add(
                () -> {
                  if (!timer.isCancelled()) {
                    task.run();
                  }
                });
            return timer;
          },
          () -> LIMIT_NANOS,
          () -> now,
          Log.of(LongWaitTest.class),
          "scope=/x waits for the office");

  @AfterEach
  void detach() {
    lines.close();
  }

  private void timeIsOver() {
    now += LIMIT_NANOS;
    List.copyOf(timers).forEach(Runnable::run);
    timers.clear();
  }

  @Test
  void aLongWaitIsSaidOnceWithItsLatestReason() {
    wait.because("no server answers");
    wait.because("a quota of /x prevents create");
    timeIsOver();
    wait.because("a quota of /x prevents create");
    timeIsOver();

    assertThat(lines.warnings())
        .containsExactly(
            "scope=/x waits for the office: 10000 ms so far, a quota of /x prevents create");
  }

  @Test
  void aShortWaitIsNotSaid() {
    wait.because("no server answers");
    now += LIMIT_NANOS / 2;
    wait.over();
    timeIsOver();

    assertThat(lines.atLeast(Level.INFO)).isEmpty();
  }

  @Test
  void theEndOfASaidWaitIsSaid() {
    wait.because("no server answers");
    timeIsOver();
    now += 5_000_000_000L;
    wait.over();
    wait.over();

    assertThat(lines.atLeast(Level.INFO)).hasSize(2);
    assertThat(lines.atLeast(Level.INFO).get(1).getFormattedMessage())
        .isEqualTo("scope=/x waits for the office: goes on after 15000 ms");
  }

  @Test
  void ofAWaitThatIsGivenUpNothingGoesOn() {
    wait.because("no server answers");
    timeIsOver();
    now += 5_000_000_000L;
    wait.givenUp();
    wait.over();

    assertThat(lines.atLeast(Level.INFO)).hasSize(2);
    assertThat(lines.atLeast(Level.INFO).get(1).getFormattedMessage())
        .isEqualTo("scope=/x waits for the office: waits no longer after 15000 ms");
  }

  @Test
  void theNextWaitHasItsOwnLine() {
    wait.because("no server answers");
    timeIsOver();
    wait.over();
    wait.because("the server is overloaded");
    timeIsOver();

    assertThat(lines.warnings()).hasSize(2).last().asString().contains("overloaded");
  }

  @Test
  void theTimerOfAWaitThatIsOverSaysNothingOfTheNextOne() {
    wait.because("no server answers");
    wait.over();
    wait.because("the server is overloaded");
    timers.get(0).run();

    assertThat(lines.warnings()).isEmpty();
  }
}
