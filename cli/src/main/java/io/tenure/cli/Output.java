package io.tenure.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenure.scope.Printable;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Standard output. Unlike a {@link PrintStream} it does not swallow errors: when the reader of the
 * output has gone, as {@code head} does after ten lines, the command ends.
 *
 * <p>Confined to the thread of the command.
 */
final class Output {

  /** The reader of the output has gone. */
  static final class ClosedPipeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClosedPipeException(IOException cause) {
      super(cause);
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final OutputStream stream;

  Output(OutputStream stream) {
    this.stream = new BufferedOutputStream(stream, 1 << 16);
  }

  /** One line; what comes from elsewhere is made visible, so that it writes no other. */
  void line(String text) {
    write(Printable.of(text).getBytes(StandardCharsets.UTF_8));
    write(new byte[] {'\n'});
  }

  /** Text of the command's own, with line feeds and what a terminal understands. */
  void text(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** One line of JSON. */
  void json(JsonNode node) {
    try {
      write(Printable.json(JSON.writeValueAsString(node)).getBytes(StandardCharsets.UTF_8));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new UncheckedIOException("a tree of plain values can always be written", e);
    }
    write(new byte[] {'\n'});
  }

  void flush() {
    try {
      stream.flush();
    } catch (IOException e) {
      throw new ClosedPipeException(e);
    }
  }

  private void write(byte[] bytes) {
    try {
      stream.write(bytes);
    } catch (IOException e) {
      throw new ClosedPipeException(e);
    }
  }
}
