package io.tenure.audit;

/**
 * Something that is wrong with an audit trail.
 *
 * @param path the znode it is about
 * @param rule the rule that is broken
 * @param detail what was found
 */
public record Finding(String path, Rule rule, String detail) {

  /** What must hold for an audit trail. */
  public enum Rule {
    /** The scope exists and has a record that can be read. */
    RECORD_READABLE,
    /**
     * Each child of the trail is an entry that can be read, and its name says what its data says.
     */
    ENTRY_READABLE,
    /** An entry is written once: its znode's version is 0. */
    ENTRY_IMMUTABLE,
    /** The entries that the record counts are all there, once each, and no others. */
    INDEXES_DENSE,
    /** Each tenure's epoch is one more than that of the tenure before. */
    EPOCHS_DENSE,
    /** Each entry repeats the digest of the one before, and the record that of the last. */
    DIGESTS_CHAINED,
    /** A tenure ends before the next one begins, and only one that began can end. */
    TENURES_ALTERNATE,
    /** Neither server times nor transaction ids go back. */
    TIMES_IN_ORDER,
    /** As many children were ever made in the trail as the record has counted entries. */
    ADDED_ONCE,
    /** The record tells of the last entry's tenure, and was written together with that entry. */
    RECORD_MATCHES,
    /** What was archived is what stands in ZooKeeper, and nothing archived was taken back. */
    ARCHIVE_AGREES
  }

  /** One line for people. */
  @Override
  public String toString() {
    return path + ": " + rule + ": " + detail;
  }
}
