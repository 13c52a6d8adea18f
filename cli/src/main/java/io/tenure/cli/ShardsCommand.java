package io.tenure.cli;

import io.tenure.sharding.GroupChange;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Changes which shards a group has. */
@Command(
    name = "shards",
    header = "Add shards to a group, or remove some, while its workers run",
    subcommands = {ShardsCommand.Add.class, ShardsCommand.Remove.class})
final class ShardsCommand implements Runnable {

  @Spec @Nullable CommandSpec spec;

  @Override
  public void run() {
    CommandSpec own = spec;
    if (own != null) {
      throw new ParameterException(own.commandLine(), "add or remove?");
    }
  }

  /** Adds some. */
  @Command(
      name = "add",
      header = "Add shards",
      description = "By name; to a group whose shards are numbered, so many.")
  static final class Add extends ChangeCommand {

    @Parameters(paramLabel = "NAME|COUNT", arity = "1..*", description = "Which, or how many.")
    List<String> shards = new ArrayList<>();

    @Option(
        names = "--several-workers",
        description = "The group always has several workers: one alone need not have room for all.")
    boolean severalWorkers;

    Add(Io io) {
      super(io);
    }

    @Override
    GroupChange change(ShardGroup group) throws InterruptedException {
      ShardSet present = group.settings().shards();
      return count(present, shards)
          .<GroupChange>map(
              count -> new GroupChange.Resize(sum(present.size(), count), reason, severalWorkers))
          .orElseGet(() -> new GroupChange.AddShards(shards, reason, severalWorkers));
    }
  }

  /** Removes some. */
  @Command(
      name = "remove",
      header = "Remove shards",
      description = {
        "By name; from a group whose shards are numbered, so many, the last ones. They are stopped",
        "and resigned; their znodes stay, with their epochs and their trails."
      })
  static final class Remove extends ChangeCommand {

    @Parameters(paramLabel = "NAME|COUNT", arity = "1..*", description = "Which, or how many.")
    List<String> shards = new ArrayList<>();

    Remove(Io io) {
      super(io);
    }

    @Override
    GroupChange change(ShardGroup group) throws InterruptedException {
      ShardSet present = group.settings().shards();
      return count(present, shards)
          .<GroupChange>map(count -> new GroupChange.Resize(sum(present.size(), -count), reason))
          .orElseGet(() -> new GroupChange.RemoveShards(shards, reason));
    }
  }

  /** How many shards of a numbered group are meant; empty if the group's shards have names. */
  private static Optional<Integer> count(ShardSet present, List<String> given) {
    if (!present.isNumbered()) {
      return Optional.empty();
    }
    String text = given.get(0);
    if (given.size() > 1 || !text.matches("[1-9][0-9]{0,5}")) {
      throw new CommandException(
          ExitCode.USAGE,
          "the shards of this group are numbered, 0 to "
              + (present.size() - 1)
              + ": say how many, as one number, not "
              + String.join(" ", given));
    }
    return Optional.of(Integer.parseInt(text));
  }

  private static int sum(int present, int change) {
    int sum = present + change;
    if (sum < 1 || sum > ShardSet.MAX_SHARDS) {
      throw new CommandException(
          ExitCode.REFUSED,
          "the group has "
              + present
              + " shards and would have "
              + sum
              + "; 1 to "
              + ShardSet.MAX_SHARDS
              + " are possible");
    }
    return sum;
  }
}
