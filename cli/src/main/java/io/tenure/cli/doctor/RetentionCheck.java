package io.tenure.cli.doctor;

import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.Retention;
import io.tenure.sharding.GroupSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether trails stay as long as they should, and not longer: ZooKeeper holds them in memory, and
 * lists one in one answer.
 */
final class RetentionCheck implements Check {

  /** A trail that long is slow to list; at some 30,000 it no longer fits into one answer. */
  private static final int LONG = 10_000;

  private static final Duration SOON = Duration.ofDays(30);
  private static final int MANY_ZNODES = 1_000_000;

  /** Beyond its limit by this much a trail is not cut by those who add to it. */
  private static final int SLACK = 2;

  @Override
  public String name() {
    return "retention";
  }

  /** One trail that is kept for ever, it seems. */
  private record Growing(ScopeFacts scope, int entries, Optional<Duration> age) {
    /** When it will be too long, if it goes on like this. */
    Optional<Duration> untilLong() {
      return age.filter(known -> known.toMillis() > 0 && entries > 1)
          .map(known -> known.dividedBy(entries - 1L).multipliedBy(Math.max(0, LONG - entries)));
    }

    double perDay() {
      return age.map(known -> (entries - 1) * 86_400_000.0 / Math.max(1, known.toMillis()))
          .orElse(0.0);
    }
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    Map<String, Integer> limits = new HashMap<>();
    for (GroupFacts group : context.groups()) {
      group
          .settings()
          .map(GroupSettings::retention)
          .ifPresent(kept -> limits.put(group.path(), kept.entries()));
    }
    long total = 0;
    Map<String, List<ScopeFacts>> beyond = new java.util.TreeMap<>();
    List<ScopeFacts> endless = new ArrayList<>();
    for (ScopeFacts scope : context.scopes()) {
      total += scope.audit().found().map(stat -> stat.getNumChildren()).orElse(0);
      boolean coordinator = scope.group().isPresent() && scope.path().endsWith("/coordinator");
      // What an election outside of a group keeps stands nowhere in ZooKeeper.
      int limit =
          scope.group().isPresent() && !coordinator
              ? limits.getOrDefault(scope.group().get(), Retention.DEFAULT.entries())
              : Retention.DEFAULT.entries();
      int entries = scope.entries().size();
      boolean toldSo = scope.group().isPresent() && !coordinator && limit != Integer.MAX_VALUE;
      if (toldSo && entries > limit + SLACK) {
        beyond.computeIfAbsent(scope.group().orElse(""), any -> new ArrayList<>()).add(scope);
      } else if (!toldSo && entries > Retention.DEFAULT.entries()) {
        endless.add(scope);
      }
    }
    beyond.forEach(
        (group, scopes) -> beyond(group, limits.getOrDefault(group, 0), scopes, findings));
    growing(context, endless, findings);
    if (total >= MANY_ZNODES) {
      findings.risky(
          "/",
          total + " audit znodes: the servers hold each in memory, and load all when they start",
          "keep fewer entries of each scope; an archiver keeps the others elsewhere");
    } else if (findings.isEmpty() && !context.scopes().isEmpty()) {
      findings.ok("/", total + " audit znodes in " + Words.count(context.scopes().size(), "trail"));
    }
  }

  private static void beyond(String group, int limit, List<ScopeFacts> scopes, Findings findings) {
    int most = scopes.stream().mapToInt(scope -> scope.entries().size()).max().orElse(0);
    findings.risky(
        group + "/shards",
        Words.count(scopes.size(), "trail")
            + " longer than the "
            + limit
            + " entries that the group keeps (up to "
            + most
            + "): leaders may not delete old ones, and no archiver does",
        "start the archiver, or see why it has stopped (tenure archive)");
  }

  private static void growing(Context context, List<ScopeFacts> scopes, Findings findings)
      throws InterruptedException {
    List<String> ends = new ArrayList<>();
    for (ScopeFacts scope : scopes) {
      ends.add(scope.entryPath(0));
      ends.add(scope.entryPath(scope.entries().size() - 1));
    }
    List<Read<Znode>> reads = context.znodes().readEach(ends);
    List<Growing> all = new ArrayList<>();
    for (int i = 0; i < scopes.size(); i++) {
      Optional<Instant> first = made(reads.get(2 * i));
      Optional<Instant> last = made(reads.get(2 * i + 1));
      Optional<Duration> age = first.flatMap(from -> last.map(to -> Duration.between(from, to)));
      all.add(new Growing(scopes.get(i), scopes.get(i).entries().size(), age));
    }
    for (Growing one : all) {
      Optional<Duration> until = one.untilLong();
      boolean risky =
          one.entries() >= LONG / 2 || until.map(time -> time.compareTo(SOON) < 0).orElse(false);
      findings.add(
          risky ? Level.RISKY : Level.NOTE,
          one.scope().scope().auditPath(),
          one.entries()
              + " entries, more than the "
              + Retention.DEFAULT.entries()
              + " that are usual"
              + (one.scope().firstIndex() == 1 ? ", and none was ever deleted" : "")
              + (one.perDay() > 0 ? ": " + perDay(one.perDay()) : "")
              + until
                  .filter(time -> !time.isZero())
                  .map(time -> ", " + LONG + " in " + Words.time(time))
                  .orElse(""),
          "keep fewer (retention), or let an archiver take old ones out (tenure archive)");
    }
  }

  private static String perDay(double entries) {
    return entries >= 10
        ? Math.round(entries) + " a day"
        : String.format(java.util.Locale.ROOT, "%.1f a day", entries);
  }

  private static Optional<Instant> made(Read<Znode> read) {
    return read.found().map(node -> Instant.ofEpochMilli(node.stat().getCtime()));
  }
}
