package io.tenure.audit;

import io.tenure.audit.ArchiveDirectory.Numbered;
import io.tenure.scope.ForeignDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files of an archive, also while they are written.
 *
 * <pre>{@code
 * ArchivedTrail archived = ArchiveFiles.read(directory).trail("/orders/shards/7");
 * AuditLog log = AuditLog.of(client, "/orders/shards/7");
 * LeaderAt answer = log.trail().withArchived(archived.entries()).leaderAt(time);
 * List<Finding> wrong = log.verify(archived);
 * }</pre>
 *
 * <p>Each call reads anew. A line that is being written is passed over; the last complete ones may
 * be seen a moment before they are durable. Files in which nothing of the wanted trails stands are
 * recognised by what the next file says about the ones before it, and are not read.
 *
 * <p>Immutable, thread-safe.
 */
public final class ArchiveReader {

  /**
   * Which lines are wanted. Immutable.
   *
   * @param trails paths; empty for all
   * @param since the earliest server time, inclusive; a gap has no time and is always told
   * @param until the latest server time, exclusive
   */
  public record Selection(
      Optional<Set<String>> trails, Optional<Instant> since, Optional<Instant> until) {

    /** Copies the set. */
    public Selection {
      trails = trails.map(Set::copyOf);
    }

    /** Everything. */
    public static Selection all() {
      return new Selection(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** These trails, at any time. */
    public static Selection of(String... trails) {
      return new Selection(Optional.of(Set.of(trails)), Optional.empty(), Optional.empty());
    }

    /** The same, from a time on. */
    public Selection since(Instant time) {
      return new Selection(trails, Optional.of(time), until);
    }

    /** The same, before a time. */
    public Selection until(Instant time) {
      return new Selection(trails, since, Optional.of(time));
    }

    boolean wants(String trail) {
      return trails.isEmpty() || trails.get().contains(trail);
    }

    boolean wants(Archived item) {
      return !(item instanceof ArchivedEntry entry)
          || ((since.isEmpty() || !entry.serverTime().isBefore(since.get()))
              && (until.isEmpty() || entry.serverTime().isBefore(until.get())));
    }
  }

  private record File(Numbered file, ArchiveLine.Header header) {}

  private final Path directory;

  private ArchiveReader(Path directory) {
    this.directory = directory;
  }

  static ArchiveReader of(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      throw new ArchiveException("there is no archive " + directory + ": no such directory");
    }
    if (!Files.isDirectory(directory)) {
      throw ArchiveDirectory.notADirectory(directory);
    }
    ArchiveReader reader = new ArchiveReader(directory);
    if (reader.files().isEmpty()) {
      throw new ArchiveException(
          "there is no archive in " + directory + ": no file audit-00000001.jsonl or later");
    }
    return reader;
  }

  /** The paths of all trails of which something is archived, or was in files that are gone. */
  public Set<String> trails() throws IOException {
    List<File> files = files();
    if (files.isEmpty()) {
      return Set.of();
    }
    File last = files.get(files.size() - 1);
    Set<String> trails = new TreeSet<>(last.header().positions().keySet());
    Cursor cursor = new Cursor(List.of(last), Selection.all(), ignored -> {});
    try {
      for (Archived item = cursor.next(); item != null; item = cursor.next()) {
        trails.add(item.trail());
      }
    } finally {
      cursor.close();
    }
    return trails;
  }

  /**
   * The lines that are wanted, in the order in which they were written: of each trail in the order
   * of its index, life after life.
   *
   * @param unreadable is told of lines that cannot be read, and of files that are missing between
   *     others; such a path is that of the file, with the line's number
   * @return to be closed; throws {@link UncheckedIOException} while it is read if a file cannot be
   */
  public Stream<Archived> lines(Selection selection, Consumer<AuditTrail.Unreadable> unreadable)
      throws IOException {
    List<File> files = files();
    missing(files, unreadable);
    Cursor cursor = new Cursor(holding(files, selection), selection, unreadable);
    return StreamSupport.stream(
            new Spliterators.AbstractSpliterator<Archived>(
                Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL) {
              @Override
              public boolean tryAdvance(Consumer<? super Archived> action) {
                try {
                  Archived item = cursor.next();
                  if (item != null) {
                    action.accept(item);
                  }
                  return item != null;
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
            },
            false)
        .onClose(cursor::close);
  }

  /**
   * What is archived of a scope's trail.
   *
   * @throws IOException if the files cannot be read; damaged lines are listed
   */
  public ArchivedTrail trail(String scope) throws IOException {
    return Objects.requireNonNull(trails(List.of(scope)).get(scope));
  }

  /** What is archived of the trails of scopes, in their order. All of it is held in memory. */
  public Map<String, ArchivedTrail> trails(Collection<String> scopes) throws IOException {
    List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
    Map<String, ArchivedTrail.Collector> collectors = new LinkedHashMap<>();
    scopes.forEach(scope -> collectors.put(scope, new ArchivedTrail.Collector(scope)));
    Selection selection =
        new Selection(Optional.of(new HashSet<>(scopes)), Optional.empty(), Optional.empty());
    try (Stream<Archived> lines = lines(selection, unreadable::add)) {
      lines.forEach(item -> Objects.requireNonNull(collectors.get(item.trail())).add(item));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    Map<String, ArchivedTrail> trails = new LinkedHashMap<>();
    collectors.forEach((scope, of) -> trails.put(scope, of.trail(unreadable)));
    return trails;
  }

  private List<File> files() throws IOException {
    List<File> files = new ArrayList<>();
    for (Numbered file : ArchiveDirectory.files(directory)) {
      files.add(new File(file, ArchiveDirectory.header(file)));
    }
    return files;
  }

  private static void missing(List<File> files, Consumer<AuditTrail.Unreadable> unreadable) {
    for (int i = 1; i < files.size(); i++) {
      Numbered before = files.get(i - 1).file();
      Numbered after = files.get(i).file();
      if (before.number() + 1 < after.number()) {
        unreadable.accept(
            new AuditTrail.Unreadable(
                before.path().toString(), "and the next, " + after.name() + ": files are missing"));
      }
    }
  }

  /** Leaves out files before and after which the archive stands at the same place. */
  private static List<File> holding(List<File> files, Selection selection) {
    if (selection.trails().isEmpty()) {
      return files;
    }
    List<File> holding = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      Map<String, ArchivePosition> before = files.get(i).header().positions();
      Map<String, ArchivePosition> after =
          i + 1 < files.size() ? files.get(i + 1).header().positions() : Map.of();
      boolean last = i + 1 == files.size();
      if (last
          || selection.trails().get().stream()
              .anyMatch(trail -> !Objects.equals(before.get(trail), after.get(trail)))) {
        holding.add(files.get(i));
      }
    }
    return holding;
  }

  /** Goes through files. Confined to one thread at a time. */
  private static final class Cursor {
    private final Deque<File> rest;
    private final Selection selection;
    private final Consumer<AuditTrail.Unreadable> unreadable;
    private @Nullable LineReader lines;
    private String file = "";
    private long line;

    Cursor(List<File> files, Selection selection, Consumer<AuditTrail.Unreadable> unreadable) {
      this.rest = new ArrayDeque<>(files);
      this.selection = selection;
      this.unreadable = unreadable;
    }

    /** The next wanted item; null if there is none. */
    @Nullable Archived next() throws IOException {
      while (true) {
        LineReader open = lines;
        if (open == null) {
          File next = rest.poll();
          if (next == null) {
            return null;
          }
          file = next.file().path().toString();
          open = new LineReader(Files.newInputStream(next.file().path()));
          lines = open;
          line = open.next() ? 1 : 0; // The header.
        }
        if (!open.next()) {
          close();
          continue;
        }
        line++;
        Optional<Archived> item = parse(open.line());
        if (item.isPresent() && selection.wants(item.get())) {
          return item.get();
        }
      }
    }

    private Optional<Archived> parse(byte[] bytes) {
      String where = file + ":" + line;
      try {
        return ArchiveLine.parse(where, bytes, selection::wants);
      } catch (ForeignDataException e) {
        unreadable.accept(new AuditTrail.Unreadable(where, String.valueOf(e.getMessage())));
        return Optional.empty();
      }
    }

    void close() {
      LineReader open = lines;
      lines = null;
      if (open != null) {
        try {
          open.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
