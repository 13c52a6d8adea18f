package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Ids as znode names, and back. */
class ZnodeNameTest {

  @Property
  void eachIdComesBackFromItsName(@ForAll String id) {
    // An unpaired surrogate has no bytes in UTF-8.
    Assume.that(id.codePoints().noneMatch(c -> c >= 0xd800 && c <= 0xdfff));
    assertThat(ZnodeName.decode(ZnodeName.encode(id))).contains(id);
  }

  @Example
  void lettersDigitsAndAFewSignsShowAsTheyAre() {
    String plain = "azAZ09-._:@";
    assertThat(ZnodeName.encode(plain)).isEqualTo(plain);
    assertThat(ZnodeName.encode("/%; `{[^")).isEqualTo("%2F%25%3B%20%60%7B%5B%5E");
    assertThat(ZnodeName.encode("ä")).isEqualTo("%C3%A4");
  }

  @Example
  void aNameOfItsOwnIsNeverOneOfAPathsDots() {
    assertThat(ZnodeName.encodeWhole(".")).isEqualTo("%2E");
    assertThat(ZnodeName.encodeWhole("..")).isEqualTo("%2E%2E");
    assertThat(ZnodeName.encodeWhole("...")).isEqualTo("...");
    assertThat(ZnodeName.encodeWhole("a/b")).isEqualTo("a%2Fb");
    assertThat(ZnodeName.decode("%2E%2E")).contains("..");
  }

  @Example
  void aNameThatWasWrittenByHandIsTakenAsItIsUnlessAPercentSignIsOutOfPlace() {
    assertThat(ZnodeName.decode("w 1ä")).contains("w 1ä");
    assertThat(ZnodeName.decode("%41b%43")).contains("AbC");
    assertThat(ZnodeName.decode("50%")).isEmpty();
    assertThat(ZnodeName.decode("50%4")).isEmpty();
    assertThat(ZnodeName.decode("%4g")).isEmpty();
    assertThat(ZnodeName.decode("%g4")).isEmpty();
    assertThat(ZnodeName.decode("%00%0f")).contains("\0\u000f");
  }
}
