package io.tenure.cli;

import java.io.Writer;

/** Lets picocli write its help to the output. */
final class OutputWriter extends Writer {

  private final Output out;

  OutputWriter(Output out) {
    this.out = out;
  }

  @Override
  public void write(char[] chars, int offset, int length) {
    out.text(new String(chars, offset, length));
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public void close() {
    out.flush();
  }
}
