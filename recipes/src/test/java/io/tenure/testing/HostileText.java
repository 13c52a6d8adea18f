package io.tenure.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Texts that do harm where they are shown as they are. Each has a name, by which a test tells which
 * of them came out raw. Stateless.
 */
public final class HostileText {

  /** By what each of them does. */
  public static final Map<String, String> ALL = all();

  private HostileText() {}

  private static Map<String, String> all() {
    Map<String, String> all = new TreeMap<>();
    all.put("a title of the terminal", "a\u001b]0;owned\u0007b");
    all.put("a line over the last one", "a\rb");
    all.put("a backspace", "a\bb");
    all.put("a deletion", "a\u007fb");
    all.put("a line of its own", "a\nlevel=INFO all is well");
    all.put("a command in C1", "a\u009b31mb");
    all.put("a next line in C1", "a\u0085b");
    all.put("letters from the right", "a\u202eb");
    all.put("an isolate", "a\u2067b");
    all.put("a mark of Arabic", "a\u061cb");
    all.put("a mark from the right", "a\u200fb");
    all.put("a line separator", "a\u2028b");
    all.put("a paragraph separator", "a\u2029b");
    all.put("a space without width", "a\u200bb");
    all.put("a byte order mark", "a\ufeffb");
    all.put("a soft hyphen", "a\u00adb");
    all.put("a tag", "a\udb40\udc41b");
    all.put("a variation selector", "a\ufe0fb");
    all.put("half a pair", "a\ud83db");
    all.put("a filler", "a\u3164b");
    all.put("a private character", "a\ue000b");
    all.put("an unassigned character", "a\u0378b");
    return all;
  }

  /** Those that can be written as UTF-8 without loss. */
  public static List<String> encodable() {
    return ALL.values().stream().filter(text -> !text.contains("\ud83d")).toList();
  }

  /** Those that a znode's name can have: the client refuses controls and private characters. */
  public static List<String> inNames() {
    return encodable().stream()
        .filter(
            text -> text.chars().noneMatch(c -> c < ' ' || (c >= 0x7f && c <= 0x9f) || c >= 0xd800))
        .toList();
  }

  /** All of them in one. */
  public static String together() {
    return String.join(" ", encodable());
  }

  /** None of the characters that the texts are made of stands in what is shown, but line feeds. */
  public static void assertNoneIn(String what, String shown) {
    ALL.forEach(
        (name, text) -> {
          String character = text.substring(1, text.offsetByCodePoints(1, 1));
          if (!character.equals("\n")) {
            assertThat(shown).as("%s in %s", name, what).doesNotContain(character);
          }
        });
    assertThat(shown).as("a line of its own in %s", what).doesNotContain("\nlevel=INFO");
  }
}
