package io.tenure.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.cli.serve.ConnectionTable.Phase;
import org.junit.jupiter.api.Test;

/** Who is cut off, and when. */
class ConnectionTableTest {

  private final ConnectionTable<String> table = new ConnectionTable<>(3, 1_000);

  @Test
  void beyondTheBoundTheOneThatHasDoneTheSameForTheLongestTimeIsCutOff() {
    table.enter("a", Phase.REQUEST, 0, 0);
    table.enter("b", Phase.REQUEST, 0, 1);
    table.enter("c", Phase.REQUEST, 0, 2);
    table.enter("a", Phase.ANSWER, 10, 3); // It goes on, so b is the one that waits.
    assertThat(table.enter("d", Phase.REQUEST, 0, 4)).containsExactly("b");
    assertThat(table.enter("e", Phase.REQUEST, 0, 5)).containsExactly("c");
    assertThat(table.size()).isEqualTo(3);
  }

  @Test
  void aConnectionThatTheServerItselfWorksForIsNotCutOffForAnother() {
    table.enter("working", Phase.WORK, 0, 0);
    table.enter("slow", Phase.REQUEST, 0, 1);
    table.enter("c", Phase.REQUEST, 0, 2);
    assertThat(table.enter("d", Phase.REQUEST, 0, 3)).containsExactly("slow");
  }

  @Test
  void theBytesThatWaitForReadersAreBoundedAndOneLargeAnswerIsSentAllTheSame() {
    assertThat(table.enter("a", Phase.ANSWER, 600, 0)).isEmpty();
    assertThat(table.enter("b", Phase.ANSWER, 600, 1)).containsExactly("a");
    assertThat(table.enter("c", Phase.ANSWER, 5_000, 2)).containsExactly("b");
    assertThat(table.size()).isEqualTo(1);
    table.enter("c", Phase.REQUEST, 0, 3);
    assertThat(table.enter("d", Phase.ANSWER, 1_000, 4)).isEmpty();
  }

  @Test
  void eachPhaseHasItsLimitAndANewPhaseANewOne() {
    table.enter("slow", Phase.REQUEST, 0, 0);
    table.enter("quick", Phase.REQUEST, 0, 0);
    table.enter("quick", Phase.ANSWER, 10, 9_000);
    assertThat(table.removeOverdue(9_999)).isEmpty();
    assertThat(table.removeOverdue(10_000)).containsExactly("slow");
    assertThat(table.removeOverdue(68_999)).isEmpty();
    assertThat(table.removeOverdue(69_000)).containsExactly("quick");
    assertThat(table.size()).isZero();
  }
}
