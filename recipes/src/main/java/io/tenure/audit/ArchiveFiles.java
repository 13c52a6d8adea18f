package io.tenure.audit;

import io.tenure.internal.session.Log;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An archive in a directory of files, {@code audit-00000001.jsonl} and so on, one line of JSON for
 * each entry.
 *
 * <pre>{@code
 * try (ArchiveFiles files = ArchiveFiles.at(Path.of("/var/lib/tenure/orders")).open();
 *     AuditArchiver archiver = AuditArchiver.builder(client, "/orders").sink(files).build()) {
 *   archiver.run();
 * }
 * }</pre>
 *
 * <p>A file begins with a line that says how far each trail is archived in the files before it; the
 * lines after it tell the rest. So the archive's place is part of the archive, and to find it only
 * the last file is read, however many there are:
 *
 * <pre>
 * {"format":1,"archive":"tenure-audit","file":3,"created":"2026-03-01T00:00:00Z",
 *  "positions":{"/orders/shards/7":{"life":"0x2a","index":3,"zxid":"0x2e","digest":"9b…"}}}
 * {"format":1,"trail":"/orders/shards/7","life":"0x2a","index":4,"name":"0000000004-elected-w-1",
 *  "serverTime":"2026-03-01T00:00:07.120Z","zxid":"0x2f","digest":"5e…","entry":{"format":1,…}}
 * {"format":1,"trail":"/orders/shards/9","life":"0x2c","gapFirst":8,"gapLast":9}
 * </pre>
 *
 * <p>(Each is one line in the file.) {@code entry} comes last and is the znode's data byte for
 * byte: what stands between {@code ,"entry":} and the line's last brace has the digest. Data that
 * is no one line of JSON stands as base64 in {@code bytes} instead. {@code zxid} and {@code
 * serverTime} are the transaction's that wrote the entry; {@code life} is explained at {@link
 * Archived#life}.
 *
 * <p><b>Exactly once in the files</b>, because lines are appended in the order of their index and
 * forced to the disk before {@link #write} returns, and because where the archive stands is read
 * from these lines. A crash leaves some first part of what was being written, and perhaps half a
 * line: the half line is cut off when the archive is opened again, the rest counts. Nothing else is
 * ever cut off: a complete line that is damaged was durable once, so opening the archive fails and
 * names the line, see {@link Builder#passOverDamage}. A write that fails is taken back at once, or
 * before the next one if that fails as well.
 *
 * <p>Files are readable for their owner alone, see {@link Builder#permissionsByUmask}: entries name
 * hosts, processes and reasons.
 *
 * <p>One writer at a time, by a lock on {@code archive.lock}. Other programs may read meanwhile,
 * see {@link #read}, and may take away all files but the last one, oldest first.
 *
 * <p>Thread-safe. A thread that is interrupted while it writes fails the write.
 */
public final class ArchiveFiles implements ArchiveSink, AutoCloseable {

  /** When a file is full unless told otherwise: 64 MiB. */
  public static final long DEFAULT_MAX_BYTES = 64L << 20;

  private static final Log log = Log.of(ArchiveFiles.class);

  /** Opens a file that is there, for reading and writing. */
  interface Opener {
    FileChannel open(Path path) throws IOException;
  }

  private final Path directory;
  private final ArchiveLock lock;
  private final long maxBytes;
  private final Optional<Duration> maxAge;
  private final Clock clock;
  private final Opener opener;
  private final FileAttribute<?>[] permissions;

  // Guarded by this.
  private final Map<String, ArchivePosition> positions = new HashMap<>();
  private Path file;
  private @Nullable FileChannel channel;
  private long number;
  private Instant created;
  private long headerBytes;
  private long durableBytes;
  private boolean uncertainTail;
  private boolean closed;

  private ArchiveFiles(Builder builder, Path directory, ArchiveLock lock) throws IOException {
    this.directory = directory;
    this.lock = lock;
    this.maxBytes = builder.maxBytes;
    this.maxAge = builder.maxAge;
    this.clock = builder.clock;
    this.opener = builder.opener;
    this.permissions = builder.permissions(directory);
    ArchiveDirectory.deleteUnfinished(directory);
    List<ArchiveDirectory.Numbered> files = ArchiveDirectory.files(directory);
    if (files.isEmpty()) {
      created = clock.instant();
      file = ArchiveDirectory.file(directory, 1);
      begin(1, created);
    } else {
      for (ArchiveDirectory.Numbered old : files.subList(0, files.size() - 1)) {
        ArchiveDirectory.header(old);
      }
      ArchiveDirectory.Numbered last = files.get(files.size() - 1);
      file = last.path();
      number = last.number();
      created = load(last, builder.passOverDamage);
    }
  }

  /** An archive in a directory, which is made if it is not there. */
  public static Builder at(Path directory) {
    return new Builder(directory);
  }

  /**
   * Reads an archive, also while another process writes it.
   *
   * @throws ArchiveException if there is none
   */
  public static ArchiveReader read(Path directory) throws IOException {
    return ArchiveReader.of(directory);
  }

  @Override
  public synchronized Map<String, ArchivePosition> positions() {
    return Map.copyOf(positions);
  }

  /**
   * Appends lines.
   *
   * @throws ArchiveException if they cannot be written, because the disk is full for example. None
   *     of them counts then, and the same can be written again
   * @throws IllegalArgumentException if one is of an entry that is archived already
   * @throws IllegalStateException if the archive is closed
   */
  @Override
  public synchronized void write(List<Archived> items) throws IOException {
    if (closed) {
      throw new IllegalStateException("the archive " + directory + " is closed");
    }
    if (items.isEmpty()) {
      return;
    }
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (Archived item : items) {
      checkIsNew(item);
      lines.writeBytes(ArchiveLine.of(item));
    }
    try {
      cutUncertainTail();
      rotateIfDue();
      uncertainTail = true;
      FileChannel to = open();
      writeAt(to, lines.toByteArray(), durableBytes);
      to.force(false);
      uncertainTail = false;
      durableBytes += lines.size();
    } catch (IOException e) {
      tryToCutUncertainTail();
      throw new ArchiveException(
          file
              + " cannot be written: "
              + ArchiveDirectory.reason(e)
              + ". None of the last "
              + items.size()
              + " lines counts; they can be written again",
          e);
    }
    items.forEach(item -> positions.put(item.trail(), item.position()));
  }

  /** Closes the files and lets go of the directory. Closing twice is harmless. */
  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      lock.close();
    }
  }

  private void checkIsNew(Archived item) {
    ArchivePosition last = positions.get(item.trail());
    long first = item instanceof ArchivedGap gap ? gap.first() : item.position().index();
    if (last != null && last.life().equals(item.life()) && first <= last.index()) {
      throw new IllegalArgumentException(
          item.trail()
              + " is archived up to index "
              + last.index()
              + "; index "
              + first
              + " cannot follow. Two archivers may be writing to one archive");
    }
  }

  private FileChannel open() throws IOException {
    FileChannel open = channel;
    if (open == null || !open.isOpen()) {
      open = opener.open(file);
      channel = open;
    }
    return open;
  }

  /** What a failed write may have left does not count, and is not to stay. */
  private void cutUncertainTail() throws IOException {
    if (uncertainTail) {
      FileChannel cut = open();
      cut.truncate(durableBytes);
      cut.force(true);
      uncertainTail = false;
    }
  }

  private void tryToCutUncertainTail() {
    try {
      cutUncertainTail();
    } catch (IOException e) {
      log.warn("{} keeps the beginning of a failed write until the next one", file, e);
    }
  }

  private void rotateIfDue() throws IOException {
    boolean empty = durableBytes <= headerBytes;
    boolean old =
        maxAge.isPresent()
            && Duration.between(created, clock.instant()).compareTo(maxAge.get()) >= 0;
    if (empty || (durableBytes < maxBytes && !old)) {
      return;
    }
    FileChannel before = channel;
    begin(number + 1, clock.instant());
    if (before != null) {
      before.close();
    }
  }

  private void begin(long next, Instant now) throws IOException {
    ArchiveLine.Header header = new ArchiveLine.Header(next, now, positions);
    headerBytes = ArchiveDirectory.begin(directory, header, opener, permissions);
    durableBytes = headerBytes;
    number = next;
    created = now;
    file = ArchiveDirectory.file(directory, next);
    channel = null;
  }

  /** Finds out from the last file where the archive stands. */
  private Instant load(ArchiveDirectory.Numbered last, boolean passOverDamage) throws IOException {
    LastFile read = LastFile.read(last, passOverDamage);
    positions.putAll(read.positions());
    headerBytes = read.headerBytes();
    durableBytes = read.durableBytes();
    long rest = Files.size(last.path()) - durableBytes;
    if (rest > 0) {
      log.warn(
          "{}: {} bytes from byte {} on, which a crash left, are cut off",
          last.path(),
          rest,
          durableBytes);
      uncertainTail = true;
      cutUncertainTail();
    }
    if (read.unended()) {
      FileChannel to = open();
      writeAt(to, new byte[] {'\n'}, durableBytes);
      to.force(false);
      durableBytes++;
    }
    return read.begun();
  }

  static void writeAt(FileChannel channel, byte[] bytes, long position) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    long at = position;
    while (rest.hasRemaining()) {
      at += channel.write(rest, at);
    }
  }

  /** Opens an archive for writing. */
  public static final class Builder {

    private final Path directory;
    private long maxBytes = DEFAULT_MAX_BYTES;
    private Optional<Duration> maxAge = Optional.of(Duration.ofDays(1));
    private Clock clock = Clock.systemUTC();
    private boolean passOverDamage;
    private boolean byUmask;
    private Opener opener =
        path -> FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);

    private Builder(Path directory) {
      this.directory = directory;
    }

    /**
     * The size at which a file is full; default 64 MiB. The write that reaches it still goes into
     * it as a whole.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder maxBytes(long bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException(
            "files of " + bytes + " bytes: give a positive number, 64 MiB is usual");
      }
      this.maxBytes = bytes;
      return this;
    }

    /**
     * The age, by this machine's clock, from which a file that has entries gets no further ones;
     * default a day.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder maxAge(Duration age) {
      if (age.isZero() || age.isNegative()) {
        throw new IllegalArgumentException("files of age " + age + ": give a positive duration");
      }
      this.maxAge = Optional.of(age);
      return this;
    }

    /** Rotates by size alone. */
    public Builder anyAge() {
      this.maxAge = Optional.empty();
      return this;
    }

    /**
     * Opens the archive also where complete lines are damaged: each is logged at ERROR and stays as
     * it is. The content of such a line is ignored, so that the archiver reads its entry again, or
     * archives a gap if ZooKeeper no longer has it. Default: refuses to open the archive, since
     * damage to lines that were durable is for a person to look at.
     */
    public Builder passOverDamage() {
      this.passOverDamage = true;
      return this;
    }

    /**
     * Creates files with the permissions that the process's umask leaves, for readers that run as
     * another user. Default: only the owner may read and write them, where the file system has such
     * permissions. Files that exist keep theirs.
     */
    public Builder permissionsByUmask() {
      this.byUmask = true;
      return this;
    }

    private FileAttribute<?>[] permissions(Path real) {
      return byUmask || !real.getFileSystem().supportedFileAttributeViews().contains("posix")
          ? new FileAttribute<?>[0]
          : new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
          };
    }

    Builder clock(Clock with) {
      this.clock = with;
      return this;
    }

    Builder opener(Opener with) {
      this.opener = with;
      return this;
    }

    /**
     * Opens the archive, and cuts off the half line that a crash left.
     *
     * @throws ArchiveException if the directory cannot be used: it is none, may not be written, is
     *     being written by others, or holds a file under an archive's name that is none, is of a
     *     newer format, or has a damaged line. Nothing was overwritten
     */
    public ArchiveFiles open() throws IOException {
      Path real = ArchiveDirectory.make(directory);
      ArchiveLock lock = null;
      try {
        lock = ArchiveLock.take(real, permissions(real));
        ArchiveFiles files = new ArchiveFiles(this, real, lock);
        lock = null;
        return files;
      } catch (ArchiveException e) {
        throw e;
      } catch (IOException e) {
        throw new ArchiveException(
            directory + " cannot be used as an archive: " + ArchiveDirectory.reason(e), e);
      } finally {
        if (lock != null) {
          lock.close();
        }
      }
    }
  }
}
