package io.tenure.internal;

import java.util.List;

/**
 * One transition as the one transaction that makes it true.
 *
 * @param ops the operations, in the order in which the server is to try them
 * @param after what a reading will find once it is committed
 */
public record Commit(List<ScopeOp> ops, ScopeView after) {

  /** Whether a tenure begins with it; else one ends. */
  public boolean elects() {
    return after.leader().isPresent();
  }
}
