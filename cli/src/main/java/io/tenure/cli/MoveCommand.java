package io.tenure.cli;

import io.tenure.sharding.GroupChange;
import io.tenure.sharding.ShardGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Moves a shard once. */
@Command(
    name = "move",
    header = "A shard moves to a worker once",
    description = "A later rebalancing may move it away again; pin keeps it there.")
final class MoveCommand extends ChangeCommand {

  @Parameters(paramLabel = "SHARD", description = "Its name.")
  String shard = "";

  @Option(names = "--to", required = true, paramLabel = "WORKER", description = "The worker's id.")
  String worker = "";

  MoveCommand(Io io) {
    super(io);
  }

  @Override
  GroupChange change(ShardGroup shards) {
    return new GroupChange.Move(shard, worker, reason);
  }
}
