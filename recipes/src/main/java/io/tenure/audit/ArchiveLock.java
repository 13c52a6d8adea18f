package io.tenure.audit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps an archive to one writer at a time, over all processes of the machine. Thread-safe. */
final class ArchiveLock implements AutoCloseable {

  private static final String NAME = "archive.lock";

  /**
   * The directories that this process holds. The operating system's lock belongs to the process and
   * not to the channel: a second channel on the same file, merely closed, would let go of it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel channel;

  private ArchiveLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @param directory its real path
   * @param permissions of the file, if it is not there
   */
  static ArchiveLock take(Path directory, FileAttribute<?>[] permissions) throws IOException {
    if (!HELD.add(directory)) {
      throw inUse(directory, "this process");
    }
    boolean taken = false;
    FileChannel channel = null;
    try {
      ArchiveDirectory.requireRegular(directory.resolve(NAME));
      channel =
          FileChannel.open(
              directory.resolve(NAME),
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              permissions);
      FileLock lock = channel.tryLock();
      taken = lock != null;
      if (lock == null) {
        throw inUse(directory, "another process");
      }
      return new ArchiveLock(directory, channel);
    } finally {
      if (!taken) {
        HELD.remove(directory);
        if (channel != null) {
          channel.close();
        }
      }
    }
  }

  private static ArchiveException inUse(Path directory, String by) {
    return new ArchiveException(
        directory
            + " is being written by "
            + by
            + " (it holds "
            + NAME
            + "): an archive has one writer at a time. End that one, or choose another directory");
  }

  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.close();
      HELD.remove(directory);
    }
  }
}
