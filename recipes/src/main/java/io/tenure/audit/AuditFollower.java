package io.tenure.audit;

/** Is given the entries of an audit trail, one at a time and in order of their index. */
public interface AuditFollower {

  /** The next entry. If this throws, the following ends. */
  void entry(RecordedEntry entry);

  /**
   * Entries that are no longer there: retention was faster than the follower, or a client deleted
   * them.
   *
   * @param first the first missing index
   * @param last the last missing index
   */
  default void gap(long first, long last) {}

  /**
   * Another trail is under the path than the one that the last entry was of: the scope was deleted
   * and made anew, the servers were restored from an older snapshot, or history was rewritten. What
   * comes next is the new trail from the first entry that it holds, so indexes and epochs begin
   * again, and entries that both trails have in common are given a second time. An epoch may have
   * been in use before: it fences off nothing that a leader of the old trail wrote.
   *
   * @param last the last entry of the old trail that was given
   * @param reason how the new trail was recognised, for people
   */
  default void newTrail(RecordedEntry last, String reason) {}

  /** The following has ended by itself, because of this; nothing more will come. */
  default void failed(RuntimeException cause) {}
}
