package io.tenure.audit;

import io.tenure.internal.Sessions;

/** The names of a trail's lives, see {@link Archived#life}. Stateless. */
final class Lives {

  private Lives() {}

  /** The life of a trail whose {@code audit} znode was made by a transaction. */
  static String of(long auditZxid) {
    return Sessions.format(auditZxid);
  }

  /**
   * The life after it was found that another history stands in the trail.
   *
   * @param before the life so far; the new one is another, also where the same backup was restored
   *     twice
   */
  static String replaced(String before, long auditZxid, long byZxid) {
    String by = "+" + Sessions.format(byZxid);
    String life = of(auditZxid) + by;
    return life.equals(before) ? life + by : life;
  }

  /** Whether another history was found in the place of the one before, below the same parent. */
  static boolean isReplaced(String life) {
    return life.indexOf('+') >= 0;
  }

  /** The transaction that made the {@code audit} znode. */
  static long auditZxid(String life) {
    int plus = life.indexOf('+');
    return Sessions.parse(plus < 0 ? life : life.substring(0, plus));
  }
}
