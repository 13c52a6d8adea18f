package io.tenure.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.audit.ArchivedTrail;
import io.tenure.audit.AuditLog;
import io.tenure.audit.AuditTrail;
import io.tenure.audit.LeaderAt;
import io.tenure.audit.PastTenure;
import io.tenure.audit.RecordedEntry;
import io.tenure.scope.Candidate;
import io.tenure.scope.Scope;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Who leads a scope, or led it at a time; how sure that is, and what it rests on. */
@Command(
    name = "who",
    header = "Who leads a scope, or led it at a time",
    description = {
      "With the epoch, how sure the answer is, and the entries of the audit trail that it rests on.",
      "Exit code 1 if nobody leads or led, 3 if the trail does not reach back that far."
    })
final class WhoCommand implements Callable<Integer> {

  private final Io io;

  @Mixin Connect connect = new Connect();

  @Mixin ArchiveOption archive = new ArchiveOption();

  @Option(names = "--json", description = "Write JSON.")
  boolean json;

  @Parameters(paramLabel = "SCOPE", description = "For example /billing/close, /orders/shards/7.")
  String scope = "";

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description =
          "By the server's clock: 2026-03-01T02:05:00Z, local 2026-03-01T02:05, 02:05, '10m ago'.")
  @Nullable String at;

  WhoCommand(Io io) {
    this.io = io;
  }

  /** What is answered. */
  private record Answer(
      String word, boolean sure, String why, Optional<PastTenure> tenure, int exitCode) {}

  @Override
  public Integer call() throws InterruptedException {
    Instant time = at == null ? null : Times.parse(at, io.clock(), ZoneId.systemDefault());
    try (Connection connection = connect.open()) {
      Scope found = new Targets(connection.client()).findScope(scope);
      ArchivedTrail archived = archive.trails(List.of(found.path())).get(found.path());
      ArchiveOption.sayUnreadable(io, archived == null ? List.of() : List.of(archived));
      AuditTrail live = AuditLog.of(connection.client(), found.path()).trail();
      AuditTrail trail = archived == null ? live : live.withArchived(archived.entries());
      trail.unreadable().forEach(bad -> Failures.say(io.err(), bad.path() + ": " + bad.problem()));
      Instant asked = time == null ? io.clock().instant() : time;
      // Now is after every entry, also where the clocks of servers and client differ.
      Instant looked = time == null ? Instant.MAX : time;
      Answer answer = answer(trail, trail.leaderAt(looked), time == null);
      if (json) {
        io.out().json(json(trail, asked, looked, answer));
      } else {
        print(trail, asked, looked, answer);
      }
      return answer.exitCode();
    }
  }

  private static Answer answer(AuditTrail trail, LeaderAt at, boolean now) {
    if (at instanceof LeaderAt.Led led) {
      return new Answer("led", true, whySure(led.tenure(), now), Optional.of(led.tenure()), 0);
    } else if (at instanceof LeaderAt.MayHaveLed may) {
      PastTenure tenure = may.tenure();
      if (now && !trail.led()) {
        return new Answer(
            "nobody",
            true,
            "its leader node is gone, and no successor has recorded that epoch "
                + tenure.epoch()
                + " is lost",
            Optional.of(tenure),
            ExitCode.NO);
      }
      return new Answer("may-have-led", false, whyUnsure(tenure), Optional.of(tenure), 0);
    } else if (at instanceof LeaderAt.NotKept) {
      return new Answer(
          "not-kept",
          false,
          "the trail does not reach back that far, or an entry cannot be read",
          Optional.empty(),
          ExitCode.NOT_THERE);
    }
    return new Answer(
        "nobody",
        true,
        trail.entries().isEmpty() ? "nobody ever led it" : "the tenure before had ended by then",
        Optional.empty(),
        ExitCode.NO);
  }

  private static String whySure(PastTenure tenure, boolean now) {
    if (now) {
      return "its leader node is there";
    }
    return tenure
        .ending()
        .map(end -> "elected until then, and " + end.end().word() + " only after")
        .orElse("elected until then, and still in office");
  }

  private static String whyUnsure(PastTenure tenure) {
    return tenure
        .ending()
        .map(
            end ->
                "elected until then, and found lost after: when its session ended is not known,"
                    + " only that nobody else led")
        .orElse("elected until then, and its end is not recorded or cannot be read");
  }

  private ObjectNode json(AuditTrail trail, Instant asked, Instant looked, Answer answer) {
    ObjectNode node = Json.object();
    node.put("scope", trail.scope().path());
    node.put("at", asked.toString());
    node.put("now", looked.equals(Instant.MAX));
    node.put("answer", answer.word());
    node.put("sure", answer.sure());
    node.put("why", answer.why());
    answer.tenure().ifPresent(tenure -> node.set("tenure", Json.of(tenure)));
    node.set(
        "entries",
        Json.array(trail.evidenceAt(looked), entry -> Json.of(trail.scope().path(), entry)));
    return node;
  }

  private void print(AuditTrail trail, Instant asked, Instant looked, Answer answer) {
    boolean now = looked.equals(Instant.MAX);
    Output out = io.out();
    String when = now ? "" : " at " + asked.truncatedTo(ChronoUnit.MILLIS);
    out.line(trail.scope().path() + when + ": " + headline(answer, now));
    out.line("  sure     " + (answer.sure() ? "yes: " : "no: ") + answer.why());
    answer.tenure().ifPresent(tenure -> print(tenure, answer));
    for (RecordedEntry entry : trail.evidenceAt(looked)) {
      out.line("  entry    " + entry.path().substring(entry.path().lastIndexOf('/') + 1));
      out.line(
          "           "
              + entry.serverTime()
              + (entry.entry().transition().reason().isEmpty()
                  ? ""
                  : "  " + entry.entry().transition().reason()));
    }
  }

  private static String headline(Answer answer, boolean now) {
    String verb =
        switch (answer.word()) {
          case "led" -> now ? "leads" : "led";
          case "may-have-led" -> now ? "may lead" : "may have led";
          case "not-kept" -> "not known";
          default -> now ? "nobody leads" : "nobody led";
        };
    return answer
        .tenure()
        .filter(any -> !answer.word().equals("nobody"))
        .map(tenure -> tenure.candidate().id() + " " + verb + ", epoch " + tenure.epoch())
        .orElse(verb);
  }

  private void print(PastTenure tenure, Answer answer) {
    Candidate candidate = tenure.candidate();
    String who =
        candidate.endpoint().map(endpoint -> endpoint + ", ").orElse("")
            + "host "
            + candidate.host()
            + ", pid "
            + candidate.pid();
    if (answer.word().equals("nobody")) {
      io.out().line("  last     " + candidate.id() + ", epoch " + tenure.epoch());
    }
    io.out().line("  where    " + who);
    io.out()
        .line(
            "  from     "
                + tenure
                    .from()
                    .map(from -> Times.since(from, io.clock()))
                    .orElse("before what is kept"));
    tenure
        .ending()
        .ifPresent(
            end ->
                io.out()
                    .line(
                        "  to       "
                            + (end.exact() ? "" : "at or before ")
                            + end.at()
                            + " ("
                            + end.end().word()
                            + ": "
                            + end.end().reason()
                            + ")"));
  }
}
