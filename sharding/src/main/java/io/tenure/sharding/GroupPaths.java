package io.tenure.sharding;

import io.tenure.internal.ZnodeName;
import io.tenure.scope.Scope;

/**
 * The znodes of a group. Immutable.
 *
 * <pre>
 * /&lt;group&gt;                            GroupSettings
 * /&lt;group&gt;/workers/&lt;id&gt;-0000000007    WorkerNode, ephemeral; the number is the incarnation
 * /&lt;group&gt;/coordinator                scope of the coordinator
 * /&lt;group&gt;/plan                       PlanSummary
 * /&lt;group&gt;/plan/&lt;id&gt;                  PlanNode
 * /&lt;group&gt;/directives/...             Directives
 * /&lt;group&gt;/shards/&lt;shard&gt;             scope of a shard
 * /&lt;group&gt;/refused/&lt;id&gt;               RefusalNote, ephemeral
 * /&lt;group&gt;/audit                      TrailRecord of what operators have changed
 * /&lt;group&gt;/audit/0000000012-drain-w-3 OperationEntry, immutable
 * </pre>
 *
 * Ids are percent-encoded, so that different ids have different names.
 */
record GroupPaths(String group) {

  private static final int INCARNATION_DIGITS = 10;

  /** Checks that the group's path could be a scope's, which gives the rules and the messages. */
  GroupPaths {
    new Scope(group);
  }

  String workers() {
    return group + "/workers";
  }

  /** The name that a registration begins with; the server adds the incarnation. */
  String workerPrefix(String workerId) {
    return workers() + "/" + ZnodeName.encode(workerId) + "-";
  }

  /**
   * What a worker makes and deletes in the transaction that deletes its registration, so that a
   * watcher can tell a goodbye from the end of a session. No reader ever finds the node.
   */
  String goodbye(long incarnation) {
    return workers() + "/goodbye-" + incarnation;
  }

  /** The incarnation that a goodbye is of; -1 if the path is none. */
  long goodbyeOf(String path) {
    return path.startsWith(workers() + "/goodbye-") ? incarnation(path) : -1;
  }

  /** Whether a path is one of a registration of that worker. */
  boolean isRegistration(String path, String workerId) {
    String prefix = workerPrefix(workerId);
    // The id itself may end in what looks like a number.
    return path.startsWith(prefix) && path.length() == prefix.length() + INCARNATION_DIGITS;
  }

  /** What is wrong with a registration that is no ephemeral node. */
  static String persistentRegistration(String path) {
    return path
        + " is no ephemeral node, as after a restore: it outlives its worker, and counts for none."
        + " Delete it";
  }

  Scope coordinator() {
    return new Scope(group + "/coordinator");
  }

  String plans() {
    return group + "/plan";
  }

  String plan(String workerId) {
    return plans() + "/" + ZnodeName.encodeWhole(workerId);
  }

  /** The parent of what workers say that could not join. */
  String refused() {
    return group + "/refused";
  }

  String refused(String workerId) {
    return refused() + "/" + ZnodeName.encodeWhole(workerId);
  }

  String directives() {
    return group + "/directives";
  }

  /** The group's own trail, of what operators have changed. */
  String audit() {
    return group + "/audit";
  }

  String shards() {
    return group + "/shards";
  }

  Scope shard(String name) {
    return new Scope(shards() + "/" + name);
  }

  /** The shard that a path below {@link #shards()} belongs to; empty if it is none. */
  String shardOf(String path) {
    int from = shards().length() + 1;
    if (path.length() <= from || !path.startsWith(shards())) {
      return "";
    }
    int slash = path.indexOf('/', from);
    return slash < 0 ? path.substring(from) : path.substring(from, slash);
  }

  /** The incarnation at the end of a registration's name; -1 if there is none. */
  static long incarnation(String nodeName) {
    int dash = nodeName.lastIndexOf('-');
    try {
      return dash < 0 ? -1 : Long.parseLong(nodeName.substring(dash + 1));
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
