package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.internal.leadership.ScopeReading;
import io.tenure.scope.Candidate;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Several election machines on one scope in memory, with a schedule of faults from a seed: answers
 * that are lost, transactions that arrive late, readings and transactions that are refused,
 * sessions that end, operators, users who give up, and a client that forges znodes in the trail.
 */
class ElectionSimulationTest {

  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  private static final Retention RETENTION = Retention.last(7);

  /** One candidate: a machine, and a rim that answers it from the scope in memory. */
  private final class Rim implements ElectionAction.Performer {
    final int number;
    final ElectionMachine machine;
    final Deque<Supplier<ElectionEvent>> answers = new ArrayDeque<>();
    long session;
    boolean wants;
    boolean holdsLease;
    long leaseSession;
    String leaseNonce = "";
    int nonces;
    boolean watchFired;
    long lastRead;

    /** The pause that is not over yet; 0 if there is none. */
    long pause;

    /** The server has refused something for good. */
    boolean refused;

    Rim(int number) {
      this.number = number;
      this.session = number + 1;
      this.machine = machine("w-" + number, () -> "n" + number + "-" + nonces++);
    }

    /** A watch: told at some later time, and not lost by what is asked meanwhile. */
    void watchFires() {
      watchFired = true;
    }

    void feed(ElectionEvent event) {
      for (ElectionAction action : machine.on(event, NOW)) {
        action.carryOut(this);
      }
    }

    @Override
    public void joinQueue() {
      answers.clear();
      queue.add(this);
    }

    @Override
    public void leaveQueue() {
      queue.remove(this);
    }

    @Override
    public void read(LeadershipAction.Read read) {
      lastRead = read.number();
      answers.clear(); // answers to requests before the latest are dropped
      read();
    }

    @Override
    public void watch() {
      watchFires();
    }

    @Override
    public void send(LeadershipAction.Send send) {
      send(send.commit(), send.session());
    }

    @Override
    public void grant(LeadershipAction.Grant grant) {
      assertThat(wants).as("a lease is granted to who asked for it").isTrue();
      holdsLease = true;
      leaseSession = grant.session();
      leaseNonce = grant.view().record().incumbent().orElseThrow().nonce();
    }

    @Override
    public void requestStop(Transition.End why) {
      feed(new ElectionEvent.End(why));
    }

    @Override
    public void leaseOver(Transition.End end) {
      holdsLease = false;
    }

    @Override
    public void ended(LeadershipAction.Ended ended) {
      wants = false;
    }

    @Override
    public void dropLeader(LeadershipAction.DropLeader drop) {
      if (scope.leader.filter(node -> node.owner() == drop.session()).isPresent()) {
        scope.leader = Optional.empty();
        officeChanged();
      }
    }

    @Override
    public void later(LeadershipAction.Later later) {
      answers.clear();
      pause = later.number();
    }

    @Override
    public void refused(TenureException cause) {
      assertThat(holdsLease).as("who is refused holds no lease").isFalse();
      assertThat(refused).as("and was refused").isTrue();
      wants = false;
    }

    @Override
    public void warnOfText(byte[] data) {}

    @Override
    public void warnOfPersistentLeader() {}

    @Override
    public void warnOfConflicts(int conflicts) {}

    @Override
    public void warnOfReading(TenureException cause) {}

    /** The record is read first, then the leader node: sometimes something comes in between. */
    private void read() {
      long asked = lastRead;
      if (faults && random.nextInt(25) == 0) {
        refused = true;
        answers.add(
            () -> new ElectionEvent.ReadFailed(asked, new CoordinationException("refused")));
      } else if (faults && random.nextInt(3) == 0) {
        ScopeView before = scope.read();
        answers.add(
            () ->
                reads(
                    asked,
                    new ScopeView(
                        before.record(), before.version(), scope.leader, before.entryNames()),
                    session));
      } else {
        answers.add(() -> reads(asked, scope.read(), session));
      }
    }

    /** A transaction is applied and answered, applied without an answer, late, or never. */
    private void send(Commit commit, long in) {
      answers.clear();
      int fate = faults ? random.nextInt(8) : 7;
      if (faults && random.nextInt(25) == 0) {
        refused = true;
        answers.add(() -> new ElectionEvent.CommitFailed(new CoordinationException("refused")));
        return;
      }
      if (fate == 0) { // never arrives
        answers.add(() -> new ElectionEvent.NotCommitted(true));
      } else if (fate == 1) { // the answer is lost
        if (in == session) {
          applied(commit, in);
        }
        answers.add(() -> new ElectionEvent.NotCommitted(true));
      } else if (fate == 2) { // arrives late, or after the client has asked again
        late.add(() -> late(commit, in, this));
        answers.add(() -> new ElectionEvent.NotCommitted(true));
      } else {
        answers.add(
            () -> {
              Optional<ScopeOp> obstacle = scope.obstacle(commit);
              if (in == session && applied(commit, in)) {
                return new ElectionEvent.Committed();
              }
              return in == session && obstacle.get() instanceof ScopeOp.CreateEntry
                  ? new ElectionEvent.EntryTaken()
                  : new ElectionEvent.NotCommitted(false);
            });
      }
    }
  }

  private boolean applied(Commit commit, long session) {
    boolean before = scope.leader.isPresent();
    boolean done = scope.apply(commit, session);
    if (done && before && scope.leader.isEmpty()) {
      officeChanged();
    }
    return done;
  }

  private void late(Commit commit, long in, Rim from) {
    if (from.session == in) {
      applied(commit, in);
    }
  }

  private final List<Runnable> late = new ArrayList<>();
  private final List<Rim> rims = new ArrayList<>();
  private final Deque<Rim> queue = new ArrayDeque<>();

  /** The nonces of tenures whose leader node an operator has deleted. */
  private final Set<String> deletedByHand = new HashSet<>();

  private InMemoryScope scope = new InMemoryScope();
  private Random random = new Random(0);
  private boolean faults;
  private long nextSession = 1000;

  private void officeChanged() {
    rims.forEach(Rim::watchFires);
  }

  @Property
  void atMostOneLeaderDenseEpochsEveryTransitionOnceAndSomebodyInTheEnd(@ForAll long seed) {
    late.clear();
    rims.clear();
    queue.clear();
    deletedByHand.clear();
    scope = new InMemoryScope();
    random = new Random(seed);
    faults = true;
    for (int i = 0; i < 3; i++) {
      rims.add(new Rim(i));
    }
    for (int step = 0; step < 250; step++) {
      somethingHappens();
      checkLeaders();
      if (step % 25 == 0) {
        scope.check();
      }
    }
    // The faults stop. Each leader resigns and stands again, and so each candidate gets to lead.
    faults = false;
    late.forEach(Runnable::run);
    late.clear();
    Set<Integer> haveLed = new HashSet<>();
    for (int round = 0; round < 2 * rims.size(); round++) {
      for (int i = 0; i < 60; i++) {
        rims.forEach(
            rim -> {
              if (!rim.wants && rim.machine.state() == LeadershipState.IDLE) {
                rim.wants = true;
                rim.feed(new ElectionEvent.Join());
              }
            });
        everyAnswer();
        checkLeaders();
      }
      scope.check();
      assertThat(scope.leader).as("somebody leads, seed %s", seed).isPresent();
      assertThat(rims.stream().filter(rim -> rim.holdsLease).count())
          .as("and knows it, seed %s: %s", seed, states())
          .isEqualTo(1);
      Rim leader = rims.stream().filter(rim -> rim.holdsLease).findFirst().orElseThrow();
      haveLed.add(leader.number);
      leader.feed(new ElectionEvent.End(new Transition.Resigned("round over")));
    }
    assertThat(haveLed).as("each candidate got to lead, seed %s", seed).hasSize(rims.size());
  }

  private List<LeadershipState> states() {
    return rims.stream().map(rim -> rim.machine.state()).toList();
  }

  private void somethingHappens() {
    Rim rim = rims.get(random.nextInt(rims.size()));
    switch (random.nextInt(15)) {
      case 0 -> {
        if (!rim.wants && rim.machine.state() == LeadershipState.IDLE) {
          rim.wants = true;
          rim.feed(new ElectionEvent.Join());
        }
      }
      case 1 -> {
        if (rim.wants && !rim.holdsLease) {
          rim.wants = false;
          rim.feed(new ElectionEvent.Leave("gave up"));
        }
      }
      case 2 -> rim.feed(new ElectionEvent.End(new Transition.Resigned("enough")));
      case 3 -> {
        if (random.nextInt(3) == 0) {
          sessionEnds(rim);
        }
      }
      case 4 -> {
        if (random.nextInt(3) == 0 && scope.leader.isPresent()) {
          // An operator deletes it.
          scope.read().record().incumbent().ifPresent(last -> deletedByHand.add(last.nonce()));
          scope.leader = Optional.empty();
          officeChanged();
        }
      }
      case 5 -> {
        if (random.nextInt(3) == 0 && scope.leader.isPresent()) {
          scope.leader =
              Optional.of(
                  new ScopeView.LeaderData(
                      "revoke".getBytes(StandardCharsets.UTF_8), scope.leader.get().owner()));
          officeChanged();
        }
      }
      case 6 -> {
        if (!late.isEmpty()) {
          late.remove(random.nextInt(late.size())).run();
        }
      }
      case 7 -> scope.forgeEntry(random, List.of("w-0", "w-1", "w-2"));
      default -> answer(rim);
    }
  }

  private void sessionEnds(Rim rim) {
    long gone = rim.session;
    scope.sessionEnds(gone);
    rim.session = nextSession++;
    rim.answers.clear();
    officeChanged();
    rim.feed(new ElectionEvent.SessionGone(gone));
    boolean asks = rim.machine.state() == LeadershipState.READING && rim.pause == 0;
    if (asks && rim.answers.isEmpty()) {
      rim.read(); // the rim reads again when it is connected
    }
    if (queue.remove(rim)) {
      queue.add(rim);
      rim.feed(new ElectionEvent.QueueLost());
    }
  }

  private void answer(Rim rim) {
    // The latch may call any of those that queue its head, now and then: it is only a hint.
    if (rim == queue.peek() || (faults && queue.contains(rim) && random.nextInt(10) == 0)) {
      rim.feed(new ElectionEvent.QueueHead());
    }
    if (rim.watchFired) {
      rim.watchFired = false;
      rim.feed(new ElectionEvent.OfficeChanged());
    }
    if (rim.pause != 0) {
      long over = rim.pause;
      rim.pause = 0;
      rim.feed(new ElectionEvent.Wake(over));
    }
    Supplier<ElectionEvent> next = rim.answers.poll();
    if (next != null) {
      rim.feed(next.get());
    }
  }

  private void everyAnswer() {
    rims.forEach(this::answer);
  }

  /**
   * A lease whose session lives, and whose leader node no operator has deleted, is the office: the
   * node that there is belongs to its tenure.
   */
  private void checkLeaders() {
    for (Rim rim : rims) {
      if (!rim.holdsLease) {
        continue;
      }
      assertThat(rim.machine.state()).isEqualTo(LeadershipState.IN_OFFICE);
      if (rim.leaseSession == rim.session && !deletedByHand.contains(rim.leaseNonce)) {
        assertThat(scope.leader.map(ScopeView.LeaderData::owner))
            .as("owner of the leader node of the lease of w-%s", rim.number)
            .contains(rim.leaseSession);
        assertThat(scope.read().record().isOf(rim.leaseNonce))
            .as("the record tells of the lease of w-%s", rim.number)
            .isTrue();
      }
    }
  }

  /**
   * Found by the schedule of seed -5126465024528489280: the leader took the node of the next one
   * for a text that an operator had written into its own, and held its lease on.
   */
  @Example
  void aLeaderThatReadsItsOwnRecordAndTheNodeOfTheNextKnowsThatItsOwnNodeIsGone() {
    InMemoryScope office = new InMemoryScope();
    ElectionMachine leader = machine("w-0", () -> "n");
    leader.on(new ElectionEvent.Join(), NOW);
    long reading = asked(leader.on(new ElectionEvent.QueueHead(), NOW));
    leader.on(reads(reading, office.read(), 1), NOW);
    assertThat(
            office.apply(
                CommitProtocol.elect(office.read(), by("w-0", "n", 1), "h", RETENTION, NOW), 1))
        .isTrue();
    ScopeView before = office.read();
    leader.on(new ElectionEvent.Committed(), NOW);
    assertThat(leader.state()).isEqualTo(LeadershipState.IN_OFFICE);

    office.leader = Optional.empty(); // by hand
    office.apply(CommitProtocol.elect(office.read(), by("w-1", "m", 2), "h", RETENTION, NOW), 2);
    ScopeView torn =
        new ScopeView(before.record(), before.version(), office.leader, before.entryNames());
    reading = asked(leader.on(new ElectionEvent.OfficeChanged(), NOW));
    assertThat(leader.on(reads(reading, torn, 1), NOW))
        .filteredOn(ElectionAction.OfScope.class::isInstance)
        .extracting(action -> ((ElectionAction.OfScope) action).action())
        .hasAtLeastOneElementOfType(LeadershipAction.LeaseOver.class);
  }

  private static long asked(List<ElectionAction> actions) {
    return ((LeadershipAction.Read) ((ElectionAction.OfScope) actions.get(0)).action()).number();
  }

  private static ElectionEvent reads(long number, ScopeView found, long session) {
    return new ElectionEvent.ScopeRead(number, new ScopeReading(Optional.of(found), session));
  }

  private static ElectionMachine machine(String id, Supplier<String> nonces) {
    return new ElectionMachine(by(id, "", 0).candidate(), RETENTION, nonces, () -> 0, change -> {});
  }

  private static Incumbent by(String id, String nonce, long session) {
    Candidate candidate = new Candidate(id, "h", 1, Optional.empty());
    return new Incumbent(candidate, Sessions.format(session), nonce, NOW);
  }

  @Example
  void aTransactionThatIsSentTwiceIsAppliedOnce() {
    InMemoryScope once = new InMemoryScope();
    Incumbent incumbent = by("w", "n", 1);
    List<Commit> sent = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      Commit elect = CommitProtocol.elect(once.read(), incumbent, "head", RETENTION, NOW);
      assertThat(once.apply(elect, 1)).isTrue();
      sent.add(elect);
      if (i % 3 == 0) {
        once.leader = Optional.empty(); // the session ended: the next election records it as lost
      } else {
        Commit end = CommitProtocol.end(once.read(), new Transition.Resigned("x"), RETENTION, NOW);
        assertThat(once.apply(end, 1)).isTrue();
        sent.add(end);
      }
      for (Commit copy : sent) {
        assertThat(once.apply(copy, 1)).isFalse();
      }
      once.check();
      assertThat(once.audit).hasSizeLessThanOrEqualTo(RETENTION.entries());
      assertThat(once.read().record().auditFirst())
          .isEqualTo(once.history.size() + 1L - once.audit.size());
    }
  }

  @Example
  void retentionThatWasLoweredIsCaughtUpInSmallSteps() {
    InMemoryScope scope = new InMemoryScope();
    Incumbent incumbent = by("w", "n", 1);
    for (int i = 0; i < 60; i++) {
      scope.apply(CommitProtocol.elect(scope.read(), incumbent, "h", Retention.KEEP_ALL, NOW), 1);
      scope.apply(
          CommitProtocol.end(scope.read(), new Transition.Resigned("x"), Retention.KEEP_ALL, NOW),
          1);
    }
    scope.audit.put("not-ours", new byte[0]);
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      scope.apply(CommitProtocol.elect(scope.read(), incumbent, "h", RETENTION, NOW), 1);
      scope.apply(
          CommitProtocol.end(scope.read(), new Transition.Resigned("x"), RETENTION, NOW), 1);
      sizes.add(scope.audit.size() - 1);
    }
    assertThat(sizes).containsExactly(120 + 2 - 64, 120 + 4 - 117, 7, 7);
    assertThat(scope.audit).containsKey("not-ours");
    scope.check();
  }
}
