package io.tenure.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Lines for events, and one line for progress: redrawn in place on a terminal, printed now and then
 * elsewhere. Thread-safe.
 */
final class Screen {

  /** Elsewhere than on a terminal, progress is printed at each of so many parts of the work. */
  private static final int PLAIN_PARTS = 5;

  private static final int WIDTH = 78;

  private final PrintStream out;
  private final boolean plain;
  private final long startNanos = System.nanoTime();
  private String progress = "";
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
    progress =
        String.format(
            Locale.ROOT,
            "%6.1f s  %-4s leads, epoch %d, lease %4d ms left  [%-20s] %3d%%",
            seconds(),
            leader,
            epoch,
            remainingMillis,
            "#".repeat(percent / 5),
            percent);
    if (!plain) {
      out.print('\r');
      redraw();
    } else if (percent * PLAIN_PARTS / 100 != partShown) {
      partShown = percent * PLAIN_PARTS / 100;
      out.println(progress);
    }
  }

  /** Nobody works now; shown on a terminal only, in the place of the progress. */
  synchronized void waiting(String text) {
    if (!plain) {
      clear();
      progress = String.format(Locale.ROOT, "%6.1f s  %s", seconds(), text);
      redraw();
    }
  }

  /** No more progress will come. */
  synchronized void endProgress() {
    clear();
    progress = "";
  }

  private void clear() {
    if (!plain && !progress.isEmpty()) {
      out.print('\r' + " ".repeat(WIDTH) + '\r');
    }
  }

  private void redraw() {
    if (!plain) {
      out.print(progress);
      out.flush();
    }
  }

  private double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}
