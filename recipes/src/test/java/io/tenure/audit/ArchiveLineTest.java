package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.AuditFormat;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever an entry's bytes are, they come out of the line as they went in. */
class ArchiveLineTest {

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
}
