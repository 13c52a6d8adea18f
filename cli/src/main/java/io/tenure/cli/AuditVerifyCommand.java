package io.tenure.cli;

import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.ArchivedTrail;
import io.tenure.audit.AuditLog;
import io.tenure.audit.Finding;
import io.tenure.audit.Quarantined;
import io.tenure.sharding.ShardGroup;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.curator.framework.CuratorFramework;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Holds audit trails against their rules. */
@Command(
    name = "verify",
    header = "Hold audit trails against their rules",
    description = {
      "Holds the audit trail of a scope, or all trails of a group, against their rules: indexes and",
      "epochs without gaps, entries written once, digests that match; with --archive, against what",
      "was archived as well. Exit code 1 if a rule is broken."
    })
final class AuditVerifyCommand implements Callable<Integer> {

  private final Io io;

  @Mixin Connect connect = new Connect();

  @Mixin ArchiveOption archive = new ArchiveOption();

  @Option(names = "--json", description = "Write one line of JSON for each finding.")
  boolean json;

  @Parameters(paramLabel = "SCOPE|GROUP", description = "For example /billing/close or /orders.")
  String target = "";

  AuditVerifyCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (Connection connection = connect.open()) {
      CuratorFramework client = connection.client();
      Target found = new Targets(client).find(target);
      List<String> scopes = new Trails(client, found).scopes();
      Map<String, ArchivedTrail> archived = archive.trails(scopes);
      // A line of the archive that cannot be read may belong to any trail, and counts once.
      Set<Finding> findings = new LinkedHashSet<>();
      List<ArchivedEntry> operations =
          archive.entries(
              found.path(),
              line ->
                  findings.add(
                      new Finding(line.path(), Finding.Rule.ARCHIVE_AGREES, line.problem())));
      List<Quarantined> quarantined = new ArrayList<>();
      for (String scope : scopes) {
        AuditLog log = AuditLog.of(client, scope);
        ArchivedTrail kept = archived.get(scope);
        findings.addAll(kept == null ? log.verify() : log.verify(kept));
        quarantined.addAll(log.quarantined());
      }
      if (found instanceof Target.OfGroup) {
        ShardGroup group = ShardGroup.of(client, found.path());
        findings.addAll(group.verifyOperations(operations));
        quarantined.addAll(group.quarantinedOperations());
      }
      for (Finding finding : findings) {
        if (json) {
          io.out()
              .json(
                  Json.object()
                      .put("path", finding.path())
                      .put("rule", finding.rule().name())
                      .put("detail", finding.detail()));
        } else {
          io.out().line(finding.toString());
        }
      }
      quarantined.forEach(one -> Failures.say(io.err(), inQuarantine(one)));
      Failures.say(
          io.err(),
          count(scopes.size() + (found instanceof Target.OfGroup ? 1 : 0), "trail")
              + " verified, "
              + (findings.isEmpty() ? "nothing wrong" : count(findings.size(), "finding")));
      return findings.isEmpty() ? ExitCode.OK : ExitCode.NO;
    }
  }

  private static String inQuarantine(Quarantined one) {
    return one.path().orElse("")
        + ": in quarantine"
        + (one.by().isEmpty()
            ? ", " + one.reason()
            : " since " + one.time() + ", moved by " + one.by() + ": " + one.reason());
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
