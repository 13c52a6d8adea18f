package io.tenure.internal.session;

import org.jspecify.annotations.Nullable;

/**
 * What comes out of user code: anything that can be thrown, of classes that may throw again when
 * they are asked for a message. Nothing here throws. Stateless.
 */
public final class UserCode {

  private UserCode() {}

  /** The class and the message, for the log and for exceptions; see {@link FailureText}. */
  public static String describe(Throwable thrown) {
    try {
      return thrown.toString();
    } catch (Throwable again) {
      return thrown.getClass().getName();
    }
  }

  /** An object as text, also where its own method throws. */
  static String text(Object object) {
    try {
      return String.valueOf(object);
    } catch (Throwable thrown) {
      return object.getClass().getName() + " (its toString throws)";
    }
  }

  /** What was thrown first, with what was thrown after it. */
  public static Throwable added(@Nullable Throwable first, Throwable next) {
    if (first == null || first == next) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }

  /** One WARN line with the stack trace. */
  public static void warn(Log log, String line, Throwable thrown) {
    try {
      log.warn(line, thrown);
    } catch (Throwable again) {
      // A logger asks for the message, which this class of exception does not survive.
      log.warn("{}: {}", line, describe(thrown));
    }
  }

  /**
   * Hands an error of the JVM itself to the thread's handler of uncaught exceptions, after all that
   * the library had to do about it: an application may want to end for lack of memory. Too deep a
   * recursion is the task's own error.
   */
  public static void reportToThread(Throwable thrown) {
    if (thrown instanceof VirtualMachineError && !(thrown instanceof StackOverflowError)) {
      Thread thread = Thread.currentThread();
      try {
        thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
      } catch (Throwable again) {
        // As the JVM does with what such a handler throws.
      }
    }
  }
}
