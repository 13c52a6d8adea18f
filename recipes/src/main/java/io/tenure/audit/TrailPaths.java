package io.tenure.audit;

import java.util.Optional;
import java.util.Set;

/** Where trails stand in the tree of znodes. Stateless. */
final class TrailPaths {

  static final String AUDIT = "audit";

  /** Children of a scope that hold no scopes; with thousands of shards it pays not to look. */
  private static final Set<String> BELOW_A_SCOPE =
      Set.of("latch", "leader", AUDIT, "checkpoint", "quarantine");

  private TrailPaths() {}

  static String child(String parent, String name) {
    return parent.equals("/") ? "/" + name : parent + "/" + name;
  }

  static String audit(String trail) {
    return child(trail, AUDIT);
  }

  static String entry(String trail, String name) {
    return audit(trail) + "/" + name;
  }

  /** Whether trails may stand at or below a child. */
  static boolean mayHoldTrails(String parent, String name) {
    return !BELOW_A_SCOPE.contains(name) && !(parent.equals("/") && name.equals("zookeeper"));
  }

  /** The trail of an {@code audit} znode. */
  static Optional<String> ofAudit(String path) {
    int end = path.lastIndexOf('/');
    return path.substring(end + 1).equals(AUDIT)
        ? Optional.of(end == 0 ? "/" : path.substring(0, end))
        : Optional.empty();
  }

  /** The trail of an entry's znode. */
  static Optional<String> ofEntry(String path) {
    int end = path.lastIndexOf('/');
    return end > 0 ? ofAudit(path.substring(0, end)) : Optional.empty();
  }
}
