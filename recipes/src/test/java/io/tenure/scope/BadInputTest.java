package io.tenure.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, and that the message names the value and the rule. */
class BadInputTest {

  @ParameterizedTest
  @CsvSource({
    "'', no znode path",
    "billing, no znode path",
    "/billing/, no znode path",
    "/a//b, no znode path",
    "/a/../b, no znode path",
    "/a/./b, no znode path",
    "/, is the root",
    "/zookeeper, which the server keeps to itself",
    "/zookeeper/quota, which the server keeps to itself",
    "/billing/latch, reserved word \"latch\"",
    "/billing/leader, reserved word \"leader\"",
    "/billing/audit, reserved word \"audit\"",
    "/billing/checkpoint, reserved word \"checkpoint\"",
    "/billing/quarantine, reserved word \"quarantine\""
  })
  void aScopeThatIsNoneIsRefused(String path, String rule) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Scope(path))
        .withMessageContaining("\"" + path + "\"")
        .withMessageContaining(rule);
  }

  @Test
  void aScopeWithControlCharactersIsRefusedAndShownEscaped() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Scope("/a\n2026 ERROR forged"))
        .withMessageContaining("\\u000a")
        .withMessageNotContaining("\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/leaders", "/leader/payments", "/audit/x", "/a b", "/größe"})
  void aReservedWordElsewhereThanAtTheEndIsNoMatter(String path) {
    assertThat(new Scope(path).path()).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "\t"})
  void anEmptyIdIsRefused(String id) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Candidate.ofThisProcess(id, Optional.empty()))
        .withMessageContaining("candidate id is empty");
  }

  @Test
  void anOverlongIdIsRefusedWithItsLengthInBytes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Candidate.ofThisProcess("ä".repeat(65), Optional.empty()))
        .withMessageContaining("130 bytes")
        .withMessageContaining("at most 128");
    assertThat(Candidate.ofThisProcess("ä".repeat(64), Optional.empty()).id()).hasSize(64);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\nb", "a\u0000", "\u007f", "\ud800", "\udfff"})
  void anIdWithControlCharactersIsRefused(String id) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Candidate.ofThisProcess(id, Optional.empty()))
        .withMessageContaining("control character");
  }

  @Test
  void aBadEndpointIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Candidate.ofThisProcess("w", Optional.of("")))
        .withMessageContaining("endpoint is empty");
  }

  @Test
  void theDefaultIdIsAllowedAndNamesThisProcess() {
    String id = Candidate.defaultId();
    assertThat(id).endsWith("-" + ProcessHandle.current().pid());
    assertThat(Candidate.ofThisProcess(id, Optional.empty()).id()).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 0, -1, Integer.MIN_VALUE})
  void aRetentionThatKeepsNoWholeTenureIsRefused(int entries) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Retention.last(entries))
        .withMessageContaining("keep at least 2");
  }

  @Test
  void aReasonIsOneLineOfBoundedLength() {
    assertThat(new Transition.Lapsed("a\nb").reason()).isEqualTo("a\\u000ab");
    assertThat(new Transition.Lapsed("x".repeat(5000)).reason()).hasSize(300).endsWith("…");
  }

  @Test
  void aBadHostIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Candidate("w", "", 1, Optional.empty()))
        .withMessageContaining("host is empty");
  }

  @Test
  void theDefaultIdOfAMachineWithALongNameIsCutToWhatIsAllowed() {
    assertThat(Candidate.idOf("host", 4711)).isEqualTo("host-4711");
    String fits = "h".repeat(123);
    assertThat(Candidate.idOf(fits, 4711)).isEqualTo(fits + "-4711");
    assertThat(Candidate.idOf(fits + "x", 4711)).isEqualTo(fits + "-4711").hasSize(128);
  }

  @Test
  void aRetentionOfOneWholeTenureIsTheLeast() {
    assertThat(Retention.last(2).entries()).isEqualTo(2);
  }

  @Test
  void theZnodesOfAScopeAreBelowIt() {
    Scope scope = new Scope("/billing/close");
    assertThat(scope.latchPath()).isEqualTo("/billing/close/latch");
    assertThat(scope.leaderPath()).isEqualTo("/billing/close/leader");
    assertThat(scope.auditPath()).isEqualTo("/billing/close/audit");
    assertThat(scope.checkpointPath()).isEqualTo("/billing/close/checkpoint");
    assertThat(scope.quarantinePath()).isEqualTo("/billing/close/quarantine");
    assertThat(scope).hasToString("/billing/close");
    assertThat(scope).isGreaterThan(new Scope("/billing")).isLessThan(new Scope("/x"));
  }

  @Test
  void onlyATenureThatCouldNotCleanUpLeavesWorkToItsSuccessor() {
    for (String word : new String[] {"lost", "lapsed", "revoked", "failed"}) {
      assertThat(Transition.endOf(word, "").orElseThrow().needsRecovery()).as(word).isTrue();
    }
    assertThat(Transition.endOf("resigned", "").orElseThrow().needsRecovery()).isFalse();
  }
}
