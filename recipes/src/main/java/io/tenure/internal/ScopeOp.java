package io.tenure.internal;

/** One operation of a commit, on a znode of the scope. */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public sealed interface ScopeOp {

  /** Creates the scope's znode with its first record. */
  record CreateScope(byte[] data) implements ScopeOp {}

  /** Creates the parent of the audit entries. */
  record CreateAudit() implements ScopeOp {}

  /** Sets the record, if its version is still the one that was read. */
  record SetRecord(int version, byte[] data) implements ScopeOp {}

  /** Creates the ephemeral {@code leader} node: takes the office. */
  record CreateLeader(byte[] data) implements ScopeOp {}

  /** Deletes the {@code leader} node: leaves the office. */
  record DeleteLeader() implements ScopeOp {}

  /** Adds an entry to the audit trail. */
  record CreateEntry(String name, byte[] data) implements ScopeOp {}

  /** Deletes an entry that is beyond the retention. */
  record DeleteEntry(String name) implements ScopeOp {}
}
