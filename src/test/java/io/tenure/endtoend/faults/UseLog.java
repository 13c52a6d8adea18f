package io.tenure.endtoend.faults;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file in which one worker's process writes what it believes and does, a line at a time. A line
 * that is written stays when the process is killed. {@link HistoryReader} reads it.
 *
 * <p>All times are of {@link System#nanoTime()}, which on Linux is {@code CLOCK_MONOTONIC}: counted
 * from the machine's start, the same for all of its processes. So times of different processes can
 * be compared, and no process can set that clock.
 *
 * <pre>
 *   held SHARD EPOCH FROM UNTIL CHECKS   held at both times, and asked so often
 *   begin SHARD EPOCH NUMBER TIME        held then, and begins to act on it
 *   end SHARD EPOCH NUMBER TIME ANSWER   has done so
 *   after SHARD EPOCH ID EPOCH END       what the lease says of its predecessor
 * </pre>
 *
 * <p>Thread-safe.
 */
final class UseLog {

  private final FileChannel channel;

  UseLog(Path file) throws IOException {
    channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  void held(String shard, long epoch, long from, long until, long checks) {
    line("held " + shard + ' ' + epoch + ' ' + from + ' ' + until + ' ' + checks);
  }

  void begin(String shard, long epoch, long number, long time) {
    line("begin " + shard + ' ' + epoch + ' ' + number + ' ' + time);
  }

  void end(String shard, long epoch, long number, long time, String answer) {
    line("end " + shard + ' ' + epoch + ' ' + number + ' ' + time + ' ' + answer);
  }

  void after(String shard, long epoch, String predecessor, long before, String end) {
    line("after " + shard + ' ' + epoch + ' ' + predecessor + ' ' + before + ' ' + end);
  }

  private synchronized void line(String line) {
    ByteBuffer bytes = ByteBuffer.wrap((line + '\n').getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      // What is not written is not checked: then nothing of this process is to be trusted.
      Runtime.getRuntime().halt(4);
    }
  }
}
