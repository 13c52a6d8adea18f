package io.tenure.endtoend.faults;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.LoggerFactory;

/**
 * The file in which one worker's process writes the trace of its elections, beside its log. A line
 * that is written stays when the process is killed. {@link RunTraces} reads it.
 */
final class TraceFile extends AppenderBase<ILoggingEvent> {

  /** What the names of such files end in. */
  static final String SUFFIX = ".trace";

  private final FileChannel channel;

  private TraceFile(Path file) throws IOException {
    channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /** From now on this process writes its trace into a file. */
  static void beside(Path log) throws IOException {
    Logger logger = (Logger) LoggerFactory.getLogger("io.tenure.trace");
    TraceFile appender = new TraceFile(log.resolveSibling(log.getFileName() + SUFFIX));
    appender.start();
    logger.addAppender(appender);
    logger.setAdditive(false);
    logger.setLevel(Level.TRACE);
  }

  /** Called by one thread at a time: the appender above holds its own lock meanwhile. */
  @Override
  protected void append(ILoggingEvent event) {
    ByteBuffer bytes =
        ByteBuffer.wrap((event.getFormattedMessage() + '\n').getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      // A trace with a gap is none.
      Runtime.getRuntime().halt(4);
    }
  }
}
