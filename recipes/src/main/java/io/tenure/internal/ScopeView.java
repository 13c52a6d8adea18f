package io.tenure.internal;

import java.util.List;
import java.util.Optional;

/**
 * What one reading of a scope found. The parts were read one after the other, not at one instant:
 * only the record's version makes a decision safe, since a commit that was decided on an older one
 * fails.
 *
 * @param record the record
 * @param version the record's znode version
 * @param leader the {@code leader} node, if it exists
 * @param entryNames the names in the audit trail; empty where the retention has no need of them, or
 *     where the list does not fit into a reply: nothing is deleted then
 */
public record ScopeView(
    ScopeRecord record, int version, Optional<LeaderData> leader, List<String> entryNames) {

  /**
   * The {@code leader} node.
   *
   * @param data what it says
   * @param owner the session that it lives and dies with
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record LeaderData(byte[] data, long owner) {}

  /**
   * Whether the leader node is the one that a tenure came with, also if an operator has written
   * into it since. Beside the record of a tenure there may stand the node of the next: an operator
   * deleted the first, and a candidate was elected after the record was read.
   */
  public boolean hasLeaderNodeOf(String nonce, long session) {
    return leader
        .filter(node -> node.owner() == session)
        .filter(node -> LeaderNode.isOfOrOverwritten(node.data(), nonce))
        .isPresent();
  }
}
