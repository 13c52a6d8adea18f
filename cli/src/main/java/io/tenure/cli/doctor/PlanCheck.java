package io.tenure.cli.doctor;

import io.tenure.internal.ZnodeJson;
import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Whether a group has a coordinator that plans, and whether the plan is for who is there. */
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
          "nobody coordinates, and candidates wait: leaders go on, and no shard of a worker that"
              + " goes now is planned anew",
          "normal for one session timeout after a crash; if it stays, look in the workers' logs");
    } else {
      findings.wrong(
          coordinator.path(),
          "nobody coordinates, and nobody stands as candidate, though there are workers",
          "restart the workers one after the other, and look in their logs why they do not stand");
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
      damage(node, "the worker gets nothing from it", findings);
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
          "delete a worker's plan, or set the plan's own data to nothing: the coordinator writes it"
              + " anew");
    }
  }
}
