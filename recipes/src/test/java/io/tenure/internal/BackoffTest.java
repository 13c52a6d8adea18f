package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class BackoffTest {

  @Example
  void pausesDoubleUpToTheLongestAndStartAnewAfterASuccess() {
    Backoff backoff = new Backoff(100, 700, () -> 0);
    assertThat(Stream.generate(backoff::nextNanos).limit(5))
        .containsExactly(100L, 200L, 400L, 700L, 700L);
    assertThat(backoff.failures()).isEqualTo(5);
    backoff.reset();
    assertThat(backoff.failures()).isZero();
    assertThat(backoff.nextNanos()).isEqualTo(100);
  }

  @Property
  void everyPauseIsBetweenHalfAndAllOfItsOwnHoweverOftenItFailed(
      @ForAll @LongRange(min = 1, max = Long.MAX_VALUE / 2) long first,
      @ForAll @LongRange(min = 0, max = Long.MAX_VALUE / 2) long more,
      @ForAll @IntRange(min = 1) int failures,
      @ForAll @DoubleRange(min = 0, max = 0.99) double lot) {
    long longest = first + more;
    long whole = Backoff.nanos(first, longest, failures, 0);
    assertThat(whole).isBetween(first, longest);
    assertThat(Backoff.nanos(first, longest, failures, lot)).isBetween(whole / 2, whole);
  }

  @Example
  void pausesThatCannotGrowAreRefused() {
    assertThatThrownBy(() -> new Backoff(0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Backoff(2, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Example
  void aPauseThatNeverGrowsIsOne() {
    Backoff backoff = new Backoff(5, 5, () -> 0);
    assertThat(Stream.generate(backoff::nextNanos).limit(3)).containsExactly(5L, 5L, 5L);
  }

  @Example
  void thePauseBeforeTheLongestIsItsOwn() {
    assertThat(Backoff.nanos(100, 401, 3, 0)).isEqualTo(400);
    assertThat(Backoff.nanos(100, 401, 4, 0)).isEqualTo(401);
  }
}
