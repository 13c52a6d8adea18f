package io.tenure.cli;

import io.tenure.scope.Scope;
import io.tenure.sharding.GroupChange;
import io.tenure.sharding.ShardGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes a leader give up. */
@Command(
    name = "revoke",
    header = "The leader of a scope gives it up",
    description = {
      "It stops cleanly, and the next candidate is elected; it may be elected again itself. The",
      "tenure that leads now is meant, never a successor's. Exit code 1 if nobody leads."
    })
final class RevokeCommand extends ChangeCommand {

  @Parameters(
      paramLabel = "SCOPE",
      description = "A path, as /billing/close or /orders/shards/7; with --group, a shard's name.")
  String scope = "";

  private String shard = "";

  RevokeCommand(Io io) {
    super(io);
  }

  @Override
  int carryOut(Connection connection, OperatorAcls acls) throws InterruptedException {
    Targets targets = new Targets(connection.client());
    if (group.isNamed()) {
      shard = scope;
      return carryOut(connection, acls, group.find(connection.client()));
    }
    Scope found = targets.findScope(scope);
    int shards = found.path().lastIndexOf("/shards/");
    if (shards > 0
        && targets.findIfThere(found.path().substring(0, shards)).orElse(null)
            instanceof Target.OfGroup of) {
      shard = found.path().substring(shards + "/shards/".length());
      return carryOut(connection, acls, of);
    }
    return new Revocation(io, connection.client(), found)
        .carryOut(who(), reason, dryRun, noWait, Times.duration(wait));
  }

  @Override
  GroupChange change(ShardGroup shards) {
    return new GroupChange.Revoke(shard, reason);
  }
}
