package io.tenure.cli;

import io.tenure.scope.Printable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Says on a terminal what a command is waiting for, if that takes longer than people wait without
 * asking. Thread-safe; one daemon thread.
 */
final class Waiting implements AutoCloseable {

  private static final long PATIENCE_MILLIS = 1_000;

  private final Io io;
  private final ScheduledExecutorService timer;

  // Guarded by this.
  private String what = "";
  private boolean shown;
  private boolean impatient;

  Waiting(Io io) {
    this.io = io;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "tenure-waiting");
              thread.setDaemon(true);
              return thread;
            });
    if (io.terminal()) {
      var unused = timer.schedule(this::loseIt, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private synchronized void loseIt() {
    impatient = true;
    show();
  }

  /** What it is waiting for from now on. */
  synchronized void at(String next) {
    what = next;
    if (impatient) {
      show();
    }
  }

  private void show() {
    if (!what.isEmpty()) {
      // To the start of the line, and clear it.
      io.err().print("\r\u001b[K" + Printable.of(what) + " ...");
      io.err().flush();
      shown = true;
    }
  }

  /** Makes room for a line of something else. */
  synchronized void clear() {
    what = "";
    if (shown) {
      io.err().print("\r\u001b[K");
      io.err().flush();
      shown = false;
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    clear();
  }
}
