package io.tenure.cli;

import io.tenure.audit.AuditLog;
import io.tenure.audit.ForeignEntry;
import io.tenure.audit.Quarantined;
import io.tenure.sharding.ShardGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.curator.framework.CuratorFramework;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Moves what no transition made out of audit trails. */
@Command(
    name = "quarantine",
    header = "Move znodes that no transition made out of audit trails",
    description = {
      "Finds the znodes in the audit trail of a scope, or in all trails of a group, that no",
      "transition or change made, and moves each to quarantine/ beside audit/, with what it was, who",
      "moved it and why. They hold nothing up; audit verify names them until they are moved. Needs",
      "the archiver's credentials where the trail is append-only. Exit code 1 if one is left."
    })
final class AuditQuarantineCommand implements Callable<Integer> {

  private final Io io;

  @Mixin Connect connect = new Connect();
  @Mixin SchemeOption scheme = new SchemeOption();

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who moves them; is kept with them. Default: user@host.")
  @Nullable String by;

  @Option(names = "--dry-run", description = "Only say what would be moved.")
  boolean dryRun;

  @Option(
      names = "--record-is-right",
      description = {
        "Also move entries that look as if transitions had made them and the record had been set",
        "back by hand. Give it only where you know that they are forged."
      })
  boolean recordIsRight;

  @Parameters(
      index = "0",
      paramLabel = "SCOPE|GROUP",
      description = "For example /billing/close or /orders.")
  String target = "";

  @Parameters(index = "1", paramLabel = "REASON", description = "Why; is kept with them.")
  String reason = "";

  AuditQuarantineCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    QuarantineAcls acls = new QuarantineAcls(scheme.told());
    try (Connection connection = connect.open(acls)) {
      CuratorFramework client = connection.client();
      Target found = new Targets(client).find(target);
      List<String> scopes = new Trails(client, found).scopes();
      if (dryRun) {
        return dryRun(client, found, scopes);
      }
      List<Quarantined> moved = new ArrayList<>();
      for (String scope : scopes) {
        acls.like(client, scope);
        AuditLog log = AuditLog.of(client, scope);
        if (!log.foreign().isEmpty()) {
          moved.addAll(log.quarantine(who(), reason, recordIsRight));
        }
      }
      if (found instanceof Target.OfGroup) {
        acls.like(client, found.path());
        moved.addAll(ShardGroup.of(client, found.path()).by(who()).quarantineOperations(reason));
      }
      return say(moved);
    }
  }

  private String who() {
    String told = by;
    return told == null ? Operator.ofProcess() : told;
  }

  private int dryRun(CuratorFramework client, Target found, List<String> scopes)
      throws InterruptedException {
    List<ForeignEntry> foreign = new ArrayList<>();
    for (String scope : scopes) {
      foreign.addAll(AuditLog.of(client, scope).foreign());
    }
    if (found instanceof Target.OfGroup) {
      foreign.addAll(ShardGroup.of(client, found.path()).foreignOperations());
    }
    foreign.forEach(one -> io.out().line(one.toString()));
    io.out().line(foreign.size() + " found; nothing was changed (--dry-run)");
    return ExitCode.OK;
  }

  private int say(List<Quarantined> moved) {
    int left = 0;
    for (Quarantined one : moved) {
      left += one.path().isPresent() ? 0 : 1;
      io.out()
          .line(
              one.path()
                  .map(path -> one.from() + " moved to " + path)
                  .orElseGet(() -> one.from() + " left: " + one.reason()));
    }
    io.out().line(moved.size() - left + " moved" + (left == 0 ? "" : ", " + left + " left"));
    return left == 0 ? ExitCode.OK : ExitCode.NO;
  }
}
