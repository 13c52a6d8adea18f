package io.tenure.audit;

import io.tenure.internal.Sessions;

/** The names of a trail's lives, see {@link Archived#life}. Stateless. */
final class Lives {

  private Lives() {}

  /** The life of a trail whose {@code audit} znode was made by a transaction. */
  static String of(long auditZxid) {
    return Sessions.format(auditZxid);
  }

  /** The life after another entry was found in place of the last one archived. */
  static String replaced(long auditZxid, long byZxid) {
    return of(auditZxid) + "+" + Sessions.format(byZxid);
  }

  /** The transaction that made the {@code audit} znode. */
  static long auditZxid(String life) {
    int plus = life.indexOf('+');
    return Sessions.parse(plus < 0 ? life : life.substring(0, plus));
  }
}
