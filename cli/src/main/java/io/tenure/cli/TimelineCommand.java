package io.tenure.cli;

import io.tenure.audit.ArchivedTrail;
import io.tenure.audit.AuditTrail;
import io.tenure.cli.timeline.TimelineData;
import io.tenure.cli.timeline.TimelinePage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws who led what when. */
@Command(
    name = "timeline",
    header = "Draw who led what when, as one page for a browser",
    description = {
      "One self-contained file of HTML: shards by time, each tenure in the colour of its worker, with",
      "gaps and lost tenures. It needs no network."
    })
final class TimelineCommand implements Callable<Integer> {

  private final Io io;

  @Mixin Connect connect = new Connect();
  @Mixin ArchiveOption archive = new ArchiveOption();

  @Parameters(paramLabel = "SCOPE|GROUP", description = "For example /billing/close or /orders.")
  String target = "";

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "FILE",
      description = "Where to, as timeline.html; one that is there is replaced.")
  Path out = Path.of("");

  @Option(
      names = "--umask",
      description =
          "Create the file with the permissions that the umask leaves. Default: for the owner alone.")
  boolean byUmask;

  TimelineCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (Connection connection = connect.open()) {
      Target found = new Targets(connection.client()).find(target);
      Trails trails = new Trails(connection.client(), found);
      Map<String, ArchivedTrail> archived = archive.trails(trails.scopes());
      ArchiveOption.sayUnreadable(io, archived.values());
      Instant asOf = io.clock().instant();
      List<AuditTrail> whole = new ArrayList<>();
      for (AuditTrail live : trails.read()) {
        ArchivedTrail kept = archived.get(live.scope().path());
        whole.add(kept == null ? live : live.withArchived(kept.entries()));
      }
      TimelineData data = TimelineData.of(found.path(), asOf, whole, trails.removed());
      write(data);
      Failures.say(
          io.err(),
          out
              + ": "
              + whole.size()
              + " scopes, "
              + data.tenures()
              + " tenures; open it in a browser");
      return ExitCode.OK;
    }
  }

  /** Beside it first, then in its place: a reader who opens the file finds a whole page. */
  private void write(TimelineData data) {
    Path file = out.toAbsolutePath();
    try {
      Path part = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".part");
      Files.createFile(part, byUmask ? new FileAttribute<?>[0] : SecretFiles.ownersAlone(part));
      try {
        try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(part))) {
          TimelinePage.write(data, stream);
        }
        move(part, file);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw new CommandException(ExitCode.REFUSED, "--out " + out + " cannot be written: " + e, e);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
