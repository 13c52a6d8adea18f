package io.tenure.scope;

import java.util.Set;
import org.apache.zookeeper.common.PathUtils;

/**
 * What one leader leads: a znode path below the client's namespace, as small as the data allows.
 *
 * <p>The scope's znodes are drawn in {@code docs/znodes.md}. A scope is deleted only by an
 * operator, and deleting it starts its epochs again at 1, so that stores that remember a higher
 * epoch refuse the new leader.
 *
 * @param path absolute path without a trailing slash; its last segment is none of the words that
 *     Tenure uses below a scope
 */
public record Scope(String path) implements Comparable<Scope> {

  private static final Set<String> RESERVED =
      Set.of("latch", "leader", "audit", "checkpoint", "quarantine");

  /**
   * Checks the path.
   *
   * @throws IllegalArgumentException naming the path, the rule it breaks and a way out
   */
  public Scope {
    try {
      PathUtils.validatePath(path);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "scope "
              + Text.quote(path)
              + " is no znode path: "
              + Printable.of(String.valueOf(e.getMessage())),
          e);
    }
    if (path.equals("/")) {
      throw new IllegalArgumentException(
          "scope \"/\" is the root: name what is led, for example /billing/nightly-close");
    }
    if (path.equals("/zookeeper") || path.startsWith("/zookeeper/")) {
      throw new IllegalArgumentException(
          "scope " + Text.quote(path) + " lies in /zookeeper, which the server keeps to itself");
    }
    String last = path.substring(path.lastIndexOf('/') + 1);
    if (RESERVED.contains(last)) {
      throw new IllegalArgumentException(
          "scope "
              + Text.quote(path)
              + " ends in the reserved word \""
              + last
              + "\" (reserved: audit, checkpoint, latch, leader, quarantine): choose another last segment");
    }
  }

  /** The parent of the queue's own nodes. */
  public String latchPath() {
    return path + "/latch";
  }

  /** The ephemeral node that exists exactly while a leader is in office. */
  public String leaderPath() {
    return path + "/leader";
  }

  /** The parent of the audit entries. */
  public String auditPath() {
    return path + "/audit";
  }

  /** The bytes that a leader leaves for its successor. */
  public String checkpointPath() {
    return path + "/checkpoint";
  }

  /** The parent of the znodes that were moved out of the trail, since no transition made them. */
  public String quarantinePath() {
    return path + "/quarantine";
  }

  @Override
  public int compareTo(Scope other) {
    return path.compareTo(other.path);
  }

  @Override
  public String toString() {
    return path;
  }
}
