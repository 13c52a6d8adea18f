package io.tenure.internal.session;

import io.tenure.internal.Backoff;
import io.tenure.internal.ForgedEntry;
import java.util.concurrent.TimeUnit;

/**
 * When a trail may be listed again after the connection was lost by asking for its list. ZooKeeper
 * tells how many children a znode has, and not how long their names are: a client that may add to a
 * trail can make names of hundreds of kilobytes. Who leads needs the list only to trim the trail,
 * and does without.
 *
 * <p>Confined to one thread.
 */
public final class ListPause {

  private static final long FIRST_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long LONGEST_NANOS = TimeUnit.HOURS.toNanos(6);

  private final Backoff backoff = new Backoff(FIRST_NANOS, LONGEST_NANOS);
  private boolean paused;
  private long untilNanos;

  /** Whether to do without the list now. */
  public boolean isOn(long nowNanos) {
    return paused && untilNanos - nowNanos > 0;
  }

  /**
   * The connection was lost when the list was asked for.
   *
   * @return whether to say so: once, and not if it may have been any other loss
   */
  public boolean lost(long nowNanos) {
    paused = true;
    untilNanos = nowNanos + backoff.nextNanos();
    return backoff.failures() == 2;
  }

  /** The list came. */
  public void listed() {
    paused = false;
    backoff.reset();
  }

  /** What to say. */
  public static String text(String trail) {
    return "the connection was lost when the entries of "
        + trail
        + "/audit were listed: their names are probably longer than a reply may be"
        + " (jute.maxbuffer), which no transition makes them. Nothing is deleted there for a"
        + " while; leading goes on. Start the command with a larger -Djute.maxbuffer: "
        + ForgedEntry.wayOut(trail);
  }
}
