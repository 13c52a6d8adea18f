package io.tenure.sharding;

import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import java.util.Collection;

/** Text that operators give, as it stands in znodes: bounded, on one line. Stateless. */
final class OperatorText {

  /** Room for how many more there are. */
  private static final int MORE_CHARS = 20;

  private OperatorText() {}

  /** On one line, without control characters, and not longer than that. */
  static String line(String text, int maxChars) {
    return Printable.of(text.strip(), maxChars);
  }

  static String reason(String text) {
    return line(text, Bounds.REASON_CHARS);
  }

  /** Names in a line: as many as fit, and how many more there are. */
  static String list(Collection<String> names) {
    StringBuilder out = new StringBuilder();
    int shown = 0;
    for (String name : names) {
      if (shown > 0 && out.length() + name.length() > Bounds.EXPLANATION_CHARS - MORE_CHARS) {
        return out.append(" and ").append(names.size() - shown).append(" more").toString();
      }
      out.append(shown == 0 ? "" : ", ").append(name);
      shown++;
    }
    return out.toString();
  }
}
