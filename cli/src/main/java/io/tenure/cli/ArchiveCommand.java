package io.tenure.cli;

import io.tenure.audit.ArchiveFiles;
import io.tenure.audit.ArchiveListener;
import io.tenure.audit.Archived;
import io.tenure.audit.ArchivedGap;
import io.tenure.audit.AuditArchiver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Follows audit trails into files. */
@Command(
    name = "archive",
    header = "Follow audit trails into files, and trim them in ZooKeeper",
    description = {
      "Every trail at or below a path, each entry once, as lines of JSON. It goes on where it ended",
      "before. One at a time writes to a directory; any number may read, as who, audit and timeline do",
      "with --archive. It ends with Ctrl-C, or with --once when everything there is archived."
    })
final class ArchiveCommand implements Callable<Integer> {

  private final Io io;

  @Mixin Connect connect = new Connect();

  @Parameters(
      paramLabel = "PATH",
      description = "A scope, a group, what they stand below; / for everything.")
  String path = "";

  @Option(
      names = "--dir",
      required = true,
      paramLabel = "DIR",
      description = "Where the files are; made if it is not there.")
  Path directory = Path.of("");

  @Option(names = "--once", description = "End when everything there is archived.")
  boolean once;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description =
          "Take archived entries out of ZooKeeper, but for the last N of each trail. For services"
              + " that keep everything there (Retention.KEEP_ALL).")
  @Nullable Integer keep;

  @Option(
      names = "--max-mib",
      paramLabel = "MIB",
      description = "Begin a new file when one is as large. Default: 64.")
  @Nullable Integer maxMib;

  @Option(
      names = "--max-age",
      paramLabel = "TIME",
      description = "Begin a new file when one is as old: 1d.")
  @Nullable String maxAge;

  @Option(
      names = "--umask",
      description =
          "Create files with the permissions that the umask leaves. Default: for the owner alone.")
  boolean byUmask;

  @Option(
      names = "--pass-over-damage",
      description =
          "Go on behind damaged lines, which stay as they are. Default: refuse and name the line.")
  boolean passOverDamage;

  ArchiveCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    String root = Targets.normalized(path);
    ArchiveFiles.Builder where = CommandException.ofOptions(this::fromOptions);
    try (Connection connection = connect.open();
        ArchiveFiles files = where.open()) {
      io.ifInterrupted().set(""); // That is how it ends.
      Said said = new Said();
      AuditArchiver.Builder builder =
          AuditArchiver.builder(connection.client(), root).sink(files).listener(said);
      if (keep != null) {
        int kept = keep;
        CommandException.ofOptions(() -> builder.keep(kept));
      }
      try (AuditArchiver archiver = builder.build()) {
        if (once) {
          archiver.once();
          Failures.say(io.err(), said.total.get() + " archived in " + directory);
        } else {
          archiver.run();
        }
      }
      return ExitCode.OK;
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.REFUSED, "archive " + directory + ": " + e.getMessage(), e);
    }
  }

  private ArchiveFiles.Builder fromOptions() {
    ArchiveFiles.Builder where = ArchiveFiles.at(directory);
    if (maxMib != null) {
      where.maxBytes((long) maxMib << 20);
    }
    if (maxAge != null) {
      Duration age = Times.duration(maxAge);
      where.maxAge(age);
    }
    if (byUmask) {
      where.permissionsByUmask();
    }
    if (passOverDamage) {
      where.passOverDamage();
    }
    return where;
  }

  /** Says what happens, on standard error. Called by the archiver's thread. */
  private final class Said implements ArchiveListener {
    private final AtomicLong total = new AtomicLong();
    private boolean caughtUp;

    @Override
    public void archived(List<Archived> items) {
      total.addAndGet(items.size());
    }

    @Override
    public void caughtUp(int trails) {
      if (!caughtUp && !once) {
        caughtUp = true;
        Failures.say(
            io.err(), total + " archived of " + trails + " trails; following, until Ctrl-C");
      }
    }

    @Override
    public void gap(ArchivedGap gap) {
      Failures.say(
          io.err(),
          gap.trail()
              + ": entries "
              + gap.first()
              + " to "
              + gap.last()
              + " were deleted before they could be archived: keep more in ZooKeeper");
    }

    @Override
    public void anew(String trail, String from, String to) {
      Failures.say(io.err(), trail + ": the trail is another one than was archived so far");
    }

    @Override
    public void problem(String where, String problem) {
      Failures.say(io.err(), where + ": " + problem);
    }
  }
}
