package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tenure.internal.AuditFormat;
import io.tenure.scope.ForeignDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** An entry's bytes, of any kind, come out of the line as they went in. */
class ArchiveLineTest {

  private static final ObjectMapper STRICT =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  @Property(tries = 500)
  void anyBytesComeOutAsTheyWentIn(@ForAll("data") byte[] bytes, @ForAll("paths") String trail) {
    check(trail, bytes);
  }

  @Provide
  Arbitrary<byte[]> data() {
    Arbitrary<byte[]> any = Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
    Arbitrary<byte[]> text =
        Arbitraries.of(
                "{", "}", "\"a\"", ":", ",", "[", "]", "1", " ", "\t", "\n", "\\", "\"", "null",
                "é")
            .list()
            .ofMaxSize(12)
            .map(parts -> String.join("", parts).getBytes(StandardCharsets.UTF_8));
    return Arbitraries.oneOf(any, text);
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.strings().withChars("ab/\"\\,:{}é\n").ofMaxLength(12).map(s -> "/" + s);
  }

  @Example
  void theBytesOfOddEntriesAsWell() {
    for (String odd :
        List.of(
            "",
            " {\"a\":1} ",
            "{\"entry\":{\"a\":1},\"entry\":2}",
            "{\"a\":\",\\\"entry\\\":\"}",
            "\uFEFF{}",
            "{}{}",
            "{\"a\":1",
            "[[[[]]]]",
            "{\"a\":\n1}",
            "{\"a\":\r1}",
            "{}\n",
            "\"text\"",
            "1",
            "{\"\":\"\\u0000\"}")) {
      check("/a", odd.getBytes(StandardCharsets.UTF_8));
      check("/a", odd.getBytes(StandardCharsets.UTF_16));
    }
  }

  static void check(String trail, byte[] bytes) {
    ArchivedEntry entry =
        new ArchivedEntry(
            trail, "0x1", 3, "0000000003-x", Instant.EPOCH, 7, AuditFormat.digest(bytes), bytes);
    byte[] line = ArchiveLine.of(entry);
    assertThat(line).endsWith('\n');
    assertIsJson(line, bytes);
    byte[] content =
        new String(line, StandardCharsets.ISO_8859_1).lines().count() == 1
            ? Arrays.copyOf(line, line.length - 1)
            : new byte[0];
    ArchivedEntry read =
        (ArchivedEntry) ArchiveLine.parse("here", content, trail::equals).orElseThrow();
    assertThat(read.bytes()).isEqualTo(bytes);
    assertThat(read.trail()).isEqualTo(trail);
    assertThat(read.path()).isEqualTo(entry.path());
    assertThat(read.position()).isEqualTo(entry.position());
    assertThat(read.serverTime()).isEqualTo(entry.serverTime());
    assertThat(ArchiveLine.parse("here", content, other -> false)).isEmpty();
  }

  /**
   * Programs in other languages read the archive: each line is one of JSON, in which what was JSON
   * stays so and can be read without decoding anything.
   */
  private static void assertIsJson(byte[] line, byte[] bytes) {
    JsonNode whole = json(line).orElseThrow();
    boolean oneLine =
        new String(bytes, StandardCharsets.ISO_8859_1).chars().noneMatch(c -> c == 10 || c == 13);
    Optional<JsonNode> own = json(bytes);
    boolean asItIs = oneLine && own.isPresent();
    assertThat(whole.has("entry")).isEqualTo(asItIs);
    assertThat(whole.has("bytes")).isEqualTo(!asItIs);
    if (asItIs) {
      assertThat(whole.get("entry")).isEqualTo(own.get());
    }
  }

  /**
   * Strictly: bytes that are no text in UTF-8, a mark of byte order and trailing tokens are none.
   */
  private static Optional<JsonNode> json(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      JsonNode node = STRICT.readTree(text);
      return node.isMissingNode() ? Optional.empty() : Optional.of(node);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<Archived> parse(String line, String wanted) {
    return ArchiveLine.parse("here", bytes(line), wanted::equals);
  }

  private static void refused(String line, String why) {
    assertThatExceptionOfType(ForeignDataException.class)
        .isThrownBy(() -> parse(line, "/a"))
        .withMessageContaining("here")
        .withMessageContaining(why);
  }

  @Example
  void damageInALineOfAnotherTrailIsNoMatter() {
    String damaged = "{\"format\":1,\"trail\":\"/a\",\"li\u0000";
    assertThat(parse(damaged, "/b")).isEmpty();
    refused(damaged, "is no JSON object");
    assertThatExceptionOfType(ForeignDataException.class)
        .as("a path that is escaped is read as a whole")
        .isThrownBy(() -> parse("{\"format\":1,\"trail\":\"/\\u0061\",\"li", "/b"));
    assertThatExceptionOfType(ForeignDataException.class)
        .as("a path that does not end is of any trail")
        .isThrownBy(() -> parse("{\"format\":1,\"trail\":\"/a", "/b"));
    assertThatExceptionOfType(ForeignDataException.class)
        .as("fields in another order are of any trail")
        .isThrownBy(() -> parse("{\"trail\":\"/a\",\"format\":1", "/b"));
    assertThat(parse("{\"trail\":\"/a\",\"format\":1}", "/b")).isEmpty();
  }

  @Example
  void aLineThatIsDamagedSaysWhere() {
    refused("{\"format\":1,\"trail\":\"/a\",\"entry\":", "ends in its entry");
    refused("{\"format\":1,\"trail\":\"/a\",\"entry\":{}", "is not there");
    refused("{\"format\":1,\"trail\":\"/a\",\"entry\":1", "ends in its entry");
    refused("{\"format\":1,\"trail\":\"/a\"}", "is not there");
    String good = line(new byte[] {'a', '\n'});
    assertThat(parse(good, "/a")).isPresent();
    refused(good.replace("YQo=", "YQ?="), "is no base64");
    refused(good.replace("YQo=", "YQs="), "is not that of the entry's bytes");
    refused(good.replace("\"0x7\"", "\"7x\""), "is no hexadecimal number");
    refused(good.replace("\"0x7\"", "\"\""), "is no hexadecimal number");
  }

  private static String line(byte[] bytes) {
    ArchivedEntry entry =
        new ArchivedEntry(
            "/a", "0x1", 3, "0000000003-x", Instant.EPOCH, 7, AuditFormat.digest(bytes), bytes);
    return new String(ArchiveLine.of(entry), StandardCharsets.UTF_8).stripTrailing();
  }

  @Example
  void aGapComesOutAsItWentIn() {
    ArchivedGap gap = new ArchivedGap("/a", "0x1", 3, 9);
    String line = new String(ArchiveLine.of(gap), StandardCharsets.UTF_8).stripTrailing();
    assertThat(parse(line, "/a")).contains(gap);
    refused(line.replace("\"gapLast\":9", "\"gapLast\":2"), "must be at least 3");
  }

  @Example
  void aHeaderComesOutAsItWentInAndAnythingElseIsRefused() {
    ArchiveLine.Header header =
        new ArchiveLine.Header(
            4,
            Instant.EPOCH,
            Map.of(
                "/b", new ArchivePosition("0x2a", 7, 9, "ab"),
                "/a", new ArchivePosition("0x2b+0x3", 1, 0, "")));
    String line = new String(ArchiveLine.header(header), StandardCharsets.UTF_8).stripTrailing();
    assertThat(ArchiveLine.header("here", bytes(line))).isEqualTo(header);
    assertThat(line.indexOf("\"/a\"")).isLessThan(line.indexOf("\"/b\""));
    for (String wrong :
        List.of(
            line.replace("tenure-audit", "another"),
            line.replace("\"positions\":{", "\"positions\":1,\"x\":{"),
            line.replace("0x9", "9"))) {
      assertThatExceptionOfType(ForeignDataException.class)
          .as(wrong)
          .isThrownBy(() -> ArchiveLine.header("here", bytes(wrong)))
          .withMessageContaining("here");
    }
  }

  @Example
  void onlyALargerFormatIsNewer() {
    for (String newer : List.of("{\"format\":2,", "{\"format\":10}", "{\"format\":9")) {
      assertThat(ArchiveLine.isNewer(bytes(newer))).as(newer).isTrue();
    }
    for (String other :
        List.of(
            "",
            "{\"format\":",
            "{\"format\":1,",
            "{\"format\":0",
            "{\"format\":x2",
            "{\"format\":/2",
            "{\"format\"::2",
            "[\"format\":2,",
            "{\"former\":2,")) {
      assertThat(ArchiveLine.isNewer(bytes(other))).as(other).isFalse();
    }
  }
}
