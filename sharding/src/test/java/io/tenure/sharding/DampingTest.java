package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.Candidate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Example;

class DampingTest {

  private static final long START_MILLIS = Instant.parse("2026-03-01T02:00:00Z").toEpochMilli();

  private long now = 7;
  private Damping damping = new Damping(now, START_MILLIS);
  private long incarnation;

  private static CoordinatorMachine.Worker worker(String id, long incarnation, boolean draining) {
    WorkerNode plain = StillGroup.node(id);
    return new CoordinatorMachine.Worker(
        new WorkerNode(
            new Candidate(id, "host", 1, Optional.empty()),
            "nonce-" + incarnation,
            plain.zone(),
            plain.capacity(),
            plain.maxShards(),
            draining,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            0),
        incarnation);
  }

  private void pass(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  /** The worker registers in a new session, and is there for a while. */
  private void lives(long seconds) {
    damping.see(List.of(worker("w", ++incarnation, false)), now);
    pass(seconds);
  }

  private void isGone() {
    damping.see(List.of(), now);
  }

  private long heldSeconds() {
    return damping.nanosLeft(now).map(TimeUnit.NANOSECONDS::toSeconds).orElse(0L);
  }

  @Example
  void eachEarlyEndButTheFirstHoldsShardsBackTwiceAsLongUpToFiveMinutes() {
    List<Long> holds = new ArrayList<>();
    for (int death = 0; death < 9; death++) {
      lives(5);
      isGone();
      holds.add(heldSeconds());
    }
    assertThat(holds).containsExactly(0L, 10L, 20L, 40L, 80L, 160L, 300L, 300L, 300L);
    assertThat(damping.held(now)).containsExactly("w");
    assertThat(damping.told(now).get("w"))
        .isEqualTo(
            new Damped(
                9, Optional.of(Instant.ofEpochMilli(START_MILLIS).plusSeconds(9 * 5 + 300))));
    pass(300);
    assertThat(damping.held(now)).isEmpty();
    assertThat(damping.told(now)).isEqualTo(Map.of("w", new Damped(9, Optional.empty())));
  }

  @Example
  void anEndSoonAfterTheWorkerGotShardsAgainIsEarlyHoweverLongItHadWaited() {
    lives(5);
    lives(5);
    lives(10 + 60);
    lives(5);
    assertThat(damping.told(now).get("w").deaths()).isEqualTo(3);
  }

  @Example
  void aSessionThatLastsForgivesEverything() {
    lives(5);
    lives(5);
    lives(10);
    pass(120);
    damping.see(List.of(worker("w", incarnation, false)), now);
    assertThat(damping.told(now)).isEmpty();
    isGone();
    assertThat(damping.told(now)).as("it had lived for long").isEmpty();
  }

  @Example
  void aGoodbyeAndADrainCountNothingAndForgiveNothing() {
    lives(5);
    lives(5);
    isGone();
    assertThat(damping.told(now).get("w").deaths()).isEqualTo(2);
    for (int restart = 0; restart < 5; restart++) {
      lives(5);
      damping.saidGoodbye(incarnation);
      isGone();
      damping.see(List.of(worker("w", ++incarnation, true)), now);
      isGone();
    }
    assertThat(damping.told(now).get("w").deaths()).isEqualTo(2);
  }

  @Example
  void aNodeThatWasDeletedByHandAndMadeAgainInTheSameSessionIsNoDeath() {
    damping.see(List.of(worker("w", 1, false)), now);
    CoordinatorMachine.Worker again = worker("w", 1, false);
    damping.see(List.of(new CoordinatorMachine.Worker(again.node(), 2)), now);
    assertThat(damping.told(now)).isEmpty();
  }

  @Example
  void theNextCoordinatorGoesOnWithTheCountAndTheTimeWhateverItsClockSays() {
    for (int death = 0; death < 5; death++) {
      lives(5);
    }
    isGone();
    Map<String, Damped> told = damping.told(now);
    long left = heldSeconds();
    damping = new Damping(now, START_MILLIS + TimeUnit.NANOSECONDS.toMillis(now - 7));
    damping.begin(told, now);
    assertThat(heldSeconds()).isEqualTo(left);
    assertThat(damping.told(now)).isEqualTo(told);
    // A clock that is wrong by a day holds no worker back for longer than the longest pause.
    damping = new Damping(now, START_MILLIS - Duration.ofDays(1).toMillis());
    damping.begin(told, now);
    assertThat(heldSeconds()).isEqualTo(300);
    damping = new Damping(now, START_MILLIS + Duration.ofDays(1).toMillis());
    damping.begin(told, now);
    assertThat(damping.held(now)).isEmpty();
    lives(5);
    isGone();
    assertThat(damping.told(now).get("w").deaths()).isEqualTo(6);
  }

  @Example
  void theFirstEarlyEndIsToldToNobodyAndOneAfterTwoMinutesIsNotEarly() {
    lives(5);
    lives(120);
    assertThat(damping.told(now)).isEmpty();
    lives(5);
    isGone();
    assertThat(damping.told(now).get("w").deaths()).isEqualTo(2);
  }

  @Example
  void noTimeIsLeftOfAPauseThatIsOver() {
    lives(5);
    lives(5);
    isGone();
    pass(9);
    assertThat(heldSeconds()).isEqualTo(1);
    pass(1);
    assertThat(damping.nanosLeft(now)).isEmpty();
  }

  @Example
  void aWorkerThatStaysAwayForAQuarterOfAnHourIsForgotten() {
    lives(5);
    lives(5);
    isGone();
    pass(899);
    isGone();
    assertThat(damping.told(now)).containsOnlyKeys("w");
    pass(1);
    isGone();
    assertThat(damping.told(now)).isEmpty();
  }

  @Example
  void onlyAHundredAreToldOfAndTheWorstAreAmongThem() {
    for (int death = 0; death < 3; death++) {
      List<CoordinatorMachine.Worker> all = new ArrayList<>();
      for (int i = 100; i < 200; i++) {
        all.add(worker("w-" + i, ++incarnation, death == 0));
      }
      all.add(worker("worst", ++incarnation, false));
      damping.see(all, now);
      pass(5);
    }
    isGone();
    assertThat(damping.told(now)).hasSize(100).containsKey("worst");
    assertThat(damping.told(now).get("worst").deaths()).isEqualTo(3);
  }

  @Example
  void aHundredGoodbyesAreRememberedUntilTheirSessionsEnd() {
    for (int others : List.of(99, 100)) {
      damping = new Damping(now, START_MILLIS);
      lives(5);
      lives(5);
      damping.saidGoodbye(incarnation);
      for (int other = 1; other <= others; other++) {
        damping.saidGoodbye(-other);
      }
      isGone();
      assertThat(damping.told(now).isEmpty()).isEqualTo(others == 99);
    }
  }
}
