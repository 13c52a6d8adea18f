package io.tenure.cli.doctor;

import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.sharding.ShardGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Whether each shard is led, by a worker of its group, and which are there for nothing. */
final class ShardsCheck implements Check {

  @Override
  public String name() {
    return "shards";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    for (GroupFacts group : context.groups()) {
      if (group.settings().isEmpty()) {
        findings.unchecked(
            group.path(), "which shards there are: its settings cannot be read", "see workers");
      } else if (!group.lists().getOrDefault("shards", NONE).whole()) {
        findings.unchecked(group.path() + "/shards", "the list is too long to be read", "see size");
      } else {
        removed(group, findings);
        foreign(group, findings);
        vacant(context, group, findings);
      }
    }
    if (context.survey().leftOut() > 0) {
      findings.unchecked(
          "/",
          Words.count(context.survey().leftOut(), "shard")
              + ": no more than "
              + Survey.MAX_SCOPES
              + " scopes are looked at",
          "name one group");
    }
  }

  private static final GroupFacts.Listed NONE =
      new GroupFacts.Listed(Optional.empty(), List.of(), 0, true);

  private static void removed(GroupFacts group, Findings findings) {
    Map<String, ScopeFacts> removed = group.removedShards();
    List<String> led =
        removed.values().stream()
            .filter(ScopeFacts::isLed)
            .map(one -> Words.last(one.path()))
            .toList();
    if (!led.isEmpty()) {
      findings.risky(
          group.path() + "/shards",
          Words.count(led.size(), "shard")
              + " no longer in the set, and led all the same: "
              + Words.some(led),
          "their workers should resign within seconds; if they do not, set the leader node to"
              + " revoke, and see who leads with: tenure who SHARD");
    }
    long entries = removed.values().stream().mapToLong(one -> one.entries().size()).sum();
    if (removed.size() > led.size()) {
      findings.note(
          group.path() + "/shards",
          Words.count(removed.size(), "shard")
              + " no longer in the set, with "
              + (entries == 1 ? "1 audit entry" : entries + " audit entries")
              + ": "
              + Words.some(removed.keySet()),
          "they keep their epochs and history; deleteall one only if it never comes back: its"
              + " epochs would start again at 1");
    }
  }

  private static void foreign(GroupFacts group, Findings findings) {
    Set<Long> sessions = group.workerSessions();
    List<String> foreign = new ArrayList<>();
    for (ScopeFacts shard : group.shards().values()) {
      shard
          .leader()
          .found()
          .filter(node -> node.stat().getEphemeralOwner() != 0)
          .filter(node -> !sessions.contains(node.stat().getEphemeralOwner()))
          .ifPresent(node -> foreign.add(Words.last(shard.path())));
    }
    if (!foreign.isEmpty()) {
      findings.note(
          group.path() + "/shards",
          Words.count(foreign.size(), "shard")
              + " led by a session that no registered worker has ("
              + Words.some(foreign)
              + "): an election outside of the group leads there, and no plan moves it",
          "see who with: tenure who " + group.shard(foreign.get(0)).path());
    }
  }

  private static void vacant(Context context, GroupFacts group, Findings findings)
      throws InterruptedException {
    List<String> unplaced = unplaced(context, group);
    if (!unplaced.isEmpty()) {
      findings.wrong(
          group.path(),
          "no worker has room for "
              + Words.count(unplaced.size(), "shard")
              + ": "
              + Words.some(unplaced),
          "start more workers, or raise their maxShards; undrain those that can work");
    }
    // A shard that is just changing hands is not vacant: look again.
    List<String> suspects =
        group.vacantShards().stream().filter(shard -> !unplaced.contains(shard)).toList();
    List<String> vacant = new ArrayList<>();
    List<String> paths = suspects.stream().map(one -> group.shard(one).leaderPath()).toList();
    List<Read<Znode>> again = context.znodes().readEach(paths);
    List<String> denied = new ArrayList<>();
    for (int i = 0; i < again.size(); i++) {
      if (again.get(i).denied()) {
        denied.add(suspects.get(i));
      } else if (again.get(i).found().isEmpty()) {
        vacant.add(suspects.get(i));
      }
    }
    int all = group.settings().map(known -> known.shards().size()).orElse(0);
    if (!vacant.isEmpty()) {
      findings.wrong(
          group.path(),
          vacant.size()
              + " of "
              + Words.count(all, "shard")
              + " led by nobody: "
              + Words.some(vacant),
          group.workers().isEmpty()
              ? "start workers"
              : "normal for one session timeout after a crash; if it stays, look in the workers'"
                  + " logs, and at the plan and the coordinator here");
    }
    if (!denied.isEmpty()) {
      findings.unchecked(
          group.path(), "this client may not read who leads " + Words.some(denied), "give --auth");
    } else if (vacant.isEmpty() && unplaced.isEmpty()) {
      findings.ok(group.path(), "all of " + Words.count(all, "shard") + " led");
    }
  }

  /** Shards that the plan has left out; none if it cannot be read, which the plan's check says. */
  private static List<String> unplaced(Context context, GroupFacts group)
      throws InterruptedException {
    boolean readable = group.lists().values().stream().allMatch(GroupFacts.Listed::whole);
    return readable ? ShardGroup.of(context.client(), group.path()).status().unplaced() : List.of();
  }
}
