package io.tenure.cli;

import io.tenure.cli.doctor.Diagnosis;
import io.tenure.cli.doctor.Doctor;
import io.tenure.cli.doctor.Examination;
import io.tenure.cli.doctor.Level;
import io.tenure.scope.Scope;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what is wrong or risky. */
@Command(
    name = "doctor",
    header = "What is wrong or risky, in plain words",
    description = {
      "With servers, sessions, clocks, permissions, sizes, groups, offices and audit trails, and what",
      "to do about it. Exit code 1 if anything is wrong or risky; notes do not count.",
      "",
      "It changes nothing. To read the servers' clock it makes an ephemeral znode",
      "/tenure-doctor-probe-NUMBER (or, where it may not, one below the group or scope) and deletes",
      "it at once; --no-probe leaves that out. To learn how long sessions may be it opens two",
      "sessions with each server and closes them.",
      ""
    })
final class DoctorCommand implements Callable<Integer> {

  private final Io io;

  @Mixin Connect connect = new Connect();

  @Option(
      names = "--json",
      description = "Write one line of JSON for each finding: level, check, path, text, advice.")
  boolean json;

  @Option(names = "--no-probe", description = "Write nothing at all, and do not check the clock.")
  boolean noProbe;

  @Option(
      names = "--tick-time",
      paramLabel = "TIME",
      defaultValue = "2s",
      description =
          "What the services give SessionMonitor.Builder.tickTime; default: ${DEFAULT-VALUE}.")
  String tickTime = "";

  @Option(
      names = "--observer-master",
      description =
          "The services have SessionMonitor.Builder.observerMaster(true): they reckon with observers"
              + " that follow followers.")
  boolean observerMaster;

  @Parameters(
      paramLabel = "SCOPE|GROUP",
      arity = "0..1",
      description = "Default: everything below the namespace's root.")
  @Nullable String target;

  DoctorCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (Connection connection = connect.open()) {
      Targets targets = new Targets(connection.client());
      String named = target;
      List<Target> found = named == null ? targets.all("/") : List.of(targets.find(named));
      List<String> groups = new ArrayList<>();
      List<Scope> scopes = new ArrayList<>();
      for (Target one : found) {
        if (one instanceof Target.OfScope scope) {
          scopes.add(scope.scope());
        } else {
          groups.add(one.path());
        }
      }
      Report report = new Report();
      try (report) {
        new Doctor(
                new Examination(
                    connection.client(),
                    connection.connect(),
                    connection.limit(),
                    io.clock(),
                    groups,
                    scopes,
                    !noProbe,
                    Times.duration(tickTime),
                    observerMaster))
            .run(report);
      }
      report.sum(groups.size(), scopes.size());
      return report.isGood() ? ExitCode.OK : ExitCode.NO;
    }
  }

  /** Writes what is found as it is found. Confined to the thread of the command. */
  private final class Report implements Doctor.Listener, AutoCloseable {

    private final Map<Level, Integer> counts = new EnumMap<>(Level.class);
    private final Waiting waiting = new Waiting(io);
    private int unchecked;

    @Override
    public void begins(String check) {
      waiting.at("checking " + check);
    }

    @Override
    public void found(String check, List<Diagnosis> diagnoses) {
      waiting.clear();
      if (!json && !diagnoses.isEmpty()) {
        io.out().line(check);
      }
      for (Diagnosis one : diagnoses) {
        counts.merge(one.level(), 1, Integer::sum);
        unchecked += one.checked() ? 0 : 1;
        if (json) {
          io.out()
              .json(
                  Json.object()
                      .put("level", one.level().word())
                      .put("check", one.check())
                      .put("path", one.path())
                      .put("text", one.text())
                      .put("advice", one.advice())
                      .put("checked", one.checked()));
        } else {
          print(one);
        }
      }
      io.out().flush();
    }

    private void print(Diagnosis one) {
      String level = one.level().word();
      io.out().line("  " + level + " ".repeat(7 - level.length()) + one.path() + ": " + one.text());
      if (!one.advice().isEmpty()) {
        io.out().line("         -> " + one.advice());
      }
    }

    boolean isGood() {
      return count(Level.WRONG) + count(Level.RISKY) == 0;
    }

    private int count(Level level) {
      return counts.getOrDefault(level, 0);
    }

    void sum(int groups, int scopes) {
      Failures.say(
          io.err(),
          (groups + scopes == 0 ? "no scope or group is there; " : "")
              + count(Level.WRONG)
              + " wrong, "
              + count(Level.RISKY)
              + " risky, "
              + (count(Level.NOTE) - unchecked)
              + " to note, "
              + unchecked
              + " not checked, "
              + count(Level.OK)
              + " ok");
    }

    @Override
    public void close() {
      waiting.close();
    }
  }
}
