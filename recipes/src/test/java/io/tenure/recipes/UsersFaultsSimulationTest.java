package io.tenure.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeView;
import io.tenure.internal.leadership.LeadershipAction;
import io.tenure.internal.leadership.LeadershipState;
import io.tenure.internal.leadership.ScopeReading;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import io.tenure.testing.InMemoryScope;
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
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Several election machines on one scope in memory, and users who do what users do, on a schedule
 * from a seed: their tasks throw errors and let leases lapse; they give an attempt up while its
 * outcome is unknown, and want the office again at once; their clients are away for a while, or are
 * reset, which leaves a session behind that the servers end later.
 */
class UsersFaultsSimulationTest {

  private static final Instant NOW = Instant.parse("2026-03-01T02:00:00Z");
  private static final Retention RETENTION = Retention.last(7);
  private static final int STEPS = 300;

  /** So many rounds must be enough for everything that is under way to settle. */
  private static final int ROUNDS = 60;

  /** One candidate: a machine, its client, and its user. */
  private final class Member implements ElectionAction.Performer {
    final int number;
    final ElectionMachine machine;
    final Deque<Supplier<ElectionEvent>> answers = new ArrayDeque<>();
    long session;
    boolean away;
    boolean wants;

    /** It was asked for again before the end of the last tenure was settled. */
    boolean wantsAgain;

    boolean holdsLease;
    boolean watchFired;
    String leaseNonce = "";
    long leaseEpoch;
    long lastRead;

    /** The pause that is not over yet; 0 if there is none. */
    long pause;

    int nonces;

    /** The ends that the user's code has brought about, as far as they are to be recorded. */
    Optional<Transition.End> asked = Optional.empty();

    Member(int number) {
      this.number = number;
      this.session = number + 1;
      this.machine =
          new ElectionMachine(
              new Candidate("w-" + number, "h", 1, Optional.empty()),
              RETENTION,
              () -> "n" + number + "-" + nonces++,
              () -> 0,
              change -> {});
    }

    void feed(ElectionEvent event) {
      machine.on(event, NOW).forEach(action -> action.carryOut(this));
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
      readsAgain();
    }

    private void readsAgain() {
      long number = lastRead;
      answers.clear(); // Answers to earlier requests are dropped.
      answers.add(
          () ->
              new ElectionEvent.ScopeRead(
                  number, new ScopeReading(Optional.of(scope.read()), session)));
    }

    @Override
    public void watch() {
      watchFired = true; // A reading sets the watch.
    }

    @Override
    public void send(LeadershipAction.Send send) {
      send(send.commit(), send.session());
    }

    @Override
    public void grant(LeadershipAction.Grant grant) {
      assertThat(wants).as("a lease is granted to who still wants it").isTrue();
      holdsLease = true;
      leaseEpoch = grant.view().record().epoch();
      leaseNonce = grant.view().record().incumbent().orElseThrow().nonce();
    }

    @Override
    public void requestStop(Transition.End why) {}

    @Override
    public void leaseOver(Transition.End end) {
      holdsLease = false;
    }

    @Override
    public void ended(LeadershipAction.Ended ended) {
      assertThat(holdsLease).as("a lease is over before its end is told").isFalse();
      asked.filter(end -> ended.recorded()).ifPresent(this::checkRecorded);
      asked = Optional.empty();
      wants = wantsAgain;
      wantsAgain = false;
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
    public void refused(TenureException cause) {}

    @Override
    public void warnOfText(byte[] data) {}

    @Override
    public void warnOfPersistentLeader() {}

    @Override
    public void warnOfConflicts(int conflicts) {}

    @Override
    public void warnOfReading(TenureException cause) {}

    /** The trail tells what happened, or that the successor found no leader node. */
    private void checkRecorded(Transition.End end) {
      assertThat(scope.history)
          .filteredOn(entry -> entry.epoch() == leaseEpoch)
          .filteredOn(entry -> entry.transition() instanceof Transition.End)
          .extracting(entry -> entry.transition().word())
          .hasSize(1)
          .isSubsetOf(end.word(), "lost");
    }

    /** Applied and answered; applied without an answer; late; or never. */
    private void send(Commit commit, long in) {
      answers.clear();
      int fate = calm ? 3 : random.nextInt(5);
      if (fate == 0) {
        answers.add(() -> new ElectionEvent.NotCommitted(true));
      } else if (fate == 1) {
        applied(commit, in);
        answers.add(() -> new ElectionEvent.NotCommitted(true));
      } else if (fate == 2) {
        late.add(() -> applied(commit, in));
        answers.add(() -> new ElectionEvent.NotCommitted(true));
      } else {
        answers.add(
            () -> {
              Optional<ScopeOp> obstacle = scope.obstacle(commit);
              if (in == session && applied(commit, in)) {
                return new ElectionEvent.Committed();
              }
              return obstacle.filter(ScopeOp.CreateEntry.class::isInstance).isPresent()
                  ? new ElectionEvent.EntryTaken()
                  : new ElectionEvent.NotCommitted(false);
            });
      }
    }

    /** The client's handle is gone for a moment: nothing is answered, and the session lives. */
    void away(boolean value) {
      if (away && !value) {
        watchFired = true; // The first thing that is told on the way back.
      }
      away = value;
    }

    /** The client gives its session up, which the servers end some time later. */
    void reset() {
      long old = session;
      lingering.add(old);
      session = nextSession++;
      answers.clear();
      away = false;
      feed(new ElectionEvent.SessionGone(old));
      boolean asks = machine.state() == LeadershipState.READING && pause == 0;
      if (asks && answers.isEmpty()) {
        readsAgain(); // The rim does so when it is connected.
      }
      if (queue.remove(this)) {
        queue.add(this);
        feed(new ElectionEvent.QueueLost());
      }
    }

    /** The user's code brings its own tenure to an end. */
    void end(Transition.End end) {
      if (holdsLease) {
        asked = Optional.of(end);
        feed(new ElectionEvent.End(end));
      }
    }

    void join() {
      if (!wants) {
        wants = true;
        wantsAgain = machine.state() == LeadershipState.ENDING;
        feed(new ElectionEvent.Join());
      }
    }

    void giveUp() {
      if (wants && !holdsLease) {
        wants = false;
        wantsAgain = false;
        feed(new ElectionEvent.Leave("gave up"));
      }
    }

    void answer() {
      if (away) {
        return;
      }
      if (this == queue.peek()) {
        feed(new ElectionEvent.QueueHead());
      }
      if (watchFired) {
        watchFired = false;
        feed(new ElectionEvent.OfficeChanged());
      }
      if (pause != 0) {
        long over = pause;
        pause = 0;
        feed(new ElectionEvent.Wake(over));
      }
      Supplier<ElectionEvent> next = answers.poll();
      if (next != null) {
        feed(next.get());
      }
    }
  }

  private final List<Runnable> late = new ArrayList<>();
  private final List<Long> lingering = new ArrayList<>();
  private final Set<Long> ended = new HashSet<>();
  private final List<Member> members = new ArrayList<>();
  private final Deque<Member> queue = new ArrayDeque<>();
  private InMemoryScope scope = new InMemoryScope();
  private Random random = new Random(0);
  private boolean calm;
  private long nextSession = 1000;

  private void officeChanged() {
    members.forEach(member -> member.watchFired = true);
  }

  /** A transaction of a session that the servers have ended is never applied. */
  private boolean applied(Commit commit, long session) {
    boolean before = scope.leader.isPresent();
    boolean done = !ended.contains(session) && scope.apply(commit, session);
    if (done && before && scope.leader.isEmpty()) {
      officeChanged();
    }
    return done;
  }

  private void serversEnd(long session) {
    lingering.remove(Long.valueOf(session));
    ended.add(session);
    boolean before = scope.leader.isPresent();
    scope.sessionEnds(session);
    if (before && scope.leader.isEmpty()) {
      officeChanged();
    }
  }

  @Property(tries = 1000)
  void whateverUsersDoTheTrailTellsItAndSomebodyLeadsInTheEnd(@ForAll long seed) {
    begin(seed);
    for (int step = 0; step < STEPS; step++) {
      somethingHappens();
      checkLeaders();
      if (step % 25 == 0) {
        scope.check();
      }
    }
    calm = true;
    late.forEach(Runnable::run);
    late.clear();
    List.copyOf(lingering).forEach(this::serversEnd);
    members.forEach(member -> member.away(false));
    Set<Integer> haveLed = new HashSet<>();
    for (int round = 0; round < 2 * members.size(); round++) {
      Member leader = leaderAfterAWhile(seed);
      haveLed.add(leader.number);
      leader.end(new Transition.Failed("error of round " + round));
    }
    assertThat(haveLed).as("each candidate got to lead, seed %s", seed).hasSize(members.size());
  }

  private void begin(long seed) {
    late.clear();
    lingering.clear();
    ended.clear();
    members.clear();
    queue.clear();
    scope = new InMemoryScope();
    random = new Random(seed);
    calm = false;
    for (int i = 0; i < 3; i++) {
      members.add(new Member(i));
    }
  }

  private Member leaderAfterAWhile(long seed) {
    for (int i = 0; i < ROUNDS; i++) {
      members.forEach(
          member -> {
            if (member.machine.state() == LeadershipState.IDLE) {
              member.wants = false; // It has heard that the office is not to be had.
              member.join();
            }
          });
      members.forEach(Member::answer);
      checkLeaders();
    }
    scope.check();
    List<Member> leaders = members.stream().filter(member -> member.holdsLease).toList();
    assertThat(leaders)
        .as(
            "one leads, seed %s: %s",
            seed, members.stream().map(member -> member.machine.state()).toList())
        .hasSize(1);
    return leaders.get(0);
  }

  private void somethingHappens() {
    Member member = members.get(random.nextInt(members.size()));
    switch (random.nextInt(20)) {
      case 0, 1 -> member.join();
      case 2 -> member.giveUp();
      case 3 -> {
        member.giveUp();
        member.join(); // Before anything that the first attempt has sent is settled.
      }
      case 4 -> member.end(new Transition.Failed("java.lang.StackOverflowError"));
      case 5 -> member.end(new Transition.Lapsed("the step has blocked"));
      case 6 -> member.away(true);
      case 7, 8 -> member.away(false);
      case 9 -> {
        if (random.nextInt(3) == 0) {
          member.reset();
        }
      }
      case 10 -> {
        if (!lingering.isEmpty()) {
          serversEnd(lingering.get(random.nextInt(lingering.size())));
        }
      }
      case 11 -> {
        if (!late.isEmpty()) {
          late.remove(random.nextInt(late.size())).run();
        }
      }
      default -> member.answer();
    }
  }

  /** A lease whose session lives is the office. */
  private void checkLeaders() {
    for (Member member : members) {
      if (member.holdsLease) {
        assertThat(scope.leader.map(ScopeView.LeaderData::owner))
            .as("owner of the leader node of the lease of w-%s", member.number)
            .contains(member.session);
        assertThat(scope.read().record().isOf(member.leaseNonce)).isTrue();
      }
    }
  }
}
