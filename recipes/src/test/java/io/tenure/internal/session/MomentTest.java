package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

/** Two clocks, of which the one that has advanced more counts. */
class MomentTest {

  private static final long MILLI = 1_000_000;
  private static final long YEAR_MILLIS = 365L * 24 * 3_600_000;

  @Example
  void theMonotonicClockMayOverflow() {
    Moment before = new Moment(Long.MAX_VALUE - 10, 0);
    Moment after = new Moment(Long.MIN_VALUE + 10, 0);
    assertThat(after.isAfter(before)).isTrue();
    assertThat(before.isAfter(after)).isFalse();
    assertThat(before.isAfter(before)).isFalse();
    assertThat(before.monotonicNanosUntil(after)).isEqualTo(21);
    assertThat(Moment.earlier(after, before).monotonicNanos()).isEqualTo(before.monotonicNanos());
    assertThat(Moment.earlier(before, after).monotonicNanos()).isEqualTo(before.monotonicNanos());
  }

  @Example
  void eachClockGivesItsOwnEarlierPart() {
    assertThat(Moment.earlier(new Moment(1, 20), new Moment(2, 10))).isEqualTo(new Moment(1, 10));
  }

  @Example
  void aDeadlineInTheFarthestPastIsTheLeastNumber() {
    long farthest = Long.MIN_VALUE / MILLI;
    assertThat(Moment.nanosLeft(0, farthest, 0, 0)).isEqualTo(farthest * MILLI);
    assertThat(Moment.nanosLeft(0, farthest - 1, 0, 0)).isEqualTo(Long.MIN_VALUE);
  }

  @Property
  void whatIsLeftIsTheLesserOfBothClocks(
      @ForAll @LongRange(min = -10 * YEAR_MILLIS * MILLI, max = 10 * YEAR_MILLIS * MILLI)
          long deadlineNanos,
      @ForAll @LongRange(min = -400 * YEAR_MILLIS, max = 400 * YEAR_MILLIS) long deadlineMillis,
      @ForAll @LongRange(min = -100, max = 100) long nowNanos,
      @ForAll @LongRange(min = -100, max = 100) long nowMillis) {
    BigInteger wall =
        BigInteger.valueOf(deadlineMillis - nowMillis).multiply(BigInteger.valueOf(MILLI));
    BigInteger least =
        wall.min(BigInteger.valueOf(deadlineNanos - nowNanos))
            .max(BigInteger.valueOf(Long.MIN_VALUE));
    assertThat(Moment.nanosLeft(deadlineNanos, deadlineMillis, nowNanos, nowMillis))
        .isEqualTo(least.longValueExact());
  }

  @Property
  void aDeadlineComesEarlyAndNeverLate(
      @ForAll @LongRange(min = -5 * MILLI, max = 5 * MILLI) long nanos) {
    Moment deadline = new Moment(7, 1_000).plusNanos(nanos);
    assertThat(deadline.monotonicNanos()).isEqualTo(7 + nanos);
    assertThat((deadline.wallMillis() - 1_000) * MILLI).isBetween(nanos - MILLI + 1, nanos);
  }
}
