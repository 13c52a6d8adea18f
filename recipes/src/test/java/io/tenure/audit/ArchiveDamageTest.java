package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tenure.internal.AuditFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Opening an archive takes away what a crash left, and nothing that was durable. */
@Timeout(60)
class ArchiveDamageTest {

  private static final String TRAIL = "/orders/shards/7";
  private static final int ENTRIES = 10;

  @TempDir Path directory;

  private ArchiveFiles.Builder archive() {
    return ArchiveFiles.at(directory);
  }

  private Path file() {
    return directory.resolve("audit-00000001.jsonl");
  }

  private static ArchivedEntry entry(long index) {
    byte[] data =
        ("{\"format\":1,\"index\":" + index + ",\"reason\":\"ä\"}")
            .getBytes(StandardCharsets.UTF_8);
    return new ArchivedEntry(
        TRAIL,
        "0x2a",
        index,
        AuditFormat.indexText(index) + "-elected-w-1",
        Instant.parse("2026-03-01T00:00:00Z"),
        0x30 + index,
        AuditFormat.digest(data),
        data);
  }

  private List<Long> readable() throws IOException {
    try (Stream<Archived> lines =
        ArchiveFiles.read(directory).lines(ArchiveReader.Selection.all(), any -> {})) {
      return lines.map(item -> item.position().index()).toList();
    }
  }

  private static Long[] upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toArray(Long[]::new);
  }

  /** Where the line of an entry begins: the header is the first line. */
  private static int start(byte[] bytes, int index) {
    int at = 0;
    for (int lines = 0; lines < index; at++) {
      if (bytes[at] == '\n') {
        lines++;
      }
    }
    return at;
  }

  @BeforeEach
  void archiveTenEntries() throws IOException {
    try (ArchiveFiles files = archive().open()) {
      for (long i = 1; i <= ENTRIES; i++) {
        files.write(List.of(entry(i)));
      }
    }
  }

  @Test
  void aBadByteAnywhereInADurableLineIsAnErrorThatNamesItsOffsetAndNothingIsCutOff()
      throws IOException {
    byte[] whole = Files.readAllBytes(file());
    for (int line : new int[] {1, 3, ENTRIES}) {
      int from = start(whole, line);
      int length = start(whole, line + 1) - from;
      for (byte bad : new byte[] {0, '?', '{'}) {
        for (int at : new int[] {0, 40, length - 8}) {
          byte[] damaged = whole.clone();
          damaged[from + at] = bad;
          if (Arrays.equals(damaged, whole)) {
            continue;
          }
          Files.write(file(), damaged);
          assertThatThrownBy(() -> archive().open())
              .as("byte %s of line %s", at, line)
              .isInstanceOf(ArchiveException.class)
              .hasMessageContaining("audit-00000001.jsonl:" + (line + 1) + " is damaged")
              .hasMessageContaining("from byte " + from + " on")
              .hasMessageContaining("passOverDamage");
          assertThat(file()).hasBinaryContent(damaged);
        }
      }
    }
  }

  @Test
  void zerosInTheMiddleOfTheFileAreDamageAndNoCrashsRemainder() throws IOException {
    byte[] damaged = Files.readAllBytes(file());
    int from = start(damaged, 4);
    Arrays.fill(damaged, from + 20, start(damaged, 6) + 5, (byte) 0); // with a line feed
    Files.write(file(), damaged);

    assertThatThrownBy(() -> archive().open()).hasMessageContaining("from byte " + from + " on");
    assertThat(file()).hasBinaryContent(damaged);
  }

  @Test
  void damageThatIsPassedOverStaysAndTheArchiveGoesOnBehindIt() throws IOException {
    byte[] damaged = Files.readAllBytes(file());
    damaged[start(damaged, 3) + 40] = 0;
    Files.write(file(), damaged);

    try (ArchiveFiles files = archive().passOverDamage().open()) {
      assertThat(files.positions().get(TRAIL)).isEqualTo(entry(ENTRIES).position());
      files.write(List.of(entry(ENTRIES + 1)));
    }
    assertThat(Files.readAllBytes(file())).startsWith(damaged);
    assertThat(readable()).containsExactly(1L, 2L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
  }

  @Test
  void theFirstPartOfALineIsCutOffAlsoWithZerosBehindIt() throws IOException {
    byte[] whole = Files.readAllBytes(file());
    int last = start(whole, ENTRIES);
    for (int kept : new int[] {0, 1, 30, whole.length - last - 2}) {
      for (int zeros : new int[] {0, 1, 5_000}) {
        Files.write(file(), Arrays.copyOf(Arrays.copyOf(whole, last + kept), last + kept + zeros));
        try (ArchiveFiles files = archive().open()) {
          assertThat(files.positions().get(TRAIL)).isEqualTo(entry(ENTRIES - 1).position());
        }
        assertThat(Files.size(file())).as("%s bytes and %s zeros", kept, zeros).isEqualTo(last);
      }
    }
    assertThat(readable()).containsExactly(upTo(ENTRIES - 1));
  }

  @Test
  void aCompleteLineThatLostItsLineFeedCounts() throws IOException {
    byte[] whole = Files.readAllBytes(file());
    for (byte instead : new byte[] {0, '?', '}'}) {
      byte[] damaged = whole.clone();
      damaged[whole.length - 1] = instead;
      Files.write(file(), damaged);
      try (ArchiveFiles files = archive().open()) {
        assertThat(files.positions().get(TRAIL)).isEqualTo(entry(ENTRIES).position());
      }
      assertThat(file()).hasBinaryContent(whole);
    }
    Files.write(file(), Arrays.copyOf(whole, whole.length - 1));
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(ENTRIES + 1)));
    }
    assertThat(readable()).containsExactly(upTo(ENTRIES + 1));
  }

  @Test
  void filesAreForTheirOwnerAloneUnlessTheUmaskIsToDecide() throws IOException {
    assumeThat(directory.getFileSystem().supportedFileAttributeViews()).contains("posix");
    Path other = directory.resolve("other");
    ArchiveFiles.at(other).permissionsByUmask().open().close();
    Path made = Files.createFile(directory.resolve("made"));

    assertThat(permissions(file())).isEqualTo("rw-------");
    assertThat(permissions(directory.resolve("archive.lock"))).isEqualTo("rw-------");
    assertThat(permissions(other.resolve("audit-00000001.jsonl"))).isEqualTo(permissions(made));
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void whatIsNoRegularFileIsRefusedBeforeItIsOpened() throws Exception {
    Path pipe = directory.resolve("audit-00000002.jsonl");
    pipe(pipe);
    refusedAsIrregular(() -> ArchiveFiles.read(directory), pipe);
    refusedAsIrregular(() -> archive().open(), pipe);
    Files.delete(pipe);
    Files.createDirectory(pipe);
    refusedAsIrregular(() -> ArchiveFiles.read(directory), pipe);
    Files.delete(pipe);
    Files.createSymbolicLink(pipe, Path.of("/dev/zero"));
    refusedAsIrregular(() -> ArchiveFiles.read(directory), pipe);
    Files.delete(pipe);
    Path lock = directory.resolve("archive.lock");
    Files.delete(lock);
    pipe(lock);
    refusedAsIrregular(() -> archive().open(), lock);
    assertThat(readable()).containsExactly(upTo(ENTRIES));
    Path alone = Files.createDirectory(directory.resolve("other")).resolve("pipe");
    pipe(alone);
    assertThatThrownBy(() -> ArchiveFiles.read(alone)).hasMessageContaining("is no directory");
  }

  private static void pipe(Path path) throws Exception {
    assumeThat(Files.isExecutable(Path.of("/usr/bin/mkfifo"))).isTrue();
    assertThat(new ProcessBuilder("/usr/bin/mkfifo", path.toString()).start().waitFor()).isZero();
  }

  /** A reader that opens a pipe waits for a writer. */
  private static void refusedAsIrregular(Callable<?> call, Path path) {
    ArchiveException refused =
        Assertions.assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () -> Assertions.assertThrows(ArchiveException.class, call::call));
    assertThat(refused).hasMessageContaining(path + " is no regular file");
  }
}
