package io.tenure.internal.session;

import io.tenure.scope.Printable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LocationAwareLogger;

/**
 * The door of every log line: what comes from znodes, servers and users is made {@link Printable}
 * and cut to a bearable length, so that no candidate id or reason can forge a line or write to a
 * terminal. Exceptions as well, with their causes.
 *
 * <p>Thread-safe, as loggers are.
 */
public final class Log {

  private static final String CALLED = Log.class.getName();

  private final Logger logger;

  private Log(Logger logger) {
    this.logger = logger;
  }

  /** That of a class. */
  public static Log of(Class<?> type) {
    return new Log(LoggerFactory.getLogger(type));
  }

  /** That of a name. */
  public static Log of(String name) {
    return new Log(LoggerFactory.getLogger(name));
  }

  /** Whether lines at that level are written. */
  public boolean isTraceEnabled() {
    return logger.isTraceEnabled();
  }

  /** One line; an exception as the last argument is written with its stack trace. */
  public void trace(String format, @Nullable Object... arguments) {
    if (logger.isTraceEnabled()) {
      write(LocationAwareLogger.TRACE_INT, format, arguments);
    }
  }

  /** One line; an exception as the last argument is written with its stack trace. */
  public void debug(String format, @Nullable Object... arguments) {
    if (logger.isDebugEnabled()) {
      write(LocationAwareLogger.DEBUG_INT, format, arguments);
    }
  }

  /** One line; an exception as the last argument is written with its stack trace. */
  public void info(String format, @Nullable Object... arguments) {
    if (logger.isInfoEnabled()) {
      write(LocationAwareLogger.INFO_INT, format, arguments);
    }
  }

  /** One line; an exception as the last argument is written with its stack trace. */
  public void warn(String format, @Nullable Object... arguments) {
    if (logger.isWarnEnabled()) {
      write(LocationAwareLogger.WARN_INT, format, arguments);
    }
  }

  /** One line; an exception as the last argument is written with its stack trace. */
  public void error(String format, @Nullable Object... arguments) {
    if (logger.isErrorEnabled()) {
      write(LocationAwareLogger.ERROR_INT, format, arguments);
    }
  }

  private void write(int level, String format, @Nullable Object[] arguments) {
    int last = arguments.length - 1;
    Throwable thrown = last >= 0 && arguments[last] instanceof Throwable t ? Printable.of(t) : null;
    @Nullable Object[] shown = new Object[thrown == null ? arguments.length : last];
    for (int i = 0; i < shown.length; i++) {
      shown[i] = shown(arguments[i]);
    }
    String line = Printable.of(format, Printable.MAX_CHARS);
    if (logger instanceof LocationAwareLogger aware) {
      aware.log(null, CALLED, level, line, shown, thrown);
    } else {
      write(level, line, shown, thrown);
    }
  }

  /** For loggers that do not tell the place in the code. */
  private void write(int level, String line, @Nullable Object[] shown, @Nullable Throwable thrown) {
    @Nullable Object[] all = shown;
    if (thrown != null) {
      all = java.util.Arrays.copyOf(shown, shown.length + 1);
      all[shown.length] = thrown;
    }
    switch (level) {
      case LocationAwareLogger.TRACE_INT -> logger.trace(line, all);
      case LocationAwareLogger.DEBUG_INT -> logger.debug(line, all);
      case LocationAwareLogger.INFO_INT -> logger.info(line, all);
      case LocationAwareLogger.WARN_INT -> logger.warn(line, all);
      default -> logger.error(line, all);
    }
  }

  private static @Nullable Object shown(@Nullable Object argument) {
    if (argument == null || argument instanceof Number || argument instanceof Boolean) {
      return argument;
    }
    return Printable.of(UserCode.text(argument), Printable.MAX_CHARS);
  }
}
