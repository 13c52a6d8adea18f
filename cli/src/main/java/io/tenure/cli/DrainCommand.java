package io.tenure.cli;

import io.tenure.sharding.GroupChange;
import io.tenure.sharding.ShardGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a worker out. */
@Command(name = "drain", header = "A worker hands over all its shards, and gets none until undrain")
final class DrainCommand extends ChangeCommand {

  @Parameters(paramLabel = "WORKER", description = "Its id.")
  String worker = "";

  DrainCommand(Io io) {
    super(io);
  }

  @Override
  GroupChange change(ShardGroup shards) {
    return new GroupChange.Drain(worker, reason);
  }
}
