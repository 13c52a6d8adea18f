package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tenure.internal.ScopeRecord;
import io.tenure.scope.ForeignDataException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.zookeeper.common.PathUtils;

/** What operators ask for, and how it stands in the group's own trail. */
class OperationFormatsTest {

  private static final String PATH = "/orders/audit/0000000012-drain-w-3";
  private static final Instant TIME = Instant.parse("2026-03-01T02:00:00.123Z");

  private static OperationEntry entry(long index, String event, String subject, String value) {
    return new OperationEntry(
        index,
        event,
        subject,
        value,
        "why",
        "ann@ops-1",
        List.of(),
        TIME,
        "n-1",
        ScopeRecord.GENESIS);
  }

  @Example
  void whoTheServerKnowsIsAnOptionalFieldThatAnythingElseLeavesEmpty() {
    OperationEntry entry = entry(12, "drain", "w-3", "");
    String without = new String(entry.bytes(), StandardCharsets.UTF_8);
    String with =
        without.replace("\"time\"", "\"identity\":[\"digest:ann\",\"ip:127.0.0.1\"],\"time\"");
    OperationEntry read = OperationEntry.parse(PATH, with.getBytes(StandardCharsets.UTF_8));
    assertThat(read.identity()).containsExactly("digest:ann", "ip:127.0.0.1");
    assertThat(new String(read.bytes(), StandardCharsets.UTF_8)).isEqualTo(with);
    String odd = without.replace("\"time\"", "\"identity\":\"ann\",\"time\"");
    assertThat(OperationEntry.parse(PATH, odd.getBytes(StandardCharsets.UTF_8))).isEqualTo(entry);
  }

  @Example
  void anEntryIsOneLineOfJson() {
    String genesis = "0".repeat(64);
    String text =
        "{\"format\":1,\"index\":12,\"event\":\"drain\",\"subject\":\"w-3\",\"value\":\"\","
            + "\"reason\":\"why\",\"by\":\"ann@ops-1\",\"time\":\"2026-03-01T02:00:00.123Z\","
            + "\"nonce\":\"n-1\",\"previous\":\""
            + genesis
            + "\"}";
    OperationEntry entry = entry(12, "drain", "w-3", "");
    assertThat(new String(entry.bytes(), StandardCharsets.UTF_8)).isEqualTo(text);
    assertThat(entry.name()).isEqualTo("0000000012-drain-w-3");
    assertThat(entry(7, "resize", "", "16").name()).isEqualTo("0000000007-resize-16");
    assertThat(entry(12_345_678_901L, "pin", "3", "w").name()).isEqualTo("12345678901-pin-3");
  }

  @Property(tries = 300)
  void everyEntryIsReadAsItWasWrittenUnderANameThatIsLegal(
      @ForAll String subject, @ForAll String value) {
    String one = OperatorText.line(subject, 1_000);
    OperationEntry entry = entry(3, "drain", one, OperatorText.line(value, 1_000));
    assertThat(OperationEntry.parse(PATH, entry.bytes()).name()).isEqualTo(entry.name());
    PathUtils.validatePath("/orders/audit/" + entry.name());
    assertThat(entry.name().length()).isLessThan(130);
    if (one.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      assertThat(OperationEntry.parse(PATH, entry.bytes()).subject()).isEqualTo(one);
    }
  }

  @Example
  void anythingElseIsRefusedWithItsPath() {
    String good = new String(entry(12, "drain", "w-3", "").bytes(), StandardCharsets.UTF_8);
    for (String wrong :
        List.of(
            "",
            "[]",
            good.replace("\"format\":1", "\"format\":2"),
            good.replace("\"index\":12", "\"index\":0"),
            good.replace("\"event\":\"drain\"", "\"event\":7"),
            good.replace("2026-03-01T", "yesterday "),
            good.replace("\"by\"", "\"for\""),
            good.replace("\"previous\"", "\"next\""))) {
      assertThatExceptionOfType(ForeignDataException.class)
          .as(wrong)
          .isThrownBy(() -> OperationEntry.parse(PATH, wrong.getBytes(StandardCharsets.UTF_8)))
          .withMessageContaining(PATH);
    }
  }

  @Example
  void whatANewerVersionMayWriteBesideItIsPassedOver() {
    String newer =
        "{\"format\":1,\"index\":2,\"event\":\"freeze\",\"by\":\"bob\",\"time\":\""
            + TIME
            + "\",\"previous\":\"ab\",\"ticket\":42}";
    OperationEntry entry = OperationEntry.parse(PATH, newer.getBytes(StandardCharsets.UTF_8));
    assertThat(entry.event()).isEqualTo("freeze");
    assertThat(entry.subject()).isEmpty();
    assertThat(entry.operation(PATH, new byte[0], TIME).toString())
        .isEqualTo("2 freeze by bob at 2026-03-01T02:00:00.123Z");
  }

  @Example
  void reasonsAndNamesAreKeptShortAndOnOneLine() {
    GroupChange drain = new GroupChange.Drain("w-1", "  first\nsecond\u0007" + "x".repeat(400));
    assertThat(drain.reason()).startsWith("first\\u000asecond\\u0007x").endsWith("…").hasSize(300);
    assertThat(OperatorText.list(List.of("a", "b"))).isEqualTo("a, b");
    assertThat(OperatorText.list(Collections.nCopies(300, "tenant")))
        .matches("tenant(, tenant)* and [1-9][0-9]+ more")
        .hasSizeLessThan(1_050);
    assertThat(GroupEdits.revocation("ann", "")).isEqualTo("revoke ann");
    assertThat(GroupEdits.revocation("ann", "slow")).isEqualTo("revoke ann: slow");
  }

  @Example
  void whatCannotBeAskedForIsRefusedAtOnce() {
    for (double capacity : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new GroupChange.SetCapacity("w-1", capacity, ""))
          .withMessageContaining("above 0");
    }
    for (int count : new int[] {0, -1, ShardSet.MAX_SHARDS + 1}) {
      assertThatIllegalArgumentException().isThrownBy(() -> new GroupChange.Resize(count, ""));
    }
    assertThatIllegalArgumentException().isThrownBy(() -> new GroupChange.AddShards(List.of(), ""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GroupChange.AddShards(List.of("a", "a"), ""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GroupChange.RemoveShards(List.of(), ""));
  }

  @Example
  void aLongSubjectIsCutInTheNameButNeverWithinAnEscape() {
    for (String whole : List.of("x".repeat(100), "x".repeat(97) + "ä".substring(1) + "yyy")) {
      assertThat(entry(3, "pin", whole, "").name()).isEqualTo("0000000003-pin-" + whole);
    }
    assertThat(entry(3, "pin", "x".repeat(101), "").name())
        .isEqualTo("0000000003-pin-" + "x".repeat(97) + "...");
    // The escape of a slash, %2F, from one character further each time.
    for (int at = 90; at < 101; at++) {
      String kept = at <= 94 ? "x".repeat(at) + "%2F" + "y".repeat(94 - at) : "x".repeat(min(at));
      assertThat(entry(3, "pin", "x".repeat(at) + "/" + "y".repeat(20), "").name())
          .as("at %s", at)
          .isEqualTo("0000000003-pin-" + kept + "...");
    }
  }

  private static int min(int at) {
    return Math.min(97, at);
  }

  @Example
  void anEntryWhosePlaceWasTakenSaysTheSuffixOfItsName() {
    OperationEntry plain = entry(12, "drain", "w-3", "");
    OperationEntry moved =
        new OperationEntry(
            12,
            "drain",
            "w-3",
            "",
            "why",
            "ann@ops-1",
            List.of("digest:ann"),
            TIME,
            "n-1",
            ScopeRecord.GENESIS,
            Optional.of("5f0c"));
    assertThat(new String(moved.bytes(), StandardCharsets.UTF_8))
        .contains("\"nonce\":\"n-1\",\"suffix\":\"5f0c\",\"previous\":");
    assertThat(OperationEntry.parse(PATH, moved.bytes())).isEqualTo(moved);
    assertThat(moved.name()).startsWith(plain.name()).endsWith("5f0c");
    assertThat(moved.operation(PATH, moved.bytes(), TIME).path()).isEqualTo(PATH);
  }
}
