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
}
