package io.tenure.audit;

import io.tenure.internal.session.Log;
import io.tenure.scope.ForeignDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the last file of an archive tells: how far each trail is archived, and how much of the file
 * counts.
 *
 * <p>A write appends lines and ends in a line feed. So a crash leaves bytes behind the last line
 * feed: the first part of a line, with zeros behind it where the disk has the file's length and not
 * its bytes. The bytes behind the last line feed are ignored: they were never reported as archived.
 * Every other damage is of lines that were durable once: they are evidence, and only a person may
 * decide about them.
 *
 * @param begun when the file was begun
 * @param headerBytes how long its first line is
 * @param durableBytes how much of the file counts; a crash left what stands behind it
 * @param unended whether the last line that counts has lost nothing but its line feed
 */
record LastFile(
    Instant begun,
    Map<String, ArchivePosition> positions,
    long headerBytes,
    long durableBytes,
    boolean unended) {

  private static final Log log = Log.of(LastFile.class);

  /**
   * Reads the file.
   *
   * @param passOver whether damaged lines are logged and passed over
   * @throws ArchiveException if it is no file of an archive, of a newer format, or damaged
   */
  static LastFile read(ArchiveDirectory.Numbered file, boolean passOver) throws IOException {
    try (LineReader lines = new LineReader(Files.newInputStream(file.path()))) {
      ArchiveLine.Header header = ArchiveDirectory.header(file, lines);
      Map<String, ArchivePosition> positions = new HashMap<>(header.positions());
      long headerBytes = lines.offset();
      long durable = headerBytes;
      long number = 2;
      for (; lines.next(); number++) {
        take(new Place(file.path(), number, durable), lines.line(), passOver, positions);
        durable = lines.offset();
      }
      Place end = new Place(file.path(), number, durable);
      byte[] rest = lines.rest();
      Optional<byte[]> whole = withoutLineFeed(end, rest);
      if (whole.isPresent()) {
        take(end, whole.get(), passOver, positions);
        durable += whole.get().length;
      }
      return new LastFile(header.created(), positions, headerBytes, durable, whole.isPresent());
    }
  }

  /** Where a line stands. */
  private record Place(Path file, long line, long offset) {
    @Override
    public String toString() {
      return file + ":" + line;
    }
  }

  private static void take(
      Place place, byte[] line, boolean passOver, Map<String, ArchivePosition> positions)
      throws ArchiveException {
    try {
      ArchiveLine.parse(place.toString(), line, any -> true)
          .ifPresent(item -> positions.put(item.trail(), item.position()));
    } catch (ForeignDataException e) {
      if (ArchiveLine.isNewer(line)) {
        throw new ArchiveException(String.valueOf(e.getMessage()), e);
      }
      if (!passOver) {
        throw damaged(place, line.length + 1L, e);
      }
      log.error(
          "{}: the line at byte {} is damaged, stays as it is, and is passed over: {}",
          place,
          place.offset(),
          e.getMessage());
    }
  }

  private static ArchiveException damaged(Place place, long bytes, ForeignDataException cause) {
    return new ArchiveException(
        place
            + " is damaged, "
            + bytes
            + " bytes from byte "
            + place.offset()
            + " on: "
            + cause.getMessage()
            + ". A crash of the archiver does not leave such a line, so nothing was cut off or"
            + " written. Restore the file from a copy; or keep the line as evidence and let the"
            + " archive go on behind it (passOverDamage(), or --pass-over-damage); or begin another"
            + " archive in another directory",
        cause);
  }

  /**
   * The line behind the last line feed, if it is complete: then only its line feed is missing, or
   * is another byte now. A line is one object of JSON, so no first part of a line is complete.
   */
  private static Optional<byte[]> withoutLineFeed(Place place, byte[] rest) {
    int end = rest.length;
    while (end > 0 && rest[end - 1] == 0) {
      end--;
    }
    byte[] line = Arrays.copyOf(rest, end);
    return isComplete(place, line)
        ? Optional.of(line)
        : Optional.of(Arrays.copyOf(rest, Math.max(0, end - 1)))
            .filter(shorter -> isComplete(place, shorter));
  }

  private static boolean isComplete(Place place, byte[] line) {
    try {
      return ArchiveLine.parse(place.toString(), line, any -> true).isPresent();
    } catch (ForeignDataException e) {
      return false;
    }
  }
}
