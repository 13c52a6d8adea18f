package io.tenure.cli.doctor;

import io.tenure.internal.ZnodeJson;
import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.TenureException;
import io.tenure.sharding.GroupStatus;
import io.tenure.sharding.PlacementPreview;
import io.tenure.sharding.ShardGroup;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether a group has a coordinator that plans, whether the plan is for who is there, and whether
 * it is as the placement would have it and as shards are led: a plan that was emptied or rewritten
 * by hand is neither.
 */
final class PlanCheck implements Check {

  @Override
  public String name() {
    return "plan";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    for (GroupFacts group : context.groups()) {
      if (!group.workers().isEmpty()) {
        coordinator(context, group, findings);
      }
      plans(group, findings);
      if (group.settings().isPresent() && !group.workers().isEmpty() && isReadable(group)) {
        compare(context, group, findings);
      }
    }
  }

  /** What cannot be read is said elsewhere. */
  private static boolean isReadable(GroupFacts group) {
    return group.lists().values().stream().allMatch(GroupFacts.Listed::whole)
        && !group.summary().denied()
        && group.plan().stream().noneMatch(Read::denied);
  }

  private static void compare(Context context, GroupFacts group, Findings findings)
      throws InterruptedException {
    ShardGroup shards = ShardGroup.of(context.client(), group.path());
    GroupStatus status = shards.status();
    List<PlacementPreview.Move> pending = shards.pendingMoves();
    String plan = group.path() + "/plan";
    Set<String> unplanned = new LinkedHashSet<>(status.unplanned());
    unplanned.retainAll(
        pending.stream()
            .filter(move -> move.from().isEmpty() && move.to().isPresent())
            .map(PlacementPreview.Move::shard)
            .toList());
    if (!unplanned.isEmpty() && status.planVersion() == 0 && group.plan().isEmpty()) {
      return; // There is no plan yet, which was said of the coordinator.
    }
    if (!unplanned.isEmpty()) {
      findings.wrong(
          plan,
          Words.count(unplanned.size(), "shard")
              + " in no worker's part of the plan, though the placement has room: "
              + Words.some(unplanned),
          "a part was emptied, overwritten or deleted by hand: the coordinator writes it again"
              + " within seconds, and says in its log who did it; if it does not, restart the"
              + " worker that coordinates");
    }
    if (status.planVersion() == 0 && !group.plan().isEmpty()) {
      findings.wrong(
          plan,
          "says nothing, though workers have parts of the plan: it was emptied by hand",
          "the coordinator writes it again within seconds; if it does not, restart the worker that"
              + " coordinates");
    }
    moves(plan, pending, findings);
    leaders(plan, status, findings);
  }

  private static void moves(String plan, List<PlacementPreview.Move> pending, Findings findings) {
    List<String> moves =
        pending.stream()
            .filter(move -> move.from().isPresent())
            .map(PlacementPreview.Move::shard)
            .toList();
    if (!moves.isEmpty()) {
      findings.note(
          plan,
          "the placement would have "
              + Words.count(moves.size(), "shard")
              + " elsewhere than the plan: "
              + Words.some(moves),
          "normal while workers join and shards move; if it stays, look in the coordinator's log");
    }
  }

  private static void leaders(String plan, GroupStatus status, Findings findings) {
    List<String> others =
        status.shards().stream()
            .filter(shard -> shard.leader().isPresent() && shard.planned().isPresent())
            .filter(shard -> !shard.isSettled() && shard.movesTo().isEmpty())
            .map(GroupStatus.Shard::shard)
            .toList();
    if (!others.isEmpty()) {
      findings.risky(
          plan,
          Words.count(others.size(), "shard")
              + " led by another worker than the plan names: "
              + Words.some(others),
          "normal for a moment while shards move, and after a crash; if it stays, the plan was"
              + " written by hand, or a worker does not follow it: look in its log");
    }
  }

  private static void coordinator(Context context, GroupFacts group, Findings findings)
      throws InterruptedException {
    ScopeFacts coordinator = group.coordinator();
    if (coordinator.leader().denied()) {
      findings.unchecked(
          coordinator.path(), "this client may not read who coordinates", "give --auth");
      return;
    }
    // One that is just changing hands is not vacant: look again.
    boolean led =
        coordinator.isLed()
            || context
                .znodes()
                .readEach(List.of(coordinator.scope().leaderPath()))
                .get(0)
                .found()
                .isPresent();
    if (led) {
      findings.ok(coordinator.path(), "is led" + version(group));
    } else if (coordinator.hasCandidates()) {
      findings.risky(
          coordinator.path(),
          "there is no coordinator, and candidates wait: leaders go on, and no shard of a worker that"
              + " goes now is planned anew",
          "normal for one session timeout after a crash; if it stays, look in the workers' logs");
    } else {
      noCandidate(context, group, findings);
    }
  }

  private static void noCandidate(Context context, GroupFacts group, Findings findings)
      throws InterruptedException {
    String path = group.coordinator().path();
    Optional<Set<String>> others = CoordinatorRoles.heldByNoWorker(context, group);
    if (others.isPresent()) {
      String ids = others.get().isEmpty() ? "no id" : Words.some(others.get());
      findings.wrong(
          path,
          "there is no coordinator, and no running worker may coordinate: the ACL lets "
              + ids
              + " stand for it, and each worker that is there has another id",
          "start a worker whose client has a credential that may coordinate; to restart those that"
              + " are there changes nothing");
    } else {
      findings.wrong(
          path,
          "there is no coordinator, and no candidate for it, though there are workers",
          "look in the workers' logs why they do not stand; if their ids may coordinate, restart"
              + " them one after the other");
    }
  }

  private static String version(GroupFacts group) {
    Optional<byte[]> data =
        group.summary().found().map(Znode::data).filter(bytes -> bytes.length > 0);
    if (data.isEmpty()) {
      return ", and has not planned yet";
    }
    try {
      long version = ZnodeJson.parse(group.path() + "/plan", data.get()).number("version", 0);
      return ", plan version " + version;
    } catch (TenureException e) {
      return ""; // Said below.
    }
  }

  private static void plans(GroupFacts group, Findings findings) {
    Set<String> ids = group.workerIds();
    List<String> stale = new ArrayList<>();
    for (Read<Znode> node : group.plan()) {
      if (node.found().filter(found -> found.data().length == 0).isPresent()) {
        findings.wrong(
            node.path(),
            "is empty; its worker goes on with what it knows, and a new one gets nothing",
            "the coordinator writes it again within seconds; if it does not, delete it");
      }
      damage(node, "its worker goes on with what it knows, and a new one gets nothing", findings);
      String name = Words.last(node.path());
      if (!ids.contains(ZnodeName.decode(name).orElse(name))) {
        stale.add(name);
      }
    }
    damage(group.summary(), "the next plan starts again at version 1", findings);
    if (!stale.isEmpty()) {
      findings.note(
          group.path() + "/plan",
          "plans for "
              + Words.count(stale.size(), "worker")
              + " that "
              + (stale.size() == 1 ? "is" : "are")
              + " not there: "
              + Words.some(new TreeSet<>(stale)),
          group.workers().isEmpty()
              ? "the coordinator deletes them when workers are back"
              : "the coordinator deletes them with its next plan; if they stay, delete them");
    }
  }

  private static void damage(Read<Znode> node, String outcome, Findings findings) {
    if (node.found().filter(found -> found.data().length > 0).isEmpty()) {
      return;
    }
    try {
      ZnodeJson.parse(node.path(), node.found().get().data());
    } catch (TenureException e) {
      findings.wrong(
          node.path(),
          e.getMessage() + "; " + outcome,
          "the coordinator writes it again within seconds; if it does not, delete a worker's plan,"
              + " or set the plan's own data to nothing");
    }
  }
}
