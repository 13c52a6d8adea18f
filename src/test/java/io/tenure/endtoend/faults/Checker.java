package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.History.Claim;
import io.tenure.endtoend.faults.History.Held;
import io.tenure.endtoend.faults.History.Holder;
import io.tenure.endtoend.faults.History.Recorded;
import io.tenure.endtoend.faults.History.Trail;
import io.tenure.endtoend.faults.History.Write;
import io.tenure.endtoend.faults.Violation.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Holds a history against what Tenure promises. Pure.
 *
 * <p><b>What counts as held.</b> Only what was certainly so: from the time before a check that said
 * yes to the time before the last one that did. A lease that is held a little longer than it was
 * asked is not noticed; one that is reported as held with another was.
 *
 * <p><b>What is no violation.</b> An act that ends after its lease is over: a check is true when it
 * is made. Such acts are counted as late; the store's fence is there for them.
 *
 * <p>The trail's times are wall times of the machine that all processes share, so a little is
 * allowed for turning them into the common clock's.
 */
final class Checker {

  private final long boundNanos;
  private final long toleranceNanos;
  private final HealthyShards healthy;

  /**
   * A checker.
   *
   * @param boundSessions how soon after the last fault each shard is to be led
   * @param tolerance how exactly the trail's times are known
   */
  Checker(Duration session, int boundSessions, Duration tolerance) {
    this.boundNanos = session.multipliedBy(boundSessions).toNanos();
    this.toleranceNanos = tolerance.toNanos();
    this.healthy = new HealthyShards(session, tolerance);
  }

  /** What is wrong; empty if nothing is. */
  List<Violation> check(History history) {
    List<Violation> found = new ArrayList<>();
    Map<String, List<Held>> byShard = byShard(history.held());
    Map<String, Set<Holder>> holders = holders(history);
    for (String shard : history.shards()) {
      List<Held> held = byShard.getOrDefault(shard, List.of());
      checkHeld(shard, held, found);
      checkLedAgain(shard, held, history.calm(), found);
      Trail trail = history.trails().get(shard);
      if (trail != null) {
        checkTrail(shard, trail, found);
        checkAgainstTrail(shard, trail, held, holders.getOrDefault(shard, Set.of()), found);
      }
    }
    checkWrites(history.writes(), found);
    checkClaims(history, found);
    found.addAll(healthy.check(history));
    history.costs().ifPresent(costs -> found.addAll(costs.after().leftSince(costs.before())));
    return found;
  }

  /** Each shard's, by when they began. */
  static Map<String, List<Held>> byShard(List<Held> all) {
    Map<String, List<Held>> byShard = new HashMap<>();
    all.forEach(one -> byShard.computeIfAbsent(one.shard(), s -> new ArrayList<>()).add(one));
    byShard.values().forEach(list -> list.sort(Comparator.comparingLong(Held::from)));
    return byShard;
  }

  /** When the shard was led first after a time; empty if it never was. */
  static OptionalLong ledAfter(List<Held> held, long time) {
    return held.stream()
        .filter(one -> one.until() >= time)
        .mapToLong(one -> Math.max(time, one.from()))
        .min();
  }

  private static void checkHeld(String shard, List<Held> held, List<Violation> found) {
    Held last = null;
    long epoch = 0;
    for (Held one : held) {
      if (last != null && one.from() <= last.until()) {
        long both = Math.min(one.until(), last.until()) - one.from();
        found.add(
            new Violation(
                Rule.TWO_HELD,
                shard,
                last.holder() + " and " + one.holder() + " both, for " + millis(both)));
      }
      if (one.holder().epoch() <= epoch) {
        found.add(
            new Violation(
                Rule.EPOCH_ORDER, shard, one.holder() + " leads after one with epoch " + epoch));
      }
      epoch = Math.max(epoch, one.holder().epoch());
      last = last == null || one.until() > last.until() ? one : last;
    }
  }

  private void checkLedAgain(String shard, List<Held> held, long calm, List<Violation> found) {
    OptionalLong led = ledAfter(held, calm);
    if (led.isEmpty() || led.getAsLong() - calm > boundNanos) {
      found.add(
          new Violation(
              Rule.NOT_LED,
              shard,
              (led.isEmpty() ? "not led" : "led only " + millis(led.getAsLong() - calm))
                  + " after the last fault; the bound is "
                  + millis(boundNanos)));
    }
  }

  private static void checkTrail(String shard, Trail trail, List<Violation> found) {
    trail.findings().forEach(text -> found.add(new Violation(Rule.TRAIL_UNSOUND, shard, text)));
    long expected = 1;
    for (Recorded tenure : trail.tenures()) {
      if (tenure.holder().epoch() != expected) {
        found.add(
            new Violation(
                Rule.EPOCH_GAP,
                shard,
                "epoch " + tenure.holder().epoch() + " where " + expected + " is next"));
      }
      expected = tenure.holder().epoch() + 1;
    }
  }

  private void checkAgainstTrail(
      String shard, Trail trail, List<Held> held, Set<Holder> holders, List<Violation> found) {
    Map<Holder, Recorded> recorded = new HashMap<>();
    trail.tenures().forEach(tenure -> recorded.put(tenure.holder(), tenure));
    for (Holder holder : holders) {
      if (!recorded.containsKey(holder)) {
        found.add(new Violation(Rule.NOT_IN_TRAIL, shard, holder + " acted as the leader"));
      }
    }
    for (Held one : held) {
      Recorded tenure = recorded.get(one.holder());
      if (tenure == null) {
        continue; // Told above.
      }
      if (one.from() < tenure.from() - toleranceNanos) {
        found.add(
            new Violation(
                Rule.OUTSIDE_TENURE,
                shard,
                one.holder() + " led " + millis(tenure.from() - one.from()) + " too early"));
      }
      if (tenure.until().isPresent() && one.until() > tenure.until().getAsLong() + toleranceNanos) {
        found.add(
            new Violation(
                Rule.OUTSIDE_TENURE,
                shard,
                one.holder()
                    + " still led "
                    + millis(one.until() - tenure.until().getAsLong())
                    + " after its end: "
                    + tenure.end()));
      }
    }
  }

  /** By shard, every holder that did anything in a leader's name. */
  private static Map<String, Set<Holder>> holders(History history) {
    Map<String, Set<Holder>> holders = new HashMap<>();
    Stream.of(history.held(), history.uses(), history.writes())
        .flatMap(List::stream)
        .forEach(
            one ->
                holders
                    .computeIfAbsent(one.shard(), any -> new LinkedHashSet<>())
                    .add(one.holder()));
    return holders;
  }

  private static void checkWrites(List<Write> writes, List<Violation> found) {
    Map<String, Write> newest = new HashMap<>();
    for (Write write : writes) {
      if (!write.accepted()) {
        continue;
      }
      Write before = newest.get(write.shard());
      if (before != null && before.holder().epoch() > write.holder().epoch()) {
        found.add(
            new Violation(
                Rule.STALE_WRITE,
                write.shard(),
                "write "
                    + write.number()
                    + " of "
                    + write.holder()
                    + " was taken "
                    + millis(write.at() - before.at())
                    + " after one of "
                    + before.holder()));
      } else {
        newest.put(write.shard(), write);
      }
    }
  }

  private static void checkClaims(History history, List<Violation> found) {
    for (Claim claim : history.claims()) {
      Trail trail = history.trails().get(claim.shard());
      if (trail == null) {
        continue;
      }
      boolean isTrue =
          claim.beforeEpoch() == claim.holder().epoch() - 1
              && trail.tenures().stream()
                  .anyMatch(
                      tenure ->
                          tenure.holder().epoch() == claim.beforeEpoch()
                              && tenure.holder().worker().equals(claim.before())
                              && tenure.end().equals(claim.end()));
      if (!isTrue) {
        found.add(
            new Violation(
                Rule.PREDECESSOR,
                claim.shard(),
                claim.holder()
                    + " was told that "
                    + claim.before()
                    + " epoch "
                    + claim.beforeEpoch()
                    + " was before it and ended as "
                    + claim.end()));
      }
    }
  }

  private static String millis(long nanos) {
    return nanos / 1_000_000 + " ms";
  }
}
