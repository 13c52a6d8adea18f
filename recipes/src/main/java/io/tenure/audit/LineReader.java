package io.tenure.audit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads a file line by line as bytes, and knows where each begins. What stands after the last line
 * feed is no line. Confined to one thread.
 */
final class LineReader implements Closeable {

  private static final int BLOCK_BYTES = 1 << 16;

  /** More than the positions of a million trails. */
  private static final int MAX_LINE_BYTES = 1 << 28;

  private final InputStream in;
  private final int maxLineBytes;
  private byte[] buffer;
  private int start;
  private int searched;
  private int end;
  private long offset;
  private byte[] line = new byte[0];

  LineReader(InputStream in) {
    this(in, BLOCK_BYTES, MAX_LINE_BYTES);
  }

  LineReader(InputStream in, int blockBytes, int maxLineBytes) {
    this.in = in;
    this.maxLineBytes = maxLineBytes;
    this.buffer = new byte[blockBytes];
  }

  /** Goes to the next line; false if there is none that is complete. */
  boolean next() throws IOException {
    while (true) {
      for (int i = searched; i < end; i++) {
        if (buffer[i] == '\n') {
          line = Arrays.copyOfRange(buffer, start, i);
          offset += i + 1 - start;
          start = i + 1;
          searched = start;
          return true;
        }
      }
      searched = end;
      if (!fill()) {
        return false;
      }
    }
  }

  private boolean fill() throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      searched -= start;
      start = 0;
    }
    if (end == buffer.length) {
      if (buffer.length >= maxLineBytes) {
        throw new IOException("a line is longer than " + maxLineBytes + " bytes");
      }
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
    int count = in.read(buffer, end, buffer.length - end);
    end += Math.max(0, count);
    return count > 0;
  }

  /** The line, without its line feed. */
  byte[] line() {
    return line;
  }

  /** What stands after the last line feed, once there is no next line. */
  byte[] rest() {
    return Arrays.copyOfRange(buffer, start, end);
  }

  /** Where the line after this one begins. */
  long offset() {
    return offset;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
