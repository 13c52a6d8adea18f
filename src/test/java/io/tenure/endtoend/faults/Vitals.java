package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Violation.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What the workers of a group cost while nothing happens, all of them together. Immutable.
 *
 * @param shards how many the group has
 * @param requests sent to the servers within a session timeout, without pings
 * @param watchers held by the clients
 * @param threads of the processes
 */
record Vitals(int shards, double requests, double watchers, double threads) {

  /**
   * What has not returned to what it was before. The limits are wider than the noise, and narrower
   * than what grows with each fault.
   */
  List<Violation> leftSince(Vitals before) {
    List<Violation> left = new ArrayList<>();
    double more = Math.max(1, (double) shards / before.shards);
    check(Rule.REQUESTS_LEFT, requests, before.requests, before.requests * 1.5 + 15, left);
    check(Rule.WATCHERS_LEFT, watchers, before.watchers, before.watchers * 1.25 * more + 10, left);
    check(Rule.THREADS_LEFT, threads, before.threads, before.threads * 1.2 + 15, left);
    return left;
  }

  private static void check(
      Rule rule, double now, double before, double limit, List<Violation> left) {
    if (now > limit) {
      left.add(
          new Violation(
              rule,
              "(all)",
              String.format(Locale.ROOT, "%.0f after the faults, %.0f before", now, before)));
    }
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d shards, %.0f requests in a session timeout, %.0f watchers, %.0f threads",
        shards,
        requests,
        watchers,
        threads);
  }
}
