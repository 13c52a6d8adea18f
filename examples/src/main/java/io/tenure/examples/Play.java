package io.tenure.examples;

import java.io.IOException;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Follows the candidates' messages, and lets happen to them what happens in production: the first
 * leader is killed, the second is frozen until another leads. Ends when no candidate is left.
 *
 * <p>Confined to one thread.
 */
final class Play {

  /** However slow the machine: if nothing at all happens for so long, something is wrong. */
  private static final long SILENCE_SECONDS = 90;

  private final Screen screen;
  private final CloseStore store;
  private final Map<String, Child> candidates;
  private final BlockingQueue<String[]> messages;

  private final Set<String> exited = new HashSet<>();
  private boolean killed;
  private @Nullable Child frozen;
  private boolean thawed;
  private boolean finished;
  private boolean staleWriteTaken;

  Play(
      Screen screen,
      CloseStore store,
      Map<String, Child> candidates,
      BlockingQueue<String[]> messages) {
    this.screen = screen;
    this.store = store;
    this.candidates = candidates;
    this.messages = messages;
  }

  /**
   * Runs it to its end.
   *
   * @return whether the table took no write of the frozen leader's
   */
  boolean run(Totals expected) throws IOException, InterruptedException, SQLException {
    while (exited.size() < candidates.size()) {
      String[] message = messages.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
      if (message == null) {
        throw new IOException("nothing has happened for " + SILENCE_SECONDS + " s");
      }
      Child child = candidates.get(message[0]);
      if (child != null) {
        handle(child, message, expected.position());
      }
    }
    if (!finished) {
      throw new IOException("no candidate is left, and the close is not finished");
    }
    return !staleWriteTaken;
  }

  private void handle(Child child, String[] message, int all)
      throws IOException, InterruptedException, SQLException {
    String id = child.id();
    switch (message[1]) {
      case "elected" -> elected(child, message[2], Integer.parseInt(message[3]), message[4], all);
      case "unit" -> {
        int done = Integer.parseInt(message[3]);
        screen.progress(id, Long.parseLong(message[2]), Long.parseLong(message[4]), done, all);
        disturb(child, done, all);
      }
      case "lost" ->
          screen.event(
              id
                  + " finds that its lease is over ("
                  + message[3]
                  + "; isHeld() is "
                  + message[4]
                  + "), and writes all the same");
      case "refused" -> screen.event("the table refuses it: " + message[3]);
      case "written" -> {
        staleWriteTaken |= child == frozen;
        screen.event("the table takes it: no later epoch than " + message[2] + " has written yet");
      }
      case "failed" -> throw new IOException(id + " cannot write: " + message[3]);
      case "done" -> {
        if (!finished) {
          screen.event(id + " has finished the close and resigned");
        }
        finished = true;
      }
      case "exited" -> exited.add(id);
      default -> {} // standby
    }
  }

  private void elected(Child child, String epoch, int position, String after, int all)
      throws IOException, InterruptedException {
    screen.event(
        child.id()
            + " elected, epoch "
            + epoch
            + ", after "
            + after
            + (position < all ? "; goes on from row " + position : "; nothing is left to do"));
    if (frozen != null && !thawed && child != frozen) {
      thawed = true;
      screen.event(frozen.id() + " (pid " + frozen.pid() + ") is woken: SIGCONT");
      frozen.thaw();
    }
  }

  private void disturb(Child leader, int done, int all)
      throws IOException, InterruptedException, SQLException {
    if (!killed && done >= all / 3) {
      killed = true;
      leader.kill();
      screen.event(leader.id() + " (pid " + leader.pid() + ") is killed in the middle: SIGKILL");
      screen.waiting("there is no leader until the session of " + leader.id() + " has ended");
    } else if (killed && frozen == null && done >= (long) all * 3 / 5) {
      leader.freeze();
      if (!store.isFree()) {
        // It was caught in a transaction. A database of production ends those by a timeout; here
        // the leader is caught again after the next unit.
        leader.thaw();
        return;
      }
      frozen = leader;
      screen.event(
          leader.id()
              + " (pid "
              + leader.pid()
              + ") is frozen for longer than its session: SIGSTOP");
      screen.waiting("there is no leader until the session of " + leader.id() + " has ended");
    }
  }
}
