package io.tenure.sharding;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Tells the coordinator's own changes of the plan from those of others, without a request: each
 * znode that it writes causes one event, which comes before the answer, on the same connection.
 * Events that are left over are suspect, and their znodes are looked at. What happened while there
 * was no connection no event tells: then everything is suspect.
 *
 * <p>Thread-safe.
 */
final class PlanEvents {

  /** More are looked at as a whole. */
  private static final int MAX_SUSPECTS = 10_000;

  // All guarded by this.
  private final Map<String, Integer> expected = new HashMap<>();
  private final Set<String> suspects = new HashSet<>();
  private boolean all;

  /** These are about to be written or deleted, each once. */
  synchronized void expect(Collection<String> paths) {
    paths.forEach(path -> expected.merge(path, 1, Integer::sum));
  }

  /** The answer is there, and so were the events. */
  synchronized void answered() {
    expected.clear();
  }

  /**
   * An event.
   *
   * @return whether it is suspect
   */
  synchronized boolean happened(String path) {
    Integer left = expected.get(path);
    if (left != null) {
      expected.put(path, left - 1);
      if (left > 0) {
        return false;
      }
    }
    if (suspects.size() < MAX_SUSPECTS) {
      suspects.add(path);
    } else {
      all = true;
    }
    return true;
  }

  synchronized void suspectAll() {
    all = true;
  }

  synchronized boolean isAllSuspect() {
    return all;
  }

  /** The suspects until now, which are looked at next. */
  synchronized Set<String> take() {
    Set<String> taken = Set.copyOf(suspects);
    suspects.clear();
    all = false;
    return taken;
  }
}
