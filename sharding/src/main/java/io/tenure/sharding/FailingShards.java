package io.tenure.sharding;

import io.tenure.internal.Backoff;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a worker remembers of the shards that failed on it, in every role that the plan gives it and
 * across sessions: how often they failed, and the last error. After each failure a shard rests,
 * each time for twice as long, up to a minute.
 *
 * <p>A shard is forgotten when it has been led for a minute, or has neither failed nor been led for
 * five: so there are never more of them than shards that the plan gave to this worker in that time.
 *
 * <p>One failure in office is enough for a shard to be called failing; of tenures that lapsed, and
 * nothing else, it takes two, since a pause of the process makes all of its tenures lapse at once.
 * A shard whose step hangs is called failing as long as the step has not returned, and remembered
 * that long: a pause lets the step go on, which a step that hangs does not.
 *
 * <p>A task that hands its shard over after a while wants another worker to lead, and rests for a
 * second; one that does so at once, again and again, fails like others.
 *
 * <p>Pure but for the lot; confined to one thread.
 */
final class FailingShards {

  static final long FIRST_REST_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final long LONGEST_REST_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** A shard that has been led for so long no longer counts as failing. */
  static final long SUCCESS_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** A shard that has neither failed nor been led for so long is forgotten. */
  static final long REMEMBERED_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** What a wake-up has changed. */
  enum Change {
    NOTHING,
    /** The shard may be tried again. */
    RESTED,
    FORGOTTEN
  }

  private static final class Entry {
    FailingShard told;

    /** It failed in office, or has lapsed more than once: another worker should rather lead it. */
    boolean failing;

    boolean rests;

    /** Its tenure has lapsed, and the step of that tenure has not returned. */
    boolean hangs;

    /** The number of the wake-up that is waited for. */
    long wake;

    Entry(FailingShard told) {
      this.told = told;
    }
  }

  private final Map<String, Entry> entries = new HashMap<>();
  private final DoubleSupplier lot;

  /**
   * Remembers nothing.
   *
   * @param lot from 0 to less than 1
   */
  FailingShards(DoubleSupplier lot) {
    this.lot = lot;
  }

  /** Whether the shard is left alone for now. */
  boolean rests(String shard) {
    Entry entry = entries.get(shard);
    return entry != null && entry.rests;
  }

  /** Whether another worker should rather lead the shard. */
  boolean isFailing(String shard) {
    Entry entry = entries.get(shard);
    return entry != null && (entry.failing || entry.hangs);
  }

  /** Whether a step of the shard has not returned since its tenure lapsed. */
  boolean hangs(String shard) {
    Entry entry = entries.get(shard);
    return entry != null && entry.hangs;
  }

  boolean isKnown(String shard) {
    return entries.containsKey(shard);
  }

  /** The shards that are left alone for now. */
  List<String> resting() {
    return entries.keySet().stream().filter(this::rests).toList();
  }

  /** The shards that another worker should rather lead. */
  List<String> failing() {
    return entries.keySet().stream().filter(this::isFailing).toList();
  }

  /** What is to be told of them. */
  List<FailingShard> all() {
    List<FailingShard> all = new ArrayList<>();
    entries.values().forEach(entry -> all.add(entry.told));
    return all;
  }

  /**
   * A shard has failed once more.
   *
   * @param wake the number of the wake-up that ends the rest
   * @return how long it rests
   */
  long failed(String shard, FailingShard.Phase in, String error, Instant now, long wake) {
    Entry entry = failedOnceMore(shard, in, error, now, wake);
    entry.failing |= in != FailingShard.Phase.WARM_UP;
    return rest(entry);
  }

  /**
   * A tenure has lapsed. The first time, the shard need not rest.
   *
   * @param hangs a step of it has not returned
   * @param wake the number of the wake-up at which it is rested or forgotten
   * @return in how long that is
   */
  long lapsed(String shard, boolean hangs, String reason, Instant now, long wake) {
    Entry entry = failedOnceMore(shard, FailingShard.Phase.OFFICE, reason, now, wake);
    entry.hangs = hangs;
    entry.failing |= entry.told.times() > 1;
    return entry.failing ? rest(entry) : REMEMBERED_NANOS;
  }

  /**
   * A task has handed its shard over.
   *
   * @param atOnce soon after it was elected
   * @param wake the number of the wake-up that ends the rest
   * @return how long it rests
   */
  long handedOver(String shard, boolean atOnce, String reason, Instant now, long wake) {
    if (!atOnce) {
      entries.computeIfPresent(
          shard, (name, known) -> known.told.in() == FailingShard.Phase.HAND_OVER ? null : known);
    }
    Entry entry = failedOnceMore(shard, FailingShard.Phase.HAND_OVER, reason, now, wake);
    entry.failing |= atOnce;
    return rest(entry);
  }

  /**
   * The step that hung has returned.
   *
   * @return whether one did
   */
  boolean returned(String shard) {
    Entry entry = entries.get(shard);
    boolean hung = entry != null && entry.hangs;
    if (entry != null) {
      entry.hangs = false;
    }
    return hung;
  }

  private Entry failedOnceMore(
      String shard, FailingShard.Phase in, String error, Instant now, long wake) {
    Entry known = entries.get(shard);
    Instant since = known == null ? now : known.told.since();
    long times = known == null ? 1 : known.told.times() + 1;
    FailingShard told = new FailingShard(shard, in, error, since, times);
    Entry entry = known == null ? new Entry(told) : known;
    entry.told = told;
    entry.wake = wake;
    entries.put(shard, entry);
    return entry;
  }

  private long rest(Entry entry) {
    entry.rests = true;
    int times = (int) Math.min(Integer.MAX_VALUE, entry.told.times());
    return Backoff.nanos(FIRST_REST_NANOS, LONGEST_REST_NANOS, times, lot.getAsDouble());
  }

  /**
   * What is waited for from now on is another wake-up: the shard is led, or it is no longer.
   *
   * @return whether anything is known of the shard, and it does not rest
   */
  boolean awaits(String shard, long wake) {
    @Nullable Entry entry = entries.get(shard);
    if (entry == null || entry.rests) {
      return false;
    }
    entry.wake = wake;
    return true;
  }

  /** A task has got ready: if that was all that failed, nothing does. */
  void gotReady(String shard) {
    entries.computeIfPresent(shard, (name, entry) -> entry.failing || entry.hangs ? entry : null);
  }

  void forget(String shard) {
    entries.remove(shard);
  }

  /** A wake-up comes. */
  Change wake(String shard, long number) {
    @Nullable Entry entry = entries.get(shard);
    if (entry == null || entry.wake != number) {
      return Change.NOTHING;
    } else if (entry.rests) {
      entry.rests = false;
      return Change.RESTED;
    } else if (entry.hangs) {
      return Change.NOTHING; // The time counts from when the step returns.
    }
    entries.remove(shard);
    return Change.FORGOTTEN;
  }
}
