package io.tenure.internal;

import static io.tenure.testing.Parsing.readOrRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Predecessor;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;

/** The znode formats: round trips, pinned bytes, and nothing but one error for anything else. */
class FormatsTest {

  private static final String PATH = "/some/scope";
  private static final Instant TIME = Instant.parse("2026-03-01T02:00:00.123Z");

  @Provide
  static Arbitrary<Candidate> candidates() {
    Arbitrary<String> ids =
        Arbitraries.strings()
            .withChars('a', 'Z', '0', '/', '%', '-', ' ', '.', '"', '\\', 'ä', '中', '€')
            .ofMinLength(1)
            .ofMaxLength(30)
            .filter(s -> !s.isBlank());
    return Combinators.combine(ids, ids, Arbitraries.longs().between(0, 1L << 40), ids.optional())
        .as(Candidate::new);
  }

  @Provide
  static Arbitrary<Transition.End> ends() {
    Arbitrary<String> reasons =
        Arbitraries.strings().ascii().ofMaxLength(50).map(s -> new Transition.Lost(s).reason());
    return Combinators.combine(
            Arbitraries.of("resigned", "failed", "lapsed", "revoked", "lost"), reasons)
        .as((word, reason) -> Transition.endOf(word, reason).orElseThrow());
  }

  private static ScopeRecord record(long epoch, Candidate candidate, Optional<Transition.End> end) {
    return new ScopeRecord(
        epoch,
        Optional.of(new Incumbent(candidate, "0x1f", "nonce", TIME)),
        end,
        3,
        9,
        ScopeRecord.GENESIS,
        ScopeRecord.empty().unknown());
  }

  @Property
  void recordsComeBackAsTheyWere(
      @ForAll @LongRange(min = 1) long epoch,
      @ForAll("candidates") Candidate candidate,
      @ForAll("ends") Transition.End end) {
    for (Optional<Transition.End> state :
        java.util.List.of(Optional.<Transition.End>empty(), Optional.of(end))) {
      ScopeRecord record = record(epoch, candidate, state);
      assertThat(ScopeRecord.parse(PATH, record.bytes())).isEqualTo(record);
      assertThat(new String(record.bytes(), StandardCharsets.UTF_8)).doesNotContain("\n");
    }
  }

  @Property
  void leaderNodesAndCandidatesComeBackAsTheyWere(@ForAll("candidates") Candidate candidate) {
    LeaderNode node = new LeaderNode(7, new Incumbent(candidate, "0x1f", "n", TIME));
    assertThat(LeaderNode.parse(PATH, node.bytes())).isEqualTo(node);
    assertThat(
            CandidateFormat.parse(
                PATH, CandidateFormat.text(candidate).getBytes(StandardCharsets.UTF_8)))
        .contains(candidate);
  }

  @Property
  void entriesComeBackAsTheyWereUnderNamesThatSortByIndex(
      @ForAll @LongRange(min = 1, max = 9_999_999_998L) long index,
      @ForAll("candidates") Candidate candidate,
      @ForAll("ends") Transition.End end) {
    AuditEntry ended = entry(index, end, candidate);
    AuditEntry elected =
        new AuditEntry(
            index + 1,
            new Transition.Elected("head"),
            6,
            candidate,
            "0x1f",
            TIME,
            Optional.empty(),
            Optional.of(new Predecessor(candidate.id(), 5, end)),
            ScopeRecord.GENESIS);
    assertThat(AuditFormat.parse(PATH, AuditFormat.bytes(ended))).isEqualTo(ended);
    assertThat(AuditFormat.parse(PATH, AuditFormat.bytes(elected))).isEqualTo(elected);
    assertThat(AuditFormat.name(ended)).isLessThan(AuditFormat.name(elected));
    assertThat(AuditFormat.index(AuditFormat.name(ended))).hasValue(index);
    assertThat(AuditFormat.name(ended)).matches("[\\x21-\\x7e]+").doesNotContain("/");
  }

  private static AuditEntry entry(long index, Transition transition, Candidate candidate) {
    return new AuditEntry(
        index,
        transition,
        5,
        candidate,
        "0x1f",
        TIME,
        Optional.of("w-9"),
        Optional.empty(),
        ScopeRecord.GENESIS);
  }

  @Property
  void idsThatDifferOnlyInEncodingHaveDifferentNames(
      @ForAll("candidates") Candidate a, @ForAll("candidates") Candidate b) {
    assertThat(ZnodeName.encode(a.id()).equals(ZnodeName.encode(b.id())))
        .isEqualTo(a.id().equals(b.id()));
  }

  @Property
  void anythingElseIsForeignDataAndTheErrorNamesThePath(@ForAll byte[] data) {
    assertForeign(data);
  }

  @Property(tries = 3000)
  void damagedZnodesAreReadOrRefusedButNothingElse(
      @ForAll("candidates") Candidate candidate,
      @ForAll("ends") Transition.End end,
      @ForAll @net.jqwik.api.constraints.IntRange(max = 2000) int at,
      @ForAll byte with,
      @ForAll boolean cut) {
    for (byte[] valid :
        java.util.List.of(
            record(4, candidate, Optional.of(end)).bytes(),
            AuditFormat.bytes(entry(4, end, candidate)))) {
      byte[] damaged = cut ? java.util.Arrays.copyOf(valid, at % valid.length) : valid.clone();
      if (!cut) {
        damaged[at % valid.length] = with;
      }
      readOrRefused(PATH, () -> ScopeRecord.parse(PATH, damaged));
      readOrRefused(PATH, () -> AuditFormat.parse(PATH, damaged));
      readOrRefused(PATH, () -> LeaderNode.parse(PATH, damaged));
      CandidateFormat.parse(PATH, damaged);
      LeaderNode.revocation(damaged);
    }
  }

  private static void assertForeign(byte[] data) {
    assertThatExceptionOfType(ForeignDataException.class)
        .isThrownBy(() -> ScopeRecord.parse(PATH, data))
        .withMessageContaining(PATH);
    assertThatExceptionOfType(ForeignDataException.class)
        .isThrownBy(() -> AuditFormat.parse(PATH, data))
        .withMessageContaining(PATH);
  }

  @Example
  void whatIsNotAnObjectOfOursIsForeign() {
    for (String text :
        java.util.List.of(
            "",
            "x",
            "[]",
            "1",
            "null",
            "{}",
            "{\"format\":\"1\"}",
            "{\"format\":0}",
            "{\"format\":1}",
            "{\"format\":1} {}",
            "{\"format\":1,\"format\":1}",
            "{\"format\":1,\"epoch\":-1}",
            "{\"format\":1,\"epoch\":1e3}")) {
      assertForeign(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Example
  void aNewerFormatIsRefusedWithTheWayOut() {
    assertThatExceptionOfType(ForeignDataException.class)
        .isThrownBy(
            () -> ScopeRecord.parse(PATH, "{\"format\":2}".getBytes(StandardCharsets.UTF_8)))
        .withMessageContaining(PATH + " has format 2")
        .withMessageContaining("upgrade this process");
  }

  @Example
  void unknownFieldsOfARecordAreKeptWhenItIsWrittenAgain() throws Exception {
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(ScopeRecord.empty().bytes());
    json.put("later", "kept").putObject("nested").put("too", 1);
    ScopeRecord record = ScopeRecord.parse(PATH, json.toString().getBytes(StandardCharsets.UTF_8));
    ScopeView view = new ScopeView(record, 0, Optional.empty(), java.util.List.of());
    Incumbent incumbent =
        new Incumbent(new Candidate("w", "h", 1, Optional.empty()), "0x1", "n", TIME);
    Commit commit =
        CommitProtocol.elect(view, incumbent, "head", io.tenure.scope.Retention.DEFAULT, TIME);
    ScopeOp.SetRecord set = (ScopeOp.SetRecord) commit.ops().get(0);
    assertThat(new String(set.data(), StandardCharsets.UTF_8))
        .contains("\"later\":\"kept\"", "\"nested\":{\"too\":1}");
  }

  @Example
  void theBytesArePinned() {
    Candidate candidate = new Candidate("w-2", "host-1", 4711, Optional.of("host-1:8080"));
    Incumbent incumbent = new Incumbent(candidate, "0x1f", "5f0c2a1e-9d3b", TIME);
    assertThat(ScopeRecord.empty().bytes())
        .asString()
        .isEqualTo(
            "{\"format\":1,\"epoch\":0,\"state\":\"vacant\",\"auditFirst\":1,\"auditNext\":1,"
                + "\"digest\":\""
                + "0".repeat(64)
                + "\"}");
    assertThat(record(7, candidate, Optional.of(new Transition.Lapsed("hung"))).bytes())
        .asString()
        .isEqualTo(
            "{\"format\":1,\"epoch\":7,\"state\":\"vacant\",\"candidate\":\"w-2\","
                + "\"host\":\"host-1\",\"pid\":4711,\"endpoint\":\"host-1:8080\","
                + "\"session\":\"0x1f\",\"nonce\":\"nonce\",\"since\":\"2026-03-01T02:00:00.123Z\","
                + "\"end\":\"lapsed\",\"reason\":\"hung\",\"auditFirst\":3,\"auditNext\":9,"
                + "\"digest\":\""
                + "0".repeat(64)
                + "\"}");
    assertThat(new LeaderNode(7, incumbent).bytes())
        .asString()
        .isEqualTo(
            "{\"format\":1,\"epoch\":7,\"candidate\":\"w-2\",\"host\":\"host-1\",\"pid\":4711,"
                + "\"endpoint\":\"host-1:8080\",\"session\":\"0x1f\",\"nonce\":\"5f0c2a1e-9d3b\","
                + "\"since\":\"2026-03-01T02:00:00.123Z\"}");
    assertThat(AuditFormat.bytes(entry(24, new Transition.Lost("gone"), candidate)))
        .asString()
        .isEqualTo(
            "{\"format\":1,\"index\":24,\"event\":\"lost\",\"epoch\":5,\"candidate\":\"w-2\","
                + "\"host\":\"host-1\",\"pid\":4711,\"endpoint\":\"host-1:8080\","
                + "\"session\":\"0x1f\",\"reason\":\"gone\",\"recordedBy\":\"w-9\","
                + "\"leaderTime\":\"2026-03-01T02:00:00.123Z\","
                + "\"previous\":\""
                + "0".repeat(64)
                + "\"}");
    assertThat(AuditFormat.name(entry(24, new Transition.Lost("gone"), candidate)))
        .isEqualTo("0000000024-lost-w-2");
    AuditEntry failed = entry(24, new Transition.Failed("step threw X: no disk"), candidate);
    assertThat(AuditFormat.name(failed)).isEqualTo("0000000024-failed-w-2");
    assertThat(AuditFormat.bytes(failed))
        .asString()
        .contains("\"event\":\"failed\",", "\"reason\":\"step threw X: no disk\",");
    assertThat(
            record(7, candidate, Optional.of(failed.transition()).map(Transition.End.class::cast))
                .bytes())
        .asString()
        .contains("\"end\":\"failed\",\"reason\":\"step threw X: no disk\",");
  }

  @Example
  void namesThatAreNoEntrysHaveNoIndex() {
    for (String name :
        java.util.List.of("", "-", "x", "1-elected-w", "00000000x1-elected-w", "0000000001")) {
      assertThat(AuditFormat.index(name)).as(name).isEmpty();
    }
  }

  @Example
  void anEntryWhosePlaceWasTakenHasASuffixInItsNameItsDataAndTheRecord() {
    Incumbent by = new Incumbent(new Candidate("w~1", "h", 1, Optional.empty()), "0x1", "n", TIME);
    ScopeView nothing =
        new ScopeView(ScopeRecord.empty(), 0, Optional.empty(), java.util.List.of());
    Commit commit =
        CommitProtocol.elect(
            nothing,
            by,
            "head",
            io.tenure.scope.Retention.KEEP_ALL,
            TIME,
            EntryNaming.of("5f0c2a1e-9d3b"));
    ScopeOp.CreateEntry entry =
        commit.ops().stream()
            .filter(ScopeOp.CreateEntry.class::isInstance)
            .map(ScopeOp.CreateEntry.class::cast)
            .findFirst()
            .orElseThrow();
    assertThat(entry.name()).isEqualTo("0000000001-elected-w%7E1~5f0c2a1e9d3b");
    AuditEntry parsed = AuditFormat.parse("/s/audit/" + entry.name(), entry.data());
    assertThat(AuditFormat.name(parsed)).isEqualTo(entry.name());
    ScopeRecord record = ScopeRecord.parse("/s", commit.after().record().bytes());
    assertThat(record.lastEntryName()).contains(entry.name());
  }

  @Example
  void aNameMayHaveAnIndexOfUpToEighteenDigits() {
    assertThat(AuditFormat.index("123456789012345678-x")).hasValue(123_456_789_012_345_678L);
    assertThat(AuditFormat.index("1234567890123456789-x")).isEmpty();
    assertThat(AuditFormat.index("0000000001-x")).hasValue(1);
    assertThat(AuditFormat.index("000000001-x")).isEmpty();
    assertThat(AuditFormat.index("000000000:-x")).isEmpty();
    assertThat(AuditFormat.index("000000000/-x")).isEmpty();
    assertThat(AuditFormat.index("0000000009-x")).hasValue(9);
  }

  @Example
  void noPlainNameIsLongerThanThatOfTheLongestWord() {
    Candidate candidate = new Candidate("w-123", "h", 1, Optional.empty());
    int longest = 0;
    for (String word : java.util.List.of("resigned", "failed", "lapsed", "revoked", "lost")) {
      Transition.End end = Transition.endOf(word, "").orElseThrow();
      longest = Math.max(longest, AuditFormat.name(entry(3, end, candidate)).length());
    }
    assertThat(AuditFormat.nameBytes("w-123".length())).isEqualTo(longest);
  }
}
