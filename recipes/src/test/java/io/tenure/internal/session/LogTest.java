package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.tenure.scope.Printable;
import io.tenure.testing.HostileText;
import io.tenure.testing.LogLines;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** No log line shows what hides, and every line tells where it was written. */
class LogTest {

  private static final Log LOG = Log.of(LogTest.class);

  @Test
  void argumentsTextsAndExceptionsAreMadePrintable() {
    try (LogLines lines = LogLines.of(LogTest.class.getName())) {
      for (String text : HostileText.ALL.values()) {
        LOG.info("one " + text);
        LOG.warn("{} and {}", text, List.of(text));
        LOG.error("{} fails", text, new IllegalStateException(text, new Exception(text)));
      }
      assertThat(lines.atLeast(Level.INFO)).hasSize(3 * HostileText.ALL.size());
      for (ILoggingEvent line : lines.atLeast(Level.INFO)) {
        HostileText.assertNoneIn("a line", line.getFormattedMessage());
        assertThat(line.getFormattedMessage()).doesNotContain("\n");
        if (line.getThrowableProxy() != null) {
          HostileText.assertNoneIn(
              "a stack trace", ThrowableProxyUtil.asString(line.getThrowableProxy()));
        }
      }
    }
  }

  @Test
  void aLineKeepsNumbersNullsAndExceptionsAndIsBounded() {
    Exception plain = new IllegalStateException("no disk");
    try (LogLines lines = LogLines.of(LogTest.class.getName())) {
      LOG.warn("{} {} {}", 1, null, "x".repeat(1 << 20), plain);
      ILoggingEvent line = lines.atLeast(Level.WARN).get(0);
      assertThat(line.getFormattedMessage())
          .startsWith("1 null xxx")
          .hasSize("1 null ".length() + Printable.MAX_CHARS);
      assertThat(line.getThrowableProxy().getClassName()).isEqualTo(plain.getClass().getName());
    }
  }

  @Test
  void aLineTellsItsPlaceInTheCode() {
    List<String> places = new ArrayList<>();
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent line) {
            places.add(line.getCallerData()[0].getClassName());
          }
        };
    appender.start();
    Logger logger = (Logger) LoggerFactory.getLogger(LogTest.class);
    logger.addAppender(appender);
    try {
      LOG.warn("here");
    } finally {
      logger.detachAppender(appender);
    }
    assertThat(places).containsExactly(LogTest.class.getName());
  }

  @Test
  void anArgumentWhoseTextThrowsIsNamed() {
    Object evil =
        new Object() {
          @Override
          public String toString() {
            throw new IllegalStateException("no text");
          }
        };
    try (LogLines lines = LogLines.of(LogTest.class.getName())) {
      LOG.warn("{}", evil);
      assertThat(lines.warnings().get(0)).contains("LogTest$", "its toString throws");
    }
  }
}
