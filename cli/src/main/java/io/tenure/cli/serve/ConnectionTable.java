package io.tenure.cli.serve;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The connections of a server, and how long each may keep the server waiting. What is bounded: how
 * many there are, how long each may take for what it does, and how many bytes of answers wait to be
 * read.
 *
 * <p>Where a bound is reached, the connection that has done the same thing for the longest time is
 * cut off. So slow clients cut each other off, however many they are, and one that reads and writes
 * at once is never the one.
 *
 * <p>Confined to the network's thread.
 *
 * @param <C> a connection
 */
final class ConnectionTable<C> {

  /** What a connection does, and for how long it may. */
  enum Phase {
    /** The client sends a request, or keeps the connection for the next one. */
    REQUEST(10_000),
    /** The answer is made. The client has no part in this. */
    WORK(30_000),
    /** The client reads the answer. */
    ANSWER(60_000),
    /** The server has said all; the client closes. */
    CLOSING(2_000);

    private final long limitMillis;

    Phase(long limitMillis) {
      this.limitMillis = limitMillis;
    }
  }

  /** What is known of a connection. */
  private record Entry(Phase phase, long sinceMillis, long answerBytes) {
    boolean isOver(long nowMillis) {
      return nowMillis - sinceMillis >= phase.limitMillis;
    }
  }

  private final int maxConnections;
  private final long maxBytes;

  /** In the order in which they entered their phases. */
  private final Map<C, Entry> entries = new LinkedHashMap<>();

  private long answerBytes;

  ConnectionTable(int maxConnections, long maxBytes) {
    this.maxConnections = maxConnections;
    this.maxBytes = maxBytes;
  }

  int size() {
    return entries.size();
  }

  /** A connection enters a phase. Returns those that are to be cut off for it. */
  List<C> enter(C connection, Phase phase, long bytes, long nowMillis) {
    remove(connection);
    entries.put(connection, new Entry(phase, nowMillis, bytes));
    answerBytes += bytes;
    List<C> cutOff = new ArrayList<>();
    while (entries.size() > maxConnections) {
      cutOff.add(removeOldest(connection, false));
    }
    while (answerBytes > maxBytes && answerBytes > bytes) {
      cutOff.add(removeOldest(connection, true));
    }
    return cutOff;
  }

  /** A connection is closed. */
  void remove(C connection) {
    Entry entry = entries.remove(connection);
    if (entry != null) {
      answerBytes -= entry.answerBytes();
    }
  }

  /** Takes those out whose time is over. */
  List<C> removeOverdue(long nowMillis) {
    List<C> overdue = new ArrayList<>();
    entries.forEach(
        (connection, entry) -> {
          if (entry.isOver(nowMillis)) {
            overdue.add(connection);
          }
        });
    overdue.forEach(this::remove);
    return overdue;
  }

  private C removeOldest(C except, boolean withAnswer) {
    C chosen = null;
    Iterator<Map.Entry<C, Entry>> each = entries.entrySet().iterator();
    while (chosen == null && each.hasNext()) {
      Map.Entry<C, Entry> next = each.next();
      boolean fits =
          withAnswer ? next.getValue().answerBytes() > 0 : next.getValue().phase() != Phase.WORK;
      if (fits && next.getKey() != except) {
        chosen = next.getKey();
      }
    }
    C oldest = chosen == null ? entries.keySet().iterator().next() : chosen;
    remove(oldest);
    return oldest;
  }
}
