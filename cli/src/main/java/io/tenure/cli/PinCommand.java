package io.tenure.cli;

import io.tenure.sharding.GroupChange;
import io.tenure.sharding.ShardGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ties a shard to a worker. */
@Command(name = "pin", header = "A worker leads a shard for as long as it is there, until unpin")
final class PinCommand extends ChangeCommand {

  @Parameters(paramLabel = "SHARD", description = "Its name.")
  String shard = "";

  @Option(names = "--to", required = true, paramLabel = "WORKER", description = "The worker's id.")
  String worker = "";

  PinCommand(Io io) {
    super(io);
  }

  @Override
  GroupChange change(ShardGroup shards) {
    return new GroupChange.Pin(shard, worker, reason);
  }
}
