package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Lines as they come out of blocks of any size, held against a split of the whole. */
class LineReaderTest {

  private static final int MOST = 32;

  private static InputStream in(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Property
  void eachLineItsPlaceAndWhatIsLeftComeOutWhateverTheBlocks(
      @ForAll("texts") String all, @ForAll @IntRange(min = 1, max = 9) int block)
      throws IOException {
    LineReader reader = new LineReader(in(all), block, 1 << 10);
    List<String> lines = new ArrayList<>();
    StringBuilder begun = new StringBuilder();
    while (reader.next()) {
      lines.add(text(reader.line()));
      begun.append(text(reader.line())).append('\n');
      assertThat(reader.offset()).isEqualTo(begun.length());
    }
    String rest = all.substring(all.lastIndexOf('\n') + 1);
    assertThat(begun + rest).isEqualTo(all);
    assertThat(text(reader.rest())).isEqualTo(rest);
    assertThat(String.join("", lines)).doesNotContain("\n");
    assertThat(reader.next()).isFalse();
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().withChars("ab\n\r\0").ofMaxLength(40);
  }

  @Example
  void aLineMayBeAsLongAsTheBoundAndNotLonger() throws IOException {
    LineReader fits = new LineReader(in("x".repeat(MOST - 1) + "\n"), 1, MOST);
    assertThat(fits.next()).isTrue();
    assertThat(fits.line()).hasSize(MOST - 1);
    LineReader longer = new LineReader(in("x".repeat(MOST) + "\n"), 1, MOST);
    assertThatThrownBy(longer::next)
        .isInstanceOf(IOException.class)
        .hasMessage("a line is longer than 32 bytes");
  }

  @Example
  void aLineIsReadInFewBlocksHoweverLongTheLinesBefore() throws IOException {
    List<Integer> asked = new ArrayList<>();
    InputStream counted =
        new InputStream() {
          private final InputStream all = in("x".repeat(64) + "\n" + "y\n".repeat(40));

          @Override
          public int read() throws IOException {
            return all.read();
          }

          @Override
          public int read(byte[] to, int from, int length) throws IOException {
            asked.add(length);
            return all.read(to, from, length);
          }
        };
    LineReader reader = new LineReader(counted, 8, 1 << 10);
    while (reader.next()) {
      assertThat(reader.line()).isNotEmpty();
    }
    assertThat(asked).startsWith(8, 8, 16, 32, 64).hasSizeLessThan(12);
  }

  @Example
  void manyLinesNeedNoMoreRoomThanTheLongest() throws IOException {
    LineReader reader = new LineReader(in("y\n".repeat(100)), 8, MOST);
    int lines = 0;
    while (reader.next()) {
      lines++;
    }
    assertThat(lines).isEqualTo(100);
  }

  @Example
  void itsFileIsClosedWithIt() throws IOException {
    AtomicBoolean closed = new AtomicBoolean();
    new LineReader(
            new InputStream() {
              @Override
              public int read() {
                return -1;
              }

              @Override
              public void close() {
                closed.set(true);
              }
            })
        .close();
    assertThat(closed).isTrue();
  }
}
