package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.session.PacketSizes.Packet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs.Ids;
import org.junit.jupiter.api.Test;

/** Which requests are suspected to be too large for a packet, and for how long they rest. */
class PacketSizesTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final PacketSizes sizes = new PacketSizes();
  private final Packet small = write("/other", 10);
  private final Packet large = write("/scope/checkpoint", 500_000);

  private static Packet write(String path, int bytes) {
    return Packet.of(List.of(Op.check("/scope", 3), Op.setData(path, new byte[bytes], -1)));
  }

  private boolean loseAfterAnAnswer(Packet packet) {
    sizes.answered(small);
    return sizes.lost(packet, 0);
  }

  @Test
  void aLargeRequestThatIsLostThriceWhileOthersAreAnsweredIsSuspect() {
    assertThat(loseAfterAnAnswer(large)).isFalse();
    assertThat(loseAfterAnAnswer(large)).isFalse();
    assertThat(loseAfterAnAnswer(large)).isTrue();
  }

  @Test
  void anOutageMakesNothingSuspect() {
    for (int i = 0; i < 20; i++) {
      assertThat(sizes.lost(large, 0)).isFalse();
    }
  }

  @Test
  void aSmallRequestIsNeverSuspect() {
    for (int i = 0; i < 20; i++) {
      assertThat(loseAfterAnAnswer(write("/scope/checkpoint", 5_000))).isFalse();
    }
  }

  @Test
  void aListOfChildrenIsSuspectThoughItsRequestIsSmall() {
    Packet list = Packet.of(List.of(Op.getChildren("/scope/audit")));
    loseAfterAnAnswer(list);
    loseAfterAnAnswer(list);
    assertThat(loseAfterAnAnswer(list)).isTrue();
    assertThat(loseAfterAnAnswer(Packet.of(List.of(Op.getData("/scope"))))).isFalse();
  }

  @Test
  void anAnswerEndsTheSuspicion() {
    loseAfterAnAnswer(large);
    loseAfterAnAnswer(large);
    loseAfterAnAnswer(large);
    assertThat(sizes.restNanos(large, 0)).isPositive();
    sizes.answered(large);
    assertThat(sizes.restNanos(large, 0)).isZero();
    assertThat(loseAfterAnAnswer(large)).isFalse();
  }

  @Test
  void anAnswerToASmallerOneAboutTheSameDoesNotEndIt() {
    loseAfterAnAnswer(large);
    loseAfterAnAnswer(large);
    sizes.answered(write("/scope/checkpoint", 100_000));
    assertThat(loseAfterAnAnswer(large)).isTrue();
    assertThat(sizes.restNanos(write("/scope/checkpoint", 100_000), 0)).isZero();
  }

  @Test
  void aSuspectRestsLongerAndLongerUpToAMinute() {
    long longest = 0;
    for (int i = 0; i < 20; i++) {
      loseAfterAnAnswer(large);
      long rest = sizes.restNanos(large, 0);
      assertThat(rest).isLessThanOrEqualTo(60 * SECOND);
      longest = Math.max(longest, rest);
    }
    assertThat(longest).isGreaterThan(29 * SECOND);
    assertThat(sizes.restNanos(large, 60 * SECOND)).isZero();
  }

  @Test
  void otherRequestsDoNotRest() {
    for (int i = 0; i < 5; i++) {
      loseAfterAnAnswer(large);
    }
    assertThat(sizes.restNanos(write("/scope/2/checkpoint", 500_000), 0)).isZero();
    assertThat(sizes.restNanos(small, 0)).isZero();
  }

  @Test
  void theSizeOfARequestIsThatOfItsPathsAndData() {
    Packet packet =
        Packet.of(
            List.of(
                Op.create("/1234567", new byte[1000], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                Op.setData("/1234567", new byte[2000], -1)));
    assertThat(packet.bytes()).isBetween(3016L, 3300L);
  }

  @Test
  void onlySoManyRequestsAreRemembered() {
    loseAfterAnAnswer(large);
    loseAfterAnAnswer(large);
    for (int i = 0; i < 100; i++) {
      loseAfterAnAnswer(write("/scope/" + i, 500_000));
    }
    assertThat(loseAfterAnAnswer(large)).isFalse();
  }

  @Test
  void anAnswerToAnyReadingOfTheMonitorsCountsAsAnAnswerInBetween() {
    for (int i = 0; i < 2; i++) {
      sizes.answered();
      assertThat(sizes.lost(large, 0)).isFalse();
    }
    sizes.answered();
    assertThat(sizes.lost(large, 0)).isTrue();
  }

  @Test
  void aLossWithoutAnAnswerSinceTheOneBeforeAddsNoRest() {
    loseAfterAnAnswer(large);
    assertThat(sizes.lost(large, 0)).isFalse();
    assertThat(sizes.lost(large, 0)).isFalse();
    loseAfterAnAnswer(large);
    assertThat(loseAfterAnAnswer(large)).isTrue();
    long rest = sizes.restNanos(large, 0);
    for (int i = 0; i < 10; i++) {
      assertThat(sizes.lost(large, 0)).isTrue();
    }
    assertThat(sizes.restNanos(large, 0)).isEqualTo(rest);
  }

  @Test
  void aRequestIsSuspectFromTheLeastSizeOnThatServersServe() {
    Packet least = Packet.of(List.of(Op.setData("/12345", new byte[8 * 1024 - 70], -1)));
    assertThat(least.bytes()).isEqualTo(8 * 1024);
    loseAfterAnAnswer(least);
    loseAfterAnAnswer(least);
    assertThat(loseAfterAnAnswer(least)).isTrue();
  }

  @Test
  void requestsAboutUpToThreePathsAreToldApartAndMoreAreOneOfManyBatches() {
    assertThat(Packet.of(List.of(Op.check("/a", 1), Op.check("/b", 1), Op.check("/c", 1))).about())
        .contains("/a", "/b", "/c");
    assertThat(
            Packet.of(
                    List.of(
                        Op.check("/a", 1), Op.check("/b", 1), Op.check("/c", 1), Op.check("/d", 1)))
                .about())
        .isEqualTo("many");
  }

  @Test
  void aHundredthRequestMakesRoomForItselfAndTheSixtyFourthDoesNot() {
    loseAfterAnAnswer(large);
    loseAfterAnAnswer(large);
    for (int i = 0; i < 63; i++) {
      loseAfterAnAnswer(write("/scope/" + i, 500_000));
    }
    assertThat(loseAfterAnAnswer(large)).as("one of 64").isTrue();
  }
}
