package io.tenure.audit;

/** What an archive holds of a trail: an entry, or that entries are missing. */
public sealed interface Archived permits ArchivedEntry, ArchivedGap {

  /** The path whose {@code audit} child holds the trail: a scope, or a group. */
  String trail();

  /**
   * Which of the trails that stood under this path one after the other. Usually the transaction
   * that made the {@code audit} znode, {@code 0x2a}. It changes when a scope was deleted and made
   * anew; and to {@code 0x2a+0x90} when another entry was found in place of the last one archived,
   * or the record counts fewer entries than were archived, because history was rewritten or a
   * backup restored: 0x90 wrote that entry, or that record. Within a life indexes only grow.
   */
  String life();

  /** Where an archive stands that ends with this. */
  ArchivePosition position();
}
