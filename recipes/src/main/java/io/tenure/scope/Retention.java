package io.tenure.scope;

/**
 * How many entries of a scope's audit trail stay in ZooKeeper, which holds them in memory. Older
 * ones are deleted by the transaction that adds a newer one.
 *
 * @param entries at least 2, so that a tenure's election and its end can stand side by side
 */
public record Retention(int entries) {

  /** What a scope keeps unless told otherwise. */
  public static final Retention DEFAULT = new Retention(100);

  /** Keeps every entry: then the trail grows for ever, and watching its size is the user's job. */
  public static final Retention KEEP_ALL = new Retention(Integer.MAX_VALUE);

  /**
   * Checks the number.
   *
   * @throws IllegalArgumentException if it is less than 2
   */
  public Retention {
    if (entries < 2) {
      throw new IllegalArgumentException(
          "retention of " + entries + " entries: keep at least 2, or use Retention.KEEP_ALL");
    }
  }

  /** The last {@code entries} entries. */
  public static Retention last(int entries) {
    return new Retention(entries);
  }
}
