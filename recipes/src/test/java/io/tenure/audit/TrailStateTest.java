package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.session.ZnodeReader.Znode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;

/** What a look at a trail takes of a list that was read while the trail moved on. */
class TrailStateTest {

  private static final Znode AUDIT = new Znode("/a/audit", new byte[0], new Stat());

  private static final List<String> LISTED =
      List.of(
          "0000000001-elected-w-1",
          "0000000002-resigned-w-1",
          "0000000003-elected-w-2",
          "0000000004-resigned-w-2",
          "0000000005-elected-w-3",
          "0000000006-elected-w-3");

  private static Optional<Znode> record(long next) {
    String data = "{\"format\":1,\"auditNext\":" + next + ",\"digest\":\"d" + (next - 1) + "\"}";
    return Optional.of(new Znode("/a", data.getBytes(StandardCharsets.UTF_8), new Stat()));
  }

  private static TrailState state(Optional<Znode> before, Optional<Znode> after) {
    return TrailState.of(
        "/a", new TrailState.Earlier(Optional.of(AUDIT), before), LISTED, AUDIT, after);
  }

  @Test
  void whatIsCountedOnlySinceTheListWasReadIsLeftToAnotherLook() {
    TrailState state = state(record(4), record(6));
    assertThat(state.names).isEqualTo(LISTED.subList(0, 3));
    assertThat(state.uncounted).isEqualTo(LISTED.subList(5, 6));
    assertThat(state.movedOn).isTrue();
    assertThat(state.isTooEarly()).isFalse();
    TrailState later = state(record(6), record(6));
    assertThat(later.names).isEqualTo(LISTED.subList(0, 5));
    assertThat(later.movedOn).isFalse();
  }

  @Test
  void nothingIsTakenOfATrailThatBeganMeanwhile() {
    TrailState state = state(Optional.empty(), record(3));
    assertThat(state.names).isEmpty();
    assertThat(state.isTooEarly()).isTrue();
  }

  @Test
  void withoutARecordEveryEntryIsTaken() {
    TrailState state = state(Optional.empty(), Optional.empty());
    assertThat(state.names).isEqualTo(LISTED);
    assertThat(state.movedOn).isFalse();
  }
}
