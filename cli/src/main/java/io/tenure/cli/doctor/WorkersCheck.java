package io.tenure.cli.doctor;

import io.tenure.internal.ZnodeJson;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.Bounds;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Whether groups have workers, each registered once, and settings that can be read. */
final class WorkersCheck implements Check {

  @Override
  public String name() {
    return "workers";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    for (GroupFacts group : context.groups()) {
      run(group, findings);
    }
  }

  private static String why(ZnodeReader.Znode note) {
    try {
      return ZnodeJson.parse(note.path(), note.data()).text("why", Bounds.EXPLANATION_CHARS);
    } catch (TenureException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static void run(GroupFacts group, Findings findings) {
    boolean good = true;
    if (group.settings().isEmpty()) {
      good = false;
      findings.wrong(
          group.path(),
          group.problem(),
          "write the znode's data again, as the coordinator's log shows them");
    }
    for (ZnodeReader.Znode note : group.refused()) {
      good = false;
      findings.wrong(
          note.path(),
          "this worker cannot join: " + why(note),
          "give the worker what the group has, or nothing; or change the group");
    }
    if (group.workers().isEmpty()) {
      findings.wrong(
          group.path() + "/workers",
          "no worker is registered: no shard is taken over",
          "start workers; if they run, look in their logs why they did not join");
      return;
    }
    Map<String, List<GroupFacts.Worker>> byId = new TreeMap<>();
    List<String> denied = new ArrayList<>();
    for (GroupFacts.Worker worker : group.workers()) {
      byId.computeIfAbsent(worker.id(), any -> new ArrayList<>()).add(worker);
      if (worker.read().denied()) {
        denied.add(worker.read().path());
      } else if (!worker.problem().isEmpty()) {
        good = false;
        findings.wrong(
            worker.read().path(),
            worker.problem()
                + "; the coordinator goes by what it last said, or passes it over, and then it gets"
                + " no shards",
            "if no process of that version runs, delete the znode; else restart the worker");
      } else if (worker.session() == 0) {
        good = false;
        findings.wrong(
            worker.read().path(),
            "is no ephemeral node: it stays when the worker is gone, and keeps its shards vacant",
            "delete it");
      }
    }
    for (Map.Entry<String, List<GroupFacts.Worker>> same : byId.entrySet()) {
      if (same.getValue().size() > 1) {
        good = false;
        findings.risky(
            group.path() + "/workers",
            same.getKey()
                + " is registered "
                + same.getValue().size()
                + " times ("
                + Words.some(
                    same.getValue().stream()
                        .map(worker -> Words.last(worker.read().path()))
                        .toList())
                + "): the newest counts, and the others give up their shards",
            "normal for one session timeout after a crash; if it stays, two processes have that id:"
                + " give each its own");
      }
    }
    if (!denied.isEmpty()) {
      findings.unchecked(
          denied.get(0), "this client may not read " + Words.some(denied), "give --auth");
    } else if (good) {
      findings.ok(group.path() + "/workers", Words.count(byId.size(), "worker"));
    }
  }
}
