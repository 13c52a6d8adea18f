package io.tenure.cli;

import io.tenure.sharding.GroupChange;
import io.tenure.sharding.ShardGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Sets a worker's capacity by hand. */
@Command(
    name = "capacity",
    header = "Give a worker this capacity in place of its own",
    description = "The word 'own' gives it back its own.")
final class CapacityCommand extends ChangeCommand {

  private static final String OWN = "own";

  @Parameters(index = "0", paramLabel = "WORKER", description = "Its id.")
  String worker = "";

  @Parameters(index = "1", paramLabel = "NUMBER|own", description = "Above 0; others have 1.")
  String capacity = "";

  CapacityCommand(Io io) {
    super(io);
  }

  @Override
  GroupChange change(ShardGroup shards) {
    if (capacity.equals(OWN)) {
      return new GroupChange.ResetCapacity(worker, reason);
    }
    try {
      return new GroupChange.SetCapacity(worker, Double.parseDouble(capacity), reason);
    } catch (NumberFormatException e) {
      throw new CommandException(
          ExitCode.USAGE, "capacity \"" + capacity + "\": give a number above 0, or own", e);
    }
  }
}
