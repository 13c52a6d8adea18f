package io.tenure.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Lines for events, and below them what changes all the time: a line or a table, redrawn in place
 * on a terminal, printed now and then elsewhere. Thread-safe.
 */
final class Screen {

  /** Elsewhere than on a terminal, progress is printed at each of so many parts of the work. */
  private static final int PLAIN_PARTS = 5;

  private final PrintStream out;
  private final boolean plain;
  private final long startNanos = System.nanoTime();
  private List<String> footer = List.of();
  private int drawn;
  private int partShown = -1;

  Screen(PrintStream out, boolean plain) {
    this.out = out;
    this.plain = plain || !isTerminal();
  }

  private static boolean isTerminal() {
    try {
      // Java itself can tell only of input and output together, and differently in each version.
      return new ProcessBuilder("test", "-t", "1").inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Something happened. */
  synchronized void event(String text) {
    line(String.format(Locale.ROOT, "%6.1f s  %s", seconds(), text));
  }

  /** A line of text as it is. */
  synchronized void line(String text) {
    clear();
    out.println(text);
    redraw();
  }

  /** How far the work has come. */
  synchronized void progress(String leader, long epoch, long remainingMillis, int done, int all) {
    int percent = (int) (100L * done / all);
    String progress =
        String.format(
            Locale.ROOT,
            "%6.1f s  %-4s leads, epoch %d, lease %4d ms left  [%-20s] %3d%%",
            seconds(),
            leader,
            epoch,
            remainingMillis,
            "#".repeat(percent / 5),
            percent);
    footer = List.of(progress);
    if (!plain) {
      clear();
      redraw();
    } else if (percent * PLAIN_PARTS / 100 != partShown) {
      partShown = percent * PLAIN_PARTS / 100;
      out.println(progress);
    }
  }

  /** No process works now; shown on a terminal only, in the place of the progress. */
  synchronized void waiting(String text) {
    if (!plain) {
      clear();
      footer = List.of(String.format(Locale.ROOT, "%6.1f s  %s", seconds(), text));
      redraw();
    }
  }

  /** A table; elsewhere than on a terminal, it is shown by {@link #print} alone. */
  synchronized void table(List<String> lines) {
    if (!plain) {
      clear();
      footer = List.copyOf(lines);
      redraw();
    }
  }

  /** Prints a table where it stays, unless it is on the terminal anyway. */
  synchronized void print(List<String> lines) {
    if (plain) {
      lines.forEach(out::println);
    }
  }

  /** No more progress will come; what was shown last stays, if it is a table. */
  synchronized void endProgress() {
    if (footer.size() <= 1) {
      clear();
    }
    footer = List.of();
    drawn = 0;
  }

  private void clear() {
    if (!plain && drawn > 0) {
      // Up to the footer's first line, and everything from there on is erased.
      out.print((drawn > 1 ? "\u001b[" + (drawn - 1) + "A" : "") + "\r\u001b[J");
      drawn = 0;
    }
  }

  private void redraw() {
    if (!plain) {
      out.print(String.join("\n", footer));
      out.flush();
      drawn = footer.size();
    }
  }

  private double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}
