package io.tenure.cli.doctor;

import io.tenure.audit.AuditLog;
import io.tenure.audit.Finding;
import io.tenure.audit.Finding.Rule;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.TenureException;
import io.tenure.sharding.ShardGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.curator.framework.CuratorFramework;

/** Holds every trail against its rules: several at a time, as each is a few round trips. */
final class TrailCheck implements Check {

  private static final int AT_A_TIME = 16;
  private static final int SHOWN_OF_EACH_RULE = 3;

  @Override
  public String name() {
    return "trail";
  }

  /** The findings of one trail. */
  private record Verified(String path, List<Finding> findings, boolean denied) {}

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    List<Callable<Verified>> calls = new ArrayList<>();
    CuratorFramework client = context.client();
    for (ScopeFacts scope : context.scopes()) {
      if (!scope.listed() && !scope.audit().denied() && tooLong(scope)) {
        findings.unchecked(
            scope.scope().auditPath(),
            "the list of its entries is too long to be read",
            "see size");
      } else if (scope.hasRecord() || !scope.entries().isEmpty() || scope.record().denied()) {
        calls.add(() -> verified(scope.path(), () -> AuditLog.of(client, scope.path()).verify()));
      }
    }
    for (GroupFacts group : context.groups()) {
      boolean hasTrail =
          new Stats(client).each(List.of(group.path() + "/audit")).get(0).found().isPresent();
      if (hasTrail && group.settings().isPresent()) {
        calls.add(
            () ->
                verified(
                    group.path() + "/audit",
                    () -> ShardGroup.of(client, group.path()).verifyOperations()));
      }
    }
    say(all(calls), findings);
  }

  private static boolean tooLong(ScopeFacts scope) {
    return scope.audit().found().isPresent();
  }

  private interface Verification {
    List<Finding> run() throws InterruptedException;
  }

  private static Verified verified(String path, Verification verification)
      throws InterruptedException {
    try {
      return new Verified(path, verification.run(), false);
    } catch (PermissionDeniedException e) {
      return new Verified(path, List.of(), true);
    }
  }

  private static List<Verified> all(List<Callable<Verified>> calls) throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(AT_A_TIME);
    try {
      List<Verified> all = new ArrayList<>();
      for (Future<Verified> future : pool.invokeAll(calls)) {
        all.add(future.get());
      }
      return all;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TenureException known) {
        throw known;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private static void say(List<Verified> all, Findings findings) {
    Map<Rule, Map<String, List<Finding>>> byRule = new TreeMap<>();
    List<String> denied = new ArrayList<>();
    long broken = 0;
    for (Verified one : all) {
      boolean counts = false;
      for (Finding finding : one.findings()) {
        if (finding.rule() != Rule.RECORD_READABLE) { // The office's check says so.
          counts = true;
          byRule
              .computeIfAbsent(finding.rule(), any -> new LinkedHashMap<>())
              .computeIfAbsent(one.path(), any -> new ArrayList<>())
              .add(finding);
        }
      }
      broken += counts ? 1 : 0;
      if (one.denied()) {
        denied.add(one.path());
      }
    }
    byRule.forEach((rule, trails) -> say(rule, trails, findings));
    if (!denied.isEmpty()) {
      findings.unchecked(
          denied.get(0),
          "this client may not read the trail of " + Words.some(denied),
          "give --auth of an id that may");
    }
    long good = all.size() - broken - denied.size();
    if (good > 0) {
      findings.ok("/", Words.count(good, "audit trail") + " without a gap or a rewritten entry");
    }
  }

  private static void say(Rule rule, Map<String, List<Finding>> trails, Findings findings) {
    int shown = 0;
    for (Map.Entry<String, List<Finding>> trail : trails.entrySet()) {
      if (shown++ == SHOWN_OF_EACH_RULE) {
        break;
      }
      Finding first = trail.getValue().get(0);
      int more = trail.getValue().size() - 1;
      findings.wrong(
          first.path(),
          meaning(rule)
              + ": "
              + first.detail()
              + (more > 0 ? " (and " + more + " more there)" : ""),
          "ask who had write access since; the whole list: tenure audit verify " + trail.getKey());
    }
    int rest = trails.size() - SHOWN_OF_EACH_RULE;
    if (rest > 0) {
      List<String> others = trails.keySet().stream().skip(SHOWN_OF_EACH_RULE).toList();
      findings.wrong(
          others.get(0),
          meaning(rule) + " in " + Words.count(rest, "more trail") + ": " + Words.some(others),
          "tenure audit verify GROUP lists them");
    }
  }

  private static String meaning(Rule rule) {
    return switch (rule) {
      case RECORD_READABLE -> "no record";
      case ENTRY_READABLE -> "an entry that cannot be read";
      case ENTRY_IMMUTABLE -> "an entry was rewritten";
      case INDEXES_DENSE -> "the trail has a gap";
      case EPOCHS_DENSE -> "an epoch is missing";
      case DIGESTS_CHAINED -> "entries do not follow from each other; one was replaced";
      case TENURES_ALTERNATE -> "a tenure begins or ends at the wrong place";
      case TIMES_IN_ORDER -> "time goes back";
      default -> "the record and the entries disagree";
    };
  }
}
