package io.tenure.cli;

import io.tenure.audit.AuditLog;
import io.tenure.audit.ForeignEntry;
import io.tenure.audit.Quarantined;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.sharding.ShardGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private int moved;
  private int left;
  private int exitCode = ExitCode.OK;

  AuditQuarantineCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    OperatorAcls acls = new OperatorAcls(scheme.told(), connect.ownDigests());
    try (Connection connection = connect.open(acls)) {
      CuratorFramework client = connection.client();
      Target found = new Targets(client).find(target);
      List<String> scopes = new Trails(client, found).scopes();
      if (dryRun) {
        return dryRun(client, found, scopes);
      }
      Map<String, Moving> trails = trails(client, found, scopes);
      for (String trail : trails.keySet()) { // All of them, before anything is written.
        acls.prepareQuarantine(client, trail);
      }
      for (Moving trail : trails.values()) {
        move(trail);
      }
      io.out().line(moved + " moved" + (left == 0 ? "" : ", " + left + " left"));
      return exitCode != ExitCode.OK ? exitCode : left == 0 ? ExitCode.OK : ExitCode.NO;
    }
  }

  /** Moves what no transition made out of one trail. */
  private interface Moving {
    List<Quarantined> move() throws InterruptedException;
  }

  /** The trails that have something to be moved, by whose they are. */
  private Map<String, Moving> trails(CuratorFramework client, Target found, List<String> scopes)
      throws InterruptedException {
    Map<String, Moving> trails = new LinkedHashMap<>();
    for (String scope : scopes) {
      AuditLog log = AuditLog.of(client, scope);
      if (!log.foreign().isEmpty()) {
        trails.put(scope, () -> log.quarantine(who(), reason, recordIsRight));
      }
    }
    if (found instanceof Target.OfGroup) {
      ShardGroup group = ShardGroup.of(client, found.path()).by(who());
      if (!group.foreignOperations().isEmpty()) {
        trails.put(found.path(), () -> group.quarantineOperations(reason));
      }
    }
    return trails;
  }

  /** One trail that is denied or damaged keeps no other from being cleared. */
  private void move(Moving trail) throws InterruptedException {
    try {
      trail.move().forEach(this::say);
    } catch (PermissionDeniedException | ForeignDataException e) {
      Failures.say(io.err(), String.valueOf(e.getMessage()));
      if (exitCode == ExitCode.OK) {
        exitCode = Failures.exitCode(e);
      }
    }
  }

  private void say(Quarantined one) {
    if (one.path().isPresent()) {
      moved++;
      io.out().line(one.from() + " moved to " + one.path().get());
    } else {
      left++;
      io.out().line(one.from() + " left: " + one.reason());
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
}
