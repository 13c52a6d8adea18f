package io.tenure.scope;

import java.nio.charset.StandardCharsets;

/**
 * How long the texts are at most that Tenure writes into ZooKeeper, in one place. What a user gives
 * is refused beyond that, with {@link #check}; what only explains is cut, with a {@code …}; what is
 * read and longer, since another program wrote it, is cut as well, so that no one can fill a
 * terminal, a log or a page by a znode. Stateless.
 */
public final class Bounds {

  /** A candidate's or worker's id, in bytes of UTF-8. */
  public static final int ID_BYTES = 128;

  /** A host, in bytes of UTF-8. */
  public static final int HOST_BYTES = 512;

  /** An endpoint, in bytes of UTF-8. */
  public static final int ENDPOINT_BYTES = 512;

  /** A zone, in bytes of UTF-8. */
  public static final int ZONE_BYTES = 128;

  /** The name of a shard, in characters. */
  public static final int SHARD_CHARS = 200;

  /** Why something happened, in an entry, a record or a directive, in characters. */
  public static final int REASON_CHARS = 300;

  /** What is told of an exception, beside its class, in characters. */
  public static final int ERROR_CHARS = 200;

  /** Who asked for a change, in characters. */
  public static final int BY_CHARS = 200;

  /** Why a worker is refused, or why a plan is as it is, in characters. */
  public static final int EXPLANATION_CHARS = 1_000;

  /** The value of a directive, in characters: an id or a number. */
  public static final int VALUE_CHARS = 300;

  /** A session, or what is drawn to tell one attempt from another, in characters. */
  public static final int NONCE_CHARS = 64;

  private Bounds() {}

  /** The text, or its beginning and a {@code …}, in at most so many characters. */
  public static String cut(String text, int maxChars) {
    if (text.length() <= maxChars) {
      return text;
    }
    int end = maxChars - 1;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
  }

  /** The same in at most so many bytes of UTF-8. */
  public static String cutToBytes(String text, int maxBytes) {
    // No character takes more bytes than that, and most take one.
    if (text.length() <= maxBytes / 3 || text.getBytes(StandardCharsets.UTF_8).length <= maxBytes) {
      return text;
    }
    int bytes = "…".getBytes(StandardCharsets.UTF_8).length;
    int end = 0;
    while (true) {
      int next = text.offsetByCodePoints(end, 1);
      bytes += text.substring(end, next).getBytes(StandardCharsets.UTF_8).length;
      if (bytes > maxBytes) {
        return text.substring(0, end) + "…";
      }
      end = next;
    }
  }

  /**
   * Checks a text that a user gives.
   *
   * @param what it is, for the message
   * @throws IllegalArgumentException naming the value, the rule it breaks and a way out, if it is
   *     longer than that, or has a character that hides or changes how others are shown
   */
  public static void check(String what, String value, int maxBytes) {
    if (!Printable.is(value)) {
      throw new IllegalArgumentException(
          what
              + " "
              + Text.quote(value)
              + " has a character that is not seen, as a control or one that changes the direction"
              + " of writing: use printable text");
    }
    checkLength(what, value, maxBytes);
  }

  static void checkLength(String what, String value, int maxBytes) {
    int bytes = value.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > maxBytes) {
      throw new IllegalArgumentException(
          what
              + " "
              + Text.quote(value)
              + " has "
              + bytes
              + " bytes; at most "
              + maxBytes
              + " are allowed: shorten it");
    }
  }
}
