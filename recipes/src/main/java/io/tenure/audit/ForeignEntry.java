package io.tenure.audit;

/**
 * A znode in a trail that no transition made.
 *
 * @param path where it stands
 * @param why it is none
 */
public record ForeignEntry(String path, String why) {

  /** One line for people. */
  @Override
  public String toString() {
    return path + ": " + why;
  }
}
