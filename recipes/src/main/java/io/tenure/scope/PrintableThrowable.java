package io.tenure.scope;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a logger is given in place of an exception with a text that must not be printed as it is.
 */
final class PrintableThrowable extends Throwable {
  private static final long serialVersionUID = 1L;

  /** More causes of causes are no help to people. */
  private static final int MAX_DEPTH = 50;

  /** Stands for the message of an exception that throws when it is asked for one. */
  private static final String UNSPEAKABLE = " (asked for its message, it throws)";

  private PrintableThrowable(String message, @Nullable Throwable cause) {
    super(message, cause, true, true);
  }

  static Throwable of(Throwable thrown) {
    return isPrintable(thrown, seen(), 0) ? thrown : copy(thrown, seen(), 0);
  }

  private static Set<Throwable> seen() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  private static boolean isPrintable(@Nullable Throwable thrown, Set<Throwable> seen, int depth) {
    if (thrown == null || !seen.add(thrown)) {
      return true;
    }
    String text = text(thrown);
    if (depth > MAX_DEPTH
        || text.endsWith(UNSPEAKABLE)
        || text.length() > Printable.MAX_CHARS
        || !Printable.is(text)) {
      return false;
    }
    for (Throwable one : thrown.getSuppressed()) {
      if (!isPrintable(one, seen, depth + 1)) {
        return false;
      }
    }
    return isPrintable(cause(thrown), seen, depth + 1);
  }

  private static PrintableThrowable copy(Throwable thrown, Set<Throwable> seen, int depth) {
    seen.add(thrown);
    Throwable cause = cause(thrown);
    PrintableThrowable copy =
        new PrintableThrowable(
            Printable.of(text(thrown), Printable.MAX_CHARS),
            cause == null || depth >= MAX_DEPTH || seen.contains(cause)
                ? null
                : copy(cause, seen, depth + 1));
    copy.setStackTrace(thrown.getStackTrace());
    for (Throwable one : thrown.getSuppressed()) {
      if (depth < MAX_DEPTH && !seen.contains(one)) {
        copy.addSuppressed(copy(one, seen, depth + 1));
      }
    }
    return copy;
  }

  /** The class and the message; the class alone where asking for the message throws. */
  private static String text(Throwable thrown) {
    try {
      String text = thrown.toString();
      String message = thrown.getMessage();
      // Loggers print either of them.
      return message == null || text.contains(message) ? text : text + ": " + message;
    } catch (Throwable again) {
      return thrown.getClass().getName() + UNSPEAKABLE;
    }
  }

  private static @Nullable Throwable cause(Throwable thrown) {
    try {
      return thrown.getCause();
    } catch (Throwable again) {
      return null;
    }
  }
}
