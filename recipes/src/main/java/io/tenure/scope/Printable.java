package io.tenure.scope;

/**
 * Text of unknown origin made safe to show: what comes from a znode, a file, a server or a user and
 * goes to a terminal, a log, an error message or a page passes through here. A character that is
 * not seen, or that changes how others are seen, becomes its escape {@code \}{@code u009b} as in
 * Java and JSON, so that no text can move a cursor, forge a line, reverse the order of letters or
 * look like another text.
 *
 * <p>Such characters are, by their Unicode category: controls (C0, DEL, C1), format characters
 * (bidirectional marks and overrides, zero-width characters, tags), line and paragraph separators,
 * halves of surrogate pairs, private and unassigned code points. Variation selectors and the few
 * other characters that Unicode calls ignorable count as well.
 *
 * <p>Programs that show ids, endpoints or reasons of others can use it too. What is HTML or a
 * format string has further rules of its own. Stateless.
 */
public final class Printable {

  /** How long a line of a log or a message is at most, in characters. */
  public static final int MAX_CHARS = 4_000;

  private static final char CUT = '…';

  private Printable() {}

  /** Whether every character of a text is seen as what it is. */
  public static boolean is(String text) {
    return text.codePoints().noneMatch(Printable::isHidden);
  }

  /** The text on one line, each hidden character by its escape. */
  public static String of(String text) {
    return of(text, Integer.MAX_VALUE);
  }

  /**
   * The same, and not longer than that: what is left out stands as one {@code …}.
   *
   * @param maxChars at least 1
   */
  public static String of(String text, int maxChars) {
    if (text.length() <= maxChars && is(text)) {
      return text;
    }
    StringBuilder out = new StringBuilder(Math.min(text.length(), maxChars) + 16);
    int fits = 0; // The longest beginning that leaves room for the mark.
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      append(out, c);
      if (out.length() > maxChars) {
        out.setLength(fits);
        return out.append(CUT).toString();
      }
      if (out.length() < maxChars) {
        fits = out.length();
      }
    }
    return out.toString();
  }

  /**
   * The same JSON, with hidden characters of its strings by their escapes, so that a terminal can
   * show it and a program reads from it exactly what it read before.
   *
   * @param json written by a writer that puts no white space between its tokens
   */
  public static String json(String json) {
    return of(json);
  }

  /**
   * An exception as a logger can print it: the same if every text in it is printable, else one with
   * the same stack traces and with the names of the classes in its messages. Throws nothing, even
   * where the exception's own methods misbehave.
   */
  public static Throwable of(Throwable thrown) {
    return PrintableThrowable.of(thrown);
  }

  private static void append(StringBuilder out, int c) {
    if (!isHidden(c)) {
      out.appendCodePoint(c);
      return;
    }
    for (char unit : Character.toChars(c)) {
      out.append(String.format("\\u%04x", (int) unit));
    }
  }

  private static boolean isHidden(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          true;
      case Character.NON_SPACING_MARK, Character.OTHER_LETTER -> isIgnorable(c);
      default -> false;
    };
  }

  /** Marks and letters that Unicode tells a font to show as nothing. */
  private static boolean isIgnorable(int c) {
    return c == 0x034F // combining grapheme joiner
        || c == 0x115F // fillers of Hangul
        || c == 0x1160
        || c == 0x3164
        || c == 0xFFA0
        || c == 0x17B4 // inherent vowels of Khmer
        || c == 0x17B5
        || (c >= 0x180B && c <= 0x180F) // variation selectors
        || (c >= 0xFE00 && c <= 0xFE0F)
        || (c >= 0xE0100 && c <= 0xE01EF);
  }
}
