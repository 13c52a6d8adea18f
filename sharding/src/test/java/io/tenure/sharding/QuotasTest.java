package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Shares and quotas by hand; {@link PlacementTest} holds random ones against a slow twin. */
class QuotasTest {

  private static final int ANY = Integer.MAX_VALUE;

  private static Placement.Member member(double capacity, int cap) {
    return new Placement.Member("w", capacity, cap, "", false);
  }

  private static double[] exact(int[] pinned, int shards, Placement.Member... members) {
    return Quotas.exact(List.of(members), pinned, shards);
  }

  private static void assertShares(double[] shares, double... expected) {
    assertThat(shares).containsExactly(expected, within(1e-9));
  }

  @Test
  void sharesAreInProportionToCapacities() {
    assertShares(exact(new int[3], 10, member(1, ANY), member(1, ANY), member(3, ANY)), 2, 2, 6);
    assertShares(exact(new int[2], 7, member(1, ANY), member(1, ANY)), 3.5, 3.5);
    assertThat(Quotas.exact(List.of(), new int[0], 7)).isEmpty();
  }

  @Test
  void whatIsBeyondACapIsSharedByTheOthers() {
    assertShares(exact(new int[3], 7, member(1, 1), member(1, ANY), member(1, ANY)), 1, 3, 3);
    assertShares(
        exact(new int[4], 14, member(1, 1), member(1, 4), member(1, ANY), member(2, ANY)),
        1,
        3.25,
        3.25,
        6.5);
    assertShares(exact(new int[2], 9, member(1, 2), member(1, 3)), 2, 3);
  }

  @Test
  void whatIsPinnedBeyondAShareIsTakenFromTheOthers() {
    int[] pinned = {4, 0, 0};
    assertShares(exact(pinned, 6, member(1, ANY), member(1, ANY), member(1, ANY)), 4, 1, 1);
    assertShares(
        exact(new int[] {0, 5, 2}, 9, member(1, ANY), member(1, ANY), member(1, ANY)), 2, 5, 2);
  }

  @Test
  void ofCapsAndPinsThoseAreSettledFirstThatTogetherAreFartherOut() {
    // At two each, the cap leaves one over, and the pins take three too many.
    assertShares(
        exact(new int[] {0, 5, 0}, 6, member(1, 1), member(1, ANY), member(1, ANY)), 0.5, 5, 0.5);
    // At four each, the cap leaves three over, and the pins take one too many.
    assertShares(
        exact(new int[] {0, 5, 0}, 12, member(1, 1), member(1, ANY), member(1, ANY)), 1, 5.5, 5.5);
    // As much over as too many: each is where it is bound.
    assertShares(
        exact(new int[] {0, 5, 0}, 9, member(1, 1), member(1, ANY), member(1, ANY)), 1, 5, 3);
  }

  @Test
  void whoDrainsHasNoShareAndNoCapToOffer() {
    Placement.Member drains = new Placement.Member("w", 1, 3, "", true);
    assertShares(exact(new int[2], 5, drains, member(1, ANY)), 0, 5);
    assertShares(exact(new int[2], 5, drains, member(1, 2)), 0, 2);
    assertShares(exact(new int[1], 5, drains), 0);
  }

  private static List<Integer> integral(int[] held, double... share) {
    List<Integer> quotas = new ArrayList<>();
    for (int quota : Quotas.integral(share, held)) {
      quotas.add(quota);
    }
    return quotas;
  }

  @Test
  void theLargestRestsAreRoundedUpAndOfEqualOnesTheFirst() {
    assertThat(integral(new int[2], 1.75, 5.25)).containsExactly(2, 5);
    assertThat(integral(new int[2], 1.25, 5.75)).containsExactly(1, 6);
    assertThat(integral(new int[3], 1.5, 2.5, 2)).containsExactly(2, 2, 2);
    assertThat(integral(new int[4], 0.75, 0.75, 0.75, 0.75)).containsExactly(1, 1, 1, 0);
  }

  @Test
  void whoHasMoreThanItsShareRoundedDownIsRoundedUpFirst() {
    assertThat(integral(new int[] {1, 6}, 1.75, 5.25)).containsExactly(1, 6);
    assertThat(integral(new int[] {1, 5}, 1.75, 5.25)).containsExactly(2, 5);
    assertThat(integral(new int[] {0, 0, 3}, 2.5, 2.5, 2))
        .as("but no whole share is")
        .containsExactly(3, 2, 2);
    assertThat(integral(new int[] {9, 0, 0}, 2, 1.5, 1.5)).containsExactly(2, 2, 1);
  }

  @Test
  void aShareThatIsWholeButForTheErrorOfItsSumIsWhole() {
    assertThat(integral(new int[] {0, 2, 2}, 3 - 1e-9, 1.5, 1.5)).containsExactly(3, 2, 1);
    assertThat(integral(new int[] {9, 0, 0}, 3 + 1e-9, 1.5, 1.5)).containsExactly(3, 2, 1);
  }

  @Test
  void capsAndPinsOfUnlikeCapacitiesAreWeighedByWhatTheyTakeFromTheOthers() {
    // Two for each unit of capacity: the cap leaves three over, and the pins take two too many.
    assertShares(
        exact(new int[] {0, 4, 0}, 10, member(2, 1), member(1, ANY), member(2, ANY)), 1, 4, 5);
    // The other way round: the cap leaves two over, and the pins take three too many.
    assertShares(
        exact(new int[] {0, 7, 0}, 10, member(1, 1), member(2, ANY), member(2, ANY)), 1, 7, 2);
    assertShares(
        exact(new int[] {0, 9, 0}, 10, member(4, 5), member(0.5, ANY), member(0.5, ANY)),
        8.0 / 9,
        9,
        1.0 / 9);
  }
}
