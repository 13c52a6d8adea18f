package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;

/**
 * What one election does when an attempt is given up, when an end cannot be recorded, and when the
 * scope is not as it should be.
 */
class ElectionMachineTest extends OneElection {

  private static final Pauses AFTER_A_DROP = new Pauses(100_000_000);

  private static ScopeView view(ScopeView of, Optional<ScopeView.LeaderData> leader) {
    return new ScopeView(of.record(), of.version(), leader, of.entryNames());
  }

  /** The elect transaction has been sent and no answer came. */
  private void sentWithoutAnswer() {
    atHead();
    assertThat(read()).hasOnlyElementsOfType(Elects.class);
    on(new ElectionEvent.NotCommitted(true));
    assertThat(machine.state()).isEqualTo(LeadershipState.READING);
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
    atHead();
    assertThat(read()).containsExactly(elects(scope.read(), SESSION, nonce()));
    on(new ElectionEvent.EntryTaken());
    assertThat(read())
        .singleElement()
        .satisfies(action -> assertThat(((Elects) action).plainNames()).isFalse());
    Commit commit = elect(nonce(), SESSION);
    assertThat(scope.apply(commit, SESSION)).isTrue();
    on(new ElectionEvent.Committed());
    on(new ElectionEvent.End(new Transition.Resigned("done")));
    assertThat(on(new ElectionEvent.EntryTaken())).hasOnlyElementsOfType(Pauses.class);
    assertThat(read())
        .singleElement()
        .satisfies(action -> assertThat(((Ends) action).plainNames()).isFalse());
  }

  @Example
  void anAttemptOfUnknownOutcomeIsCarriedToItsEndThoughTheScopeCannotBeRead() {
    sentWithoutAnswer();
    assertThat(on(readFails(denied())))
        .hasAtLeastOneElementOfType(LeadershipAction.Refused.class)
        .hasAtLeastOneElementOfType(Pauses.class);
    assertThat(machine.state()).isEqualTo(LeadershipState.READING);

    Commit late = elect(nonce(), SESSION);
    assertThat(scope.apply(late, SESSION)).isTrue();
    assertThat(read()).first().isInstanceOf(Ends.class);
    assertThat(machine.state()).isEqualTo(LeadershipState.ENDING);
  }

  @Example
  void anAttemptOfUnknownOutcomeIsCarriedToItsEndThoughItsCopyIsRefused() {
    sentWithoutAnswer();
    assertThat(read()).hasOnlyElementsOfType(Elects.class);
    assertThat(on(new ElectionEvent.CommitFailed(denied())))
        .hasAtLeastOneElementOfType(LeadershipAction.Refused.class);
    assertThat(machine.state()).isEqualTo(LeadershipState.READING);
  }

  @Example
  void anAttemptThatIsGivenUpWhileAnotherLeadsIsSettledAndNotForgotten() {
    sentWithoutAnswer();
    // The record was read before another was elected, and the leader node after it.
    ScopeView before = scope.read();
    ScopeView torn =
        view(before, Optional.of(new ScopeView.LeaderData(new byte[] {'x'}, SESSION + 1)));
    read(torn);
    assertThat(machine.state()).isEqualTo(LeadershipState.WAITING);
    on(new ElectionEvent.QueueLost());
    on(new ElectionEvent.Leave("enough"));
    assertThat(machine.state()).isEqualTo(LeadershipState.WAITING);

    // That leader's node is deleted by hand, and the first copy of the attempt comes true.
    assertThat(scope.apply(elect(nonce(), SESSION), SESSION)).isTrue();
    on(new ElectionEvent.OfficeChanged());
    assertThat(read()).first().isInstanceOf(Ends.class);
  }

  @Example
  void anAttemptThatIsGivenUpEndsWithItsSession() {
    sentWithoutAnswer();
    on(new ElectionEvent.Leave("enough"));
    assertThat(on(new ElectionEvent.SessionGone(SESSION)))
        .containsExactly(new ElectionAction.LeaveQueue());
    assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
  }

  @Example
  void anAttemptThatIsGivenUpEndsWithItsScope() {
    sentWithoutAnswer();
    on(new ElectionEvent.Leave("enough"));
    read(Optional.empty(), SESSION);
    assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
  }

  @Example
  void itNeverWaitsForTheEndOfItsOwnTenureWhoseRecordWasOverwritten() {
    sentWithoutAnswer();
    assertThat(scope.apply(elect(nonce(), SESSION), SESSION)).isTrue();
    assertThat(read(setBack()))
        .containsExactly(new LeadershipAction.DropLeader(SESSION, nonce()), AFTER_A_DROP);
    assertThat(machine.state()).isEqualTo(LeadershipState.READING);
  }

  @Example
  void conflictsAreTriedLaterAndLaterSaidOnceAndNeverGivenUp() {
    atHead();
    int warnings = 0;
    for (int i = 1; i <= 5 * CommitProtocol.MANY_CONFLICTS; i++) {
      assertThat(read()).hasOnlyElementsOfType(Elects.class);
      List<Object> actions = on(new ElectionEvent.NotCommitted(false));
      assertThat(actions).endsWith(pauses(i));
      warnings += actions.size() - 1;
    }
    assertThat(warnings).isEqualTo(1);
  }

  @Example
  void anEndThatCannotBeRecordedFreesTheOffice() {
    inOffice();
    on(new ElectionEvent.End(new Transition.Resigned("enough")));
    int tries = 0;
    while (machine.state() == LeadershipState.ENDING) {
      List<Object> actions = on(new ElectionEvent.NotCommitted(false));
      tries++;
      if (machine.state() == LeadershipState.ENDING) {
        assertThat(actions).containsExactly(pauses(tries));
        read();
      } else {
        assertThat(actions).startsWith(new LeadershipAction.DropLeader(SESSION, nonce()));
      }
    }
    assertThat(tries).isEqualTo(CommitProtocol.MANY_CONFLICTS + 1);
  }

  @Example
  void anEndWhoseRecordWasEmptiedOrSetBackFreesTheOffice() {
    for (boolean emptied : new boolean[] {true, false}) {
      again();
      inOffice();
      on(new ElectionEvent.End(new Transition.Resigned("enough")));
      on(new ElectionEvent.NotCommitted(false));
      Optional<ScopeView> found = emptied ? Optional.empty() : Optional.of(setBack());
      assertThat(read(found, SESSION))
          .startsWith(new LeadershipAction.DropLeader(SESSION, nonce()))
          .hasAtLeastOneElementOfType(LeadershipAction.Ended.class);
      assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
    }
  }

  @Example
  void aRecordThatIsEmptiedInOfficeFreesIt() {
    inOffice();
    on(new ElectionEvent.OfficeChanged());
    assertThat(read(Optional.empty(), SESSION))
        .contains(new LeadershipAction.DropLeader(SESSION, nonce()))
        .hasAtLeastOneElementOfType(LeadershipAction.Ended.class);
  }

  @Example
  void anAttemptThatCameTrueAndWasGivenUpFreesTheOfficeThoughItsRecordWasOverwritten() {
    for (boolean emptied : new boolean[] {true, false}) {
      again();
      sentWithoutAnswer();
      assertThat(scope.apply(elect(nonce(), SESSION), SESSION)).isTrue();
      on(new ElectionEvent.Leave("enough"));
      Optional<ScopeView> found = emptied ? Optional.empty() : Optional.of(setBack());
      assertThat(read(found, SESSION))
          .startsWith(new LeadershipAction.DropLeader(SESSION, nonce()));
      assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
    }
  }

  @Example
  void anEndOfAnAttemptThatWasGivenUpFreesTheOfficeThoughNoLeaseWasEverOut() {
    sentWithoutAnswer();
    on(new ElectionEvent.Leave("enough"));
    assertThat(scope.apply(elect(nonce(), SESSION), SESSION)).isTrue();
    read();
    assertThat(machine.state()).isEqualTo(LeadershipState.ENDING);
    assertThat(on(new ElectionEvent.CommitFailed(denied())))
        .startsWith(new LeadershipAction.DropLeader(SESSION, nonce()));
  }

  @Example
  void aScopeThatCannotBeReadInOfficeCostsNoTenure() {
    inOffice();
    assertThat(on(readFails(denied())))
        .hasExactlyElementsOfTypes(ElectionAction.WarnOfReading.class, Pauses.class);
    assertThat(on(readFails(denied()))).containsExactly(pauses(2));
    assertThat(machine.state()).isEqualTo(LeadershipState.IN_OFFICE);
  }

  @Example
  void aLeaderThatGoesWhileTheRestOfTheReadingIsOnItsWayIsNotWaitedFor() {
    atHead();
    ScopeView led =
        view(scope.read(), Optional.of(new ScopeView.LeaderData(new byte[] {'x'}, SESSION + 1)));
    on(new ElectionEvent.OfficeChanged());
    assertThat(read(led)).containsExactly(new Reads(true));
    assertThat(machine.state()).isEqualTo(LeadershipState.READING);
    assertThat(read(led)).isEmpty();
    assertThat(machine.state()).isEqualTo(LeadershipState.WAITING);
  }

  @Example
  void aLeaderNodeThatGoesWithNoSessionIsSaidOnceForAsLongAsItIsThere() {
    atHead();
    byte[] data = "restored".getBytes(StandardCharsets.UTF_8);
    ScopeView restored = view(scope.read(), Optional.of(new ScopeView.LeaderData(data, 0)));
    assertThat(read(restored)).containsExactly(new LeadershipAction.WarnOfPersistentLeader());
    on(new ElectionEvent.OfficeChanged());
    assertThat(read(restored)).isEmpty();
    on(new ElectionEvent.OfficeChanged());
    assertThat(read()).hasOnlyElementsOfType(Elects.class);
  }

  @Example
  void aCopyOfAnAttemptIsForgottenWithItsSessionSoThatAnElectionThatIsClosedIsIdleAtOnce() {
    for (boolean copied : new boolean[] {true, false}) {
      again();
      sentWithoutAnswer();
      if (copied) {
        assertThat(read()).hasOnlyElementsOfType(Elects.class);
        on(new ElectionEvent.QueueLost());
      }
      on(new ElectionEvent.SessionGone(SESSION));
      on(new ElectionEvent.Leave("closed"));
      assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
    }
  }

  @Example
  void anOwnLeaderNodeThatWasOverwrittenIsNotWaitedForBesideTheRecordFromBeforeIt() {
    sentWithoutAnswer();
    ScopeView before = scope.read();
    byte[] text = "a text".getBytes(StandardCharsets.UTF_8);
    read(view(before, Optional.of(new ScopeView.LeaderData(text, SESSION))));
    assertThat(machine.state()).isEqualTo(LeadershipState.READING);
    assertThat(scope.apply(elect(nonce(), SESSION), SESSION)).isTrue();
    read();
    assertThat(machine.state()).isEqualTo(LeadershipState.IN_OFFICE);
  }

  @Example
  void conflictsBeforeATenureOrAWaitDoNotCountForWhatComesAfter() {
    for (boolean elected : new boolean[] {true, false}) {
      again();
      atHead();
      for (int i = 0; i < 3; i++) {
        assertThat(read()).hasOnlyElementsOfType(Elects.class);
        on(new ElectionEvent.NotCommitted(false));
      }
      if (elected) {
        read();
        assertThat(scope.apply(elect(nonce(), SESSION), SESSION)).isTrue();
        on(new ElectionEvent.Committed());
        on(new ElectionEvent.End(new Transition.Resigned("done")));
      } else {
        ScopeView vacant = scope.read();
        read(view(vacant, Optional.of(new ScopeView.LeaderData(new byte[] {'x'}, SESSION + 1))));
        assertThat(machine.state()).isEqualTo(LeadershipState.WAITING);
        assertThat(read()).hasOnlyElementsOfType(Elects.class);
      }
      assertThat(on(new ElectionEvent.NotCommitted(false))).containsExactly(pauses(1));
    }
  }

  @Example
  void readingsThatFailAreCountedAnewAfterOneThatSucceeds() {
    inOffice();
    on(readFails(denied()));
    on(readFails(denied()));
    assertThat(read()).isEmpty();
    assertThat(on(readFails(denied())))
        .hasExactlyElementsOfTypes(ElectionAction.WarnOfReading.class, Pauses.class)
        .endsWith(pauses(1));
  }

  @Example
  void readingsThatFailAreCountedAnewInTheNextTenure() {
    inOffice();
    on(readFails(denied()));
    on(new ElectionEvent.End(new Transition.Resigned("done")));
    assertThat(scope.apply(sent.orElseThrow(), SESSION)).isTrue();
    on(new ElectionEvent.Committed());
    inOffice();
    assertThat(on(readFails(denied())))
        .hasExactlyElementsOfTypes(ElectionAction.WarnOfReading.class, Pauses.class)
        .endsWith(pauses(1));
  }

  @Example
  void anotherLeaderNodeThatGoesWithNoSessionIsSaidAgain() {
    atHead();
    ScopeView vacant = scope.read();
    ScopeView restored = view(vacant, Optional.of(new ScopeView.LeaderData(new byte[] {'x'}, 0)));
    for (int i = 0; i < 2; i++) {
      assertThat(read(restored)).contains(new LeadershipAction.WarnOfPersistentLeader());
      on(new ElectionEvent.OfficeChanged());
      assertThat(read(vacant)).hasOnlyElementsOfType(Elects.class);
      on(new ElectionEvent.NotCommitted(false));
    }
  }

  @Example
  void anElectionThatIsClosedWhileElectingResignsWhatComesTrueAndOneThatIsWantedAgainLeads() {
    for (boolean again : new boolean[] {false, true}) {
      again();
      atHead();
      assertThat(read()).hasOnlyElementsOfType(Elects.class);
      on(new ElectionEvent.Leave("closed"));
      assertThat(machine.state()).isEqualTo(LeadershipState.ELECTING);
      if (again) {
        on(new ElectionEvent.Join());
      }
      assertThat(scope.apply(elect(nonce(), SESSION), SESSION)).isTrue();
      List<Object> actions = on(new ElectionEvent.Committed());
      if (again) {
        assertThat(machine.state()).isEqualTo(LeadershipState.IN_OFFICE);
      } else {
        assertThat(actions)
            .startsWith(ends(scope.read(), SESSION, new Transition.Resigned("closed")))
            .doesNotHaveAnyElementsOfTypes(LeadershipAction.Grant.class);
      }
    }
  }

  @Example
  void anOfficeThatWasGivenUpOnceIsLedWhenItIsWantedLater() {
    atHead();
    on(new ElectionEvent.Leave("enough"));
    assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
    inOffice();
  }

  @Example
  void onceATransitionHasFoundAnotherNameTheNextHasAPlainOne() {
    for (boolean answered : new boolean[] {true, false}) {
      again();
      atHead();
      read();
      on(new ElectionEvent.EntryTaken());
      read();
      assertThat(scope.apply(sent.orElseThrow(), SESSION)).isTrue();
      if (answered) {
        on(new ElectionEvent.Committed());
      } else {
        on(new ElectionEvent.NotCommitted(true));
        read();
      }
      assertThat(on(new ElectionEvent.End(new Transition.Resigned("done"))))
          .contains(ends(scope.read(), SESSION, new Transition.Resigned("done")));
    }
  }

  @Example
  void aParentOfEntriesThatWasMadeMeanwhileIsNotMadeASecondTime() {
    atHead();
    read();
    on(new ElectionEvent.AuditMissing());
    read();
    assertThat(sent.orElseThrow().ops()).hasAtLeastOneElementOfType(ScopeOp.CreateAudit.class);
    on(new ElectionEvent.NotCommitted(false));
    read();
    assertThat(sent.orElseThrow().ops()).doesNotHaveAnyElementsOfTypes(ScopeOp.CreateAudit.class);
  }

  @Example
  void onceAnEndHasFoundAnotherNameTheNextElectionHasAPlainOne() {
    inOffice();
    on(new ElectionEvent.End(new Transition.Resigned("done")));
    on(new ElectionEvent.EntryTaken());
    read();
    assertThat(scope.apply(sent.orElseThrow(), SESSION)).isTrue();
    on(new ElectionEvent.Committed());
    atHead();
    assertThat(read()).containsExactly(elects(scope.read(), SESSION, nonce()));
  }
}
