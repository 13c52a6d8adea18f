package io.tenure.cli.timeline;

import io.tenure.audit.AuditTrail;
import io.tenure.audit.RecordedEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a timeline shows: for each scope its tenures, and where the trail says nothing.
 *
 * <p>It is the whole timeline, or what has changed since a version: a reader that takes the changes
 * in order has the whole. Times are the server's. What is not recorded is absent, never made up.
 *
 * <p>Immutable.
 *
 * @param title the path of the group or scope that was asked for
 * @param asOf until when this is true
 * @param run which life of the source this version belongs to; empty if it never changes
 * @param version the version that a reader has after it took this
 * @param shards the scopes, in the order in which they were given
 */
public record TimelineData(
    String title, Instant asOf, String run, long version, List<Shard> shards) {

  /** Whether a scope has a leader. */
  public enum Office {
    /** It has one. */
    LED,
    /** It has none. */
    VACANT,
    /** It could not be read. */
    UNKNOWN,
    /** The group no longer has this shard, and there is no leader: as it should be. */
    REMOVED
  }

  /** How a tenure ended, if it did. */
  public enum End {
    /** It goes on. */
    ON,
    /** The leader gave the office up. */
    RESIGNED,
    /** Its task threw. */
    FAILED,
    /** Its lease ran out. */
    LAPSED,
    /** An operator took the office away. */
    REVOKED,
    /** Found lost by its successor: it ended at or before the time that is given. */
    LOST,
    /** It is over, or may be, and how is not recorded, or not yet. */
    UNKNOWN
  }

  /** Why entries are not here. */
  public enum Absence {
    /** The oldest of the trail: retention deleted them. */
    NOT_KEPT,
    /** From the middle or the end of the trail: deleted, damaged, of a newer format, or denied. */
    MISSING,
    /** This timeline is bounded, and forgot them; they may still stand in the trail. */
    FORGOTTEN
  }

  /**
   * One scope.
   *
   * @param scope its path
   * @param name what it is called in the timeline
   * @param ofShard whether it is a shard of the group, or the one scope that was asked for; not the
   *     coordinator's, nor a removed shard
   * @param office whether it is led
   * @param replaces whether a reader forgets what it has of this scope before it takes this
   * @param keptFrom a reader forgets tenures whose {@link Row#index} is lower
   * @param rows its tenures, oldest first
   * @param holes where entries are missing, all of them, oldest first
   * @param problems what cannot be read, all of it
   */
  public record Shard(
      String scope,
      String name,
      boolean ofShard,
      Office office,
      boolean replaces,
      long keptFrom,
      List<Row> rows,
      List<Hole> holes,
      List<AuditTrail.Unreadable> problems) {
    /** Copies the lists. */
    public Shard {
      rows = List.copyOf(rows);
      holes = List.copyOf(holes);
      problems = List.copyOf(problems);
    }
  }

  /**
   * One tenure.
   *
   * @param index that of the first of its entries that is there; unique within its scope
   * @param worker the id of the candidate who led
   * @param place where that candidate ran, for people
   * @param epoch the number of the tenure
   * @param from when it began; empty if its election is not recorded
   * @param to when it ended; at or before that if it is {@code LOST} or {@code UNKNOWN}; empty if
   *     it goes on, or if nothing is known of its end
   * @param end how it ended
   * @param electedReason why it began; empty if its election is not recorded
   * @param endReason why it ended; empty if that is not recorded
   */
  public record Row(
      long index,
      String worker,
      String place,
      long epoch,
      Optional<Instant> from,
      Optional<Instant> to,
      End end,
      String electedReason,
      String endReason) {}

  /**
   * Entries that are not here.
   *
   * @param first the first missing index
   * @param last the last missing index
   * @param from the time of the entry before; empty if there is none
   * @param to the time of the entry after; empty if there is none
   * @param absence why
   */
  public record Hole(
      long first, long last, Optional<Instant> from, Optional<Instant> to, Absence absence) {}

  /** Copies the list. */
  public TimelineData {
    shards = List.copyOf(shards);
  }

  /**
   * The timeline of trails as they stood when they were read.
   *
   * @param title the path of the group or scope
   * @param asOf when they were read; if an entry is younger, its time counts, since clocks differ
   */
  public static TimelineData of(String title, Instant asOf, List<AuditTrail> trails) {
    return of(title, asOf, trails, Set.of());
  }

  /**
   * The same of a group that had more shards before.
   *
   * @param removed the scopes of the shards that it has no longer
   */
  public static TimelineData of(
      String title, Instant asOf, List<AuditTrail> trails, Set<String> removed) {
    Instant latest = asOf;
    List<Shard> shards = new ArrayList<>(trails.size());
    for (AuditTrail trail : trails) {
      ShardFold fold = new ShardFold(ShardName.of(title, trail.scope().path()), 0);
      fold.load(trail, 0);
      fold.removed(removed.contains(trail.scope().path()), 0);
      shards.add(fold.changesSince(-1));
      for (RecordedEntry entry : trail.entries()) {
        latest = entry.serverTime().isAfter(latest) ? entry.serverTime() : latest;
      }
    }
    return new TimelineData(title, latest, "", 0, shards);
  }

  /** How many tenures it has. */
  public int tenures() {
    return shards.stream().mapToInt(shard -> shard.rows().size()).sum();
  }

  /** How many shards are known to have no leader; other scopes are not counted. */
  public long vacant() {
    return shards.stream().filter(s -> s.ofShard() && s.office() == Office.VACANT).count();
  }

  /**
   * Writes it as JSON in UTF-8, which is also safe inside of an HTML {@code script} element. Does
   * not close the stream.
   */
  public void writeJson(OutputStream out) throws IOException {
    TimelineJson.write(this, out);
  }
}
