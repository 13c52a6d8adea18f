package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.StateChange;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One shard of a worker and its scope, told as what the worker hears and what it then wants done.
 */
abstract class OneShard {

  static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  static final Retention RETENTION = Retention.last(20);
  static final long SESSION = 0x51;
  static final long ANOTHERS_SESSION = 0x52;
  static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(1);

  Instant now = NOW;
  int attempts;
  final List<StateChange> changes = new ArrayList<>();
  final WorkerMachine machine =
      new WorkerMachine(
          candidate("w-1"),
          RETENTION,
          () -> "attempt-" + ++attempts,
          () -> 0,
          (shard, change) -> changes.add(change));
  InMemoryScope scope = InMemoryScope.absent();

  // What the machine asked for last.
  long look;
  long wake;
  Commit sent;
  List<WorkerAction> wanted = List.of();

  private final Set<Long> looks = new HashSet<>();
  private final Set<Long> wakes = new HashSet<>();

  // ---- what the worker hears ----

  final List<String> on(WorkerEvent event) {
    List<WorkerAction> actions = new ArrayList<>();
    machine.on(event, now, actions::add);
    wanted = actions;
    for (WorkerAction action : actions) {
      if (action instanceof WorkerAction.OfShard of) {
        remember(of.action());
      }
    }
    return Transcript.of(actions);
  }

  private void remember(LeadershipAction action) {
    if (action instanceof LeadershipAction.Read asked) {
      look = asked.number();
      assertThat(look).isPositive();
      assertThat(looks.add(look)).as("a number comes once").isTrue();
    } else if (action instanceof LeadershipAction.Later later) {
      wake = later.number();
      assertThat(wake).isPositive();
      assertThat(wakes.add(wake)).as("a number comes once").isTrue();
    } else if (action instanceof LeadershipAction.Send send) {
      sent = send.commit();
    }
  }

  final void begins(boolean untouched) {
    on(new WorkerEvent.SessionBegun(SESSION, TIMEOUT_NANOS, untouched));
  }

  final List<String> plan(PlanNode plan) {
    return on(new WorkerEvent.Planned(plan));
  }

  static PlanNode leads() {
    return SimulatedGroup.plan(List.of("7"), List.of(), List.of());
  }

  static PlanNode takesOver() {
    return SimulatedGroup.plan(List.of(), List.of("7"), List.of());
  }

  static PlanNode standsBy(int rank) {
    List<List<String>> ranks = rank == 0 ? List.of(List.of("7")) : List.of(List.of(), List.of("7"));
    return SimulatedGroup.plan(List.of(), List.of(), ranks);
  }

  static PlanNode nothing() {
    return SimulatedGroup.plan(List.of(), List.of(), List.of());
  }

  final List<String> found(Optional<ScopeView> view) {
    return on(new WorkerEvent.Looked("7", look, view, false));
  }

  final List<String> looked() {
    return on(new WorkerEvent.Looked("7", look, scope.find(), false));
  }

  final List<String> lookedAndFoundItDeserted() {
    return on(new WorkerEvent.Looked("7", look, scope.find(), true));
  }

  final List<String> officeChanged() {
    return on(new WorkerEvent.OfficeChanged("7"));
  }

  final List<String> wakes() {
    assertThat(wake).as("a wake-up was asked for").isPositive();
    return on(new WorkerEvent.Wake("7", wake));
  }

  final List<String> committed() {
    assertThat(scope.apply(sent, SESSION)).isTrue();
    return on(new WorkerEvent.Committed("7"));
  }

  final List<String> unknown() {
    return on(new WorkerEvent.NotCommitted("7", true));
  }

  final List<String> ends(long epoch, Transition.End end) {
    return on(new WorkerEvent.End("7", epoch, end));
  }

  final List<String> taskGone() {
    return on(new WorkerEvent.TaskGone("7", false, false));
  }

  final void leadsSinceTheBeginning() {
    begins(true);
    plan(leads());
    committed();
  }

  final void standsByForAnother(int rank) {
    anotherLeads();
    begins(false);
    assertThat(plan(standsBy(rank))).containsExactly("wake 7 in 1000 ms");
    assertThat(wakes()).containsExactly("look at 7 and watch");
    assertThat(looked()).isEmpty();
  }

  // ---- what others do ----

  static Candidate candidate(String id) {
    return new Candidate(id, "h", 1, Optional.empty());
  }

  final void anotherLeads() {
    Incumbent another =
        new Incumbent(candidate("w-2"), Sessions.format(ANOTHERS_SESSION), "anothers", NOW);
    Commit commit =
        scope
            .find()
            .map(view -> CommitProtocol.elect(view, another, "as planned", RETENTION, NOW))
            .orElseGet(() -> CommitProtocol.found(another, "as planned", RETENTION, NOW));
    scope.apply(commit, ANOTHERS_SESSION);
  }

  final void anotherEnds(Transition.End end) {
    scope.apply(CommitProtocol.end(scope.read(), end, RETENTION, NOW), ANOTHERS_SESSION);
  }

  final void othersTenureEnds(Transition.End end) {
    anotherLeads();
    anotherEnds(end);
  }

  final void anothersSessionEnds() {
    scope.sessionEnds(ANOTHERS_SESSION);
  }

  /** What is read when a person has set the record back. */
  final ScopeView setBack() {
    ScopeView found = scope.read();
    return new ScopeView(
        ScopeRecord.empty(), found.version() + 1, found.leader(), found.entryNames());
  }

  final void overwritten(String text) {
    long owner = scope.leader.orElseThrow().owner();
    scope.leader =
        Optional.of(new ScopeView.LeaderData(text.getBytes(StandardCharsets.UTF_8), owner));
  }
}
