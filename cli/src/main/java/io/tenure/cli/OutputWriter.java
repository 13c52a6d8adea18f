package io.tenure.cli;

import io.tenure.scope.Printable;
import java.io.Writer;
import java.nio.CharBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets writers of whole texts write to the output: picocli's help, CSV. Their lines, tabs and
 * colors pass; any other hidden character has come with a value.
 */
final class OutputWriter extends Writer {

  private static final Pattern OWN =
      Pattern.compile("(\\r?\\n|\\t|\u001b\\[[0-9;]*m)|[^\\n\\r\\t\u001b]+|.", Pattern.DOTALL);

  private final Output out;

  OutputWriter(Output out) {
    this.out = out;
  }

  @Override
  public void write(char[] chars, int offset, int length) {
    Matcher own = OWN.matcher(CharBuffer.wrap(chars, offset, length));
    StringBuilder shown = new StringBuilder(length);
    while (own.find()) {
      shown.append(own.group(1) == null ? Printable.of(own.group()) : own.group());
    }
    out.text(shown.toString());
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
