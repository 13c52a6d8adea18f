package io.tenure.cli.timeline;

import io.tenure.audit.AuditTrail;
import io.tenure.audit.RecordedEntry;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * A timeline that grows while entries arrive, and tells each reader what is new since it asked
 * last.
 *
 * <p>It is kept in memory and bounded: beyond the limits the oldest tenures are forgotten, and the
 * timeline says so where they were. An entry that comes twice counts once; entries that are left
 * out show as a hole; a trail that was deleted and begins again replaces what was known of its
 * scope.
 *
 * <p>Thread-safe: one lock, held while an entry is taken or the changes are collected, never while
 * something is written to a reader.
 */
public final class LiveTimeline {

  /**
   * How much is kept.
   *
   * @param perScope tenures of one scope, at least 1
   * @param overall tenures of all scopes; the last of each scope is kept in any case
   */
  public record Limits(int perScope, int overall) {
    /** 2,000 of a scope and 200,000 in all, which takes some 100 MB. */
    public static final Limits DEFAULT = new Limits(2_000, 200_000);

    /**
     * Checks them.
     *
     * @throws IllegalArgumentException if one is not positive
     */
    public Limits {
      if (perScope < 1 || overall < 1) {
        throw new IllegalArgumentException(
            "a timeline keeps at least 1 tenure of a scope and 1 overall, not "
                + perScope
                + " and "
                + overall);
      }
    }
  }

  /**
   * Whether ZooKeeper answers.
   *
   * @param connected whether it does
   * @param since since when it does, or does not, by this process's clock
   */
  public record Connection(boolean connected, Instant since) {}

  private final String title;
  private final Limits limits;
  private final Clock clock;

  /** So that a reader that outlives this process does not take versions of another for ours. */
  private final String run = UUID.randomUUID().toString();

  private final Map<String, ShardFold> folds = new LinkedHashMap<>();
  private long version;
  private int tenures;
  private boolean connected;
  private Instant since;
  private Instant confirmed;
  private Instant newest = Instant.MIN;

  /**
   * An empty timeline, not connected.
   *
   * @param title the path of the group or scope
   * @param clock this process's, which says until when the timeline is true
   */
  public LiveTimeline(String title, Limits limits, Clock clock) {
    this.title = title;
    this.limits = limits;
    this.clock = clock;
    this.since = clock.instant();
    this.confirmed = since;
  }

  /** The path of the group or scope. */
  public String title() {
    return title;
  }

  /** A scope is there, even if it has no entry yet. */
  public synchronized void scope(String scope) {
    if (!folds.containsKey(scope)) {
      version++;
      fold(scope);
    }
  }

  /** Takes a whole trail as it was read, over what is known of its scope. */
  public synchronized void load(AuditTrail trail) {
    version++;
    ShardFold fold = fold(trail.scope().path());
    int before = fold.size();
    fold.load(trail, version);
    trail.entries().forEach(entry -> seen(entry.serverTime()));
    tenures += fold.size() - before;
    forget(fold);
  }

  /** Takes the next entry of a scope. */
  public synchronized void entry(String scope, RecordedEntry entry) {
    version++;
    ShardFold fold = fold(scope);
    int before = fold.size();
    fold.add(entry, version);
    seen(entry.serverTime());
    tenures += fold.size() - before;
    forget(fold);
  }

  /**
   * Entries up to this index have been written, and will not come: retention was faster, or they
   * cannot be read.
   */
  public synchronized void missingUntil(String scope, long last) {
    version++;
    fold(scope).missingUntil(last, version);
  }

  /** Something of a scope cannot be read. */
  public synchronized void problem(String scope, AuditTrail.Unreadable problem) {
    version++;
    fold(scope).problem(problem, version);
  }

  /**
   * Whether a scope's leader node is there. This is how a lost leader shows before its successor
   * has recorded it. To be called only with what was seen after the last entry that was given.
   */
  public synchronized void office(String scope, boolean led) {
    version++;
    fold(scope).office(led, version);
  }

  /**
   * The shards that the group has now, by their scopes: one that it has no longer is not vacant
   * when nobody leads it.
   */
  public synchronized void shards(Set<String> scopes) {
    version++;
    String shards = title + "/shards/";
    folds.forEach(
        (scope, fold) ->
            fold.removed(scope.startsWith(shards) && !scopes.contains(scope), version));
  }

  /**
   * ZooKeeper has answered, and all that it said is here: the timeline is true until now. To be
   * called again and again, every second or so: a reader is told until when, and no later.
   */
  public synchronized void connected() {
    confirmed = clock.instant();
    if (!connected) {
      connected = true;
      since = confirmed;
    }
  }

  /** ZooKeeper does not answer: the timeline stays true until it answered last. */
  public synchronized void disconnected() {
    if (connected) {
      connected = false;
      since = clock.instant();
    }
  }

  /** Whether ZooKeeper answers, and since when that is so. */
  public synchronized Connection connection() {
    return new Connection(connected, since);
  }

  /** Grows with every change. */
  public synchronized long version() {
    return version;
  }

  /**
   * What has changed since a version.
   *
   * @param ofRun the {@link TimelineData#run()} that the reader's version belongs to
   * @param known the reader's {@link TimelineData#version()}; everything is new to it if this is
   *     negative, or of another run
   */
  public synchronized TimelineData changesSince(String ofRun, long known) {
    long from = known > version || !ofRun.equals(run) ? -1 : known;
    List<TimelineData.Shard> changed = new ArrayList<>();
    for (ShardFold fold : folds.values()) {
      if (fold.changedSince(from)) {
        changed.add(fold.changesSince(from));
      }
    }
    // Entries carry the server's time, and its clock may be ahead of ours.
    Instant asOf = newest.isAfter(confirmed) ? newest : confirmed;
    return new TimelineData(title, asOf, run, version, changed);
  }

  private ShardFold fold(String scope) {
    return folds.computeIfAbsent(scope, path -> new ShardFold(ShardName.of(title, path), version));
  }

  private void seen(Instant serverTime) {
    newest = serverTime.isAfter(newest) ? serverTime : newest;
  }

  private void forget(ShardFold grown) {
    while (grown.size() > limits.perScope() && grown.forgetOldest(version)) {
      tenures--;
    }
    while (tenures > limits.overall()) {
      ShardFold largest = grown;
      for (ShardFold fold : folds.values()) {
        largest = fold.size() > largest.size() ? fold : largest;
      }
      if (!largest.forgetOldest(version)) {
        return; // Each scope has one left.
      }
      tenures--;
    }
  }
}
