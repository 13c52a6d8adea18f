package io.tenure.scope;

/** Text that goes into messages and znodes: bounded, on one line, free of control characters. */
final class Text {

  private static final int MAX_REASON_CHARS = 300;

  private Text() {}

  static String quote(String text) {
    return '"' + Printable.of(text) + '"';
  }

  /** A reason as it stands in an entry: one line, at most {@value #MAX_REASON_CHARS} characters. */
  static String reason(String reason) {
    return Printable.of(reason.strip(), MAX_REASON_CHARS);
  }

  static boolean hasControlCharacter(String text) {
    return text.codePoints().anyMatch(Character::isISOControl);
  }

  static boolean hasUnpairedSurrogate(String text) {
    return text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }
}
