package io.tenure.benchmarks.sharding;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table of figures and targets. Confined to one thread. */
final class Report {

  private final PrintStream out;
  private final boolean judges;
  private final List<String> lines = new ArrayList<>();
  private boolean missed;

  /**
   * An empty table.
   *
   * @param judges whether its figures are measured well enough to be held against their targets
   */
  Report(PrintStream out, boolean judges) {
    this.out = out;
    this.judges = judges;
  }

  /** Says what is being measured. */
  void note(String text) {
    out.println("  " + text);
  }

  /** A figure that should be at most so much. */
  void atMost(String what, double figure, double target, String unit) {
    line(what, figure, "at most", target, unit, figure <= target);
  }

  /** A figure that should be at least so much. */
  void atLeast(String what, double figure, double target, String unit) {
    line(what, figure, "at least", target, unit, figure >= target);
  }

  private void line(
      String what, double figure, String bound, double target, String unit, boolean met) {
    missed |= !met;
    String line =
        String.format(
            Locale.ROOT,
            "%-76s %8.3f %-6s  %-8s %6.2f  %s",
            what,
            figure,
            unit,
            bound,
            target,
            !judges ? "" : met ? "met" : "MISSED");
    lines.add(line);
    out.println("  " + line);
  }

  /** Prints all of it again. */
  void print() {
    out.println();
    out.printf("%-76s %8s %-6s  %s%n", "what", "figure", "", "target");
    lines.forEach(out::println);
    out.println(
        !judges
            ? "RESULT it runs; measure without --quick"
            : missed ? "RESULT some targets are missed" : "RESULT all targets are met");
  }
}
