package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tenure.scope.ForeignDataException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Trails that belong to no scope: their record, and what holds for their entries. */
class TrailFormatsTest {

  private static final String PATH = "/orders/audit";

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  // ---------------------------------------------------------------- the record

  @Test
  void theRecordIsOneLineOfJsonAndKeepsWhatItDoesNotKnow() {
    String genesis = "0".repeat(64);
    assertThat(new String(TrailRecord.empty().bytes(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"format\":1,\"auditFirst\":1,\"auditNext\":1,\"digest\":\"" + genesis + "\"}");
    String newer =
        "{\"format\":1,\"auditFirst\":3,\"auditNext\":9,\"digest\":\"ab\",\"later\":{\"x\":[1]}}";
    TrailRecord record = TrailRecord.parse(PATH, bytes(newer));
    assertThat(record.auditFirst()).isEqualTo(3);
    assertThat(record.auditNext()).isEqualTo(9);
    assertThat(new String(record.bytes(), StandardCharsets.UTF_8)).isEqualTo(newer);
    assertThat(TrailRecord.parse(PATH, record.from(5).bytes()).auditFirst()).isEqualTo(5);
  }

  @Test
  void anotherEntryMovesTheRecordOnByOneAndByItsDigest() {
    TrailRecord after = TrailRecord.empty().with(bytes("abc"));
    assertThat(after.auditNext()).isEqualTo(2);
    assertThat(after.digest())
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assertThat(TrailRecord.parse(PATH, after.bytes())).isEqualTo(after);
  }

  @Test
  void aZnodeWithoutDataIsATrailWithoutEntries() {
    assertThat(TrailRecord.parse(PATH, new byte[0])).isEqualTo(TrailRecord.empty());
  }

  @Test
  void anythingElseIsRefusedWithItsPath() {
    for (String wrong :
        List.of(
            "no JSON",
            "{}",
            "{\"format\":2,\"auditFirst\":1,\"auditNext\":1,\"digest\":\"\"}",
            "{\"format\":1,\"auditFirst\":0,\"auditNext\":1,\"digest\":\"\"}",
            "{\"format\":1,\"auditFirst\":5,\"auditNext\":4,\"digest\":\"\"}",
            "{\"format\":1,\"auditFirst\":1,\"auditNext\":1}")) {
      assertThatExceptionOfType(ForeignDataException.class)
          .as(wrong)
          .isThrownBy(() -> TrailRecord.parse(PATH, bytes(wrong)))
          .withMessageContaining(PATH);
    }
  }

  // ---------------------------------------------------------------- the rules

  private static TrailRules.Link link(long index, long second, long zxid) {
    return new TrailRules.Link(
        PATH + "/" + index,
        index,
        "digest-" + index,
        index == 1 ? ScopeRecord.GENESIS : "digest-" + (index - 1),
        Instant.ofEpochSecond(second),
        zxid);
  }

  private static List<String> broken(long first, long next, String digest, TrailRules.Link... all) {
    List<String> found = new ArrayList<>();
    new TrailRules(PATH, (path, rule, detail) -> found.add(path + " " + rule + " " + detail))
        .check(List.of(all), first, next, digest);
    return found;
  }

  @Test
  void aTrailThatIsWholeBreaksNoRule() {
    assertThat(broken(1, 1, ScopeRecord.GENESIS)).isEmpty();
    assertThat(broken(1, 4, "digest-3", link(1, 1, 1), link(2, 1, 1), link(3, 5, 9))).isEmpty();
    // Older ones were taken out: what the first that is left repeats, cannot be checked.
    assertThat(broken(3, 5, "digest-4", link(3, 5, 9), link(4, 5, 10))).isEmpty();
  }

  @Test
  void eachBrokenRuleIsNamedWithThePlace() {
    assertThat(broken(1, 5, "digest-4", link(1, 1, 1), link(4, 1, 4)))
        .containsExactly(
            "/orders/audit/0000000002 INDEXES_DENSE and all up to index 3 are missing");
    assertThat(broken(1, 3, "digest-2", link(1, 1, 1)))
        .containsExactly("/orders/audit/0000000002 INDEXES_DENSE is missing");
    assertThat(broken(1, 2, "digest-1", link(1, 1, 1), link(1, 1, 1)))
        .anyMatch(line -> line.endsWith("INDEXES_DENSE index 1 stands more than once"));
    assertThat(broken(1, 2, "another", link(1, 1, 1)))
        .containsExactly("/orders/audit/1 DIGESTS_CHAINED its digest is not the one in the record");
    TrailRules.Link second =
        new TrailRules.Link(PATH + "/2", 2, "digest-2", "something quite else", Instant.EPOCH, 1);
    assertThat(broken(1, 3, "digest-2", link(1, 1, 5), second))
        .containsExactly(
            "/orders/audit/2 DIGESTS_CHAINED it repeats digest something qu…, but that of"
                + " /orders/audit/1 is digest-1",
            "/orders/audit/2 TIMES_IN_ORDER its server time 1970-01-01T00:00:00Z is before the"
                + " 1970-01-01T00:00:01Z of /orders/audit/1: a server's clock went back, or the"
                + " entry was written anew",
            "/orders/audit/2 TIMES_IN_ORDER its transaction 0x1 is before that of"
                + " /orders/audit/1");
  }

  @Test
  void theFirstEntryOfAllRepeatsTheDigestBeforeTheFirst() {
    TrailRules.Link first =
        new TrailRules.Link(PATH + "/1", 1, "digest-1", "twelve-chars", Instant.EPOCH, 1);
    assertThat(broken(1, 2, "digest-1", first))
        .containsExactly(
            "/orders/audit/1 DIGESTS_CHAINED it repeats digest twelve-chars, but the first entry's,"
                + " 64 zeros is 000000000000…");
  }

  @Test
  void aMarkerKeepsWhatItDoesNotKnow() {
    String newer = "{\"format\":1,\"first\":3,\"previous\":\"ab\",\"later\":{\"x\":[1]}}";
    TrimMarker marker = TrimMarker.parse(PATH, bytes(newer));
    assertThat(new String(marker.bytes(), StandardCharsets.UTF_8)).isEqualTo(newer);
    TrimMarker moved = TrimMarker.parse(PATH, marker.from(7, "cd").bytes());
    assertThat(moved.first()).isEqualTo(7);
    assertThat(moved.previous()).isEqualTo("cd");
    assertThat(moved.unknown()).isEqualTo(marker.unknown());
    assertThat(TrimMarker.parse(PATH, new byte[0])).isEqualTo(TrimMarker.none());
    assertThat(TrimMarker.none().first()).isEqualTo(1);
    assertThat(TrimMarker.none().previous()).isEqualTo(ScopeRecord.GENESIS);
  }
}
