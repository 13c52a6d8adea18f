package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import net.jqwik.api.Example;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.proto.GetChildren2Response;

/** Whether lists fit into a reply, held against the replies that a server would write. */
class LengthsTest {

  private static int reply(List<String> names) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new GetChildren2Response(names, new Stat())
        .serialize(BinaryOutputArchive.getArchive(out), "response");
    return out.size();
  }

  private static List<String> queue(int candidates) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < candidates; i++) {
      names.add("_c_" + new UUID(i, i) + "-latch-" + String.format("%010d", i));
    }
    return names;
  }

  private static ScopeRecord record(String id) {
    Incumbent incumbent =
        new Incumbent(new Candidate(id, "h", 1, Optional.empty()), "0x1", "n", Instant.EPOCH);
    return new ScopeRecord(
        1,
        Optional.of(incumbent),
        Optional.empty(),
        1,
        2,
        ScopeRecord.GENESIS,
        ScopeRecord.empty().unknown());
  }

  @Example
  void aListIsReckonedAsLongAsTheServerWritesItAndAHeadMore() throws IOException {
    assertThat(queue(1).get(0)).hasSize(QueueLength.NAME_BYTES - 1);
    for (int names : new int[] {0, 1, 1_000}) {
      long reckoned = TrailLength.listBytes(names, QueueLength.NAME_BYTES - 1);
      assertThat(reckoned - reply(queue(names))).isBetween(32L, 256L);
    }
    assertThat(TrailLength.listBytes(3, 10)).isEqualTo(256 + 3 * 14);
    assertThat(TrailLength.listBytes(Integer.MAX_VALUE, 100))
        .isEqualTo(256 + 104L * Integer.MAX_VALUE);
  }

  @Example
  void aQueueFitsUpToTheLastByteAndTakesOneMoreWhileASixteenthIsFree() {
    int bytes = (int) TrailLength.listBytes(100, QueueLength.NAME_BYTES);
    assertThat(QueueLength.fits(100, bytes)).isTrue();
    assertThat(QueueLength.fits(101, bytes)).isFalse();
    assertThat(QueueLength.fits(100, bytes - 1)).isFalse();
    int withSpare = 16_000;
    int free = 15_000; // without the sixteenth
    int fit = 0;
    while (TrailLength.listBytes(fit + 1L, QueueLength.NAME_BYTES) <= free) {
      fit++;
    }
    assertThat(QueueLength.hasRoom(fit - 1, withSpare)).isTrue();
    assertThat(QueueLength.hasRoom(fit, withSpare)).isFalse();
  }

  @Example
  void aQueueThatIsTooLongIsSaidWithALimitThatSuffices() {
    String text = QueueLength.tooLong("/s/latch", 100, 1_000);
    assertThat(text).startsWith("/s/latch has 100 candidates");
    int wanted = Integer.parseInt(text.substring(text.lastIndexOf('=') + 1));
    assertThat(wanted).isEqualTo(2 * (256 + 100 * 61));
    assertThat(QueueLength.hasRoom(100, wanted)).isTrue();
  }

  @Example
  void aTrailIsReckonedWithIdsOfTheLongestKindUnlessTheLeadersIsLonger() {
    long plain = TrailLength.listBytes(10, AuditFormat.nameBytes(128));
    assertThat(TrailLength.listBytes(10, record("w"))).isEqualTo(plain);
    assertThat(TrailLength.listBytes(10, ScopeRecord.empty())).isEqualTo(plain);
    String encoded = "ä".repeat(64); // 384 bytes, percent-encoded
    assertThat(TrailLength.listBytes(10, record(encoded)))
        .isEqualTo(TrailLength.listBytes(10, AuditFormat.nameBytes(384)));
    assertThat(TrailLength.fits(10, record("w"), (int) plain)).isTrue();
    assertThat(TrailLength.fits(10, record("w"), (int) plain - 1)).isFalse();
  }

  @Example
  void aTrailThatCannotBeTrimmedIsSaidWithBothWaysOut() {
    assertThat(TrailLength.cannotTrim("/s/audit", 10, record("w"), Retention.last(7), 1_000))
        .startsWith("/s/audit has 10 entries, and 7 are to be kept;")
        .contains("the 1000 bytes", "`tenure archive /s --dir DIR --once --keep 7`")
        .contains("-Djute.maxbuffer=" + TrailLength.listBytes(10, record("w")) + ". ");
  }

  // ---------------------------------------------------------------- quarantine

  private static String note(byte[] data) {
    QuarantineNote note = new QuarantineNote("/s/audit/x", " me ", "a\nb", Instant.EPOCH);
    return new String(note.bytes(Optional.of(data), 0x2a, Instant.EPOCH), StandardCharsets.UTF_8);
  }

  @Example
  void aNoteTellsWhatWasMovedByWhomAndWhy() {
    String note = note("text".getBytes(StandardCharsets.UTF_8));
    assertThat(note)
        .isEqualTo(
            "{\"format\":1,\"from\":\"/s/audit/x\",\"by\":\"me\",\"reason\":\"a\\\\u000ab\","
                + "\"time\":\"1970-01-01T00:00:00Z\",\"created\":\"0x2a\","
                + "\"serverTime\":\"1970-01-01T00:00:00Z\",\"bytes\":4,\"digest\":\""
                + AuditFormat.digest("text".getBytes(StandardCharsets.UTF_8))
                + "\",\"text\":\"text\"}");
    assertThat(QuarantineNote.parse("/q", note.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new QuarantineNote("/s/audit/x", "me", "a\\u000ab", Instant.EPOCH));
    assertThat(note(new byte[] {'a', 0}))
        .contains("\"base64\":\"YQA=\"")
        .doesNotContain("\"text\"");
    assertThat(note(new byte[] {-1})).contains("\"base64\":\"/w==\"");
    QuarantineNote unread = new QuarantineNote("/a", "b", "c", Instant.EPOCH);
    assertThat(new String(unread.bytes(Optional.empty(), 1, Instant.EPOCH), StandardCharsets.UTF_8))
        .doesNotContain("bytes", "digest");
  }

  @Example
  void ofMuchDataOnlyTheBeginningIsKeptWithTheDigestOfAll() {
    byte[] much = "x".repeat(64 * 1024 + 1).getBytes(StandardCharsets.UTF_8);
    assertThat(note(much))
        .contains("\"bytes\":65537", AuditFormat.digest(much))
        .contains("\"" + "x".repeat(64 * 1024) + "\"");
  }

  @Example
  void longPathsAndNamesAreCutAndStayDifferent() {
    String path = "/" + "p".repeat(1_998);
    assertThat(from(path)).isEqualTo(path).hasSize(1_999);
    assertThat(from(path + "q")).isEqualTo(path + "…");
    assertThat(from(path + "qr")).isEqualTo(path + "…");
    String name = "n".repeat(200);
    assertThat(QuarantineNote.name(name)).isEqualTo(name);
    String longer = QuarantineNote.name(name + "a");
    assertThat(longer).startsWith("n".repeat(50) + "~").hasSize(50 + 1 + 24);
    assertThat(longer).isNotEqualTo(QuarantineNote.name(name + "b"));
  }

  private static String from(String path) {
    QuarantineNote note = new QuarantineNote(path, "b", "c", Instant.EPOCH);
    byte[] bytes = note.bytes(Optional.empty(), 1, Instant.EPOCH);
    return QuarantineNote.parse("/q", bytes).from();
  }
}
