package io.tenure.audit;

import java.util.List;

/**
 * Is told what an {@link AuditArchiver} does, on its thread and in order. What a listener throws is
 * logged.
 */
public interface ArchiveListener {

  /** These are durable in the sink. */
  default void archived(List<Archived> items) {}

  /** Entries of a trail were deleted before they could be archived. */
  default void gap(ArchivedGap gap) {}

  /**
   * Another trail stands under a path: its scope was deleted and made anew, or history was
   * replaced. The new trail is archived from its first entry on.
   *
   * @param from the life that was archived so far
   * @param to the new one
   */
  default void anew(String trail, String from, String to) {}

  /** Entries were taken out of ZooKeeper: all before this index are. */
  default void trimmed(String trail, long first) {}

  /** All trails have been looked at: what stood in them is archived, but for what problems say. */
  default void caughtUp(int trails) {}

  /**
   * Something keeps a trail, or all of them, from being archived or trimmed. It is tried again.
   * Said once as long as it lasts.
   *
   * @param path the znode, or the path that is followed
   */
  default void problem(String path, String problem) {}
}
