package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.audit.ArchiveReader.Selection;
import io.tenure.internal.AuditFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archive in files: what is in it after crashes, full disks, and other people's doings. */
@Timeout(60)
class ArchiveFilesTest {

  private static final String TRAIL = "/orders/shards/7";
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");

  @TempDir Path temp;

  private Path directory() {
    return temp.resolve("archive");
  }

  private ArchiveFiles.Builder archive() {
    return ArchiveFiles.at(directory());
  }

  private static ArchivedEntry entry(String trail, long index) {
    return entry(trail, index, "{\"format\":1,\"index\":" + index + "}");
  }

  private static ArchivedEntry entry(String trail, long index, String data) {
    return entry(trail, "0x2a", index, data.getBytes(StandardCharsets.UTF_8));
  }

  private static ArchivedEntry entry(String trail, String life, long index, byte[] data) {
    return new ArchivedEntry(
        trail,
        life,
        index,
        AuditFormat.indexText(index) + "-elected-w-1",
        START.plusSeconds(index),
        0x30 + index,
        AuditFormat.digest(data),
        data);
  }

  private List<Archived> all(Selection selection, List<AuditTrail.Unreadable> unreadable)
      throws IOException {
    try (Stream<Archived> lines =
        ArchiveFiles.read(directory()).lines(selection, unreadable::add)) {
      return lines.toList();
    }
  }

  private List<Archived> all() throws IOException {
    List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
    List<Archived> all = all(Selection.all(), unreadable);
    assertThat(unreadable).isEmpty();
    return all;
  }

  private List<Long> indexes(String trail) throws IOException {
    return all().stream()
        .filter(item -> item.trail().equals(trail))
        .map(item -> item.position().index())
        .toList();
  }

  private Path file(long number) {
    return directory().resolve(String.format("audit-%08d.jsonl", number));
  }

  @Test
  void theFormatIsTheOneThatIsDrawn() throws IOException {
    try (ArchiveFiles files = archive().clock(Clock.fixed(START, ZoneOffset.UTC)).open()) {
      files.write(
          List.of(
              entry(TRAIL, 4, "{\"format\":1, \"event\":\"elected\"}"),
              entry(TRAIL, "0x2a", 5, new byte[] {'a', '\n'}),
              new ArchivedGap("/orders", "0x2c", 8, 9)));
    }
    String digest = AuditFormat.digest("{\"format\":1, \"event\":\"elected\"}".getBytes());
    assertThat(file(1))
        .hasContent(
            """
            {"format":1,"archive":"tenure-audit","file":1,"created":"2026-03-01T00:00:00Z","positions":{}}
            {"format":1,"trail":"/orders/shards/7","life":"0x2a","index":4,"name":"0000000004-elected-w-1","serverTime":"2026-03-01T00:00:04Z","zxid":"0x34","digest":"%s","entry":{"format":1, "event":"elected"}}
            {"format":1,"trail":"/orders/shards/7","life":"0x2a","index":5,"name":"0000000005-elected-w-1","serverTime":"2026-03-01T00:00:05Z","zxid":"0x35","digest":"%s","bytes":"YQo="}
            {"format":1,"trail":"/orders","life":"0x2c","gapFirst":8,"gapLast":9}
            """
                .formatted(digest, AuditFormat.digest(new byte[] {'a', '\n'})));
  }

  @Test
  void whatTheArchiveHoldsAndWhereItStandsAreTheSameAfterItIsOpenedAgain() throws IOException {
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(TRAIL, 1), entry("/orders", 1)));
      files.write(List.of(entry(TRAIL, 2), new ArchivedGap("/orders", "0x2a", 2, 4)));
    }
    try (ArchiveFiles files = archive().open()) {
      assertThat(files.positions())
          .containsOnlyKeys(TRAIL, "/orders")
          .containsEntry(TRAIL, entry(TRAIL, 2).position())
          .containsEntry("/orders", new ArchivePosition("0x2a", 4, 0, ""));
      files.write(List.of(entry(TRAIL, 3)));
    }
    assertThat(indexes(TRAIL)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aCrashAtAnyByteOfAWriteLosesAndRepeatsNothing() throws IOException {
    List<Archived> batch =
        List.of(
            entry(TRAIL, 2),
            entry("/orders", 2, "{\"a\":\"ä€😀\"}"),
            new ArchivedGap(TRAIL, "0x2a", 3, 5),
            entry(TRAIL, "0x2a", 6, new byte[] {0, '\n', -1}),
            entry("/orders", 3, "{}"));
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(TRAIL, 1), entry("/orders", 1)));
    }
    int before = (int) Files.size(file(1));
    FullDisk quick = new FullDisk();
    quick.forget(true); // It is the test that cuts, not the machine's end.
    try (ArchiveFiles files = archive().opener(quick).open()) {
      files.write(batch);
    }
    byte[] whole = Files.readAllBytes(file(1));
    List<String> expected = all().stream().map(ArchiveFilesTest::text).toList();
    for (int length = before; length <= whole.length; length++) {
      Files.write(file(1), Arrays.copyOf(whole, length));
      try (ArchiveFiles files = archive().opener(quick).open()) {
        // The archiver goes on behind the positions, trail by trail.
        files.write(
            batch.stream()
                .filter(
                    item -> item.position().index() > files.positions().get(item.trail()).index())
                .toList());
      }
      assertThat(all().stream().map(ArchiveFilesTest::text))
          .as("cut at byte %s", length)
          .containsExactlyElementsOf(expected);
    }
  }

  private static String text(Archived item) {
    return item instanceof ArchivedEntry e
        ? e.trail() + " " + e.index() + " " + Arrays.toString(e.bytes())
        : item.toString();
  }

  @Test
  void aFullFileIsFollowedByTheNextAndOnlyTheLastIsNeededToGoOn() throws IOException {
    try (ArchiveFiles files = archive().maxBytes(500).open()) {
      for (int i = 1; i <= 9; i++) {
        files.write(List.of(entry(TRAIL, i), entry("/orders", i)));
      }
    }
    assertThat(indexes(TRAIL)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
    List<ArchiveDirectory.Numbered> numbered = ArchiveDirectory.files(directory());
    assertThat(numbered).hasSizeGreaterThan(3);
    for (ArchiveDirectory.Numbered old : numbered.subList(0, numbered.size() - 1)) {
      Files.delete(old.path());
    }
    try (ArchiveFiles files = archive().maxBytes(500).open()) {
      assertThat(files.positions().get(TRAIL)).isEqualTo(entry(TRAIL, 9).position());
      files.write(List.of(entry(TRAIL, 10)));
    }
    assertThat(ArchiveFiles.read(directory()).trails()).containsExactly("/orders", TRAIL);
  }

  @Test
  void anOldFileIsFollowedByTheNextButNotOneWithoutEntries() throws IOException {
    TestClock clock = new TestClock();
    try (ArchiveFiles files = archive().clock(clock).maxAge(Duration.ofHours(1)).open()) {
      clock.now = START.plus(Duration.ofHours(2));
      files.write(List.of(entry(TRAIL, 1)));
      assertThat(file(2)).doesNotExist();
    }
    try (ArchiveFiles files = archive().clock(clock).maxAge(Duration.ofHours(1)).open()) {
      files.write(List.of(entry(TRAIL, 2)));
      assertThat(file(2)).as("age is remembered").exists();
      clock.now = clock.now.plus(Duration.ofMinutes(59));
      files.write(List.of(entry(TRAIL, 3)));
      assertThat(file(3)).doesNotExist();
    }
  }

  private static final class TestClock extends Clock {
    private Instant now = START;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @Test
  void filesWithoutTheWantedTrailAreNotRead() throws IOException {
    try (ArchiveFiles files = archive().maxBytes(1).open()) {
      files.write(List.of(entry(TRAIL, 1)));
      files.write(List.of(entry("/orders", 1)));
      files.write(List.of(entry(TRAIL, 2)));
      files.write(List.of(entry("/orders", 2)));
    }
    String second = Files.readString(file(2));
    Files.writeString(file(2), second + "damaged\n");
    List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
    assertThat(all(Selection.of(TRAIL), unreadable)).hasSize(2);
    assertThat(unreadable).as("the second file was not read").isEmpty();
    assertThat(all(Selection.of("/orders"), unreadable)).hasSize(2);
    assertThat(unreadable)
        .singleElement()
        .satisfies(line -> assertThat(line.path()).endsWith("audit-00000002.jsonl:3"));
  }

  @Test
  void linesAreSelectedByTheServersTime() throws IOException {
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(TRAIL, 1), entry(TRAIL, 2), entry("/orders", 2), entry(TRAIL, 3)));
    }
    assertThat(
            all(
                Selection.of(TRAIL).since(START.plusSeconds(2)).until(START.plusSeconds(3)),
                new ArrayList<>()))
        .extracting(item -> item.position().index())
        .containsExactly(2L);
  }

  @Test
  void aFullDiskInTheMiddleOfAWriteLeavesNothingOfItAndTheSameCanBeWrittenAgain()
      throws IOException {
    FullDisk disk = new FullDisk();
    try (ArchiveFiles files = archive().opener(disk).open()) {
      files.write(List.of(entry(TRAIL, 1)));
      long before = Files.size(file(1));
      List<Archived> batch = List.of(entry(TRAIL, 2), entry(TRAIL, 3));
      for (long room : new long[] {0, 10, 300}) {
        disk.room(room);
        assertThatThrownBy(() -> files.write(batch))
            .isInstanceOf(ArchiveException.class)
            .hasMessageContaining("audit-00000001.jsonl cannot be written")
            .hasMessageContaining("No space left on device");
        assertThat(Files.size(file(1))).isEqualTo(before);
        assertThat(files.positions().get(TRAIL).index()).isEqualTo(1);
      }
      disk.room(Long.MAX_VALUE);
      files.write(batch);
    }
    assertThat(indexes(TRAIL)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aFailedWriteThatCannotBeCutOffIsCutOffBeforeTheNext() throws IOException {
    FullDisk disk = new FullDisk();
    try (ArchiveFiles files = archive().opener(disk).open()) {
      files.write(List.of(entry(TRAIL, 1)));
      disk.refuseToForce(true);
      disk.refuseToCut(true);
      // Two whole lines stand in the file now, of which no caller was told.
      assertThatThrownBy(() -> files.write(List.of(entry(TRAIL, 2), entry(TRAIL, 3))))
          .hasMessageContaining("Input/output error");
      assertThatThrownBy(() -> files.write(List.of(entry(TRAIL, 2))))
          .isInstanceOf(ArchiveException.class);
      disk.refuseToForce(false);
      disk.refuseToCut(false);
      files.write(List.of(entry(TRAIL, 2)));
      files.write(List.of(entry(TRAIL, 3)));
    }
    assertThat(indexes(TRAIL)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aDiskThatIsFullWhenAFileIsToBeBegunLeavesTheOldOne() throws IOException {
    FullDisk disk = new FullDisk();
    try (ArchiveFiles files = archive().opener(disk).maxBytes(1).open()) {
      files.write(List.of(entry(TRAIL, 1)));
      disk.room(20);
      assertThatThrownBy(() -> files.write(List.of(entry(TRAIL, 2))))
          .isInstanceOf(ArchiveException.class);
      assertThat(file(2)).doesNotExist();
    }
    assertThat(directory().resolve("audit-00000002.jsonl.new")).exists();
    try (ArchiveFiles files = archive().maxBytes(1).open()) {
      files.write(List.of(entry(TRAIL, 2)));
    }
    assertThat(directory().resolve("audit-00000002.jsonl.new")).doesNotExist();
    assertThat(indexes(TRAIL)).containsExactly(1L, 2L);
  }

  @Test
  void anEntryThatIsArchivedAlreadyIsRefused() throws IOException {
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(TRAIL, 1), entry(TRAIL, 2)));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> files.write(List.of(entry(TRAIL, 2))))
          .withMessageContaining("up to index 2")
          .withMessageContaining("Two archivers");
      files.write(List.of(entry(TRAIL, "0x99", 1, new byte[0]))); // another life
    }
  }

  @Test
  void anArchiveHasOneWriterAtATime() throws Exception {
    ArchiveFiles files = archive().open();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> archive().open())
          .isInstanceOf(ArchiveException.class)
          .hasMessageContaining("is being written by this process");
    }
    // The refused ones must not have let go of the operating system's lock.
    assertThat(openInAnotherProcess()).contains("is being written by another process");
    files.write(List.of(entry(TRAIL, 1)));
    files.close();
    files.close();
    assertThat(openInAnotherProcess()).contains("opened");
    assertThatIllegalStateException().isThrownBy(() -> files.write(List.of(entry(TRAIL, 2))));
    archive().open().close();
  }

  private String openInAnotherProcess() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Opening.class.getName(),
                directory().toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  /** Opens an archive and prints the outcome. */
  static final class Opening {
    public static void main(String[] args) throws IOException {
      try (ArchiveFiles files = ArchiveFiles.at(Path.of(args[0])).open()) {
        System.out.println("opened " + files.positions().size());
      } catch (ArchiveException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void aDirectoryThatIsNoneOrCannotBeWrittenIsRefused() throws IOException {
    Files.writeString(directory(), "a file");
    assertThatThrownBy(() -> archive().open())
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("is no directory");
    assertThatThrownBy(() -> ArchiveFiles.at(directory().resolve("below")).open())
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("cannot be made");
    Path other = temp.resolve("other");
    Files.createDirectories(other.resolve("archive.lock"));
    assertThatThrownBy(() -> ArchiveFiles.at(other).open())
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("archive.lock is no regular file but a directory");
    assertThatThrownBy(() -> ArchiveFiles.read(directory())).hasMessageContaining("no directory");
    assertThatThrownBy(() -> ArchiveFiles.read(other)).hasMessageContaining("no archive in");
    assertThatThrownBy(() -> ArchiveFiles.read(temp.resolve("missing")))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("there is no archive");
  }

  @Test
  void aForeignOrNewerFileIsRefusedByNameAndLeftAsItIs() throws IOException {
    for (String content :
        List.of(
            "",
            "no line",
            "hello\n",
            "{\"format\":1,\"archive\":\"other\"}\n",
            "{\"format\":2,\"archive\":\"tenure-audit\",\"file\":1}\n")) {
      for (int number : new int[] {1, 2}) {
        Path in = Files.createTempDirectory(temp, "archive");
        try (ArchiveFiles files = ArchiveFiles.at(in).maxBytes(1).open()) {
          files.write(List.of(entry(TRAIL, 1)));
          files.write(List.of(entry(TRAIL, 2)));
        }
        Path foreign = in.resolve("audit-0000000" + number + ".jsonl");
        Files.writeString(foreign, content);
        assertThatThrownBy(() -> ArchiveFiles.at(in).open())
            .as(content)
            .isInstanceOf(ArchiveException.class)
            .hasMessageContaining(foreign.getFileName().toString());
        assertThat(foreign).hasContent(content);
        assertThatThrownBy(() -> ArchiveFiles.read(in)).isInstanceOf(ArchiveException.class);
      }
    }
  }

  @Test
  void aNewerLineKeepsAnOlderVersionFromWritingAndIsListedWhenReading() throws IOException {
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(TRAIL, 1)));
    }
    Files.writeString(
        file(1), Files.readString(file(1)) + "{\"format\":2,\"trail\":\"" + TRAIL + "\"}\n");
    assertThatThrownBy(() -> archive().open())
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("audit-00000001.jsonl:3 has format 2");
    ArchivedTrail trail = ArchiveFiles.read(directory()).trail(TRAIL);
    assertThat(trail.unreadable())
        .anySatisfy(line -> assertThat(line.problem()).contains("has format 2"));
  }

  @Test
  void aDamagedLineIsListedAndHidesNothingElse() throws IOException {
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(TRAIL, 1), entry(TRAIL, 2), entry(TRAIL, 3)));
    }
    Files.writeString(
        file(1),
        Files.readString(file(1))
            .replace("{\"format\":1,\"index\":2}", "{\"format\":1,\"index\":9}"));
    List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
    assertThat(all(Selection.all(), unreadable))
        .extracting(item -> item.position().index())
        .containsExactly(1L, 3L);
    assertThat(unreadable)
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.path()).endsWith("audit-00000001.jsonl:3");
              assertThat(line.problem()).contains("\"digest\"").contains("was changed");
            });
    archive().passOverDamage().open().close();
  }

  @Test
  void filesThatAreMissingBetweenOthersAreListed() throws IOException {
    try (ArchiveFiles files = archive().maxBytes(1).open()) {
      for (int i = 1; i <= 4; i++) {
        files.write(List.of(entry(TRAIL, i)));
      }
    }
    Files.delete(file(1));
    assertThat(indexes(TRAIL)).as("taking away the oldest is allowed").containsExactly(2L, 3L, 4L);
    Files.delete(file(3));
    List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
    assertThat(all(Selection.all(), unreadable)).hasSize(2);
    assertThat(unreadable)
        .singleElement()
        .satisfies(gap -> assertThat(gap.problem()).contains("audit-00000004.jsonl"));
  }

  @Test
  void aLineThatIsBeingWrittenIsPassedOver() throws IOException {
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(TRAIL, 1)));
      Files.writeString(file(1), Files.readString(file(1)) + "{\"format\":1,\"trail\":\"/or");
      assertThat(indexes(TRAIL)).containsExactly(1L);
    }
  }

  @Test
  void anEarlierTrailUnderTheSamePathIsKeptApart() throws IOException {
    try (ArchiveFiles files = archive().open()) {
      files.write(List.of(entry(TRAIL, 1), entry(TRAIL, 2)));
      files.write(List.of(entry(TRAIL, "0x99", 1, new byte[0])));
    }
    ArchivedTrail trail = ArchiveFiles.read(directory()).trail(TRAIL);
    // None of these is an entry that can be read; what counts is what became of them.
    assertThat(trail.unreadable()).hasSize(3);
    assertThat(ArchiveFiles.read(directory()).trail("/unknown").entries()).isEmpty();
  }

  @Test
  void aTakenNameIsNeverWrittenOver() throws IOException {
    try (ArchiveFiles files = archive().maxBytes(1).open()) {
      files.write(List.of(entry(TRAIL, 1)));
      Files.writeString(file(2), "somebody's");
      assertThatThrownBy(() -> files.write(List.of(entry(TRAIL, 2))))
          .isInstanceOf(ArchiveException.class)
          .hasCauseInstanceOf(FileAlreadyExistsException.class);
      assertThat(file(2)).hasContent("somebody's");
    }
  }

  @Test
  void badSettingsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> archive().maxBytes(0));
    assertThatIllegalArgumentException().isThrownBy(() -> archive().maxAge(Duration.ZERO));
  }
}
