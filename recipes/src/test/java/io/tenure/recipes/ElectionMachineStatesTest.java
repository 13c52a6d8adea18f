package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;

/** From state to state: what each event makes of an election, and what the election tells. */
class ElectionMachineStatesTest {

  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  private static final long SESSION = 1;
  private static final long OTHER = 2;

  private final InMemoryScope scope = new InMemoryScope();
  private final List<StateChange> changes = new ArrayList<>();
  private int nonces;
  private final ElectionMachine machine = new ElectionMachine(() -> "n" + ++nonces, changes::add);

  private static Incumbent by(String nonce, long session) {
    return new Incumbent(
        new Candidate("w-" + session, "h", 1, Optional.empty()),
        Sessions.format(session),
        nonce,
        NOW);
  }

  /** The one that was drawn last. */
  private String nonce() {
    return "n" + nonces;
  }

  private List<ElectionAction> read(Optional<ScopeView> found, long session) {
    return machine.on(new ElectionEvent.ScopeRead(found, session));
  }

  private List<ElectionAction> read() {
    return read(Optional.of(scope.read()), SESSION);
  }

  private Commit elect(String nonce, long session) {
    return CommitProtocol.elect(scope.read(), by(nonce, session), "h", Retention.KEEP_ALL, NOW);
  }

  private void elected(String nonce, long session) {
    assertThat(scope.apply(elect(nonce, session), session)).isTrue();
  }

  private void atHead() {
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.QueueHead());
    assertThat(machine.state()).isEqualTo(ElectionState.READING);
  }

  private List<ElectionAction> inOffice() {
    atHead();
    read();
    Commit commit = elect(nonce(), SESSION);
    assertThat(scope.apply(commit, SESSION)).isTrue();
    return machine.on(new ElectionEvent.Committed(commit.after()));
  }

  private void ending() {
    inOffice();
    machine.on(new ElectionEvent.End(new Transition.Resigned("enough")));
    assertThat(machine.state()).isEqualTo(ElectionState.ENDING);
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
    machine.on(new ElectionEvent.End(new Transition.Revoked("by hand")));
    Commit end =
        CommitProtocol.end(
            scope.read(), new Transition.Revoked("by hand"), Retention.KEEP_ALL, NOW);
    machine.on(new ElectionEvent.Committed(end.after()));
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
    assertThat(machine.state()).isEqualTo(ElectionState.WAITING);
    machine.on(new ElectionEvent.QueueLost());
    assertThat(machine.state()).isEqualTo(ElectionState.QUEUED);
    assertThat(machine.on(new ElectionEvent.OfficeChanged())).isEmpty();
    assertThat(machine.on(new ElectionEvent.QueueHead()))
        .containsExactly(new ElectionAction.Read(true, 0));
  }

  @Example
  void aVacantScopeIsNoReasonToTryWhereTheHeadWasLostMeanwhile() {
    atHead();
    machine.on(new ElectionEvent.QueueLost());
    assertThat(read()).isEmpty();
    assertThat(machine.state()).isEqualTo(ElectionState.QUEUED);
  }

  @Example
  void aSessionThatEndsWhileTheElectionIsUnderWayLeadsBackToTheQueueOrToItsHead() {
    atHead();
    read();
    assertThat(machine.on(new ElectionEvent.SessionGone(SESSION)))
        .containsExactly(new ElectionAction.Read(true, 0));
    read();
    machine.on(new ElectionEvent.QueueLost());
    assertThat(machine.on(new ElectionEvent.SessionGone(SESSION))).isEmpty();
    assertThat(machine.state()).isEqualTo(ElectionState.QUEUED);
    assertThat(changes).endsWith(StateChange.electing(SESSION, 1), StateChange.to("queued"));
  }

  @Example
  void theEndOfAnotherSessionChangesNothing() {
    inOffice();
    assertThat(machine.on(new ElectionEvent.SessionGone(OTHER))).isEmpty();
    assertThat(machine.state()).isEqualTo(ElectionState.IN_OFFICE);
  }

  @Example
  void aScopeThatIsMissingOrReadBetweenTwoSessionsIsReadAgainAfterAPause() {
    atHead();
    assertThat(read(Optional.empty(), SESSION)).containsExactly(new ElectionAction.Read(true, 1));
    assertThat(read(Optional.of(scope.read()), 0))
        .containsExactly(new ElectionAction.Read(true, 2));
    assertThat(machine.state()).isEqualTo(ElectionState.READING);
  }

  @Example
  void theNodeOfAnotherSessionIsNeverDroppedThoughItRepeatsTheNonce() {
    atHead();
    read();
    machine.on(new ElectionEvent.NotCommitted(true));
    elected("other", OTHER);
    byte[] copied = new LeaderNode(1, by(nonce(), SESSION)).bytes();
    scope.leader = Optional.of(new ScopeView.LeaderData(copied, OTHER));
    assertThat(read()).isEmpty();
    assertThat(machine.state()).isEqualTo(ElectionState.WAITING);
  }

  @Example
  void eachAttemptHasANonceOfItsOwn() {
    ending();
    String before = nonce();
    machine.on(new ElectionEvent.Committed(scope.read()));
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.QueueHead());
    scope.leader = Optional.empty();
    assertThat(read()).containsExactly(new ElectionAction.Elect(scope.read(), SESSION, nonce()));
    assertThat(nonce()).isNotEqualTo(before);
  }

  @Example
  void anAttemptInAnotherSessionIsANewOne() {
    atHead();
    read();
    String before = nonce();
    machine.on(new ElectionEvent.NotCommitted(true));
    assertThat(read(Optional.of(scope.read()), OTHER))
        .containsExactly(new ElectionAction.Elect(scope.read(), OTHER, nonce()));
    assertThat(nonce()).isNotEqualTo(before);
  }

  @Example
  void leavingInOfficeResignsWithTheReason() {
    inOffice();
    ScopeView office = scope.read();
    Transition.End end = new Transition.Resigned("closed");
    assertThat(machine.on(new ElectionEvent.Leave("closed")))
        .containsExactly(
            new ElectionAction.LeaseOver(end),
            new ElectionAction.CommitEnd(office, SESSION, end),
            new ElectionAction.LeaveQueue());
  }

  @Example
  void theFirstReasonToEndCounts() {
    ending();
    assertThat(machine.on(new ElectionEvent.End(new Transition.Lapsed("later")))).isEmpty();
  }

  @Example
  void aScopeThatIsDeletedInOfficeEndsTheLease() {
    inOffice();
    Transition.End lost = new Transition.Lost("the scope was deleted");
    assertThat(read(Optional.empty(), SESSION))
        .containsExactly(
            new ElectionAction.LeaseOver(lost),
            new ElectionAction.DropLeader(SESSION, nonce()),
            new ElectionAction.LeaveQueue(),
            new ElectionAction.Ended(lost, false));
  }

  @Example
  void aRecordOfAnotherTenureEndsTheLease() {
    inOffice();
    scope.leader = Optional.empty();
    elected("other", OTHER);
    Transition.End lost = new Transition.Lost("the record tells of another tenure");
    assertThat(read())
        .containsExactly(
            new ElectionAction.LeaseOver(lost),
            new ElectionAction.DropLeader(SESSION, nonce()),
            new ElectionAction.LeaveQueue(),
            new ElectionAction.Ended(lost, false));
  }

  @Example
  void whatAReadingOfAnotherSessionFindsInOfficeIsLeftToTheNewsOfThatSession() {
    inOffice();
    assertThat(read(Optional.empty(), OTHER)).isEmpty();
    assertThat(machine.state()).isEqualTo(ElectionState.IN_OFFICE);
  }

  @Example
  void textInTheLeaderNodeIsWarnedOfARevocationAskedForAndItsOwnDataPassedOver() {
    inOffice();
    assertThat(read()).isEmpty();
    write("revoke it is slow");
    assertThat(read())
        .containsExactly(new ElectionAction.Revoke("revoked by an operator: it is slow"));
    write("hello");
    assertThat(read()).hasOnlyElementsOfType(ElectionAction.WarnOfText.class).hasSize(1);
    assertThat(machine.state()).isEqualTo(ElectionState.IN_OFFICE);
  }

  @Example
  void anEndIsNotRecordedInAnotherSession() {
    ending();
    machine.on(new ElectionEvent.NotCommitted(true));
    assertThat(read(Optional.of(scope.read()), OTHER))
        .containsExactly(new ElectionAction.Ended(new Transition.Resigned("enough"), false));
    assertThat(machine.state()).isEqualTo(ElectionState.IDLE);
  }

  @Example
  void anEndThatALaterElectionRecordedLeavesThatOfficeAlone() {
    ending();
    machine.on(new ElectionEvent.NotCommitted(true));
    scope.leader = Optional.empty();
    elected("other", OTHER);
    assertThat(read())
        .containsExactly(new ElectionAction.Ended(new Transition.Resigned("enough"), true));
  }

  @Example
  void aRecordOfTheSameEpochThatIsNotItsOwnWasWrittenByHandAndFreesTheOffice() {
    ending();
    machine.on(new ElectionEvent.NotCommitted(true));
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
            new ElectionAction.DropLeader(SESSION, nonce()),
            new ElectionAction.Ended(new Transition.Resigned("enough"), false));
  }

  @Example
  void whoeverAsksAgainWhileTheEndIsUnderWayQueuesOnceItIsSettledAndOnlyThen() {
    ending();
    assertThat(machine.on(new ElectionEvent.Join())).isEmpty();
    assertThat(machine.on(new ElectionEvent.Committed(scope.read())))
        .containsExactly(
            new ElectionAction.Ended(new Transition.Resigned("enough"), true),
            new ElectionAction.JoinQueue());
    assertThat(machine.state()).isEqualTo(ElectionState.QUEUED);

    scope.leader = Optional.empty();
    machine.on(new ElectionEvent.QueueHead());
    read();
    elected(nonce(), SESSION);
    machine.on(new ElectionEvent.Committed(scope.read()));
    machine.on(new ElectionEvent.End(new Transition.Resigned("again")));
    assertThat(machine.on(new ElectionEvent.Committed(scope.read())))
        .containsExactly(new ElectionAction.Ended(new Transition.Resigned("again"), true));
    assertThat(machine.state()).isEqualTo(ElectionState.IDLE);
  }

  @Example
  void whoeverAsksAgainAndGivesUpBeforeTheEndIsSettledQueuesNoMore() {
    ending();
    machine.on(new ElectionEvent.Join());
    machine.on(new ElectionEvent.Leave("no"));
    machine.on(new ElectionEvent.Committed(scope.read()));
    assertThat(machine.state()).isEqualTo(ElectionState.IDLE);
  }
}
