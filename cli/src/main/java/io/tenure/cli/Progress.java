package io.tenure.cli;

import io.tenure.scope.Printable;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * How far something has come, on one line of a terminal; without a terminal it is silent. Confined
 * to the thread of the command.
 */
final class Progress implements AutoCloseable {

  private static final int BAR = 24;
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final Io io;
  private final Clock clock;
  private final String what;
  private final Instant started;
  private Instant drawn = Instant.MIN;
  private boolean open;

  Progress(Io io, String what) {
    this.io = io;
    this.clock = io.clock();
    this.what = what;
    this.started = clock.instant();
  }

  void at(int done, int total) {
    Instant now = clock.instant();
    if (!io.terminal() || (done < total && now.isBefore(drawn.plus(INTERVAL)))) {
      return;
    }
    drawn = now;
    int filled = total == 0 ? BAR : (int) ((long) BAR * done / total);
    String text =
        "["
            + "#".repeat(filled)
            + " ".repeat(BAR - filled)
            + "] "
            + done
            + " of "
            + total
            + " "
            + Printable.of(what)
            + ", "
            + Times.shown(Duration.between(started, now));
    PrintStream err = io.err();
    // To the start of the line, and clear it.
    err.print("\r\u001b[K" + text.substring(0, Math.min(text.length(), io.width() - 1)));
    err.flush();
    open = true;
  }

  Duration elapsed() {
    return Duration.between(started, clock.instant());
  }

  /** Ends the line. */
  void end() {
    if (open) {
      io.err().println();
      open = false;
    }
  }

  @Override
  public void close() {
    end();
  }
}
