package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.History.Recorded;
import io.tenure.endtoend.faults.History.Trail;
import io.tenure.endtoend.faults.History.Trouble;
import io.tenure.endtoend.faults.Violation.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds a history against the promise that a fault stays where it is. Pure.
 *
 * <p><b>What may move a shard.</b> A fault that meets it, from when it began on: the shard may come
 * home to where it failed long after that, and any shard may go to a worker that is back. And the
 * loss of a session, for any reason: the trail tells of that itself. Without any of it a shard has
 * no reason to be elected again.
 *
 * <p><b>How often.</b> Where every shard was met by something, each may change its leader by a
 * decision only as often as the faults account for that were not of the users' code.
 */
final class HealthyShards {

  /** For so many session timeouts the loss of a session may move shards there and back. */
  private static final int LOSS_SESSIONS = 10;

  /** A lost tenure is found when its successor is elected: others may have been found before. */
  private static final int FOUND_LATE_SESSIONS = 2;

  private final long lossNanos;
  private final long foundLateNanos;
  private final long toleranceNanos;

  HealthyShards(Duration session, Duration tolerance) {
    this.lossNanos = session.multipliedBy(LOSS_SESSIONS).toNanos();
    this.foundLateNanos = session.multipliedBy(FOUND_LATE_SESSIONS).toNanos();
    this.toleranceNanos = tolerance.toNanos();
  }

  List<Violation> check(History history) {
    List<Violation> found = new ArrayList<>();
    List<Long> losses = losses(history);
    history
        .trails()
        .forEach(
            (shard, trail) -> {
              checkNotMoved(history, shard, trail, losses, found);
              checkHowOften(history, shard, trail, found);
            });
    return found;
  }

  /**
   * When tenures ended that no decision has ended; but for shards whose own trouble with the users'
   * code says why.
   */
  private static List<Long> losses(History history) {
    List<Long> losses = new ArrayList<>();
    history
        .trails()
        .forEach(
            (shard, trail) -> {
              for (Recorded tenure : trail.tenures()) {
                boolean isLoss = tenure.until().isPresent() && !tenure.isDecided();
                if (isLoss && !failed(history, shard, tenure.until().getAsLong())) {
                  losses.add(tenure.until().getAsLong());
                }
              }
            });
    return losses;
  }

  /** Whether the users' code of a shard had failed until then. */
  private static boolean failed(History history, String shard, long time) {
    return history.troubles().stream()
        .anyMatch(one -> one.isUsers() && one.meets(shard) && one.from() <= time);
  }

  private void checkNotMoved(
      History history, String shard, Trail trail, List<Long> losses, List<Violation> found) {
    Recorded before = null;
    for (Recorded tenure : trail.tenures()) {
      if (before != null
          && before.isDecided()
          && tenure.from() - history.settled() > 0
          && tenure.from() != Long.MAX_VALUE
          && !hasReason(history, shard, tenure.from(), losses)) {
        found.add(
            new Violation(
                Rule.HEALTHY_MOVED,
                shard,
                tenure.holder()
                    + " was elected without a reason, after "
                    + before.holder()
                    + " ("
                    + before.end()
                    + "); meanwhile: "
                    + under(history, tenure.from())));
      }
      before = tenure;
    }
  }

  private boolean hasReason(History history, String shard, long time, List<Long> losses) {
    return history.troubles().stream()
            .anyMatch(one -> one.meets(shard) && time - one.from() > -toleranceNanos)
        || losses.stream()
            .anyMatch(lost -> time - lost > -foundLateNanos && time - lost < lossNanos);
  }

  private static List<Fault.Kind> under(History history, long time) {
    return history.troubles().stream()
        .filter(one -> one.from() - time <= 0 && time - one.until() <= 0)
        .map(Trouble::kind)
        .toList();
  }

  private static void checkHowOften(
      History history, String shard, Trail trail, List<Violation> found) {
    if (failed(history, shard, Long.MAX_VALUE)) {
      return; // How often a shard is tried that fails itself is another question.
    }
    long elected = 0;
    Recorded before = null;
    for (Recorded tenure : trail.tenures()) {
      boolean counts = before != null && before.isDecided() && tenure.from() > history.settled();
      elected += counts ? 1 : 0;
      before = tenure;
    }
    long allowed = history.troubles().stream().mapToLong(Trouble::upsets).sum();
    if (elected > allowed) {
      found.add(
          new Violation(
              Rule.TOO_MANY_ELECTIONS,
              shard,
              elected + " elections by decision; the faults account for " + allowed));
    }
  }

  /** For each fault of the users' code, the shards that nothing had happened to when it ended. */
  static long count(History history) {
    return history.troubles().stream()
        .filter(Trouble::isUsers)
        .mapToLong(
            fault ->
                history.shards().stream()
                    .filter(
                        shard ->
                            history.troubles().stream()
                                .noneMatch(
                                    one -> one.meets(shard) && one.from() - fault.until() < 0))
                    .count())
        .sum();
  }
}
