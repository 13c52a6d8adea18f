package io.tenure.audit;

import static io.tenure.testing.Parsing.comesBack;
import static io.tenure.testing.Parsing.readOrRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Any content of a file of an archive is read, or refused with the one error. */
class ArchiveLineFuzzTest {

  private static final String WHERE = "audit-000001.jsonl:7";

  @FuzzTest
  void anyLineIsReadOrRefused(byte[] data) {
    comesBack(
        WHERE,
        data,
        line -> ArchiveLine.header(WHERE, line),
        header -> withoutLineFeed(ArchiveLine.header(header)));
    readOrRefused(WHERE, () -> ArchiveLine.parse(WHERE, data, trail -> true))
        .flatMap(read -> read)
        .ifPresent(ArchiveLineFuzzTest::comesOutAsItWentIn);
    assertThat(ArchiveLine.parse(WHERE, withTrail(data), trail -> false)).isEmpty();
    ArchiveLineTest.check("/some/scope", data);
    ArchiveLine.isNewer(data);
  }

  private static void comesOutAsItWentIn(Archived item) {
    Optional<Archived> again =
        ArchiveLine.parse(WHERE, withoutLineFeed(ArchiveLine.of(item)), trail -> true);
    assertThat(again).isPresent();
    assertThat(ArchiveLine.of(again.get())).isEqualTo(ArchiveLine.of(item));
  }

  private static byte[] withTrail(byte[] data) {
    byte[] start = "{\"format\":1,\"trail\":\"/t\"".getBytes(StandardCharsets.UTF_8);
    byte[] line = Arrays.copyOf(start, start.length + data.length);
    System.arraycopy(data, 0, line, start.length, data.length);
    return line;
  }

  private static byte[] withoutLineFeed(byte[] line) {
    return Arrays.copyOf(line, line.length - 1);
  }
}
