package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeView;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Example;

/**
 * The main ways of one shard of a worker, told as what the worker hears and what it then wants
 * done. {@link WorkerSimulationTest} looks for the unforeseen ways.
 */
class ShardMachineTest extends OneShard {

  // ---- the beginning ----

  @Example
  void inANewGroupShardsAreLedWithoutReadingThemFirst() {
    begins(true);
    assertThat(plan(leads())).containsExactly("send 7: found and elect epoch 1");
    assertThat(committed()).containsExactly("grant 7 epoch 1", "watch 7");
  }

  @Example
  void otherwiseAScopeIsReadAndTakenIfItIsVacant() {
    othersTenureEnds(new Transition.Resigned("handoff"));
    begins(false);
    assertThat(plan(leads())).containsExactly("look at 7");
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
    assertThat(committed()).containsExactly("grant 7 epoch 2", "watch 7");
  }

  @Example
  void whoFindsALeaderWaitsForItsNodeToBeDeleted() {
    anotherLeads();
    begins(false);
    plan(leads());
    assertThat(looked()).containsExactly("look at 7 and watch");
    assertThat(looked()).isEmpty();
    anotherEnds(new Transition.Resigned("handoff"));
    assertThat(officeChanged()).containsExactly("look at 7");
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
  }

  @Example
  void aParentOfEntriesThatIsMissingIsMadeAlong() {
    scope = InMemoryScope.emptyZnode();
    begins(false);
    plan(leads());
    assertThat(looked()).containsExactly("send 7: elect epoch 1");
    assertThat(on(new WorkerEvent.AuditMissing("7"))).containsExactly("look at 7, synced");
    assertThat(looked()).containsExactly("send 7: elect epoch 1 with audit");
    committed();
    scope.deleteAudit();
    ends(1, new Transition.Resigned("done"));
    assertThat(on(new WorkerEvent.AuditMissing("7"))).containsExactly("look at 7, synced");
    assertThat(looked()).containsExactly("send 7: end epoch 1 as resigned with audit");
  }

  private List<String> entriesSent() {
    return sent.ops().stream()
        .filter(ScopeOp.CreateEntry.class::isInstance)
        .map(op -> ((ScopeOp.CreateEntry) op).name())
        .toList();
  }

  @Example
  void whereAnEntrysPlaceIsTakenTheNextTryNamesItSoThatNobodyCouldTakeItAhead() {
    othersTenureEnds(new Transition.Resigned("handoff"));
    begins(false);
    plan(leads());
    looked();
    assertThat(entriesSent()).containsExactly("0000000003-elected-w-1");
    assertThat(on(new WorkerEvent.EntryTaken("7"))).containsExactly("look at 7, synced");
    looked();
    assertThat(entriesSent()).first().asString().matches("0000000003-elected-w-1~.+");
    committed();
    ends(2, new Transition.Resigned("done"));
    assertThat(entriesSent()).containsExactly("0000000004-resigned-w-1");
    assertThat(on(new WorkerEvent.EntryTaken("7"))).containsExactly("look at 7, synced");
    looked();
    assertThat(entriesSent()).first().asString().matches("0000000004-resigned-w-1~.+");
  }

  @Example
  void whoMayNotDeleteEntriesLeadsAndKeepsThem() {
    for (int i = 0; i < 10; i++) {
      othersTenureEnds(new Transition.Resigned("handoff"));
    }
    begins(false);
    plan(leads());
    looked();
    assertThat(sent.ops()).hasAtLeastOneElementOfType(ScopeOp.DeleteEntry.class);
    assertThat(on(new WorkerEvent.TrimDenied("7")))
        .containsExactly("look at 7, synced, without names");
    assertThat(looked()).containsExactly("send 7: elect epoch 11");
    assertThat(sent.ops()).noneMatch(ScopeOp.DeleteEntry.class::isInstance);
    assertThat(sent.after().record().auditFirst()).isEqualTo(1);
    committed();
    assertThat(ends(11, new Transition.Resigned("done")))
        .containsExactly("lease of 7 over: resigned", "send 7: end epoch 11 as resigned");
    assertThat(sent.ops()).noneMatch(ScopeOp.DeleteEntry.class::isInstance);
    assertThat(sent.after().record().auditFirst()).isEqualTo(1);
  }

  // ---- handoff ----

  @Example
  void theSuccessorOfAHandoffGetsReadyAndIsElectedWhenTheLeaderHasResigned() {
    anotherLeads();
    begins(false);
    assertThat(plan(takesOver())).containsExactly("warm up 7", "look at 7 and watch");
    assertThat(looked()).isEmpty();
    assertThat(on(new WorkerEvent.WarmedUp("7"))).containsExactly("report");
    assertThat(plan(leads())).isEmpty();
    anotherEnds(new Transition.Resigned("handoff"));
    officeChanged();
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
    assertThat(committed()).containsExactly("grant 7 epoch 2", "watch 7", "report");
  }

  @Example
  void theLeaderOfAHandoffStopsItsTaskThenEndsItsLeaseThenResigns() {
    leadsSinceTheBeginning();
    assertThat(plan(nothing())).containsExactly("ask 7 to stop: resigned, handoff", "report");
    assertThat(ends(1, new Transition.Resigned("handoff")))
        .containsExactly("lease of 7 over: resigned", "send 7: end epoch 1 as resigned");
    assertThat(taskGone()).isEmpty();
    assertThat(committed()).containsExactly("7 ended: resigned", "report");
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void aPlanThatChangesItsMindWhileElectingEndsTheTenureBeforeItsLeaseIsOut() {
    begins(true);
    plan(leads());
    assertThat(plan(nothing())).isEmpty();
    assertThat(committed()).containsExactly("send 7: end epoch 1 as resigned");
    assertThat(committed()).containsExactly("7 ended: resigned", "report");
    assertThat(machine.shards()).isEmpty();
  }

  // ---- crash ----

  @Example
  void theFirstStandbyTakesOverFromALeaderThatIsLostAndReportsIt() {
    standsByForAnother(0);
    anothersSessionEnds();
    assertThat(officeChanged()).containsExactly("look at 7");
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
    assertThat(committed()).containsExactly("grant 7 epoch 2", "watch 7", "report");
    assertThat(scope.history)
        .extracting(entry -> entry.transition().word())
        .containsExactly("elected", "lost", "elected");
  }

  @Example
  void aLeaderWhoseNodeWasDeletedByHandIsLetRecordItsEnd() {
    standsByForAnother(0);
    anothersSessionEnds(); // Its leader node is gone, that is; its session lives.
    assertThat(officeChanged()).containsExactly("look at 7");
    assertThat(lookedAndFoundItDeserted())
        .containsExactly("say that 7 waits for w-2 in epoch 1", "wake 7 in 100 ms");
    assertThat(wakes()).containsExactly("look at 7 and watch");
    assertThat(lookedAndFoundItDeserted()).containsExactly("wake 7 in 100 ms");
    anotherEnds(new Transition.Revoked("the leader node was deleted by an operator"));
    wakes();
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
  }

  @Example
  void itIsNotWaitedForWhenItsSessionHasEndedAfterAll() {
    standsByForAnother(0);
    anothersSessionEnds();
    officeChanged();
    lookedAndFoundItDeserted();
    wakes();
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
  }

  @Example
  void aLeaderThatDoesNotRecordItsEndIsWaitedForTwoSessionTimeouts() {
    standsByForAnother(0);
    anothersSessionEnds();
    officeChanged();
    long waited = 0;
    while (lookedAndFoundItDeserted().contains("wake 7 in 100 ms")) {
      waited += TimeUnit.MILLISECONDS.toNanos(100);
      wakes();
    }
    assertThat(waited).isEqualTo(2 * TIMEOUT_NANOS);
    assertThat(sent.after().record().epoch()).isEqualTo(2);
  }

  @Example
  void whatWasWaitedForOneLeaderIsNotTakenFromTheTimeOfTheNext() {
    standsByForAnother(0);
    anothersSessionEnds();
    officeChanged();
    for (int i = 0; i < 15; i++) {
      assertThat(lookedAndFoundItDeserted()).contains("wake 7 in 100 ms");
      wakes();
    }
    anotherLeads();
    assertThat(looked()).isEmpty();
    anothersSessionEnds();
    officeChanged();
    long waited = 0;
    while (lookedAndFoundItDeserted().contains("wake 7 in 100 ms")) {
      waited += TimeUnit.MILLISECONDS.toNanos(100);
      wakes();
    }
    assertThat(waited).isEqualTo(2 * TIMEOUT_NANOS);
    assertThat(sent.after().record().epoch()).isEqualTo(3);
  }

  @Example
  void aLeaderWithALongerSessionTimeoutIsWaitedForTwoOfItsOwn() {
    standsByForAnother(0);
    anothersSessionEnds();
    officeChanged();
    long waited = 0;
    while (on(new WorkerEvent.Looked("7", look, scope.find(), true, 3 * TIMEOUT_NANOS))
        .contains("wake 7 in 100 ms")) {
      waited += TimeUnit.MILLISECONDS.toNanos(100);
      wakes();
    }
    assertThat(waited).isEqualTo(6 * TIMEOUT_NANOS);
    assertThat(sent.after().record().epoch()).isEqualTo(2);
  }

  @Example
  void theSecondStandbyGivesTheFirstTwoSeconds() {
    standsByForAnother(1);
    anothersSessionEnds();
    officeChanged();
    assertThat(looked()).containsExactly("wake 7 in 2000 ms");
    assertThat(wakes()).containsExactly("look at 7 and watch");
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
  }

  @Example
  void aLeaderThatResignsMakesWayForWhomThePlanNames() {
    standsByForAnother(0);
    anotherEnds(new Transition.Resigned("handoff"));
    officeChanged();
    assertThat(looked()).containsExactly("look at 7 and watch");
    assertThat(looked()).containsExactly("wake 7 in 1000 ms");
    assertThat(plan(leads())).containsExactly("look at 7");
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
  }

  @Example
  void aSessionThatEndsTakesTheLeaseAlongAndOnlyTheTaskIsRemembered() {
    leadsSinceTheBeginning();
    assertThat(on(new WorkerEvent.SessionGone(SESSION)))
        .containsExactly("lease of 7 over: lost", "7 ended: lost, not recorded");
    scope.sessionEnds(SESSION);
    begins(false);
    plan(leads());
    assertThat(looked()).containsExactly("wake 7 in 1000 ms");
    assertThat(taskGone()).containsExactly("look at 7");
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
  }

  // ---- a task that hangs ----

  @Example
  void aTenureWhoseTaskHangsLapsesAndTheShardIsLeftToOthersUntilItIsGone() {
    leadsSinceTheBeginning();
    assertThat(ends(1, new Transition.Lapsed("no renewal")))
        .containsExactly("lease of 7 over: lapsed", "send 7: end epoch 1 as lapsed");
    assertThat(committed())
        .containsExactly("7 ended: lapsed", "wake 7 in 300000 ms", "look at 7", "report");
    assertThat(machine.shard("7").orElseThrow().isUnable()).isTrue();
    assertThat(machine.failing().failing()).containsExactly("7");
    assertThat(looked()).isEmpty();
    assertThat(taskGone()).containsExactly("wake 7 in 300000 ms", "look at 7", "report");
    assertThat(machine.failing().failing()).isEmpty();
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
  }

  @Example
  void aShardWhoseStepHangsFailsInEveryRoleAndInTheNextSessionForAsLongAsTheStepDoes() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Lapsed("no renewal"));
    committed();
    long forgets = wake;
    plan(nothing());
    assertThat(machine.failing().failing()).containsExactly("7");
    wake = forgets;
    assertThat(wakes()).as("as long as it hangs, nothing is forgotten").isEmpty();
    on(new WorkerEvent.SessionGone(SESSION));
    begins(false);
    assertThat(machine.failing().failing()).containsExactly("7");
    assertThat(on(new WorkerEvent.TaskGone("7", false, true)))
        .containsExactly("wake 7 in 300000 ms", "report");
    assertThat(machine.failing().failing()).isEmpty();
    assertThat(machine.failing().isKnown("7")).as("a second lapse counts").isTrue();
  }

  @Example
  void aWorkerWhoseTaskHangsSaysThatItCannotGetReadyUntilThatTaskIsGoneWhateverThePlanSays() {
    leadsSinceTheBeginning();
    on(new WorkerEvent.SessionGone(SESSION));
    anotherLeads();
    begins(false);
    plan(takesOver());
    looked();
    assertThat(wakes()).containsExactly("look at 7 and watch", "report");
    assertThat(machine.shard("7").orElseThrow().isUnable()).isTrue();
    looked();
    plan(nothing());
    assertThat(machine.shard("7").orElseThrow().isUnable()).isTrue();
    on(new WorkerEvent.SessionGone(SESSION));
    begins(false);
    assertThat(machine.shard("7").orElseThrow().isUnable()).isTrue();
    assertThat(taskGone()).containsExactly("report");
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void aStepThatGoesOnBeforeItsLapseIsRecordedHasNotHung() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Lapsed("no renewal"));
    taskGone();
    committed();
    assertThat(machine.failing().failing()).isEmpty();
    assertThat(machine.failing().isKnown("7")).isTrue();
  }

  @Example
  void aWorkerWhoseTaskStillHangsInItsNextSessionSaysThatItCannotLead() {
    leadsSinceTheBeginning();
    on(new WorkerEvent.SessionGone(SESSION));
    scope.sessionEnds(SESSION);
    begins(false);
    plan(leads());
    looked();
    assertThat(wakes()).containsExactly("look at 7", "report");
    assertThat(machine.shard("7").orElseThrow().isUnable()).isTrue();
    assertThat(looked()).isEmpty();
  }

  @Example
  void aTaskThatFailsRestsAndIsTriedAgainEachTimeLater() {
    leadsSinceTheBeginning();
    for (int times = 1; times <= 3; times++) {
      assertThat(fails(times)).containsExactly("wake 7 in " + (500 << times) + " ms", "report");
      assertThat(committed()).startsWith("7 ended: failed").doesNotContain("look at 7");
      assertThat(machine.failing().resting()).containsExactly("7");
      assertThat(wakes()).startsWith("look at 7").endsWith("report");
      assertThat(machine.failing().resting()).isEmpty();
      assertThat(machine.failing().failing()).containsExactly("7");
      assertThat(looked()).containsExactly("send 7: elect epoch " + (times + 1));
      committed();
    }
    assertThat(machine.failing().all())
        .containsExactly(
            new FailingShard("7", FailingShard.Phase.OFFICE, "java.lang.Error: poison", NOW, 3));
  }

  @Example
  void thatATaskFailedIsRememberedWhateverRoleThePlanGivesTheShardMeanwhile() {
    leadsSinceTheBeginning();
    fails(1);
    committed();
    long rest = wake;
    plan(nothing());
    assertThat(machine.shards()).isEmpty();
    assertThat(plan(leads())).containsExactly("look at 7");
    assertThat(looked()).as("it rests").isEmpty();
    wake = rest;
    assertThat(wakes()).startsWith("look at 7");
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
    committed();
    assertThat(fails(2)).contains("wake 7 in 2000 ms");
  }

  @Example
  void itIsRememberedInTheNextSessionToo() {
    leadsSinceTheBeginning();
    fails(1);
    committed();
    on(new WorkerEvent.SessionGone(SESSION));
    begins(true);
    assertThat(plan(leads())).containsExactly("look at 7");
    assertThat(looked()).isEmpty();
  }

  @Example
  void whoHasLedForAMinuteHasFailedNoLonger() {
    leadsSinceTheBeginning();
    fails(1);
    committed();
    wakes();
    looked();
    assertThat(committed()).contains("grant 7 epoch 2", "wake 7 in 60000 ms");
    assertThat(wakes()).containsExactly("report");
    assertThat(machine.failing().all()).isEmpty();
  }

  @Example
  void whoStandsByForAShardThatFailsOnItLeavesItToOthersForAMinute() {
    leadsSinceTheBeginning();
    fails(1);
    committed();
    wakes();
    looked();
    plan(standsBy(0));
    committed();
    ends(2, new Transition.Resigned("handoff"));
    taskGone();
    assertThat(committed()).contains("look at 7 and watch");
    anotherLeads();
    assertThat(looked()).isEmpty();
    anothersSessionEnds();
    officeChanged();
    assertThat(looked()).containsExactly("look at 7 and watch");
    assertThat(looked()).containsExactly("wake 7 in 61000 ms");
  }

  @Example
  void aTaskThatHandsOverAtOnceAgainAndAgainRestsLongerEachTime() {
    leadsSinceTheBeginning();
    for (int times = 1; times <= 3; times++) {
      ends(times, new Transition.Resigned("not now"));
      assertThat(on(new WorkerEvent.TaskGone("7", true, false)))
          .containsExactly("wake 7 in " + (500 << times) + " ms", "report");
      committed();
      wakes();
      looked();
      committed();
    }
    assertThat(machine.failing().all())
        .containsExactly(new FailingShard("7", FailingShard.Phase.HAND_OVER, "not now", NOW, 3));
  }

  @Example
  void aShardWhoseScopeCannotBeReadOrWrittenIsSaidToFail() {
    begins(true);
    plan(leads());
    CoordinationException refused = new CoordinationException("no");
    assertThat(on(new WorkerEvent.CommitFailed("7", refused)))
        .containsExactly("failed 7: no", "wake 7 in 1000 ms", "report");
    wakes();
    assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.of(refused))))
        .containsExactly("failed 7: no", "wake 7 in 2000 ms", "report");
    assertThat(machine.failing().resting()).containsExactly("7");
    assertThat(machine.failing().failing()).containsExactly("7");
  }

  private List<String> fails(long epoch) {
    ends(epoch, new Transition.Failed("step threw"));
    return on(new WorkerEvent.TaskGone("7", true, false, Optional.of("java.lang.Error: poison")));
  }

  // ---- operators ----

  @Example
  void anOperatorsRevokeStopsTheTaskAndKeepsTheShardFromComingStraightBack() {
    leadsSinceTheBeginning();
    overwritten("revoke for tonight");
    assertThat(officeChanged()).containsExactly("look at 7 and watch");
    assertThat(looked())
        .containsExactly("ask 7 to stop: revoked, revoked by an operator: for tonight");
    assertThat(ends(1, new Transition.Revoked("for tonight")))
        .containsExactly("lease of 7 over: revoked", "send 7: end epoch 1 as revoked");
    taskGone();
    assertThat(committed()).containsExactly("7 ended: revoked", "wake 7 in 4000 ms");
  }

  @Example
  void theNodeOfTheNextLeaderBesideTheOwnRecordTellsThatTheOwnNodeWasDeleted() {
    leadsSinceTheBeginning();
    ScopeView before = scope.read();
    scope.leader = Optional.empty();
    anotherLeads();
    officeChanged();
    ScopeView torn =
        new ScopeView(before.record(), before.version(), scope.leader, before.entryNames());
    assertThat(on(new WorkerEvent.Looked("7", look, Optional.of(torn), false)))
        .containsExactly("lease of 7 over: revoked", "send 7: end epoch 1 as revoked");
  }

  @Example
  void aLeaderNodeThatAnOperatorDeletesEndsTheLeaseAtOnce() {
    leadsSinceTheBeginning();
    scope.leader = Optional.empty();
    officeChanged();
    assertThat(looked())
        .containsExactly("lease of 7 over: revoked", "send 7: end epoch 1 as revoked");
  }

  @Example
  void aLeaderThatCannotReadItsScopeStaysInOfficeAndLooksAgain() {
    leadsSinceTheBeginning();
    officeChanged();
    CoordinationException refused = new CoordinationException("refused");
    assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.of(refused))))
        .containsExactly("failed 7: refused", "wake 7 in 1000 ms");
    overwritten("revoke");
    assertThat(wakes()).containsExactly("look at 7 and watch");
    assertThat(looked()).containsExactly("ask 7 to stop: revoked, revoked by an operator");
  }

  // ---- lost answers ----

  @Example
  void anElectionWhoseAnswerIsLostIsFoundByItsNonce() {
    begins(true);
    plan(leads());
    scope.apply(sent, SESSION);
    assertThat(unknown()).containsExactly("look at 7, synced");
    assertThat(looked()).containsExactly("grant 7 epoch 1", "watch 7");
  }

  @Example
  void anElectionThatHasNotArrivedIsSentAgainAndOnlyOneOfTheCopiesComesTrue() {
    begins(true);
    plan(leads());
    Commit first = sent;
    unknown();
    assertThat(looked()).containsExactly("send 7: found and elect epoch 1");
    assertThat(scope.apply(first, SESSION)).isTrue();
    assertThat(scope.apply(sent, SESSION)).isFalse();
    on(new WorkerEvent.NotCommitted("7", false));
    assertThat(looked()).containsExactly("grant 7 epoch 1", "watch 7");
  }

  @Example
  void anAttemptThatMayStillComeTrueIsCarriedToItsEndAlthoughNobodyWantsIt() {
    begins(true);
    plan(leads());
    unknown();
    on(new WorkerEvent.Close("closed"));
    assertThat(machine.occupied()).isEqualTo(1);
    assertThat(looked()).containsExactly("send 7: found and elect epoch 1");
    assertThat(on(new WorkerEvent.CommitFailed("7", new CoordinationException("refused"))))
        .containsExactly("failed 7: refused", "wake 7 in 1000 ms");
    assertThat(machine.occupied()).isEqualTo(1);
    scope.apply(sent, SESSION);
    wakes();
    assertThat(looked()).containsExactly("send 7: end epoch 1 as resigned");
    assertThat(committed()).contains("7 ended: resigned");
    assertThat(machine.occupied()).isZero();
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void itNeverWaitsForTheEndOfItsOwnTenureWhoseRecordWasOverwritten() {
    begins(true);
    plan(leads());
    scope.apply(sent, SESSION);
    unknown();
    assertThat(on(new WorkerEvent.Looked("7", look, Optional.of(setBack()), false)))
        .containsExactly("drop the leader node of 7", "wake 7 in 100 ms");
  }

  @Example
  void anEndWhoseAnswerIsLostIsFoundInTheRecord() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    taskGone();
    scope.apply(sent, SESSION);
    assertThat(unknown()).containsExactly("look at 7, synced");
    assertThat(looked()).containsExactly("7 ended: resigned", "look at 7");
  }

  @Example
  void anEndWhoseRecordWasEmptiedFreesTheOffice() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    taskGone();
    on(new WorkerEvent.NotCommitted("7", false));
    assertThat(on(new WorkerEvent.Looked("7", look, Optional.empty(), false)))
        .startsWith("drop the leader node of 7", "7 ended: resigned, not recorded");
  }

  @Example
  void anEndWhoseRecordWasSetBackFreesTheOffice() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    taskGone();
    on(new WorkerEvent.NotCommitted("7", false));
    assertThat(on(new WorkerEvent.Looked("7", look, Optional.of(setBack()), false)))
        .startsWith("drop the leader node of 7", "7 ended: resigned, not recorded");
  }

  @Example
  void aReadingFromBeforeTheEndDoesNotSendTheEndTwice() {
    leadsSinceTheBeginning();
    officeChanged();
    ends(1, new Transition.Resigned("done"));
    assertThat(looked()).isEmpty();
  }

  @Example
  void theEndOfAnotherSessionEndsNothing() {
    leadsSinceTheBeginning();
    assertThat(on(new WorkerEvent.SessionGone(SESSION - 1))).isEmpty();
    assertThat(machine.occupied()).isEqualTo(1);
  }

  @Example
  void theEndOfAnotherTenureEndsNothing() {
    leadsSinceTheBeginning();
    assertThat(ends(2, new Transition.Lapsed("late"))).isEmpty();
    assertThat(machine.occupied()).isEqualTo(1);
  }

  @Example
  void whoLedAndShallTakeOverAgainGetsReadyWhenItsTaskIsGone() {
    leadsSinceTheBeginning();
    plan(takesOver());
    ends(1, new Transition.Resigned("handoff"));
    committed();
    anotherLeads();
    assertThat(looked()).doesNotContain("warm up 7");
    assertThat(taskGone()).contains("warm up 7");
  }

  @Example
  void whoCouldNotGetReadyTriesAgainAfterARest() {
    anotherLeads();
    begins(false);
    plan(takesOver());
    looked();
    assertThat(on(new WorkerEvent.WarmUpFailed("7", "java.lang.IllegalStateException")))
        .doesNotContain("warm up 7");
    wakes();
    assertThat(looked()).contains("warm up 7");
  }
}
