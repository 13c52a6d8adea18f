package io.tenure.scope;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import io.tenure.testing.HostileText;
import java.io.PrintWriter;
import java.io.StringWriter;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/** What is hidden becomes visible, what is seen stays, and nothing is longer than it may be. */
class PrintableTest {

  @Example
  void whatDoesHarmBecomesItsEscape() {
    HostileText.ALL.forEach(
        (name, text) -> {
          String shown = Printable.of(text);
          HostileText.assertNoneIn(name, shown);
          assertThat(shown).as(name).startsWith("a\\u").doesNotContain("\n");
          assertThat(Printable.is(text)).as(name).isFalse();
        });
    assertThat(Printable.of("\u009b\udb40\udc41")).isEqualTo("\\u009b\\udb40\\udc41");
  }

  @Example
  void whatIsSeenStaysAsItIs() {
    for (String text :
        new String[] {
          "", "w-1", "Zoë", "\u05d0\u05d1", "\u6771\u4eac", "\ud83d\ude80", "a\\b…", "e\u0301"
        }) {
      assertThat(Printable.of(text)).isSameAs(text);
      assertThat(Printable.is(text)).isTrue();
    }
  }

  @Property
  void noTextIsLongerThanItMayBeAndNothingIsCutInTwo(
      @ForAll String text, @ForAll @IntRange(min = 1, max = 30) int most) {
    String whole = Printable.of(text);
    String shown = Printable.of(text, most);
    assertThat(Printable.is(whole)).isTrue();
    assertThat(Printable.is(shown)).isTrue();
    assertThat(Printable.of(whole)).isEqualTo(whole);
    assertThat(shown.length()).isLessThanOrEqualTo(most);
    if (whole.length() <= most) {
      assertThat(shown).isEqualTo(whole);
    } else {
      assertThat(shown).endsWith("…");
      assertThat(whole).startsWith(shown.substring(0, shown.length() - 1));
    }
  }

  @Example
  void aMegabyteIsCutWithoutBeingWrittenOut() {
    assertThat(Printable.of("\u001b".repeat(1 << 20), 100)).hasSizeLessThanOrEqualTo(100);
    assertThat(Printable.of("x".repeat(1 << 20), 100)).isEqualTo("x".repeat(99) + "…");
    assertThat(Printable.of("\u001b", 6)).isEqualTo("\\u001b");
    assertThat(Printable.of("\u001b", 5)).isEqualTo("…");
    assertThat(Printable.of("a\u001b", 6)).isEqualTo("a…");
  }

  @Example
  void jsonSaysTheSameWithoutHiddenCharacters() throws Exception {
    for (String text : HostileText.ALL.values()) {
      String json = Printable.json(new ObjectMapper().writeValueAsString(TextNode.valueOf(text)));
      assertThat(Printable.is(json)).isTrue();
      assertThat(new ObjectMapper().readTree(json).textValue()).isEqualTo(text);
    }
  }

  @Example
  void anExceptionThatCanBePrintedIsTheSame() {
    Exception plain = new IllegalStateException("no disk", new RuntimeException("full"));
    assertThat(Printable.of(plain)).isSameAs(plain);
  }

  @Example
  void anExceptionIsPrintedWithItsCausesAndWithoutWhatTheyHide() {
    Exception hostile = new IllegalStateException("a\u001b[2Jb", new RuntimeException("c\nd"));
    hostile.addSuppressed(new IllegalArgumentException("e\u202ef", hostile));
    StringWriter out = new StringWriter();
    Printable.of(hostile).printStackTrace(new PrintWriter(out));
    assertThat(out.toString())
        .contains(
            "java.lang.IllegalStateException: a\\u001b[2Jb",
            "java.lang.RuntimeException: c\\u000ad")
        .contains("java.lang.IllegalArgumentException: e\\u202ef", "PrintableTest")
        .doesNotContain("\u001b", "\u202e");
  }

  @Example
  void anExceptionWhoseOwnMethodsThrowIsNamed() {
    Exception evil =
        new Exception() {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            throw new IllegalStateException("again");
          }
        };
    assertThat(Printable.of(evil)).hasMessageContaining("PrintableTest$1");
  }

  @Example
  void theMessagesOfOurExceptionsCanBePrintedAndAreBounded() {
    assertThat(new CoordinationException("a\u001bb")).hasMessage("a\\u001bb");
    assertThat(new ForeignDataException("x".repeat(1 << 20), new Exception()).getMessage())
        .hasSize(Printable.MAX_CHARS);
  }

  @Example
  void theCharactersThatUnicodeCallsIgnorableAreHiddenAndTheirNeighborsAreNot() {
    int[][] hidden = {
      {0x034F, 0x034F},
      {0x115F, 0x1160},
      {0x17B4, 0x17B5},
      {0x180B, 0x180F},
      {0x3164, 0x3164},
      {0xFE00, 0xFE0F},
      {0xFFA0, 0xFFA0},
      {0xE0100, 0xE01EF}
    };
    for (int[] range : hidden) {
      for (int c = range[0] - 1; c <= range[1] + 1; c++) {
        boolean assigned = Character.isDefined(c);
        boolean inside = c >= range[0] && c <= range[1];
        if (inside || assigned) {
          assertThat(Printable.is(Character.toString(c))).as("U+%04X", c).isEqualTo(!inside);
        }
      }
    }
  }

  private static Throwable chain(int causes, String last) {
    Throwable thrown = new IllegalStateException(last);
    for (int i = 0; i < causes; i++) {
      thrown = new IllegalStateException("cause", thrown);
    }
    return thrown;
  }

  private static int causes(Throwable thrown) {
    int causes = 0;
    for (Throwable at = thrown.getCause(); at != null; at = at.getCause()) {
      causes++;
    }
    return causes;
  }

  @Example
  void causesOfCausesAreLeftOutWhereTheyHelpNobody() {
    Throwable fifty = chain(50, "plain");
    assertThat(Printable.of(fifty)).isSameAs(fifty);
    assertThat(causes(Printable.of(chain(51, "plain")))).isEqualTo(50);
    assertThat(causes(Printable.of(chain(50, "a\u001b")))).isEqualTo(50);
    assertThat(causes(Printable.of(chain(49, "a\u001b")))).isEqualTo(49);
  }

  private static Throwable suppressing(int depth, String last) {
    Throwable thrown = new IllegalStateException(last);
    for (int i = 0; i < depth; i++) {
      Throwable outer = new IllegalStateException("outer");
      outer.addSuppressed(thrown);
      thrown = outer;
    }
    return thrown;
  }

  private static int suppressed(Throwable thrown) {
    int depth = 0;
    for (Throwable at = thrown; at.getSuppressed().length > 0; at = at.getSuppressed()[0]) {
      depth++;
    }
    return depth;
  }

  @Example
  void andSoAreTheSuppressedOfTheSuppressed() {
    Throwable fifty = suppressing(50, "plain");
    assertThat(Printable.of(fifty)).isSameAs(fifty);
    assertThat(suppressed(Printable.of(suppressing(51, "plain")))).isEqualTo(50);
    assertThat(suppressed(Printable.of(suppressing(50, "a\u001b")))).isEqualTo(50);
    assertThat(suppressed(Printable.of(suppressing(1, "a\u001b")))).isEqualTo(1);
    Throwable plain = suppressing(1, "plain");
    assertThat(Printable.of(plain)).isSameAs(plain);
  }

  @Example
  void theCopyOfAnExceptionHasItsStackTraceAndItsMessageOnce() {
    Exception hostile = new IllegalStateException("a\u001bb");
    Throwable shown = Printable.of(hostile);
    assertThat(shown.getStackTrace()).isEqualTo(hostile.getStackTrace());
    assertThat(shown).hasMessage("java.lang.IllegalStateException: a\\u001bb").hasNoCause();
    assertThat(Printable.of(new Named(null, "named\u001b"))).hasMessage("named\\u001b");
    assertThat(Printable.of(new Named("message", "named\u001b")))
        .hasMessage("named\\u001b: message");
    Exception long1 = new Named("", "x".repeat(Printable.MAX_CHARS));
    assertThat(Printable.of(long1)).isSameAs(long1);
    assertThat(Printable.of(new Named("", "x".repeat(Printable.MAX_CHARS + 1))).getMessage())
        .isEqualTo("x".repeat(Printable.MAX_CHARS - 1) + "…");
  }

  @Example
  void exceptionsThatAreTheirOwnCausesAreShownOnce() {
    Named first = new Named("first", "first");
    Named second = new Named("second", "second", first);
    first.initCause(second);
    assertThat(Printable.of(first)).isSameAs(first);
    Named hidden = new Named("a\u001b", "a\u001b", second);
    assertThat(causes(Printable.of(hidden))).isEqualTo(2);
  }

  /** One that calls itself what it likes. */
  private static final class Named extends Exception {
    private static final long serialVersionUID = 1L;
    private final String text;

    Named(@Nullable String message, String text) {
      super(message);
      this.text = text;
    }

    Named(String message, String text, Throwable cause) {
      super(message, cause);
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
