package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.Candidate;
import io.tenure.scope.Scope;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;

/** Whose a leader node is: by its owner and by its nonce, each alone. */
class LeaderNodeTest {

  private static final String NONCE = "5f0c";
  private static final long SESSION = 0x1f;
  private static final Candidate CANDIDATE = new Candidate("w-1", "host", 1, Optional.empty());
  private static final Incumbent INCUMBENT =
      new Incumbent(CANDIDATE, "0x1f", NONCE, Instant.parse("2026-03-01T02:00:00.123Z"));

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ScopeView view(byte[] data, long owner) {
    return new ScopeView(
        ScopeRecord.empty(), 0, Optional.of(new ScopeView.LeaderData(data, owner)), List.of());
  }

  @Example
  void aNodeWithTheNonceOfAnotherTenureIsAnothers() {
    byte[] own = new LeaderNode(1, INCUMBENT).bytes();
    assertThat(LeaderNode.isOfOrOverwritten(own, NONCE)).isTrue();
    assertThat(LeaderNode.isOfOrOverwritten(own, "other")).isFalse();
    assertThat(LeaderNode.isOfOrOverwritten(text("revoke"), NONCE)).isTrue();
    assertThat(LeaderNode.isOfOrOverwritten(null, NONCE)).isTrue();
  }

  @Example
  void ownerAndNonceCountEachAlone() {
    byte[] own = new LeaderNode(1, INCUMBENT).bytes();
    assertThat(view(own, SESSION).hasLeaderNodeOf(NONCE, SESSION)).isTrue();
    assertThat(view(own, SESSION + 1).hasLeaderNodeOf(NONCE, SESSION)).isFalse();
    assertThat(view(own, SESSION).hasLeaderNodeOf("other", SESSION)).isFalse();
    assertThat(view(text("anything"), SESSION).hasLeaderNodeOf(NONCE, SESSION)).isTrue();
    assertThat(view(text("anything"), SESSION + 1).hasLeaderNodeOf(NONCE, SESSION)).isFalse();
    assertThat(
            new ScopeView(ScopeRecord.empty(), 0, Optional.empty(), List.of())
                .hasLeaderNodeOf(NONCE, SESSION))
        .isFalse();
  }

  @Example
  void onlyTheWordRevokesWithOrWithoutAReason() {
    assertThat(LeaderNode.revocation(text("revoke"))).contains("revoked by an operator");
    assertThat(LeaderNode.revocation(text(" revoke \n"))).contains("revoked by an operator");
    assertThat(LeaderNode.revocation(text("revoke  it is slow ")))
        .contains("revoked by an operator: it is slow");
    assertThat(LeaderNode.revocation(text("revoked"))).isEmpty();
    assertThat(LeaderNode.revocation(text(""))).isEmpty();
  }

  @Example
  void aRecordTellsOfATenureWhileItsEndIsNotKnown() {
    Scope scope = new Scope("/some/scope");
    assertThat(record(Optional.empty()).tenure(scope))
        .contains(new Tenure(scope, 4, CANDIDATE, "0x1f", INCUMBENT.since()));
    assertThat(record(Transition.endOf("resigned", "over")).tenure(scope)).isEmpty();
    assertThat(ScopeRecord.empty().tenure(scope)).isEmpty();
  }

  private static ScopeRecord record(Optional<Transition.End> end) {
    return new ScopeRecord(
        4, Optional.of(INCUMBENT), end, 1, 2, ScopeRecord.GENESIS, ScopeRecord.empty().unknown());
  }
}
