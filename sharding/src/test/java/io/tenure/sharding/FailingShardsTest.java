package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.sharding.FailingShard.Phase;
import io.tenure.sharding.FailingShards.Change;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What a worker remembers of shards that failed on it. */
class FailingShardsTest {

  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");

  private final FailingShards failing = new FailingShards(() -> 0);
  private long wake;

  private Duration fails() {
    return Duration.ofNanos(failing.failed("7", Phase.OFFICE, "poison", NOW, ++wake));
  }

  @Test
  void eachRestIsTwiceAsLongAsTheLastUpToAMinute() {
    long seconds = 1;
    for (int times = 1; times < 100; times++) {
      assertThat(fails()).isEqualTo(Duration.ofSeconds(Math.min(60, seconds)));
      assertThat(failing.rests("7")).isTrue();
      assertThat(failing.wake("7", wake)).isEqualTo(Change.RESTED);
      assertThat(failing.rests("7")).isFalse();
      assertThat(failing.isFailing("7")).isTrue();
      seconds = Math.min(60, 2 * seconds);
    }
    assertThat(failing.all())
        .containsExactly(new FailingShard("7", Phase.OFFICE, "poison", NOW, 99));
  }

  @Test
  void aWakeUpOfAnEarlierRestEndsNoLaterOne() {
    fails();
    long first = wake;
    fails();
    assertThat(failing.wake("7", first)).isEqualTo(Change.NOTHING);
    assertThat(failing.rests("7")).isTrue();
  }

  @Test
  void whatIsLedForAMinuteOrNotTriedForFiveIsForgotten() {
    fails();
    failing.wake("7", wake);
    assertThat(failing.awaits("7", ++wake)).isTrue();
    assertThat(failing.wake("7", wake)).isEqualTo(Change.FORGOTTEN);
    assertThat(failing.all()).isEmpty();
    assertThat(fails()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void aRestIsNotCutShortByWhatElseHappensToTheShard() {
    fails();
    assertThat(failing.awaits("7", ++wake)).isFalse();
    assertThat(failing.wake("7", wake)).isEqualTo(Change.NOTHING);
    assertThat(failing.rests("7")).isTrue();
  }

  @Test
  void oneLapseAsAfterAPauseOfTheProcessMakesNoShardFailAndTheSecondDoes() {
    failing.lapsed("7", false, "lapsed", NOW, ++wake);
    assertThat(failing.rests("7")).isFalse();
    assertThat(failing.isFailing("7")).isFalse();
    assertThat(failing.lapsed("7", false, "lapsed", NOW, ++wake))
        .isEqualTo(Duration.ofSeconds(2).toNanos());
    assertThat(failing.rests("7")).isTrue();
    assertThat(failing.isFailing("7")).isTrue();
  }

  @Test
  void aShardWhoseStepHangsFailsFromTheFirstLapseUntilTheStepReturns() {
    assertThat(failing.hangs("7")).isFalse();
    failing.lapsed("7", true, "lapsed", NOW, ++wake);
    assertThat(failing.hangs("7")).isTrue();
    assertThat(failing.rests("7")).isFalse();
    assertThat(failing.failing()).containsExactly("7");
    assertThat(failing.wake("7", wake)).as("not forgotten").isEqualTo(Change.NOTHING);
    failing.gotReady("7");
    assertThat(failing.failing()).containsExactly("7");
    assertThat(failing.returned("7")).isTrue();
    assertThat(failing.hangs("7")).isFalse();
    assertThat(failing.returned("7")).isFalse();
    assertThat(failing.failing()).isEmpty();
    assertThat(failing.awaits("7", ++wake)).isTrue();
    failing.lapsed("7", false, "lapsed", NOW, ++wake);
    assertThat(failing.isFailing("7")).as("the second time").isTrue();
  }

  @Test
  void aTaskThatHandsItsShardOverAfterAWhileRestsForASecondEachTime() {
    for (int times = 1; times <= 5; times++) {
      assertThat(failing.handedOver("7", false, "another shall", NOW, ++wake))
          .isEqualTo(Duration.ofSeconds(1).toNanos());
      assertThat(failing.isFailing("7")).isFalse();
      assertThat(failing.wake("7", wake)).isEqualTo(Change.RESTED);
    }
    failing.handedOver("7", true, "not now", NOW, ++wake);
    assertThat(failing.handedOver("7", true, "not now", NOW, ++wake))
        .isGreaterThan(Duration.ofSeconds(1).toNanos());
    assertThat(failing.isFailing("7")).isTrue();
  }

  @Test
  void aTaskThatCannotGetReadyMayStillBeLedAndIsForgottenWhenItGetsReady() {
    failing.failed("7", Phase.WARM_UP, "no", NOW, ++wake);
    assertThat(failing.isFailing("7")).isFalse();
    failing.gotReady("7");
    assertThat(failing.all()).isEmpty();
    fails();
    failing.gotReady("7");
    assertThat(failing.isFailing("7")).isTrue();
  }

  @Test
  void whatIsKnownAndWhatRestsIsToldByName() {
    assertThat(failing.isKnown("7")).isFalse();
    fails();
    failing.lapsed("8", false, "lapsed", NOW, ++wake);
    assertThat(failing.isKnown("7")).isTrue();
    assertThat(failing.resting()).containsExactly("7");
    failing.forget("7");
    assertThat(failing.isKnown("7")).isFalse();
    assertThat(failing.resting()).isEmpty();
  }
}
