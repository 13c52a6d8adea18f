package io.tenure.cli;

import io.tenure.audit.ArchiveFiles;
import io.tenure.audit.ArchiveReader;
import io.tenure.audit.Archived;
import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.ArchivedTrail;
import io.tenure.audit.AuditTrail;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
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

  /** Says in one line what of these trails cannot be read and so is left out. */
  static void sayUnreadable(Io io, Collection<ArchivedTrail> trails) {
    // A line that cannot be read may belong to any trail, and counts once.
    Set<AuditTrail.Unreadable> all = new LinkedHashSet<>();
    trails.forEach(trail -> all.addAll(trail.unreadable()));
    all.stream()
        .findFirst()
        .ifPresent(
            bad ->
                Failures.say(
                    io.err(),
                    (bad.problem().startsWith(bad.path()) ? "" : bad.path() + ": ")
                        + bad.problem()
                        + "; it is left out"
                        + (all.size() == 1
                            ? ""
                            : ", and "
                                + (all.size() - 1)
                                + " more that tenure audit verify --archive names")));
  }

  /**
   * The entries that it holds of one trail, as they were archived; nothing if none was named.
   *
   * @param unreadable is told of that trail's lines that cannot be read; those of other trails are
   *     found by {@link #trails}
   */
  List<ArchivedEntry> entries(String trail, Consumer<AuditTrail.Unreadable> unreadable) {
    Optional<ArchiveReader> reader = reader();
    if (reader.isEmpty()) {
      return List.of();
    }
    try (Stream<Archived> lines =
        reader.get().lines(ArchiveReader.Selection.of(trail), unreadable)) {
      return lines.filter(ArchivedEntry.class::isInstance).map(ArchivedEntry.class::cast).toList();
    } catch (UncheckedIOException e) {
      throw failed(Objects.requireNonNull(e.getCause()));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  CommandException failed(IOException cause) {
    return new CommandException(
        ExitCode.UNREADABLE, "archive " + directory + ": " + cause.getMessage(), cause);
  }
}
