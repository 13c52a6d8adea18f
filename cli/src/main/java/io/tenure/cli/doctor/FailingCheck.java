package io.tenure.cli.doctor;

import io.tenure.sharding.FailingShard;
import io.tenure.sharding.GroupStatus;
import io.tenure.sharding.ShardGroup;
import java.util.Comparator;
import java.util.List;

/** Whether shards fail on workers, and what with. */
final class FailingCheck implements Check {

  /** A group in which more shards fail has one fault, and not so many. */
  private static final int MAX_NAMED = 20;

  @Override
  public String name() {
    return "failing";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    for (GroupFacts group : context.groups()) {
      if (group.settings().isPresent()
          && group.lists().values().stream().allMatch(GroupFacts.Listed::whole)) {
        run(group, ShardGroup.of(context.client(), group.path()).status(), findings);
      }
    }
  }

  private record Failing(FailingShard shard, String worker) {}

  private static void run(GroupFacts group, GroupStatus status, Findings findings) {
    List<Failing> all =
        status.workers().stream()
            .flatMap(
                worker ->
                    worker.info().failing().stream()
                        .map(shard -> new Failing(shard, worker.info().id())))
            .sorted(Comparator.comparing((Failing one) -> one.shard().shard()))
            .toList();
    all.stream().limit(MAX_NAMED).forEach(one -> say(group, one.shard(), one.worker(), findings));
    if (all.size() > MAX_NAMED) {
      findings.risky(
          group.path(),
          Words.count(all.size() - MAX_NAMED, "failing shard") + " more",
          "tenure status --json names them");
    }
  }

  private static void say(
      GroupFacts group, FailingShard failing, String worker, Findings findings) {
    String path = group.shard(failing.shard()).path();
    String times = Words.count(failing.times(), "time") + " since " + failing.since();
    switch (failing.in()) {
      case OFFICE ->
          findings.risky(
              path,
              "fails on " + worker + ", " + times + ": " + failing.error(),
              "the stack trace is in the log of "
                  + worker
                  + "; until it is mended, the shard is led by workers on which it does not fail,"
                  + " or tried again once a minute");
      case WARM_UP ->
          findings.risky(
              path,
              worker + " cannot get ready for it, " + times + ": " + failing.error(),
              "its leader goes on leading; the stack trace is in the log of " + worker);
      case HAND_OVER ->
          findings.note(path, worker + " hands it over, " + times + ": " + failing.error(), "");
    }
  }
}
