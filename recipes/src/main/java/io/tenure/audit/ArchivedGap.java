package io.tenure.audit;

/**
 * Entries that were deleted before they could be archived: retention was faster, or a client
 * deleted them. Immutable.
 *
 * @param trail the path whose {@code audit} child they stood below
 * @param life see {@link Archived#life}
 * @param first the first missing index
 * @param last the last missing index
 */
public record ArchivedGap(String trail, String life, long first, long last) implements Archived {

  @Override
  public ArchivePosition position() {
    return new ArchivePosition(life, last, 0, "");
  }
}
