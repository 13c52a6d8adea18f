package io.tenure.cli;

import io.tenure.audit.ArchiveFiles;
import io.tenure.audit.ArchiveReader;
import io.tenure.audit.ArchivedTrail;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** An archive that is read together with what stands in ZooKeeper. */
final class ArchiveOption {

  @Option(
      names = "--archive",
      paramLabel = "DIR",
      description = "Read this archive as well, which tenure archive has made.")
  @Nullable Path directory;

  /** The archive, if one was named. */
  Optional<ArchiveReader> reader() {
    Path named = directory;
    if (named == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(ArchiveFiles.read(named));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * What it holds of the trails of scopes; nothing if none was named. Read this before the live.
   */
  Map<String, ArchivedTrail> trails(Collection<String> scopes) {
    Optional<ArchiveReader> reader = reader();
    try {
      return reader.isEmpty() ? Map.of() : reader.get().trails(scopes);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  CommandException failed(IOException cause) {
    return new CommandException(
        ExitCode.UNREADABLE, "archive " + directory + ": " + cause.getMessage(), cause);
  }
}
