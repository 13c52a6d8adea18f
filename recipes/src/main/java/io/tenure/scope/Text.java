package io.tenure.scope;

/** Text that goes into messages and znodes: bounded, on one line, free of control characters. */
final class Text {

  /** What a message quotes of a value, which may be of any length. */
  private static final int MAX_QUOTED_CHARS = 200;

  private Text() {}

  static String quote(String text) {
    return '"' + Printable.of(text, MAX_QUOTED_CHARS) + '"';
  }

  /**
   * A reason as it stands in an entry: one line, at most {@value Bounds#REASON_CHARS} characters.
   */
  static String reason(String reason) {
    return Printable.of(reason.strip(), Bounds.REASON_CHARS);
  }

  static boolean hasControlCharacter(String text) {
    return text.codePoints().anyMatch(Character::isISOControl);
  }

  static boolean hasUnpairedSurrogate(String text) {
    return text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }
}
