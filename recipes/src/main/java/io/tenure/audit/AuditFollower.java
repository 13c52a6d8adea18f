package io.tenure.audit;

/** Is given the entries of an audit trail, one at a time and in order of their index. */
public interface AuditFollower {

  /** The next entry. If this throws, the following ends. */
  void entry(RecordedEntry entry);

  /**
   * Entries that are no longer there: retention was faster than the follower, or somebody deleted
   * them.
   *
   * @param first the first missing index
   * @param last the last missing index
   */
  default void gap(long first, long last) {}

  /** The following has ended by itself, because of this; nothing more will come. */
  default void failed(RuntimeException cause) {}
}
