package io.tenure.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.session.EphemeralBytes;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EphemeralsCheckTest {

  private static List<Diagnosis> judged(long bytes) {
    Findings findings = new Findings("ephemerals");
    EphemeralsCheck.judge(
        Map.of(0x1fL, new EphemeralsCheck.Held("/orders/shards/0/leader", 20_000, bytes)),
        findings);
    return findings.all();
  }

  @Test
  void aSessionIsRiskyFromHalfOfWhatServersCanReadAndWrongAboveIt() {
    assertThat(judged(EphemeralBytes.SERVERS_DEFAULT / 2))
        .singleElement()
        .satisfies(one -> assertThat(one.level()).isEqualTo(Level.OK));
    assertThat(judged(EphemeralBytes.SERVERS_DEFAULT / 2 + 1))
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.level()).isEqualTo(Level.RISKY);
              assertThat(one.text()).contains("session 0x1f has 20000 leader nodes");
            });
    assertThat(judged(EphemeralBytes.SERVERS_DEFAULT + 1L))
        .singleElement()
        .satisfies(one -> assertThat(one.level()).isEqualTo(Level.WRONG));
  }
}
