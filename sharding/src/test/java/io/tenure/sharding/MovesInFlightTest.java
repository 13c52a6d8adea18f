package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What counts as a move, and which of them takes office. */
class MovesInFlightTest {

  private final MovesInFlight moves = new MovesInFlight();

  @Test
  void aMoveThatBeginsAnewCountsOnceWhateverItWas() {
    assertThat(moves.isEmpty()).isTrue();
    for (boolean ready : new boolean[] {true, false}) {
      moves.begin("7", "b", "why", 0);
      assertThat(moves.isEmpty()).isFalse();
      assertThat(moves.size()).isEqualTo(1);
      assertThat(moves.released()).isZero();
      assertThat(moves.get("7").orElseThrow().isReleased()).isFalse();
      moves.release("7", "a", "why", ready, 5);
      assertThat(moves.released()).isEqualTo(ready ? 1 : 0);
      assertThat(moves.size()).as("a late one does not count").isEqualTo(ready ? 1 : 0);
      assertThat(moves.get("7").orElseThrow().isReleased()).isTrue();
    }
    moves.begin("7", "c", "why", 9);
    assertThat(moves.size()).isEqualTo(1);
    moves.end("7");
    moves.end("7");
    assertThat(moves.isEmpty()).isTrue();
    assertThat(moves.size()).isZero();
    assertThat(moves.released()).isZero();
  }

  @Test
  void onlyWhatHasTimeLeftIsWaitedFor() {
    moves.begin("1", "b", "", 0);
    moves.begin("2", "b", "", 4);
    assertThat(moves.nanosLeft(10, 9)).contains(1L);
    assertThat(moves.nanosLeft(10, 10)).contains(4L);
    assertThat(moves.nanosLeft(10, 14)).isEmpty();
    assertThat(moves.get("2").orElseThrow().isOver(10, 13)).isFalse();
    assertThat(moves.get("2").orElseThrow().isOver(10, 14)).isTrue();
  }
}
