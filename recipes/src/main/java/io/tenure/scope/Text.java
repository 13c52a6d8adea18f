package io.tenure.scope;

/** Text that goes into messages and znodes: bounded, on one line, free of control characters. */
final class Text {

  private static final int MAX_REASON_CHARS = 300;

  private Text() {}

  static String quote(String text) {
    return '"' + printable(text) + '"';
  }

  /** Replaces each control character by its escape, so that no message can forge a log line. */
  static String printable(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (Character.isISOControl(c)) {
                out.append(String.format("\\u%04x", c));
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.toString();
  }

  /** A reason as it stands in an entry: one line, at most {@value #MAX_REASON_CHARS} characters. */
  static String reason(String reason) {
    String line = printable(reason.strip());
    return line.length() <= MAX_REASON_CHARS ? line : line.substring(0, MAX_REASON_CHARS - 1) + "…";
  }

  static boolean hasControlCharacter(String text) {
    return text.codePoints().anyMatch(Character::isISOControl);
  }

  static boolean hasUnpairedSurrogate(String text) {
    return text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
  }
}
