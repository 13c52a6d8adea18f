package io.tenure.sharding;

import io.tenure.sharding.Placement.Cause;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * One decision of the coordinator's {@link CoordinatorMachine}, whose state it reads and brings up
 * to date: who leads what as far as is known, what the placement wants, and how far on the way from
 * one to the other the next plan goes.
 *
 * <p>Confined to that decision.
 */
final class Planning {

  private static final int NONE = Placement.NONE;
  private static final int MIN_RELEASED = 2;
  private static final int MAX_NAMED = 5;

  /** In about so many rounds, a worker that leaves has handed over its share. */
  private static final int ROUNDS = 100;

  private final CoordinatorMachine machine;
  private final GroupSettings settings;
  private final ShardSet shards;
  private final Directives directives;
  private final Members members;
  private final Wishes wishes;
  private final long now;
  private final List<String> gone;

  /** Who leads each shard, as far as is known. */
  private final int[] actual;

  /** Who led a shard that lost its leader. */
  private final Map<Integer, String> goneLeaders = new TreeMap<>();

  private final PlanDraft draft;

  /** The shards that fail somewhere. */
  private final BitSet failing;

  private final FailingPlacement failingPlacement;
  private final Preparations preparations;

  Planning(
      CoordinatorMachine machine,
      CoordinatorMachine.View view,
      Members members,
      Set<String> joined,
      long nowNanos) {
    this.machine = machine;
    this.settings = view.settings();
    this.shards = settings.shards();
    this.directives = view.directives();
    this.members = members;
    this.now = nowNanos;
    this.wishes = new Wishes(directives, shards, members);
    this.gone = machine.plans.keySet().stream().filter(id -> members.indexOf(id) == NONE).toList();
    this.actual = new int[shards.size()];
    this.draft = new PlanDraft(shards, members.size());
    machine.load.retain(members.ids());
    Set<String> tookOver = findLeaders();
    this.failing = members.failing(actual, machine.memory.displaced(shards));
    this.failingPlacement =
        new FailingPlacement(
            members, shards, wishes, machine.moves, machine.memory.failing, actual, now);
    this.preparations =
        new Preparations(
            machine.moves, machine.memory.slow, settings, shards, members, actual, now);
    machine.memory.begin(members, failing, shards, now);
    machine.trigger.note(
        members, directives, shards, isFirst() ? Set.of() : joined, gone, tookOver);
    if (isFirst()) {
      machine.trigger.set("first placement");
    }
  }

  private boolean isFirst() {
    return machine.summary.version() == 0;
  }

  /**
   * Who leads what: as the plan says, unless a worker took over or the leader is gone.
   *
   * @return the workers that took over from others who are there
   */
  private Set<String> findLeaders() {
    Arrays.fill(actual, NONE);
    for (PlanNode plan : machine.plans.values()) {
      int worker = members.indexOf(plan.workerId());
      for (String shard : plan.leads()) {
        int index = shards.indexOf(shard);
        if (index < 0) {
          draft.reason(shard, worker, "the shard was removed");
        } else if (worker == NONE || isReborn(worker, plan)) {
          goneLeaders.put(index, plan.workerId());
        } else {
          actual[index] = worker;
        }
      }
    }
    // Of a plan that was written in part, two nodes may name one shard.
    goneLeaders.keySet().removeIf(shard -> actual[shard] != NONE);
    machine.led.forEach(this::leads);
    findSuccessors();
    Set<String> tookOver = new TreeSet<>();
    for (int worker = 0; worker < members.size(); worker++) {
      for (String shard : members.worker(worker).node().tookOver()) {
        int index = shards.indexOf(shard);
        if (index >= 0 && actual[index] != worker) {
          actual[index] = worker;
          if (!goneLeaders.containsKey(index)) {
            tookOver.add(members.id(worker));
          }
        }
      }
    }
    goneLeaders.forEach((shard, id) -> draft.reason(shard, actual[shard], id + " is gone"));
    return tookOver;
  }

  /** A worker that was found in office of a shard. */
  private void leads(String shard, String workerId) {
    int index = shards.indexOf(shard);
    if (index >= 0 && actual[index] == NONE && !goneLeaders.containsKey(index)) {
      actual[index] = members.indexOf(workerId);
    }
  }

  /** It gets nothing, and who led what is planned for it is gone. */
  private boolean isReborn(int worker, PlanNode plan) {
    return members.isDamped(worker) && !plan.isFor(members.worker(worker));
  }

  /** Of those who stand by, the lowest rank that is alive has taken over or is about to. */
  private void findSuccessors() {
    for (int rank = GroupSettings.MAX_STANDBYS - 1; rank >= 0; rank--) {
      for (PlanNode plan : machine.plans.values()) {
        int worker = members.indexOf(plan.workerId());
        if (worker != NONE && !members.member(worker).draining() && rank < plan.standsBy().size()) {
          for (String shard : plan.standsBy().get(rank)) {
            int index = shards.indexOf(shard);
            if (index >= 0 && goneLeaders.containsKey(index) && isAble(worker, index)) {
              actual[index] = worker;
            }
          }
        }
      }
    }
  }

  /** Whether it takes over what it stands by for. */
  private boolean isAble(int worker, int shard) {
    return !members.isUnable(worker, shard) && !members.isFailing(worker, shard);
  }

  CoordinatorMachine.Decision decide() {
    preparations.settle();
    if (settings.loadBalancing().isEmpty()) {
      machine.load.reset();
    } else if (machine.moves.isEmpty() && machine.load.isDue(settings.loadBalancing().get(), now)) {
      machine
          .load
          .adjust(settings.loadBalancing().get(), busy(), now)
          .ifPresent(machine.trigger::set);
    }
    Placement.Result result = Placement.compute(request());
    int[] leaders = failingPlacement.leaders(result.leaders(), failing);
    while (giveUpMoves(leaders)) { // Ends: each time there are fewer.
      result = Placement.compute(request());
      leaders = failingPlacement.leaders(result.leaders(), failing);
    }
    noteDisplaced(result.leaders(), leaders);
    machine.wanted = Optional.of(new WantedStandbys(shards, members.allIds(), result.standbys()));
    wishes.compare(leaders);
    List<Placement.Move> planned = new ArrayList<>();
    for (int shard = 0; shard < shards.size(); shard++) {
      decide(shard, leaders[shard], planned);
    }
    // What an operator asked for goes before what merely evens out.
    // Of equal ones, those whose last successor was too slow come last.
    planned.sort(
        Comparator.comparing(Placement.Move::cause)
            .thenComparing(move -> machine.memory.slow.failures(shards.name(move.shard()))));
    return changes(result, wishes.done(draft, carryOut(planned)));
  }

  /**
   * Once they do not fail any longer, they go home, rather than that another goes in their place.
   */
  private void noteDisplaced(int[] counted, int[] leaders) {
    for (int shard = 0; shard < leaders.length; shard++) {
      if (counted[shard] == leaders[shard] && counted[shard] == actual[shard]) {
        machine.memory.isHome(shards.name(shard));
      } else if (failing.get(shard)) {
        machine.memory.isAway(shards.name(shard));
      }
    }
  }

  private List<LoadBalance.Busy> busy() {
    List<List<String>> led =
        Stream.<List<String>>generate(ArrayList::new).limit(members.size()).toList();
    List<Set<String>> pinned =
        Stream.<Set<String>>generate(HashSet::new).limit(members.size()).toList();
    for (int shard = 0; shard < actual.length; shard++) {
      if (actual[shard] != NONE) {
        led.get(actual[shard]).add(shards.name(shard));
        if (wishes.isPinned(shard, actual[shard])) {
          pinned.get(actual[shard]).add(shards.name(shard));
        }
      }
    }
    List<LoadBalance.Busy> all = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      Placement.Member member = members.member(i);
      if (!member.draining()) {
        all.add(
            new LoadBalance.Busy(
                member.id(),
                member.capacity(),
                Math.max(0, member.maxShards() - led.get(i).size()),
                led.get(i),
                pinned.get(i),
                members.worker(i).node().utilization() / 100.0));
      }
    }
    return all;
  }

  /**
   * Ends moves that are no longer wanted.
   *
   * @return whether there were any. Then their shards are where they were, and it has to be asked
   *     again what is wanted
   */
  private boolean giveUpMoves(int[] wanted) {
    boolean any = false;
    for (Map.Entry<String, MovesInFlight.Move> entry : List.copyOf(machine.moves.all())) {
      MovesInFlight.Move move = entry.getValue();
      int shard = shards.indexOf(entry.getKey());
      if (!move.isReleased() && wanted[shard] != members.indexOf(move.to())) {
        machine.moves.end(entry.getKey());
        any = true;
      }
    }
    return any;
  }

  private Placement.Request request() {
    int[] leaders = actual.clone();
    BitSet tentative = new BitSet();
    for (Map.Entry<String, MovesInFlight.Move> entry : machine.moves.all()) {
      int index = shards.indexOf(entry.getKey());
      if (!entry.getValue().isReleased() && index >= 0) {
        tentative.set(index, actual[index] != NONE);
        leaders[index] = members.indexOf(entry.getValue().to());
      }
    }
    machine
        .load
        .leaving()
        .forEach(
            (shard, from) -> {
              int index = shards.indexOf(shard);
              if (index >= 0 && actual[index] == members.indexOf(from)) {
                tentative.set(index);
              }
            });
    BitSet preferred = new BitSet();
    wishes
        .moves()
        .forEach(
            (index, to) -> {
              preferred.set(index);
              leaders[index] = to;
            });
    BitSet floating = floating();
    WantedStandbys standbys =
        machine.wanted.orElseGet(() -> WantedStandbys.of(machine.plans.values(), shards, members));
    return new Placement.Request(
        members.placement(machine.load::share),
        leaders,
        standbys.over(settings.standbys(), shards, members),
        settings.standbys(),
        tentative,
        preferred,
        wishes.pins(),
        members.unableBut(floating),
        floating);
  }

  private BitSet floating() {
    BitSet floating = (BitSet) failing.clone();
    floating.or(machine.memory.displaced(shards));
    return floating;
  }

  /** One shard: who leads it by the next plan? */
  private void decide(int shard, int wanted, List<Placement.Move> planned) {
    int leader = actual[shard];
    String name = shards.name(shard);
    if (leader == NONE || (wanted != leader && members.isUnable(leader, shard))) {
      // No leader has to stop, so there is no need for a handoff.
      machine.moves.end(name);
      if (leader != NONE) {
        machine.memory.failing.failed(name, now);
      }
      draft.lead(shard, wanted);
      String why = whyVacant(shard, leader);
      draft.reason(shard, leader, why);
      draft.reason(shard, wanted, why);
    } else if (wanted == leader) {
      draft.lead(shard, leader);
      releasedReason(name, shard);
    } else if (wanted == NONE) {
      machine.moves.end(name);
      boolean drains = members.member(leader).draining();
      draft.reason(
          shard,
          leader,
          drains ? drainReason(leader) + ", and no other worker has room" : "no room for it");
    } else {
      planned.add(new Placement.Move(shard, leader, wanted, cause(shard, leader, wanted)));
    }
  }

  /** For as long as a move is not over, both plans say why: one of them may be read late. */
  private void releasedReason(String name, int shard) {
    machine
        .moves
        .get(name)
        .filter(MovesInFlight.Move::isReleased)
        .ifPresent(move -> reasonOf(move, shard));
  }

  private void reasonOf(MovesInFlight.Move move, int shard) {
    draft.reason(shard, members.indexOf(move.from()), move.reason());
    draft.reason(shard, members.indexOf(move.to()), move.reason());
  }

  private String whyVacant(int shard, int leader) {
    if (leader != NONE) {
      return members.id(leader) + " cannot lead it";
    }
    String before = goneLeaders.get(shard);
    if (before != null) {
      return before + " is gone";
    }
    String found = machine.led.get(shards.name(shard));
    if (found != null) {
      return found + ", which leads it, is no worker of the plan now";
    }
    return isFirst() ? "first placement" : "nobody leads it";
  }

  private String drainReason(int worker) {
    String id = members.id(worker);
    if (members.isDamped(worker)) {
      return id + " keeps dying";
    }
    String why = directives.drains().getOrDefault(id, "");
    return "drain of " + id + (why.isEmpty() ? "" : " (" + why + ")");
  }

  /** Why a shard moves although a worker leads it. Placement's own idea knows no wishes. */
  private Cause cause(int shard, int leader, int wanted) {
    if (wishes.isAskedFor(shard, wanted)) {
      return Cause.PINNED;
    }
    return members.member(leader).draining() ? Cause.DRAINING : Cause.REBALANCE;
  }

  private String reason(Placement.Move move) {
    return switch (move.cause()) {
      case PINNED ->
          (wishes.isPinned(move.shard(), move.to()) ? "pinned to " : "moved to ")
              + members.id(move.to())
              + " by an operator";
      case DRAINING -> drainReason(move.from());
      case UNABLE, VACANT, REBALANCE -> machine.trigger.text();
    };
  }

  /**
   * Planned moves go on, or begin, as far as their number allows: those under way first, so that it
   * is known how many there are.
   *
   * @return the workers that have to give up something yet
   */
  private Set<Integer> carryOut(List<Placement.Move> planned) {
    List<Placement.Move> underWay = new ArrayList<>();
    List<Placement.Move> others = new ArrayList<>();
    for (Placement.Move move : planned) {
      String name = shards.name(move.shard());
      Optional<MovesInFlight.Move> known = machine.moves.get(name);
      boolean under =
          known.isPresent()
              && known.get().to().equals(members.id(move.to()))
              && known.get().phase() != MovesInFlight.Phase.LATE;
      if (under) {
        underWay.add(move);
      } else {
        machine.moves.end(name);
        others.add(move);
      }
    }
    underWay.forEach(this::handOver);
    Set<Integer> waiting = new TreeSet<>();
    for (Placement.Move move : others) {
      String name = shards.name(move.shard());
      boolean mayBegin =
          machine.moves.size() < settings.movesInFlight() && preparations.mayBegin(move, name);
      if (mayBegin) {
        machine.moves.begin(name, members.id(move.to()), reason(move), now);
        handOver(move);
      } else {
        draft.lead(move.shard(), move.from());
        waiting.add(move.from());
      }
    }
    return waiting;
  }

  /** A planned move that is under way waits for its successor, or gives it the shard. */
  private void handOver(Placement.Move move) {
    String name = shards.name(move.shard());
    MovesInFlight.Move present = machine.moves.get(name).orElseThrow();
    boolean ready = members.isReady(move.to(), name);
    boolean late =
        preparations.mayGoToUnready(move.from())
            && present.isOver(settings.readyLimit().toNanos(), now);
    boolean itsTurn = ready && (present.isReleased() || machine.moves.released() < mayBeReleased());
    if ((itsTurn || late) && !preparations.hasToRead(move.from(), name)) {
      String why = present.reason().isEmpty() ? reason(move) : present.reason();
      // Who leads now, which need not be who did when the move began.
      String from = members.id(move.from());
      draft.lead(move.shard(), move.to());
      reasonOf(machine.moves.release(name, from, why, ready, now), move.shard());
    } else {
      draft.lead(move.shard(), move.from());
      draft.takeOver(move.shard(), move.to());
    }
  }

  /**
   * How many shards may be between two leaders at a time. They are handed over in batches, and each
   * has no leader for as long as its batch takes: so many small ones, rather than few large.
   */
  private int mayBeReleased() {
    return Math.max(MIN_RELEASED, shards.size() / members.size() / ROUNDS);
  }

  private CoordinatorMachine.Decision changes(Placement.Result result, List<String> movesDone) {
    List<PlanDraft.Head> heads = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      Optional<String> draining =
          members.member(i).draining() && !members.isDamped(i)
              ? Optional.of(drainReason(i))
              : Optional.empty();
      heads.add(
          new PlanDraft.Head(
              members.id(i),
              members.worker(i).incarnation(),
              draining,
              machine.plans.get(members.id(i))));
    }
    List<PlanNode> writes =
        draft.nodes(heads, result).stream()
            .filter(node -> !node.saysTheSameAs(machine.plans.get(node.workerId())))
            .toList();
    List<String> unplaced = draft.unplaced();
    String whyUnplaced = unplaced.isEmpty() ? "" : whyUnplaced();
    Map<String, Damped> damped = machine.memory.damping.told(now);
    boolean changed =
        !writes.isEmpty()
            || !gone.isEmpty()
            || !unplaced.equals(machine.summary.unplaced())
            || !whyUnplaced.equals(machine.summary.unplacedReason())
            || !machine.load.shares().equals(machine.summary.shares())
            // What is forgiven goes with the next plan.
            || !machine.summary.damped().entrySet().containsAll(damped.entrySet());
    writes.forEach(node -> machine.plans.put(node.workerId(), node));
    machine.led = Map.of();
    gone.forEach(machine.plans::remove);
    Optional<PlanSummary> next = Optional.empty();
    if (changed) {
      machine.summary =
          new PlanSummary(
              machine.summary.version() + 1,
              machine.self,
              machine.epoch,
              machine.trigger.text(),
              unplaced,
              machine.load.shares(),
              damped,
              whyUnplaced);
      next = Optional.of(machine.summary);
    }
    return new CoordinatorMachine.Decision(
        writes,
        gone,
        next,
        List.copyOf(movesDone),
        nanosToWait(),
        wishes.ignored(),
        preparations.calledOff());
  }

  private String whyUnplaced() {
    List<String> bound = members.boundByBytes();
    if (bound.isEmpty()) {
      return "";
    }
    int shown = Math.min(MAX_NAMED, bound.size());
    return "the leader nodes of one session may take so many bytes only: "
        + String.join(", ", bound.subList(0, shown))
        + (shown < bound.size() ? " ..." : "");
  }

  private Optional<Long> nanosToWait() {
    List<Optional<Long>> all = new ArrayList<>();
    all.add(machine.joining.nanosLeft(settings.settleWindow().toNanos(), now));
    all.add(machine.moves.nanosLeft(settings.readyLimit().toNanos(), now));
    all.add(machine.memory.damping.nanosLeft(now));
    all.add(failingPlacement.nanosToWait());
    all.add(preparations.nanosToWait());
    if (machine.moves.isEmpty()) { // Else it waits for their end.
      all.add(settings.loadBalancing().map(balancing -> machine.load.nanosLeft(balancing, now)));
    }
    return all.stream().flatMap(Optional::stream).min(Long::compare);
  }
}
