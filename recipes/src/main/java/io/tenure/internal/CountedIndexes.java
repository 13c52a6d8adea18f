package io.tenure.internal;

import java.util.OptionalLong;

/**
 * Which indexes of a trail its record confirms, where the record was read before and after the
 * names of the entries were listed. The record orders all transitions, so what it does not count is
 * no entry. And what it counts only since the first reading may be missing from the list, so that a
 * forged znode stands alone under its index: there the list proves nothing.
 *
 * <p>Immutable.
 *
 * @param first the oldest that is counted
 * @param next the least that is not counted yet; {@code Long.MAX_VALUE} without a record
 * @param complete from there on the list may lack entries
 */
public record CountedIndexes(long first, long next, long complete) {

  /**
   * By what the record said was the next index.
   *
   * @param before before the list was read; empty if there was no record then that can be read
   * @param after after it
   */
  public static CountedIndexes of(long first, OptionalLong before, OptionalLong after) {
    long next = Math.max(before.orElse(Long.MIN_VALUE), after.orElse(Long.MIN_VALUE));
    boolean known = before.isPresent() || after.isPresent();
    return new CountedIndexes(first, known ? next : Long.MAX_VALUE, before.orElse(Long.MAX_VALUE));
  }

  /** Whether an entry under this index was deleted, as far as the record knows. */
  public boolean isDeleted(long index) {
    return index < first;
  }

  /** Whether a transition has made an entry under this index that is still there. */
  public boolean contains(long index) {
    return index >= first && index < next;
  }

  /** Whether the list has the entry of an index that is counted. */
  public boolean isListed(long index) {
    return index < complete;
  }
}
