package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.FaultRun.Injected;
import io.tenure.endtoend.faults.FaultRun.Result;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Puts the figures of runs into tables of text. Pure. */
final class Report {

  private static final int SHOWN = 8;

  private Report() {}

  /** What was injected into one run, and what was found. */
  static List<String> ofRun(Result result) {
    List<String> lines = new ArrayList<>();
    lines.add(result.setup().name() + ": " + result.setup().mode().word());
    long start = result.injected().isEmpty() ? 0 : result.injected().get(0).from();
    for (Injected one : result.injected()) {
      lines.add(
          format(
              "  %7.2f s  %-21s %6.2f s  %s",
              (one.from() - start) / 1e9,
              one.fault().kind().word(),
              (one.until() - one.from()) / 1e9,
              one.met().text()));
    }
    result
        .history()
        .costs()
        .ifPresent(
            costs -> {
              lines.add("  before: " + costs.before());
              lines.add("  after:  " + costs.after());
            });
    result.violations().stream().limit(SHOWN).forEach(one -> lines.add("  " + one));
    if (result.violations().size() > SHOWN) {
      lines.add("  and " + (result.violations().size() - SHOWN) + " more");
    }
    return lines;
  }

  /** All runs, by mode; then the faults of {@link Mode#TENURE}, by kind. */
  static List<String> summary(List<Result> results) {
    Map<Mode, List<Result>> byMode = new EnumMap<>(Mode.class);
    results.forEach(
        one -> byMode.computeIfAbsent(one.setup().mode(), m -> new ArrayList<>()).add(one));
    List<String> lines = new ArrayList<>();
    lines.add(
        "mode      runs faults  leases    checks     uses   late   writes refused  two held  stale"
            + "  other  led again");
    byMode.forEach((mode, runs) -> lines.add(row(mode, Figures.of(runs))));
    List<Result> own = byMode.getOrDefault(Mode.TENURE, List.of());
    if (!own.isEmpty()) {
      lines.add("");
      lines.add("tenure: fault           injected   longest time without a leader: median, most");
      Figures figures = Figures.of(own);
      figures.gaps().forEach((kind, gaps) -> lines.add(row(kind, gaps)));
      lines.add("");
      lines.add(
          format(
              "Shards that were healthy while the users' code of others failed: %d; moved: %d.",
              figures.healthy(), figures.byRule().getOrDefault(Violation.Rule.HEALTHY_MOVED, 0)));
    }
    lines.add("");
    lines.add("Times are in session timeouts.");
    return lines;
  }

  private static String row(Mode mode, Figures figures) {
    int held = figures.byRule().getOrDefault(Violation.Rule.TWO_HELD, 0);
    int stale = figures.byRule().getOrDefault(Violation.Rule.STALE_WRITE, 0);
    return format(
        "%-9s %4d %6d %7d %9d %8d %6d %8d %7d  %8d %6d %6d  %9.2f",
        mode.word(),
        figures.runs(),
        figures.faults(),
        figures.leases(),
        figures.checks(),
        figures.uses(),
        figures.late(),
        figures.accepted(),
        figures.refused(),
        held,
        stale,
        figures.violations() - held - stale,
        figures.ledAgain());
  }

  private static String row(Fault.Kind kind, List<Double> gaps) {
    List<Double> sorted = gaps.stream().sorted().toList();
    return format(
        "  %-21s %8d   %6.2f %6.2f",
        kind.word(), sorted.size(), sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1));
  }

  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
