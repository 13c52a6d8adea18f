package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.scope.Bounds;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Texts of other programs: too long ones are cut where they are read, damaged ones are explained.
 */
class ForeignTextsTest {

  private static final String BIG = "x".repeat(1 << 20);

  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private static void refused(String json, String why) {
    assertThatThrownBy(() -> ZnodeJson.parse("/a", bytes(json)))
        .isInstanceOf(ForeignDataException.class)
        .hasMessageContaining("/a is not Tenure's: its data " + why);
  }

  @Example
  void aKeyThatStandsTwiceIsNamed() {
    refused("{'format':1,'state':'led','state':'vacant'}", "has the key \"state\" twice");
    refused("{'format':1,'format':1}", "has the key \"format\" twice");
    refused("{'format':1,'a':[{'b':{'c':1,'d':2,'c':3}}]}", "has the key \"c\" twice");
    refused("{'a\u202e':1,'a\u202e':1}", "has the key \"a\\u202e\" twice");
    String key = BIG.substring(0, 10_000);
    refused("{'" + key + "':1,'" + key + "':1}", "has the key \"" + "x".repeat(39) + "…\" twice");
    refused("{'a':{'b':1},'b':1,'a':2}", "has the key \"a\" twice");
    refused("{'a':1,'a':2", "has the key \"a\" twice");
    refused("{'a':1", "is no JSON object");
    refused("{'format':1} {}", "is no JSON object");
    refused("]", "is no JSON object");
  }

  @Example
  void tooLongTextsAreCutAndBreakNoReader() {
    ZnodeJson json =
        ZnodeJson.parse(
            "/a",
            bytes(
                "{'format':1,'candidate':'w-1','host':'"
                    + BIG
                    + "','pid':1,'endpoint':'"
                    + BIG
                    + "','session':'"
                    + BIG
                    + "','nonce':'"
                    + BIG
                    + "','since':'2026-03-01T00:00:00Z'}"));
    Candidate candidate = json.candidate();
    assertThat(candidate.id()).isEqualTo("w-1");
    assertThat(candidate.host()).startsWith("xxx").endsWith("…");
    assertThat(candidate.host().getBytes(StandardCharsets.UTF_8)).hasSize(Bounds.HOST_BYTES);
    assertThat(candidate.endpoint().orElseThrow()).endsWith("…");
    Incumbent incumbent = Incumbent.read(json);
    assertThat(incumbent.nonce()).hasSize(Bounds.NONCE_CHARS);
    assertThat(incumbent.session()).hasSize(Bounds.NONCE_CHARS);
  }

  @Property
  void aCutTextIsABeginningAndNoCharacterIsCutInTwo(
      @ForAll String text, @ForAll @IntRange(min = 4, max = 20) int most) {
    String chars = Bounds.cut(text, most);
    assertThat(chars.length()).isLessThanOrEqualTo(most);
    assertThat(text).startsWith(chars.equals(text) ? text : chars.substring(0, chars.length() - 1));
    String bytes = Bounds.cutToBytes(text, most);
    assertThat(bytes.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(most);
    assertThat(text).startsWith(bytes.equals(text) ? text : bytes.substring(0, bytes.length() - 1));
  }

  @Example
  void whatAUserGivesIsRefusedWithTheValueTheRuleAndAWayOut() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Bounds.check("zone", "x".repeat(129), Bounds.ZONE_BYTES))
        .withMessage(
            "zone \"" + "x".repeat(129) + "\" has 129 bytes; at most 128 are allowed: shorten it");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Bounds.check("zone", BIG, Bounds.ZONE_BYTES))
        .withMessageContaining("xxx…\" has 1048576 bytes")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Bounds.check("zone", "a\u202eb", Bounds.ZONE_BYTES))
        .withMessageContaining("zone \"a\\u202eb\" has a character that is not seen")
        .withMessageEndingWith("use printable text");
  }

  @Example
  void aTextIsCutWhereItIsTooLongAndNotBefore() {
    assertThat(Bounds.cut("abcd", 4)).isEqualTo("abcd");
    assertThat(Bounds.cut("abcde", 4)).isEqualTo("abc…");
    assertThat(Bounds.cut("ab\ud83d\ude80e", 4)).isEqualTo("ab…");
    assertThat(Bounds.cut("a\ud83d\ude80de", 4)).isEqualTo("a\ud83d\ude80…");
    assertThat(Bounds.cutToBytes("abcdef", 6)).isEqualTo("abcdef");
    assertThat(Bounds.cutToBytes("abcdefg", 6)).isEqualTo("abc…");
    assertThat(Bounds.cutToBytes("ääääe", 9)).isEqualTo("ääääe");
    assertThat(Bounds.cutToBytes("äääää", 9)).isEqualTo("äää…");
    assertThat(Bounds.cutToBytes("ab\ud83d\ude80", 5)).isEqualTo("ab…");
  }

  @Example
  void whatIsLongEnoughToBeCutIsShownFromItsBeginning() {
    refused("x", "is no JSON object (1 bytes: \"x\")");
    String forty = "x".repeat(40);
    refused(forty, "is no JSON object (40 bytes: \"" + forty + "\")");
    refused(forty + "y", "is no JSON object (41 bytes: \"" + forty + "…\")");
    assertThat(ZnodeJson.parse("/a", bytes("{'format':1}")).path()).isEqualTo("/a");
  }
}
