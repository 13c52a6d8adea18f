package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tenure.scope.LeaseTermsException;
import java.time.Duration;
import java.util.Optional;
import net.jqwik.api.Example;

/** The rules that hold the durations of a lease to each other, where they just hold. */
class LeaseTermsTest {

  private static LeaseTerms of(long sessionMillis, long marginMillis, long leaseMillis) {
    return LeaseTerms.of(
        Duration.ofMillis(sessionMillis),
        Optional.of(Duration.ofMillis(2_000)),
        Duration.ofMillis(2_000),
        Optional.of(Duration.ofMillis(marginMillis)),
        Optional.of(Duration.ofMillis(leaseMillis)));
  }

  @Example
  void aMarginCoversAckIntervalAndHalfATick() {
    assertThat(of(12_000, 3_000, 5_000).marginNanos()).isEqualTo(3_000_000_000L);
    assertThatExceptionOfType(LeaseTermsException.class)
        .isThrownBy(() -> of(12_000, 2_999, 5_000))
        .withMessageContaining(
            "2999 ms is less than ack interval + tickTime/2 = 2000 ms + 1000 ms");
  }

  @Example
  void moreThanAnAckIntervalIsLeft() {
    assertThat(of(12_000, 9_999, 5_000).sessionShareNanos()).isEqualTo(2_001_000_000L);
    assertThatExceptionOfType(LeaseTermsException.class)
        .isThrownBy(() -> of(12_000, 10_000, 5_000))
        .withMessageContaining("= 2000 ms, and it must be more than the ack interval 2000 ms");
  }

  @Example
  void aLeaseIsPositive() {
    assertThat(of(12_000, 4_000, 1).longest()).isEqualTo(Duration.ofMillis(1));
    assertThatExceptionOfType(LeaseTermsException.class)
        .isThrownBy(() -> of(12_000, 4_000, 0))
        .withMessageContaining("the lease duration is 0 ms");
  }

  @Example
  void theTermsTellTheirNumbers() {
    assertThat(of(12_000, 4_000, 5_000).show())
        .isEqualTo(
            "session 12000 ms - margin 4000 ms = 8000 ms, lease 5000 ms, ack interval 2000 ms");
  }
}
