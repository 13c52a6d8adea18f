package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Example;

/** The rarer ways of one shard: what each state makes of what it may hear at the wrong time. */
class ShardMachineStatesTest extends OneShard {

  private static final CoordinationException REFUSED = new CoordinationException("refused");

  // ---- the plan ----

  @Example
  void whoGotReadyAndIsNotWantedAnyLongerCoolsDownAndGetsReadyAnewTheNextTime() {
    anotherLeads();
    begins(false);
    plan(takesOver());
    looked();
    on(new WorkerEvent.WarmedUp("7"));
    assertThat(slot().isReady()).isTrue();
    assertThat(plan(standsBy(0))).containsExactly("cool down 7", "report");
    assertThat(slot().isReady()).isFalse();
    assertThat(on(new WorkerEvent.WarmedUp("7"))).as("too late").isEmpty();
    assertThat(plan(takesOver())).containsExactly("warm up 7");
  }

  @Example
  void whoWaitsForAnOfficeThatThePlanTakesAwayForgetsTheShard() {
    anotherLeads();
    begins(false);
    plan(leads());
    looked();
    assertThat(looked()).isEmpty();
    assertThat(plan(nothing())).isEmpty();
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void whoReadsAnOfficeThatThePlanTakesAwayForgetsTheShardWithTheAnswer() {
    begins(false);
    plan(leads());
    assertThat(plan(nothing())).isEmpty();
    assertThat(machine.shards()).hasSize(1);
    assertThat(looked()).isEmpty();
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void aPlanThatSaysTheSameAgainChangesNothing() {
    leadsSinceTheBeginning();
    assertThat(plan(leads())).isEmpty();
    ends(1, new Transition.Resigned("done"));
    assertThat(plan(leads())).isEmpty();
    taskGone();
    committed();
    anotherLeads();
    looked();
    assertThat(looked()).isEmpty();
    assertThat(plan(leads())).isEmpty();
  }

  @Example
  void aLeaderThatThePlanMakesAStandbyStopsAndOneThatTookOverGoesOnLeading() {
    leadsSinceTheBeginning();
    assertThat(slot().isLed()).isTrue();
    assertThat(slot().isTakenOver()).isFalse();
    assertThat(plan(standsBy(0))).containsExactly("ask 7 to stop: resigned, handoff", "report");
    assertThat(slot().isTakenOver()).as("it stops").isFalse();
    ends(1, new Transition.Resigned("handoff"));
    taskGone();
    committed();
    looked();
    assertThat(wakes()).containsExactly("look at 7 and watch");
    looked();
    committed();
    assertThat(slot().isTakenOver()).isTrue();
    assertThat(plan(standsBy(1))).isEmpty();
    assertThat(slot().isTakenOver()).isTrue();
    assertThat(plan(takesOver())).containsExactly("report");
    assertThat(slot().isTakenOver()).isTrue();
    assertThat(plan(nothing())).containsExactly("ask 7 to stop: resigned, handoff", "report");
    assertThat(slot().isTakenOver()).isFalse();
  }

  @Example
  void aRoleThatChangesWhileTheTenureEndsIsReportedOnce() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    assertThat(slot().isLed()).isFalse();
    assertThat(plan(standsBy(0))).containsExactly("report");
    assertThat(plan(standsBy(0))).isEmpty();
  }

  @Example
  void aStandbyThatLetsOthersComeFirstTriesAtOnceWhenItIsToLead() {
    begins(false);
    assertThat(plan(standsBy(0))).containsExactly("wake 7 in 1000 ms");
    assertThat(plan(standsBy(1))).isEmpty();
    assertThat(plan(leads())).containsExactly("look at 7");
  }

  @Example
  void aRestGoesOnWhenALeaderIsMadeAStandbyAndEndsWithTheRoleForNothing() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Revoked("for tonight"));
    taskGone();
    assertThat(committed()).containsExactly("7 ended: revoked", "wake 7 in 4000 ms");
    assertThat(plan(standsBy(0))).isEmpty();
    assertThat(plan(nothing())).isEmpty();
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void thePlansReasonStandsInTheTrailAtBothEnds() {
    begins(true);
    PlanNode because =
        new PlanNode(
            "w-1",
            1,
            Optional.empty(),
            List.of("7"),
            List.of(),
            List.of(),
            Map.of("w-2 is gone", List.of("7")));
    plan(because);
    assertThat(reasonSent()).isEqualTo("w-2 is gone");
    committed();
    assertThat(plan(nothing()))
        .containsExactly("ask 7 to stop: resigned, handoff: w-2 is gone", "report");
  }

  @Example
  void withoutAReasonAnElectionIsAsPlannedOrOfOneThatStoodBy() {
    begins(true);
    plan(leads());
    assertThat(reasonSent()).isEqualTo("as planned");
    on(new WorkerEvent.SessionGone(SESSION));
    standsByForAnother(0);
    anothersSessionEnds();
    officeChanged();
    looked();
    assertThat(reasonSent()).isEqualTo("stood by");
  }

  // ---- getting ready ----

  @Example
  void whoFailsToGetReadyRestsLongerEachTimeAndHasFailedNoLongerOnceItIsReady() {
    anotherLeads();
    begins(false);
    plan(takesOver());
    looked();
    WorkerEvent failed = new WorkerEvent.WarmUpFailed("7", "java.lang.Error: cold");
    assertThat(on(failed)).containsExactly("wake 7 in 1000 ms", "report");
    assertThat(on(failed)).as("it is told once").isEmpty();
    assertThat(wakes()).containsExactly("look at 7 and watch", "wake 7 in 300000 ms", "report");
    assertThat(looked()).containsExactly("warm up 7");
    assertThat(on(failed)).containsExactly("wake 7 in 2000 ms", "report");
    wakes();
    looked();
    assertThat(machine.failing().isKnown("7")).isTrue();
    assertThat(on(new WorkerEvent.WarmedUp("7"))).containsExactly("report");
    assertThat(machine.failing().isKnown("7")).isFalse();
  }

  // ---- whose leader node? ----

  @Example
  void aRestartUnderTheSameIdWaitsForTheLeaseOfTheSessionBefore() {
    ledBy("w-1", ANOTHERS_SESSION);
    scope.leader = Optional.empty();
    begins(false);
    plan(leads());
    assertThat(lookedAndFoundItDeserted())
        .containsExactly("say that 7 waits for w-1 in epoch 1", "wake 7 in 100 ms");
  }

  @Example
  void anotherIdInTheSameSessionIsWaitedForToo() {
    ledBy("w-2", SESSION);
    scope.leader = Optional.empty();
    begins(false);
    plan(leads());
    assertThat(lookedAndFoundItDeserted())
        .containsExactly("say that 7 waits for w-2 in epoch 1", "wake 7 in 100 ms");
  }

  @Example
  void itsOwnLeaseOfThisSessionIsOverAndNotWaitedFor() {
    ledBy("w-1", SESSION);
    scope.leader = Optional.empty();
    begins(false);
    plan(leads());
    assertThat(lookedAndFoundItDeserted()).containsExactly("send 7: elect epoch 2");
  }

  @Example
  void whoWaitsForADesertedOfficeLooksAtOnceWhenTheOfficeChanges() {
    standsByForAnother(0);
    anothersSessionEnds();
    officeChanged();
    lookedAndFoundItDeserted();
    assertThat(officeChanged()).containsExactly("look at 7");
  }

  @Example
  void anAttemptThatMayStillComeTrueIsSentAgainWithoutWaitingForADesertedOffice() {
    standsByForAnother(0);
    anothersSessionEnds();
    officeChanged();
    looked();
    unknown();
    assertThat(lookedAndFoundItDeserted()).containsExactly("send 7: elect epoch 2");
    assertThat(nonceSent()).isEqualTo("attempt-1");
  }

  @Example
  void aLeaderNodeOfAnotherSessionIsNotThatOfTheAttemptWhateverItSays() {
    attemptIsUnknown();
    assertThat(found(Optional.of(overwrittenRecord(nodeOf("attempt-1", ANOTHERS_SESSION)))))
        .containsExactly("look at 7 and watch, synced");
    assertThat(machine.occupied()).isZero();
  }

  @Example
  void aLeaderNodeOfAnotherTenureIsNotThatOfTheAttemptAlthoughTheSessionIsTheSame() {
    attemptIsUnknown();
    assertThat(found(Optional.of(overwrittenRecord(nodeOf("anothers", SESSION)))))
        .containsExactly("look at 7 and watch, synced");
    assertThat(machine.occupied()).isZero();
  }

  @Example
  void theNodeOfAnAttemptWhoseRecordWasOverwrittenIsDroppedAndTheOfficeIsReadAnew() {
    longTrail();
    begins(false);
    plan(leads());
    looked();
    scope.apply(sent, SESSION);
    unknown();
    assertThat(found(Optional.of(setBack())))
        .containsExactly("drop the leader node of 7", "wake 7 in 100 ms");
    assertThat(machine.occupied()).as("nothing can come true").isZero();
    assertThat(wakes())
        .as("as if nothing had been read before")
        .containsExactly("look at 7, synced");
  }

  @Example
  void itsOwnNodeBesideTheRecordFromBeforeWasMadeBetweenTheTwoReadsAndIsReadAgain() {
    attemptIsUnknown();
    ScopeView before = scope.read();
    assertThat(scope.apply(sent, SESSION)).isTrue();
    ScopeView torn =
        new ScopeView(before.record(), before.version(), scope.read().leader(), List.of());
    assertThat(found(Optional.of(torn))).containsExactly("look at 7, synced");
    assertThat(machine.occupied()).isEqualTo(1);
    assertThat(looked()).containsExactly("grant 7 epoch 2", "watch 7");
  }

  @Example
  void anAttemptThatNobodyWantsAndThatWasRefusedIsOver() {
    othersTenureEnds(new Transition.Resigned("handoff"));
    begins(false);
    plan(leads());
    looked();
    plan(nothing());
    assertThat(on(new WorkerEvent.NotCommitted("7", false))).isEmpty();
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void inOfficeTheNodeOfAnotherSessionOrTenureTellsThatTheOwnWasDeleted() {
    for (ScopeView.LeaderData node :
        List.of(nodeOf("attempt-1", ANOTHERS_SESSION), nodeOf("anothers", SESSION))) {
      ShardMachineStatesTest fresh = new ShardMachineStatesTest();
      fresh.leadsSinceTheBeginning();
      fresh.scope.leader = Optional.of(node);
      fresh.officeChanged();
      assertThat(fresh.looked())
          .containsExactly("lease of 7 over: revoked", "send 7: end epoch 1 as revoked");
    }
  }

  // ---- lost answers ----

  @Example
  void anAttemptWhoseScopeIsGoneDropsItsNodeAndIsMadeAnew() {
    attemptIsUnknown();
    assertThat(found(Optional.empty()))
        .containsExactly("drop the leader node of 7", "send 7: found and elect epoch 1");
    assertThat(nonceSent()).isEqualTo("attempt-2");
  }

  @Example
  void anAttemptThatWasRefusedLeavesNoNodeToDrop() {
    othersTenureEnds(new Transition.Resigned("handoff"));
    begins(false);
    plan(leads());
    looked();
    on(new WorkerEvent.NotCommitted("7", false));
    assertThat(found(Optional.empty())).containsExactly("send 7: found and elect epoch 1");
    assertThat(nonceSent()).isEqualTo("attempt-2");
  }

  @Example
  void anUnknownAttemptIsSentAgainAsItWasForAsLongAsTheScopeIsAsItWas() {
    attemptIsUnknown();
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
    assertThat(nonceSent()).isEqualTo("attempt-1");
    assertThat(machine.occupied()).isEqualTo(1);
    unknown();
    othersTenureEnds(new Transition.Resigned("handoff"));
    assertThat(looked()).containsExactly("send 7: elect epoch 3");
    assertThat(nonceSent()).isEqualTo("attempt-2");
  }

  @Example
  void anUnknownAttemptToFoundAScopeIsOverWhenTheScopeIsThereByAnother() {
    begins(true);
    plan(leads());
    unknown();
    assertThat(looked()).containsExactly("send 7: found and elect epoch 1");
    assertThat(nonceSent()).isEqualTo("attempt-1");
    unknown();
    othersTenureEnds(new Transition.Resigned("handoff"));
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
    assertThat(nonceSent()).isEqualTo("attempt-2");
  }

  @Example
  void aScopeThatWasDeletedAndMadeAgainIsNotAsItWasAlthoughItsVersionIs() {
    attemptIsUnknown();
    ScopeView before = scope.read();
    scope = InMemoryScope.absent();
    anotherLeads();
    anotherEnds(new Transition.Resigned("another time"));
    ScopeView again =
        new ScopeView(scope.read().record(), before.version(), Optional.empty(), List.of());
    found(Optional.of(again));
    assertThat(nonceSent()).isEqualTo("attempt-2");
  }

  @Example
  void anAttemptThatAnotherPrecededIsOverAndItsPlaceIsWaitedFor() {
    attemptIsUnknown();
    anotherLeads();
    assertThat(looked()).containsExactly("look at 7 and watch, synced");
    assertThat(machine.occupied()).isZero();
    assertThat(looked()).isEmpty();
    anotherEnds(new Transition.Resigned("handoff"));
    officeChanged();
    looked();
    assertThat(nonceSent()).isEqualTo("attempt-2");
  }

  @Example
  void anAttemptStaysUnknownWhileTheRecordIsAsItWasBesideTheNodeOfTheNextLeader() {
    attemptIsUnknown();
    ScopeView torn =
        new ScopeView(
            scope.read().record(),
            scope.read().version(),
            Optional.of(nodeOf("anothers", ANOTHERS_SESSION)),
            List.of());
    assertThat(found(Optional.of(torn))).containsExactly("look at 7 and watch, synced");
    assertThat(found(Optional.of(torn))).isEmpty();
    assertThat(machine.occupied()).isEqualTo(1);
    assertThat(officeChanged()).containsExactly("look at 7, synced");
    assertThat(looked()).containsExactly("send 7: elect epoch 2");
    assertThat(nonceSent()).as("the first may still come true").isEqualTo("attempt-1");
  }

  @Example
  void anUnknownAttemptThatIsThenRefusedIsStillTheOneThatIsMade() {
    attemptIsUnknown();
    looked();
    assertThat(on(new WorkerEvent.NotCommitted("7", false))).containsExactly("look at 7, synced");
    assertThat(machine.occupied()).isEqualTo(1);
    looked();
    assertThat(nonceSent()).isEqualTo("attempt-1");
    assertThat(on(new WorkerEvent.CommitFailed("7", REFUSED)))
        .containsExactly("failed 7: refused", "wake 7 in 1000 ms", "report");
    wakes();
    looked();
    assertThat(nonceSent()).isEqualTo("attempt-1");
  }

  @Example
  void anAttemptThatFailedForGoodIsForgottenWithWhatWasReadForIt() {
    longTrail();
    begins(false);
    plan(leads());
    looked();
    assertThat(on(new WorkerEvent.CommitFailed("7", REFUSED)))
        .containsExactly("failed 7: refused", "wake 7 in 1000 ms", "report");
    assertThat(wakes()).containsExactly("look at 7", "wake 7 in 300000 ms", "report");
    looked();
    assertThat(nonceSent()).isEqualTo("attempt-2");
  }

  @Example
  void anAttemptThatNobodyWantsAndThatKeepsFailingIsTriedAgainLaterEachTime() {
    attemptIsUnknown();
    plan(nothing());
    for (long millis : List.of(1000, 2000, 4000)) {
      looked();
      assertThat(on(new WorkerEvent.CommitFailed("7", REFUSED)))
          .containsExactly("failed 7: refused", "wake 7 in " + millis + " ms");
      assertThat(wakes()).containsExactly("look at 7 and watch, synced");
    }
    assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.of(REFUSED))))
        .containsExactly("failed 7: refused", "wake 7 in 8000 ms");
  }

  @Example
  void whatCannotBeReadForARoleThatWasTakenAwayIsLeftAlone() {
    begins(false);
    plan(leads());
    plan(nothing());
    assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.of(REFUSED))))
        .containsExactly("failed 7: refused");
    assertThat(machine.shards()).isEmpty();
    assertThat(machine.failing().all()).isEmpty();
  }

  // ---- conflicts ----

  @Example
  void aScopeThatChangesTwentyTimesInARowIsReadAgainAndTheNextTimeTheShardFails() {
    othersTenureEnds(new Transition.Resigned("handoff"));
    begins(false);
    plan(leads());
    for (int conflicts = 1; conflicts <= 20; conflicts++) {
      looked();
      assertThat(on(new WorkerEvent.NotCommitted("7", false))).containsExactly("look at 7, synced");
    }
    looked();
    assertThat(on(new WorkerEvent.NotCommitted("7", false)))
        .satisfiesExactly(
            first -> assertThat(first).startsWith("failed 7: the scope changed 20 times in a row"),
            second -> assertThat(second).isEqualTo("wake 7 in 1000 ms"),
            third -> assertThat(third).isEqualTo("report"));
    assertThat(wakes()).startsWith("look at 7, synced");
    looked();
    assertThat(committed()).contains("grant 7 epoch 2");
  }

  @Example
  void anEndThatFindsAnotherScopeTwentyTimesIsGivenUpTheNextTimeAndTheNodeDropped() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    taskGone();
    for (int conflicts = 1; conflicts <= 20; conflicts++) {
      assertThat(on(new WorkerEvent.NotCommitted("7", false))).containsExactly("look at 7, synced");
      assertThat(looked()).containsExactly("send 7: end epoch 1 as resigned");
    }
    assertThat(on(new WorkerEvent.NotCommitted("7", false)))
        .containsExactly(
            "drop the leader node of 7", "7 ended: resigned, not recorded", "look at 7 and watch");
    assertThat(dropped()).isEqualTo("attempt-1");
  }

  @Example
  void anEndThatIsRefusedIsToldAndTheNodeIsDropped() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    taskGone();
    assertThat(on(new WorkerEvent.CommitFailed("7", REFUSED)))
        .containsExactly(
            "failed 7: refused",
            "drop the leader node of 7",
            "7 ended: resigned, not recorded",
            "look at 7 and watch");
  }

  @Example
  void anEndWhoseRecordCannotBeReadDropsTheNode() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    taskGone();
    unknown();
    assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.of(REFUSED))))
        .containsExactly(
            "drop the leader node of 7", "7 ended: resigned, not recorded", "look at 7 and watch");
  }

  @Example
  void anEndWithoutAConnectionIsReadForAgain() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    unknown();
    assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.empty())))
        .containsExactly("wake 7 in 100 ms");
    assertThat(wakes()).containsExactly("look at 7, synced");
  }

  @Example
  void anOfficeWithoutAConnectionIsReadForAgain() {
    begins(false);
    plan(leads());
    assertThat(on(new WorkerEvent.LookFailed("7", look + 1, Optional.empty())))
        .as("of a reading that is not waited for")
        .isEmpty();
    assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.empty())))
        .containsExactly("wake 7 in 100 ms");
    assertThat(wakes()).containsExactly("look at 7");
  }

  @Example
  void anEndThatALaterElectionHasRecordedIsRecorded() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    taskGone();
    scope.leader = Optional.empty();
    anotherLeads();
    on(new WorkerEvent.NotCommitted("7", false));
    assertThat(looked()).containsExactly("7 ended: resigned", "look at 7 and watch");
  }

  @Example
  void anEndWhoseEpochIsAnothersIsNotRecordedAndTheNodeIsDropped() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    taskGone();
    on(new WorkerEvent.NotCommitted("7", false));
    scope = InMemoryScope.absent();
    anotherLeads();
    assertThat(looked())
        .containsExactly(
            "drop the leader node of 7", "7 ended: resigned, not recorded", "look at 7 and watch");
  }

  @Example
  void anEntryThatCannotBeDeletedIsKeptByTheNextTryAlone() {
    longTrail();
    begins(false);
    plan(leads());
    looked();
    assertThat(sent.ops()).hasAtLeastOneElementOfType(ScopeOp.DeleteEntry.class);
    assertThat(on(new WorkerEvent.TrimBlocked("7"))).containsExactly("look at 7, synced");
    looked();
    assertThat(sent.ops()).noneMatch(ScopeOp.DeleteEntry.class::isInstance);
    committed();
    assertThat(ends(11, new Transition.Failed("step threw")))
        .containsExactly("lease of 7 over: failed", "look at 7, with names");
    looked();
    assertThat(sent.ops()).hasAtLeastOneElementOfType(ScopeOp.DeleteEntry.class);
  }

  // ---- in office ----

  @Example
  void aLeaderWhoseScopeWasDeletedHasLostItsOffice() {
    leadsSinceTheBeginning();
    officeChanged();
    assertThat(found(Optional.empty()))
        .containsExactly(
            "lease of 7 over: lost",
            "drop the leader node of 7",
            "7 ended: lost, not recorded",
            "look at 7");
    assertThat(ended().reason()).isEqualTo("the scope was deleted");
    assertThat(dropped()).isEqualTo("attempt-1");
  }

  @Example
  void aLeaderWhoseRecordTellsOfAnotherTenureHasLostItsOffice() {
    leadsSinceTheBeginning();
    officeChanged();
    assertThat(found(Optional.of(setBack())))
        .containsExactly(
            "lease of 7 over: lost",
            "drop the leader node of 7",
            "7 ended: lost, not recorded",
            "look at 7");
    assertThat(ended().reason()).isEqualTo("the record tells of another tenure");
  }

  @Example
  void textThatMeansNothingIsWarnedOfAndTheOwnNodeIsNot() {
    leadsSinceTheBeginning();
    officeChanged();
    assertThat(looked()).isEmpty();
    overwritten("hello");
    officeChanged();
    assertThat(looked()).containsExactly("warn of text in 7");
    assertThat(slot().isLed()).isTrue();
  }

  @Example
  void theHolderOfALeaseMayAskForALookAtTheOffice() {
    leadsSinceTheBeginning();
    assertThat(on(new WorkerEvent.Inspect("7"))).containsExactly("look at 7 and watch");
  }

  @Example
  void aTaskThatIsAskedToStopReadsTheNamesOnceThatItsEndNeeds() {
    longTrail();
    begins(false);
    plan(leads());
    looked();
    committed();
    assertThat(plan(nothing()))
        .containsExactly("ask 7 to stop: resigned, handoff", "look at 7, with names", "report");
    assertThat(on(new WorkerEvent.Close("closed")))
        .containsExactly("ask 7 to stop: resigned, closed");
    assertThat(looked()).isEmpty();
    assertThat(ends(11, new Transition.Resigned("handoff")))
        .containsExactly("lease of 7 over: resigned", "send 7: end epoch 11 as resigned");
    assertThat(sent.ops()).hasAtLeastOneElementOfType(ScopeOp.DeleteEntry.class);
  }

  @Example
  void anEndThatComesBeforeItsNamesWaitsForThem() {
    longTrail();
    begins(false);
    plan(leads());
    looked();
    committed();
    plan(nothing());
    assertThat(ends(11, new Transition.Resigned("handoff")))
        .as("they are on their way")
        .containsExactly("lease of 7 over: resigned");
    assertThat(looked()).containsExactly("send 7: end epoch 11 as resigned");
    assertThat(sent.ops()).hasAtLeastOneElementOfType(ScopeOp.DeleteEntry.class);
  }

  @Example
  void anEndThatNobodyAskedForReadsTheNamesFirst() {
    longTrail();
    begins(false);
    plan(leads());
    looked();
    committed();
    assertThat(ends(11, new Transition.Failed("step threw")))
        .containsExactly("lease of 7 over: failed", "look at 7, with names");
    assertThat(looked()).containsExactly("send 7: end epoch 11 as failed");
    assertThat(sent.ops()).hasAtLeastOneElementOfType(ScopeOp.DeleteEntry.class);
  }

  @Example
  void anEndWhoseTrailCannotBeListedIsRecordedWithoutNames() {
    longTrail();
    begins(false);
    plan(leads());
    looked();
    committed();
    ends(11, new Transition.Failed("step threw"));
    ScopeView read = scope.read();
    assertThat(found(Optional.of(new ScopeView(read.record(), 20, read.leader(), List.of()))))
        .containsExactly("send 7: end epoch 11 as failed");
    assertThat(sent.ops()).noneMatch(ScopeOp.DeleteEntry.class::isInstance);
  }

  @Example
  void aLongTrailThatWasReadIsReadWithItsNamesTheNextTime() {
    longTrail();
    anotherLeads();
    begins(false);
    plan(leads());
    looked();
    assertThat(looked()).isEmpty();
    assertThat(officeChanged()).containsExactly("look at 7, with names");
  }

  @Example
  void whatIsKeptOfTheTrailFollowsTheGroupsSetting() {
    leadsSinceTheBeginning();
    assertThat(on(new WorkerEvent.Retained(Retention.last(2)))).isEmpty();
    assertThat(ends(1, new Transition.Failed("step threw")))
        .containsExactly("lease of 7 over: failed", "look at 7, with names");
  }

  @Example
  void whoIsElectedLearnsWhomItFollows() {
    othersTenureEnds(new Transition.Resigned("handoff"));
    begins(false);
    plan(leads());
    looked();
    committed();
    assertThat(granted().predecessor().orElseThrow().candidateId()).isEqualTo("w-2");
    assertThat(granted().session()).isEqualTo(SESSION);
  }

  // ---- a vacant office ----

  @Example
  void aStandbyLeavesAnOfficeThatNobodyEverTookToOthersForFiveSeconds() {
    begins(false);
    plan(standsBy(0));
    wakes();
    assertThat(looked()).containsExactly("wake 7 in 5000 ms");
    wakes();
    assertThat(looked()).containsExactly("send 7: found and elect epoch 1");
  }

  @Example
  void whoHasJustMadeTheOfficeFreeLeavesItToOthersForFiveSeconds() {
    leadsSinceTheBeginning();
    plan(standsBy(0));
    ends(1, new Transition.Resigned("handoff"));
    taskGone();
    assertThat(committed()).containsExactly("7 ended: resigned", "look at 7 and watch", "report");
    assertThat(looked()).containsExactly("wake 7 in 5000 ms");
  }

  @Example
  void theSecondStandbyOnWhomTheShardFailsWaitsOneSecondLonger() {
    leadsSinceTheBeginning();
    on(new WorkerEvent.TaskGone("7", true, false, Optional.of("java.lang.Error: poison")));
    on(new WorkerEvent.SessionGone(SESSION));
    wakes();
    scope.sessionEnds(SESSION);
    begins(false);
    plan(standsBy(1));
    wakes();
    assertThat(looked()).containsExactly("wake 7 in 62000 ms");
  }

  @Example
  void aScopeThatIsGoneAfterAConflictWasNotInterrupted() {
    standsByForAnother(0);
    anothersSessionEnds();
    officeChanged();
    looked();
    assertThat(on(new WorkerEvent.NotCommitted("7", false)))
        .containsExactly("look at 7 and watch, synced");
    assertThat(found(Optional.empty())).containsExactly("wake 7 in 5000 ms");
  }

  // ---- the task ----

  @Example
  void aTaskThatStillRunsWhenItsRestIsOverMakesTheWorkerUnable() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Revoked("for tonight"));
    committed();
    assertThat(wakes()).containsExactly("look at 7", "report");
    assertThat(slot().isUnable()).isTrue();
  }

  @Example
  void aTaskThatStillRunsWhenAnotherIsToTakeOverIsGivenASecond() {
    leadsSinceTheBeginning();
    on(new WorkerEvent.SessionGone(SESSION));
    scope.sessionEnds(SESSION);
    anotherLeads();
    begins(false);
    plan(takesOver());
    assertThat(looked()).containsExactly("wake 7 in 1000 ms");
    assertThat(taskGone()).containsExactly("warm up 7");
    assertThat(wakes()).containsExactly("look at 7 and watch");
    assertThat(looked()).isEmpty();
  }

  @Example
  void aTaskThatFailsLateLetsTheShardRestWhereItWaits() {
    leadsSinceTheBeginning();
    on(new WorkerEvent.SessionGone(SESSION));
    scope.sessionEnds(SESSION);
    begins(false);
    plan(leads());
    looked();
    assertThat(
            on(new WorkerEvent.TaskGone("7", true, false, Optional.of("java.lang.Error: poison"))))
        .containsExactly("wake 7 in 1000 ms", "report");
    assertThat(slot().state()).isEqualTo(LeadershipState.RESTING);
    assertThat(wakes()).containsExactly("look at 7", "wake 7 in 300000 ms", "report");
  }

  @Example
  void aTenureThatLastedForgivesWhatFailedBefore() {
    leadsAfterAFailure();
    ends(2, new Transition.Resigned("done"));
    assertThat(on(new WorkerEvent.TaskGone("7", false, true))).containsExactly("report");
    assertThat(machine.failing().isKnown("7")).isFalse();
  }

  @Example
  void whatFailedIsRememberedForFiveMinutesAfterTheTenure() {
    leadsAfterAFailure();
    ends(2, new Transition.Resigned("done"));
    taskGone();
    assertThat(committed())
        .containsExactly("7 ended: resigned", "wake 7 in 300000 ms", "look at 7");
    assertThat(on(new WorkerEvent.SessionGone(SESSION)))
        .as("and after the session")
        .containsExactly("wake 7 in 300000 ms");
    assertThat(wakes()).containsExactly("report");
    assertThat(machine.failing().all()).isEmpty();
  }

  @Example
  void aTenureThatLapsesAfterAFailureMakesTheShardRestLonger() {
    leadsAfterAFailure();
    ends(2, new Transition.Lapsed("no renewal"));
    taskGone();
    assertThat(committed())
        .containsExactly("7 ended: lapsed", "wake 7 in 300000 ms", "wake 7 in 2000 ms", "report");
  }

  @Example
  void aShardThatRestsWhileTheWorkerClosesIsNotRememberedFor() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Failed("step threw"));
    on(new WorkerEvent.TaskGone("7", true, false, Optional.of("java.lang.Error: poison")));
    committed();
    on(new WorkerEvent.Close("closed"));
    assertThat(wakes()).containsExactly("report");
  }

  @Example
  void aTaskThatHandsOverAfterTenSecondsDoesNotDoSoAtOnce() {
    for (Duration led : List.of(Duration.ofSeconds(10).minusMillis(1), Duration.ofSeconds(10))) {
      ShardMachineStatesTest fresh = new ShardMachineStatesTest();
      fresh.leadsSinceTheBeginning();
      fresh.now = NOW.plus(led);
      fresh.ends(1, new Transition.Resigned("not now"));
      fresh.on(new WorkerEvent.TaskGone("7", true, false));
      assertThat(fresh.machine.failing().isFailing("7"))
          .isEqualTo(led.compareTo(Duration.ofSeconds(10)) < 0);
    }
  }

  @Example
  void anOfficeThatCannotBeReadIsLookedAtLaterEachTime() {
    leadsSinceTheBeginning();
    officeChanged();
    for (long millis : List.of(1000, 2000, 4000)) {
      assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.of(REFUSED))))
          .containsExactly("failed 7: refused", "wake 7 in " + millis + " ms");
      assertThat(wakes()).containsExactly("look at 7 and watch");
    }
  }

  // ---- the end ----

  @Example
  void aSessionThatEndsWhileATenureEndsLeavesTheEndUnrecorded() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Resigned("done"));
    assertThat(on(new WorkerEvent.SessionGone(SESSION)))
        .containsExactly("7 ended: resigned, not recorded");
    assertThat(machine.occupied()).isZero();
  }

  @Example
  void nothingOfASessionThatEndedCanComeTrue() {
    attemptIsUnknown();
    assertThat(machine.occupied()).isEqualTo(1);
    assertThat(on(new WorkerEvent.SessionGone(SESSION))).isEmpty();
    assertThat(machine.occupied()).isZero();
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void whoWasReadyWhenTheSessionEndedCoolsDown() {
    anotherLeads();
    begins(false);
    plan(takesOver());
    looked();
    on(new WorkerEvent.WarmedUp("7"));
    assertThat(on(new WorkerEvent.SessionGone(SESSION))).containsExactly("cool down 7", "report");
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void aWorkerThatClosesCoolsDownAndLeavesAloneWhatItDoesNotLead() {
    anotherLeads();
    begins(false);
    plan(takesOver());
    looked();
    on(new WorkerEvent.WarmedUp("7"));
    assertThat(on(new WorkerEvent.Close("closed"))).containsExactly("cool down 7", "report");
    assertThat(machine.shards()).isEmpty();
    assertThat(plan(leads())).as("it wants nothing more").isEmpty();
  }

  @Example
  void aWorkerThatClosesAsksItsTasksToStopAndRecordsItsEnds() {
    leadsSinceTheBeginning();
    assertThat(on(new WorkerEvent.Close("closed")))
        .containsExactly("ask 7 to stop: resigned, closed");
    ends(1, new Transition.Resigned("closed"));
    taskGone();
    assertThat(committed()).containsExactly("7 ended: resigned", "report");
    assertThat(machine.shards()).isEmpty();
    assertThat(machine.occupied()).isZero();
  }

  @Example
  void anAnswerThatComesAfterTheWorkerHasClosedAsksForNothing() {
    leadsSinceTheBeginning();
    on(new WorkerEvent.SessionGone(SESSION));
    begins(false);
    plan(leads());
    on(new WorkerEvent.Close("closed"));
    assertThat(machine.shards()).as("the task still runs").hasSize(1);
    assertThat(on(new WorkerEvent.LookFailed("7", look, Optional.empty()))).isEmpty();
    taskGone();
    assertThat(machine.shards()).isEmpty();
  }

  @Example
  void eachChangeOfStateIsToldOnceWithSessionAndEpoch() {
    leadsSinceTheBeginning();
    officeChanged();
    looked();
    ends(1, new Transition.Revoked("by hand"));
    committed();
    wakes();
    plan(nothing());
    looked();
    assertThat(changes)
        .containsExactly(
            StateChange.electing(SESSION, 1),
            StateChange.inOffice(SESSION, 1),
            StateChange.ending(SESSION, 1, new Transition.Revoked("by hand")),
            StateChange.to("idle"),
            StateChange.to("idle"),
            StateChange.to("reading"),
            StateChange.to("idle"));
  }

  @Example
  void anElectionOnARecordIsToldWithTheNextEpoch() {
    othersTenureEnds(new Transition.Resigned("handoff"));
    begins(false);
    plan(leads());
    looked();
    assertThat(changes)
        .containsExactly(StateChange.to("reading"), StateChange.electing(SESSION, 2));
  }

  // ---- stories ----

  private ShardClaim slot() {
    return machine.shard("7").orElseThrow();
  }

  private String nonceSent() {
    return sent.after().record().incumbent().orElseThrow().nonce();
  }

  private String reasonSent() {
    return sent.ops().stream()
        .filter(ScopeOp.CreateEntry.class::isInstance)
        .map(ScopeOp.CreateEntry.class::cast)
        .map(entry -> AuditFormat.parse(entry.name(), entry.data()).transition().reason())
        .reduce((first, last) -> last)
        .orElseThrow();
  }

  private <T extends LeadershipAction> T lastOf(Class<T> kind) {
    return wanted.stream()
        .filter(WorkerAction.OfShard.class::isInstance)
        .map(action -> ((WorkerAction.OfShard) action).action())
        .filter(kind::isInstance)
        .map(kind::cast)
        .findFirst()
        .orElseThrow();
  }

  private Transition.End ended() {
    return lastOf(LeadershipAction.Ended.class).end();
  }

  private LeadershipAction.Grant granted() {
    return lastOf(LeadershipAction.Grant.class);
  }

  private String dropped() {
    return lastOf(LeadershipAction.DropLeader.class).nonce();
  }

  /** The answer to an election on a scope that others had led is lost; it has not arrived. */
  private void attemptIsUnknown() {
    othersTenureEnds(new Transition.Resigned("handoff"));
    begins(false);
    plan(leads());
    looked();
    assertThat(unknown()).containsExactly("look at 7, synced");
  }

  private void leadsAfterAFailure() {
    leadsSinceTheBeginning();
    ends(1, new Transition.Failed("step threw"));
    on(new WorkerEvent.TaskGone("7", true, false, Optional.of("java.lang.Error: poison")));
    committed();
    wakes();
    looked();
    committed();
  }

  /** As many entries as are kept: the next transition deletes some. */
  private void longTrail() {
    for (int i = 0; i < 10; i++) {
      othersTenureEnds(new Transition.Resigned("handoff"));
    }
  }

  private void ledBy(String id, long session) {
    Incumbent incumbent = incumbent(id, "of another time", session);
    scope.apply(CommitProtocol.found(incumbent, "as planned", RETENTION, NOW), session);
  }

  private static Incumbent incumbent(String id, String nonce, long session) {
    return new Incumbent(candidate(id), Sessions.format(session), nonce, NOW);
  }

  private static ScopeView.LeaderData nodeOf(String nonce, long session) {
    return new ScopeView.LeaderData(
        new LeaderNode(2, incumbent("w-1", nonce, session)).bytes(), session);
  }

  /** What is read when a person has written over the record, beside a leader node. */
  private ScopeView overwrittenRecord(ScopeView.LeaderData node) {
    return new ScopeView(
        ScopeRecord.empty(), scope.read().version() + 2, Optional.of(node), List.of());
  }
}
