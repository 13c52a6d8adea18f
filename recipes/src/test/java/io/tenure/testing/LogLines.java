package io.tenure.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What a logger, and those below it, have logged since this was made, from a level upwards. */
public final class LogLines implements AutoCloseable {

  private final Logger logger;
  private final Level before;
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

  private LogLines(Logger logger, Level from) {
    this.logger = logger;
    before = logger.getLevel();
    logger.setLevel(from);
    appender.list = new CopyOnWriteArrayList<>();
    appender.start();
    logger.addAppender(appender);
  }

  /** Those of a package or class, from INFO upwards. */
  public static LogLines of(String name) {
    return of(name, Level.INFO);
  }

  /** Those of a package or class. */
  public static LogLines of(String name, Level from) {
    return new LogLines((Logger) LoggerFactory.getLogger(name), from);
  }

  /** All lines of at least that level. */
  public List<ILoggingEvent> atLeast(Level level) {
    return appender.list.stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(level))
        .toList();
  }

  /** The texts of the lines at WARN and ERROR. */
  public List<String> warnings() {
    return atLeast(Level.WARN).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    logger.setLevel(before);
  }
}
