package io.tenure.cli.doctor;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Whether this machine's clock, and those of the machines that leaders ran on, agree with the
 * quorum leader's. No lease depends on it; what people read does.
 */
final class ClockCheck implements Check {

  /** Less than this is as far as people look. */
  private static final Duration TOLERATED = Duration.ofSeconds(1);

  /** An entry that is older tells of a clock that may have been set since. */
  private static final Duration RECENT = Duration.ofDays(7);

  private static final int NEWEST_OF_EACH = 2;

  @Override
  public String name() {
    return "clock";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    here(context, findings);
    leaders(context, findings);
  }

  private static void here(Context context, Findings findings) throws InterruptedException {
    Examination examination = context.examination();
    if (!examination.probe()) {
      findings.unchecked("this machine", "--no-probe was given", "");
      return;
    }
    LinkedHashSet<String> parents = new LinkedHashSet<>(List.of("/"));
    parents.addAll(examination.groups());
    examination.scopes().forEach(scope -> parents.add(scope.path()));
    List<String> some = parents.stream().limit(4).toList();
    Optional<ClockProbe.Offset> measured =
        new ClockProbe(context.client(), examination.clock()).measure(some);
    if (measured.isEmpty()) {
      findings.unchecked(
          "this machine",
          "to read the quorum leader's clock a znode has to be made for a moment, and this client"
              + " may make none in "
              + Words.some(some),
          "give --auth of an id that may create there");
      return;
    }
    Duration ahead = measured.get().ahead();
    Duration uncertainty = measured.get().uncertainty();
    String offset =
        Words.time(ahead)
            + (ahead.isNegative() ? " behind" : " ahead of")
            + " this machine's"
            + (uncertainty.compareTo(Duration.ofMillis(10)) > 0
                ? " (give or take " + Words.time(uncertainty) + ")"
                : "");
    if (ahead.abs().minus(uncertainty).compareTo(TOLERATED) >= 0) {
      findings.risky(
          "this machine",
          "the quorum leader's clock is "
              + offset
              + ": times in audit trails are that clock's, so 'who led at 14:05' by this machine's"
              + " clock asks for another moment",
          "check NTP here and on the servers");
    } else if (uncertainty.compareTo(TOLERATED) >= 0) {
      findings.unchecked(
          "this machine",
          "answers take "
              + Words.time(uncertainty.multipliedBy(2))
              + ", too long to compare clocks",
          "");
    } else {
      findings.ok("this machine", "the quorum leader's clock is " + offset);
    }
  }

  /** How far one machine's clock was ahead of the quorum leader's when it wrote an entry. */
  private record Sample(Duration ahead, Instant at, String path) {}

  private static void leaders(Context context, Findings findings) throws InterruptedException {
    List<String> newest = new ArrayList<>();
    for (ScopeFacts scope : context.scopes()) {
      int size = scope.entries().size();
      for (int i = Math.max(0, size - NEWEST_OF_EACH); i < size; i++) {
        newest.add(scope.entryPath(i));
      }
    }
    Map<String, Sample> hosts = new TreeMap<>();
    for (Read<Znode> read : context.znodes().readEach(newest)) {
      read.found().ifPresent(node -> sample(node, hosts));
    }
    if (newest.isEmpty()) {
      return; // There never was a leader.
    }
    boolean good = true;
    for (Map.Entry<String, Sample> host : hosts.entrySet()) {
      Sample sample = host.getValue();
      if (sample.ahead().abs().compareTo(TOLERATED) >= 0) {
        good = false;
        boolean recent = sample.at().isAfter(context.examination().clock().instant().minus(RECENT));
        findings.add(
            recent ? Level.RISKY : Level.NOTE,
            host.getKey(),
            "its clock was "
                + Words.time(sample.ahead())
                + (sample.ahead().isNegative() ? " behind" : " ahead of")
                + " the quorum leader's at "
                + sample.at()
                + " ("
                + sample.path()
                + "): the leaderTime of its entries, and its logs, are off by that",
            "check NTP on that machine");
      }
    }
    if (good && !hosts.isEmpty()) {
      findings.ok(
          "leaders",
          "the clocks of "
              + Words.count(hosts.size(), "machine")
              + " agreed with the quorum leader's when they wrote their last entries");
    }
  }

  /** Keeps the best of each machine: an entry that took long to commit shows too much. */
  private static void sample(Znode node, Map<String, Sample> hosts) {
    AuditEntry entry;
    try {
      entry = AuditFormat.parse(node.path(), node.data());
    } catch (TenureException e) {
      return; // The trail's own check says so.
    }
    if (entry.transition() instanceof Transition.Lost) {
      return; // Its successor wrote it.
    }
    Instant made = Instant.ofEpochMilli(node.stat().getCtime());
    Sample sample = new Sample(Duration.between(made, entry.leaderTime()), made, node.path());
    hosts.merge(
        entry.candidate().host(),
        sample,
        (a, b) -> a.ahead().abs().compareTo(b.ahead().abs()) <= 0 ? a : b);
  }
}
