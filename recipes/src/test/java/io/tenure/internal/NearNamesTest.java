package io.tenure.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;

/** Which names a user may have meant. */
class NearNamesTest {

  @Example
  void theNearestComeFirstAndThreeAtMost() {
    List<String> names = List.of("worker-1", "worker-2", "worker-3", "worker-4", "gateway");
    assertThat(NearNames.near("worker-5", names))
        .containsExactly("worker-1", "worker-2", "worker-3");
    assertThat(NearNames.near("worke-2", names)).startsWith("worker-2").hasSize(3);
    assertThat(NearNames.near("wroker-3", names)).startsWith("worker-3");
    assertThat(NearNames.near("GATEWAY", names)).containsExactly("gateway");
  }

  @Example
  void aNameThatBeginsWithTheWrongOneIsNearAndAnotherThatIsFarIsNot() {
    List<String> names = List.of("/orders", "/orders-archive", "/billing");
    assertThat(NearNames.near("/order", names)).containsExactly("/orders", "/orders-archive");
    assertThat(NearNames.near("/payments", names)).isEmpty();
    assertThat(NearNames.near("", names)).isEmpty();
    assertThat(NearNames.near("x", List.of())).isEmpty();
  }

  @Example
  void theHintIsTheEndOfASentenceOrNothing() {
    assertThat(NearNames.hint("w-3", List.of("w-1", "w-2")))
        .isEqualTo("; did you mean w-1 or w-2?");
    assertThat(NearNames.hint("w-3", List.of("gateway"))).isEmpty();
  }

  @Property(tries = 500)
  void itCountsEditsAsTheObviousRecursionDoes(
      @ForAll @StringLength(min = 3, max = 7) @CharRange(from = 'a', to = 'c') String from,
      @ForAll @StringLength(max = 7) @CharRange(from = 'a', to = 'c') String to) {
    int limit = Math.max(1, from.length() / 3);
    boolean near = obvious(from, to) <= limit || to.startsWith(from);
    assertThat(NearNames.near(from, List.of(to))).isEqualTo(near ? List.of(to) : List.of());
  }

  private static int obvious(String a, String b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.length() + b.length();
    }
    String a1 = a.substring(1);
    String b1 = b.substring(1);
    int best =
        Math.min(
            obvious(a1, b1) + (a.charAt(0) == b.charAt(0) ? 0 : 1),
            1 + Math.min(obvious(a1, b), obvious(a, b1)));
    boolean swapped =
        a.length() > 1
            && b.length() > 1
            && a.charAt(0) == b.charAt(1)
            && a.charAt(1) == b.charAt(0);
    return swapped ? Math.min(best, 1 + obvious(a.substring(2), b.substring(2))) : best;
  }

  @Example
  void aHundredThousandLongNamesTakeNoNoticeableTime() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      names.add("x".repeat(190) + i);
    }
    assertThat(NearNames.near("x".repeat(190) + "7_", names)).hasSize(3);
  }

  @Example
  void aNameThatBeginsWithTheWrongOneComesAfterThoseThatAreAFewEditsAway() {
    assertThat(NearNames.near("abc", List.of("abcdef", "abd"))).containsExactly("abd", "abcdef");
  }
}
