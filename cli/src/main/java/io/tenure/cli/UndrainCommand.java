package io.tenure.cli;

import io.tenure.sharding.GroupChange;
import io.tenure.sharding.ShardGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a worker in again. */
@Command(name = "undrain", header = "A worker takes shards again")
final class UndrainCommand extends ChangeCommand {

  @Parameters(paramLabel = "WORKER", description = "Its id.")
  String worker = "";

  UndrainCommand(Io io) {
    super(io);
  }

  @Override
  GroupChange change(ShardGroup shards) {
    return new GroupChange.Undrain(worker, reason);
  }
}
