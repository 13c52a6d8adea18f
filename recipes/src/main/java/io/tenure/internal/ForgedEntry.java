package io.tenure.internal;

/** What is said of a znode in a trail that no transition made. Stateless. */
public final class ForgedEntry {

  private ForgedEntry() {}

  /**
   * It stands in the place of the next entry.
   *
   * @param trail the scope or the group
   */
  public static String taken(String trail, String path) {
    return path
        + " stands where the next entry of the trail belongs, and no transition made it. The entry"
        + " gets a name that ends in a random suffix, and nothing is held up; "
        + wayOut(trail);
  }

  /** How it is moved aside. */
  public static String wayOut(String trail) {
    return "`tenure audit quarantine " + trail + " --by WHO REASON` moves it aside";
  }
}
