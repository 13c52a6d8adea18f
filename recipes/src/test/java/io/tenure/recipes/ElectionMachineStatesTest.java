package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;

/** From state to state: what each event makes of an election, and what the election tells. */
class ElectionMachineStatesTest extends OneElection {

  private static final long OTHER = 2;

  private void elected(String nonce, long session) {
    assertThat(scope.apply(elect(nonce, session), session)).isTrue();
  }

  private void ending() {
    inOffice();
    on(new ElectionEvent.End(new Transition.Resigned("enough")));
    assertThat(machine.state()).isEqualTo(LeadershipState.ENDING);
  }

  private void write(String text) {
    scope.leader =
        Optional.of(
            new ScopeView.LeaderData(
                text.getBytes(StandardCharsets.UTF_8), scope.leader.orElseThrow().owner()));
  }

  @Example
  void eachChangeOfStateIsToldOnceWithSessionAndEpoch() {
    inOffice();
    on(new ElectionEvent.End(new Transition.Revoked("by hand")));
    Commit end =
        CommitProtocol.end(
            scope.read(), new Transition.Revoked("by hand"), Retention.KEEP_ALL, NOW);
    on(new ElectionEvent.Committed());
    assertThat(changes)
        .containsExactly(
            StateChange.to("queued"),
            StateChange.to("reading"),
            StateChange.electing(SESSION, 1),
            StateChange.inOffice(SESSION, 1),
            StateChange.ending(SESSION, 1, new Transition.Revoked("by hand")),
            StateChange.to("idle"));
  }

  @Example
  void theSessionIsThatOfTheAttempt() {
    atHead();
    assertThat(machine.session()).isZero();
    read();
    assertThat(machine.session()).isEqualTo(SESSION);
  }

  @Example
  void whoeverLosesTheHeadOfTheQueueWaitsForItAgain() {
    elected("other", OTHER);
    atHead();
    read();
    assertThat(machine.state()).isEqualTo(LeadershipState.WAITING);
    on(new ElectionEvent.QueueLost());
    assertThat(machine.state()).isEqualTo(LeadershipState.QUEUED);
    assertThat(on(new ElectionEvent.OfficeChanged())).isEmpty();
    assertThat(on(new ElectionEvent.QueueHead())).containsExactly(new Reads(true));
  }

  @Example
  void aVacantScopeIsNoReasonToTryWhereTheHeadWasLostMeanwhile() {
    atHead();
    on(new ElectionEvent.QueueLost());
    assertThat(read()).isEmpty();
    assertThat(machine.state()).isEqualTo(LeadershipState.QUEUED);
  }

  @Example
  void aSessionThatEndsWhileTheElectionIsUnderWayLeadsBackToTheQueueOrToItsHead() {
    atHead();
    read();
    assertThat(on(new ElectionEvent.SessionGone(SESSION))).containsExactly(new Reads(true));
    read();
    on(new ElectionEvent.QueueLost());
    assertThat(on(new ElectionEvent.SessionGone(SESSION))).isEmpty();
    assertThat(machine.state()).isEqualTo(LeadershipState.QUEUED);
    assertThat(changes).endsWith(StateChange.electing(SESSION, 1), StateChange.to("queued"));
  }

  @Example
  void theEndOfAnotherSessionChangesNothing() {
    inOffice();
    assertThat(on(new ElectionEvent.SessionGone(OTHER))).isEmpty();
    assertThat(machine.state()).isEqualTo(LeadershipState.IN_OFFICE);
  }

  @Example
  void aScopeThatIsMissingOrReadBetweenTwoSessionsIsReadAgainAfterAPause() {
    atHead();
    assertThat(read(Optional.empty(), SESSION)).containsExactly(pauses(1));
    assertThat(read(Optional.of(scope.read()), 0)).containsExactly(pauses(2));
    assertThat(machine.state()).isEqualTo(LeadershipState.READING);
  }

  @Example
  void theNodeOfAnotherSessionIsNeverDroppedThoughItRepeatsTheNonce() {
    atHead();
    read();
    on(new ElectionEvent.NotCommitted(true));
    elected("other", OTHER);
    byte[] copied = new LeaderNode(1, by(nonce(), SESSION)).bytes();
    scope.leader = Optional.of(new ScopeView.LeaderData(copied, OTHER));
    assertThat(read()).isEmpty();
    assertThat(machine.state()).isEqualTo(LeadershipState.WAITING);
  }

  @Example
  void eachAttemptHasANonceOfItsOwn() {
    ending();
    String before = nonce();
    on(new ElectionEvent.Committed());
    on(new ElectionEvent.Join());
    on(new ElectionEvent.QueueHead());
    scope.leader = Optional.empty();
    assertThat(read()).containsExactly(elects(scope.read(), SESSION, nonce()));
    assertThat(nonce()).isNotEqualTo(before);
  }

  @Example
  void anAttemptInAnotherSessionIsANewOne() {
    atHead();
    read();
    String before = nonce();
    on(new ElectionEvent.NotCommitted(true));
    assertThat(read(Optional.of(scope.read()), OTHER))
        .containsExactly(elects(scope.read(), OTHER, nonce()));
    assertThat(nonce()).isNotEqualTo(before);
  }

  @Example
  void aScopeThatWasDeletedAndMadeAgainIsNotAsItWasAlthoughItsVersionIs() {
    atHead();
    read();
    String before = nonce();
    int version = scope.read().version();
    on(new ElectionEvent.NotCommitted(true));
    elected("other", OTHER);
    ScopeView again = new ScopeView(scope.read().record(), version, Optional.empty(), List.of());
    assertThat(read(again)).hasOnlyElementsOfType(Elects.class);
    assertThat(nonce()).as("the first copy cannot come true").isNotEqualTo(before);
  }

  @Example
  void aParentOfEntriesThatIsMissingIsMadeAlong() {
    atHead();
    read();
    assertThat(on(new ElectionEvent.AuditMissing())).containsExactly(pauses(1));
    read();
    assertThat(sent.orElseThrow().ops()).hasAtLeastOneElementOfType(ScopeOp.CreateAudit.class);
  }

  @Example
  void whoMayNotDeleteEntriesReadsNoNames() {
    atHead();
    read();
    on(new ElectionEvent.TrimDenied());
    assertThat(machine.on(new ElectionEvent.OfficeChanged(), NOW)).isEmpty();
    read();
    elected(nonce(), SESSION);
    on(new ElectionEvent.Committed());
    assertThat(machine.on(new ElectionEvent.OfficeChanged(), NOW))
        .singleElement()
        .extracting(action -> ((ElectionAction.OfScope) action).action())
        .extracting(action -> ((LeadershipAction.Read) action).names())
        .isEqualTo(LeadershipAction.Names.NO);
  }

  @Example
  void leavingInOfficeResignsWithTheReason() {
    inOffice();
    ScopeView office = scope.read();
    Transition.End end = new Transition.Resigned("closed");
    assertThat(on(new ElectionEvent.Leave("closed")))
        .containsExactly(
            new LeadershipAction.LeaseOver(end),
            ends(office, SESSION, end),
            new ElectionAction.LeaveQueue());
  }

  @Example
  void theFirstReasonToEndCounts() {
    ending();
    assertThat(on(new ElectionEvent.End(new Transition.Lapsed("later")))).isEmpty();
  }

  @Example
  void aScopeThatIsDeletedInOfficeEndsTheLease() {
    inOffice();
    Transition.End lost = new Transition.Lost("the scope was deleted");
    assertThat(read(Optional.empty(), SESSION))
        .containsExactly(
            new LeadershipAction.LeaseOver(lost),
            new LeadershipAction.DropLeader(SESSION, nonce()),
            new ElectionAction.LeaveQueue(),
            new LeadershipAction.Ended(lost, false));
  }

  @Example
  void aRecordOfAnotherTenureEndsTheLease() {
    inOffice();
    scope.leader = Optional.empty();
    elected("other", OTHER);
    Transition.End lost = new Transition.Lost("the record tells of another tenure");
    assertThat(read())
        .containsExactly(
            new LeadershipAction.LeaseOver(lost),
            new LeadershipAction.DropLeader(SESSION, nonce()),
            new ElectionAction.LeaveQueue(),
            new LeadershipAction.Ended(lost, false));
  }

  @Example
  void whatAReadingOfAnotherSessionFindsInOfficeIsLeftToTheNewsOfThatSession() {
    inOffice();
    assertThat(read(Optional.empty(), OTHER)).isEmpty();
    assertThat(machine.state()).isEqualTo(LeadershipState.IN_OFFICE);
  }

  @Example
  void textInTheLeaderNodeIsWarnedOfARevocationAskedForAndItsOwnDataPassedOver() {
    inOffice();
    assertThat(read()).isEmpty();
    write("revoke it is slow");
    assertThat(read())
        .containsExactly(
            new LeadershipAction.RequestStop(
                new Transition.Revoked("revoked by an operator: it is slow")));
    write("hello");
    assertThat(read()).hasOnlyElementsOfType(LeadershipAction.WarnOfText.class).hasSize(1);
    assertThat(machine.state()).isEqualTo(LeadershipState.IN_OFFICE);
  }

  @Example
  void anEndIsNotRecordedInAnotherSession() {
    ending();
    on(new ElectionEvent.NotCommitted(true));
    assertThat(read(Optional.of(scope.read()), OTHER))
        .containsExactly(new LeadershipAction.Ended(new Transition.Resigned("enough"), false));
    assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
  }

  @Example
  void anEndThatALaterElectionRecordedLeavesThatOfficeAlone() {
    ending();
    on(new ElectionEvent.NotCommitted(true));
    scope.leader = Optional.empty();
    elected("other", OTHER);
    assertThat(read())
        .containsExactly(new LeadershipAction.Ended(new Transition.Resigned("enough"), true));
  }

  @Example
  void aRecordOfTheSameEpochThatIsNotItsOwnWasWrittenByHandAndFreesTheOffice() {
    ending();
    on(new ElectionEvent.NotCommitted(true));
    ScopeView found = scope.read();
    ScopeRecord edited =
        new ScopeRecord(
            1,
            Optional.of(by("edited", OTHER)),
            Optional.empty(),
            1,
            2,
            ScopeRecord.GENESIS,
            ScopeRecord.empty().unknown());
    assertThat(
            read(
                Optional.of(
                    new ScopeView(edited, found.version() + 1, found.leader(), found.entryNames())),
                SESSION))
        .containsExactly(
            new LeadershipAction.DropLeader(SESSION, nonce()),
            new LeadershipAction.Ended(new Transition.Resigned("enough"), false));
  }

  @Example
  void whoeverAsksAgainWhileTheEndIsUnderWayQueuesOnceItIsSettledAndOnlyThen() {
    ending();
    assertThat(on(new ElectionEvent.Join())).isEmpty();
    assertThat(on(new ElectionEvent.Committed()))
        .containsExactly(
            new LeadershipAction.Ended(new Transition.Resigned("enough"), true),
            new ElectionAction.JoinQueue());
    assertThat(machine.state()).isEqualTo(LeadershipState.QUEUED);

    scope.leader = Optional.empty();
    on(new ElectionEvent.QueueHead());
    read();
    elected(nonce(), SESSION);
    on(new ElectionEvent.Committed());
    on(new ElectionEvent.End(new Transition.Resigned("again")));
    assertThat(on(new ElectionEvent.Committed()))
        .containsExactly(new LeadershipAction.Ended(new Transition.Resigned("again"), true));
    assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
  }

  @Example
  void whoeverAsksAgainAndGivesUpBeforeTheEndIsSettledQueuesNoMore() {
    ending();
    on(new ElectionEvent.Join());
    on(new ElectionEvent.Leave("no"));
    on(new ElectionEvent.Committed());
    assertThat(machine.state()).isEqualTo(LeadershipState.IDLE);
  }
}
