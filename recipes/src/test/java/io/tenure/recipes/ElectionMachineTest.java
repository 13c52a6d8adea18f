package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.scope.Candidate;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;

/**
 * What one election does when an attempt is given up, when an end cannot be recorded, and when the
 * scope is not as it should be.
 */
class ElectionMachineTest {

  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  private static final long SESSION = 1;

  private InMemoryScope scope = new InMemoryScope();
  private ElectionMachine machine = machine();

  private static ElectionMachine machine() {
    return new ElectionMachine(() -> "n", change -> {});
  }

  private static ScopeView view(ScopeView of, Optional<ScopeView.LeaderData> leader) {
    return new ScopeView(of.record(), of.version(), leader, of.entryNames());
  }

  private List<ElectionAction> read(ScopeView found) {
    return machine.on(new ElectionEvent.ScopeRead(Optional.of(found), SESSION));
  }

  private List<ElectionAction> read() {
    return read(scope.read());
  }

  private static Incumbent by(String nonce, long session) {
    return new Incumbent(
        new Candidate("w-" + session, "h", 1, Optional.empty()),
        Sessions.format(session),
        nonce,
        NOW);
  }

  private Commit elected(String nonce, long session) {
    return CommitProtocol.elect(scope.read(), by(nonce, session), "h", Retention.KEEP_ALL, NOW);
  }

  /** The elect transaction has been sent and no answer came. */
  private void sentWithoutAnswer() {
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.QueueHead());
    assertThat(read()).hasOnlyElementsOfType(ElectionAction.Elect.class);
    machine.on(new ElectionEvent.NotCommitted(true));
    assertThat(machine.state()).isEqualTo(ElectionState.READING);
  }

  private void inOffice() {
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.QueueHead());
    read();
    Commit commit = elected("n", SESSION);
    assertThat(scope.apply(commit, SESSION)).isTrue();
    machine.on(new ElectionEvent.Committed(commit.after()));
    assertThat(machine.state()).isEqualTo(ElectionState.IN_OFFICE);
  }

  /** What is read when a person has set the record back. */
  private ScopeView setBack() {
    ScopeView found = scope.read();
    return new ScopeView(
        ScopeRecord.empty(), found.version() + 1, found.leader(), found.entryNames());
  }

  private static CoordinationException denied() {
    return new CoordinationException("denied");
  }

  @Example
  void whereAnEntrysPlaceIsTakenTheNextTryNamesItSoThatNobodyCouldTakeItAhead() {
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.QueueHead());
    assertThat(read()).containsExactly(new ElectionAction.Elect(scope.read(), SESSION, "n"));
    machine.on(new ElectionEvent.EntryTaken());
    assertThat(read())
        .singleElement()
        .satisfies(
            action -> assertThat(((ElectionAction.Elect) action).naming().suffix()).isPresent());
    Commit commit = elected("n", SESSION);
    assertThat(scope.apply(commit, SESSION)).isTrue();
    machine.on(new ElectionEvent.Committed(commit.after()));
    machine.on(new ElectionEvent.End(new Transition.Resigned("done")));
    assertThat(machine.on(new ElectionEvent.EntryTaken()))
        .hasOnlyElementsOfType(ElectionAction.Read.class);
    assertThat(read())
        .singleElement()
        .satisfies(
            action ->
                assertThat(((ElectionAction.CommitEnd) action).naming().suffix()).isPresent());
  }

  @Example
  void anAttemptOfUnknownOutcomeIsCarriedToItsEndThoughTheScopeCannotBeRead() {
    sentWithoutAnswer();
    assertThat(machine.on(new ElectionEvent.ReadFailed(denied())))
        .hasAtLeastOneElementOfType(ElectionAction.Fail.class)
        .hasAtLeastOneElementOfType(ElectionAction.Read.class);
    assertThat(machine.state()).isEqualTo(ElectionState.READING);

    Commit late = elected("n", SESSION);
    assertThat(scope.apply(late, SESSION)).isTrue();
    assertThat(read()).first().isInstanceOf(ElectionAction.CommitEnd.class);
    assertThat(machine.state()).isEqualTo(ElectionState.ENDING);
  }

  @Example
  void anAttemptOfUnknownOutcomeIsCarriedToItsEndThoughItsCopyIsRefused() {
    sentWithoutAnswer();
    assertThat(read()).hasOnlyElementsOfType(ElectionAction.Elect.class);
    assertThat(machine.on(new ElectionEvent.CommitFailed(denied())))
        .hasAtLeastOneElementOfType(ElectionAction.Fail.class);
    assertThat(machine.state()).isEqualTo(ElectionState.READING);
  }

  @Example
  void anAttemptThatIsGivenUpWhileAnotherLeadsIsSettledAndNotForgotten() {
    sentWithoutAnswer();
    // The record was read before another was elected, and the leader node after it.
    ScopeView before = scope.read();
    ScopeView torn =
        view(before, Optional.of(new ScopeView.LeaderData(new byte[] {'x'}, SESSION + 1)));
    read(torn);
    assertThat(machine.state()).isEqualTo(ElectionState.WAITING);
    machine.on(new ElectionEvent.QueueLost());
    machine.on(new ElectionEvent.Leave("enough"));
    assertThat(machine.state()).isEqualTo(ElectionState.WAITING);

    // That leader's node is deleted by hand, and the first copy of the attempt comes true.
    assertThat(scope.apply(elected("n", SESSION), SESSION)).isTrue();
    machine.on(new ElectionEvent.OfficeChanged());
    assertThat(read()).first().isInstanceOf(ElectionAction.CommitEnd.class);
  }

  @Example
  void anAttemptThatIsGivenUpEndsWithItsSession() {
    sentWithoutAnswer();
    machine.on(new ElectionEvent.Leave("enough"));
    assertThat(machine.on(new ElectionEvent.SessionGone(SESSION)))
        .containsExactly(new ElectionAction.LeaveQueue());
    assertThat(machine.state()).isEqualTo(ElectionState.IDLE);
  }

  @Example
  void anAttemptThatIsGivenUpEndsWithItsScope() {
    sentWithoutAnswer();
    machine.on(new ElectionEvent.Leave("enough"));
    machine.on(new ElectionEvent.ScopeRead(Optional.empty(), SESSION));
    assertThat(machine.state()).isEqualTo(ElectionState.IDLE);
  }

  @Example
  void itNeverWaitsForTheEndOfItsOwnTenureWhoseRecordWasOverwritten() {
    sentWithoutAnswer();
    assertThat(scope.apply(elected("n", SESSION), SESSION)).isTrue();
    assertThat(read(setBack()))
        .containsExactly(
            new ElectionAction.DropLeader(SESSION, "n"), new ElectionAction.Read(true, 1));
    assertThat(machine.state()).isEqualTo(ElectionState.READING);
  }

  @Example
  void conflictsAreTriedLaterAndLaterSaidOnceAndNeverGivenUp() {
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.QueueHead());
    int warnings = 0;
    for (int i = 1; i <= 5 * CommitProtocol.MANY_CONFLICTS; i++) {
      assertThat(read()).hasOnlyElementsOfType(ElectionAction.Elect.class);
      List<ElectionAction> actions = machine.on(new ElectionEvent.NotCommitted(false));
      assertThat(actions).endsWith(new ElectionAction.Read(true, i));
      warnings += actions.size() - 1;
    }
    assertThat(warnings).isEqualTo(1);
  }

  @Example
  void anEndThatCannotBeRecordedFreesTheOffice() {
    inOffice();
    machine.on(new ElectionEvent.End(new Transition.Resigned("enough")));
    int tries = 0;
    while (machine.state() == ElectionState.ENDING) {
      List<ElectionAction> actions = machine.on(new ElectionEvent.NotCommitted(false));
      tries++;
      if (machine.state() == ElectionState.ENDING) {
        assertThat(actions).containsExactly(new ElectionAction.Read(false, tries));
        read();
      } else {
        assertThat(actions).startsWith(new ElectionAction.DropLeader(SESSION, "n"));
      }
    }
    assertThat(tries).isEqualTo(CommitProtocol.MANY_CONFLICTS + 1);
  }

  @Example
  void anEndWhoseRecordWasEmptiedOrSetBackFreesTheOffice() {
    for (boolean emptied : new boolean[] {true, false}) {
      scope = new InMemoryScope();
      machine = machine();
      inOffice();
      machine.on(new ElectionEvent.End(new Transition.Resigned("enough")));
      machine.on(new ElectionEvent.NotCommitted(false));
      Optional<ScopeView> found = emptied ? Optional.empty() : Optional.of(setBack());
      assertThat(machine.on(new ElectionEvent.ScopeRead(found, SESSION)))
          .startsWith(new ElectionAction.DropLeader(SESSION, "n"))
          .hasAtLeastOneElementOfType(ElectionAction.Ended.class);
      assertThat(machine.state()).isEqualTo(ElectionState.IDLE);
    }
  }

  @Example
  void aRecordThatIsEmptiedInOfficeFreesIt() {
    inOffice();
    machine.on(new ElectionEvent.OfficeChanged());
    assertThat(machine.on(new ElectionEvent.ScopeRead(Optional.empty(), SESSION)))
        .contains(new ElectionAction.DropLeader(SESSION, "n"))
        .hasAtLeastOneElementOfType(ElectionAction.Ended.class);
  }

  @Example
  void anAttemptThatCameTrueAndWasGivenUpFreesTheOfficeThoughItsRecordWasOverwritten() {
    for (boolean emptied : new boolean[] {true, false}) {
      scope = new InMemoryScope();
      machine = machine();
      sentWithoutAnswer();
      assertThat(scope.apply(elected("n", SESSION), SESSION)).isTrue();
      machine.on(new ElectionEvent.Leave("enough"));
      Optional<ScopeView> found = emptied ? Optional.empty() : Optional.of(setBack());
      assertThat(machine.on(new ElectionEvent.ScopeRead(found, SESSION)))
          .startsWith(new ElectionAction.DropLeader(SESSION, "n"));
      assertThat(machine.state()).isEqualTo(ElectionState.IDLE);
    }
  }

  @Example
  void anEndOfAnAttemptThatWasGivenUpFreesTheOfficeThoughNoLeaseWasEverOut() {
    sentWithoutAnswer();
    machine.on(new ElectionEvent.Leave("enough"));
    assertThat(scope.apply(elected("n", SESSION), SESSION)).isTrue();
    read();
    assertThat(machine.state()).isEqualTo(ElectionState.ENDING);
    assertThat(machine.on(new ElectionEvent.CommitFailed(denied())))
        .startsWith(new ElectionAction.DropLeader(SESSION, "n"));
  }

  @Example
  void aScopeThatCannotBeReadInOfficeCostsNoTenure() {
    inOffice();
    assertThat(machine.on(new ElectionEvent.ReadFailed(denied())))
        .hasExactlyElementsOfTypes(ElectionAction.WarnOfReading.class, ElectionAction.Read.class);
    assertThat(machine.on(new ElectionEvent.ReadFailed(denied())))
        .containsExactly(new ElectionAction.Read(false, 2));
    assertThat(machine.state()).isEqualTo(ElectionState.IN_OFFICE);
  }

  @Example
  void aLeaderThatGoesWhileTheRestOfTheReadingIsOnItsWayIsNotWaitedFor() {
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.QueueHead());
    ScopeView led =
        view(scope.read(), Optional.of(new ScopeView.LeaderData(new byte[] {'x'}, SESSION + 1)));
    machine.on(new ElectionEvent.OfficeChanged());
    assertThat(read(led)).containsExactly(new ElectionAction.Read(true, 0));
    assertThat(machine.state()).isEqualTo(ElectionState.READING);
    assertThat(read(led)).isEmpty();
    assertThat(machine.state()).isEqualTo(ElectionState.WAITING);
  }

  @Example
  void aLeaderNodeThatGoesWithNoSessionIsSaidOnceForAsLongAsItIsThere() {
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.QueueHead());
    byte[] data = "restored".getBytes(StandardCharsets.UTF_8);
    ScopeView restored = view(scope.read(), Optional.of(new ScopeView.LeaderData(data, 0)));
    assertThat(read(restored)).containsExactly(new ElectionAction.WarnOfPersistentLeader());
    machine.on(new ElectionEvent.OfficeChanged());
    assertThat(read(restored)).isEmpty();
    machine.on(new ElectionEvent.OfficeChanged());
    assertThat(read()).hasOnlyElementsOfType(ElectionAction.Elect.class);
  }
}
