package io.tenure.cli;

import io.tenure.sharding.GroupChange;
import io.tenure.sharding.ShardGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Unties a shard. */
@Command(name = "unpin", header = "A shard goes where the placement wants it")
final class UnpinCommand extends ChangeCommand {

  @Parameters(paramLabel = "SHARD", description = "Its name.")
  String shard = "";

  UnpinCommand(Io io) {
    super(io);
  }

  @Override
  GroupChange change(ShardGroup shards) {
    return new GroupChange.Unpin(shard, reason);
  }
}
