package io.tenure.audit;

import io.tenure.internal.session.Log;
import io.tenure.scope.ForeignDataException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of an archive. Stateless. */
final class ArchiveDirectory {

  private static final Log log = Log.of(ArchiveDirectory.class);
  private static final Pattern NAME = Pattern.compile("audit-(\\d{8,18})\\.jsonl");
  private static final Pattern UNFINISHED = Pattern.compile("audit-\\d{8,18}\\.jsonl\\.new");

  /** One of them. */
  record Numbered(Path path, long number) {
    String name() {
      return path.getFileName().toString();
    }
  }

  private ArchiveDirectory() {}

  static Path file(Path directory, long number) {
    return directory.resolve(String.format("audit-%08d.jsonl", number));
  }

  /** The files in the order in which they were written. Other files are passed over. */
  static List<Numbered> files(Path directory) throws IOException {
    List<Numbered> files = new ArrayList<>();
    for (Path path : list(directory)) {
      Matcher name = NAME.matcher(path.getFileName().toString());
      if (name.matches()) {
        requireRegular(path);
        files.add(new Numbered(path, Long.parseLong(name.group(1))));
      }
    }
    files.sort(Comparator.comparingLong(Numbered::number));
    return files;
  }

  /**
   * Refuses what would keep a reader waiting for ever, as a pipe or a device does, before it is
   * opened.
   *
   * @throws ArchiveException if it is there, and is no regular file nor a link to one
   */
  static void requireRegular(Path path) throws ArchiveException {
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new ArchiveException(
          path
              + " is no regular file but a directory, a pipe, a socket or a device: "
              + path.getParent()
              + " cannot be used as an archive, whose files are regular ones. It was left"
              + " untouched; move it away, or choose another directory");
    }
  }

  /** Deletes what a crash left of a file that was about to be begun. It holds no entry yet. */
  static void deleteUnfinished(Path directory) throws IOException {
    for (Path path : list(directory)) {
      if (UNFINISHED.matcher(path.getFileName().toString()).matches()) {
        Files.delete(path);
      }
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.toList();
    }
  }

  /**
   * Reads the header of a file.
   *
   * @throws ArchiveException if it is no archive's, or of a newer format
   */
  static ArchiveLine.Header header(Numbered file) throws IOException {
    try (LineReader lines = new LineReader(Files.newInputStream(file.path()))) {
      return header(file, lines);
    }
  }

  /** Reads the header as the first line of a file. */
  static ArchiveLine.Header header(Numbered file, LineReader lines) throws IOException {
    if (!lines.next()) {
      throw new ArchiveException(
          file.path()
              + " is no file of an archive: it has no first line. It was left untouched; move it"
              + " away, or choose another directory");
    }
    try {
      return ArchiveLine.header(file.path().toString(), lines.line());
    } catch (ForeignDataException e) {
      throw new ArchiveException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Begins a file with its header, durable as a whole or not there.
   *
   * @return how long it is
   */
  static long begin(
      Path directory,
      ArchiveLine.Header header,
      ArchiveFiles.Opener opener,
      FileAttribute<?>[] permissions)
      throws IOException {
    byte[] line = ArchiveLine.header(header);
    Path file = file(directory, header.number());
    Path unfinished = directory.resolve(file.getFileName() + ".new");
    Files.deleteIfExists(unfinished);
    Files.createFile(unfinished, permissions);
    try (FileChannel channel = opener.open(unfinished)) {
      ArchiveFiles.writeAt(channel, line, 0);
      channel.force(true);
    }
    Files.move(unfinished, file); // Not over a file that is there.
    forceNames(directory);
    return line.length;
  }

  /** Makes a new name durable, where the system lets directories be opened for that. */
  private static void forceNames(Path directory) {
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    } catch (IOException e) {
      log.debug("{} cannot be forced; the system is trusted with its names", directory, e);
    }
  }

  /** The directory's real path; made if it is not there. */
  static Path make(Path directory) throws IOException {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw notADirectory(directory);
    }
    try {
      return Files.createDirectories(directory).toRealPath();
    } catch (IOException e) {
      throw new ArchiveException(
          directory + " cannot be made: " + reason(e) + ". Make it, or choose another", e);
    }
  }

  static ArchiveException notADirectory(Path directory) {
    return new ArchiveException(
        directory + " is no directory: an archive is a directory of files. Choose another");
  }

  /** What went wrong, also where the error's message is only a path. */
  static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file " + e.getMessage();
    }
    return e.getClass().getSimpleName().replaceAll("Exception$", "") + " " + e.getMessage();
  }
}
