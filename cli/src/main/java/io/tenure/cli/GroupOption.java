package io.tenure.cli;

import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which group a command is about. */
final class GroupOption {

  @Option(
      names = {"-g", "--group"},
      paramLabel = "GROUP",
      description = "The group, as /orders; need not be given where there is only one.")
  @Nullable String group;

  /** Whether it was said which is meant. */
  boolean isNamed() {
    return group != null;
  }

  /**
   * The group.
   *
   * @throws CommandException if none was named and there is not just one
   */
  Target.OfGroup find(CuratorFramework client) throws InterruptedException {
    Targets targets = new Targets(client);
    if (group != null) {
      return targets.findGroup(group);
    }
    List<Target.OfGroup> groups =
        targets.all("/").stream()
            .filter(Target.OfGroup.class::isInstance)
            .map(Target.OfGroup.class::cast)
            .toList();
    if (groups.size() == 1) {
      return groups.get(0);
    }
    throw new CommandException(
        ExitCode.NOT_THERE,
        groups.isEmpty()
            ? "there is no group here: check --connect and --namespace"
            : "there are "
                + groups.size()
                + " groups: say with --group which is meant, "
                + String.join(" or ", groups.stream().limit(5).map(Target::path).toList()));
  }
}
