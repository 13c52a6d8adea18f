package io.tenure.sharding;

import io.tenure.sharding.Placement.Cause;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One decision of the coordinator's {@link CoordinatorMachine}, whose state it reads and brings up
 * to date: who leads what as far as is known, what the placement wants, and how far on the way from
 * one to the other the next plan goes.
 *
 * <p>Confined to that decision.
 */
final class Planning {

  private static final int NONE = Placement.NONE;
  private static final int MIN_RELEASED = 8;
  private static final int RELEASED_PART = 500;

  private final CoordinatorMachine machine;
  private final GroupSettings settings;
  private final ShardSet shards;
  private final Directives directives;
  private final Members members;
  private final long now;
  private final List<String> gone;
  private final Map<String, String> ignored;

  /** Who leads each shard, as far as is known. */
  private final int[] actual;

  /** Shards whose leader took them over, and has not yet read in its plan that it leads them. */
  private final BitSet takenOver = new BitSet();

  /** Who led a shard that lost its leader. */
  private final Map<Integer, String> goneLeaders = new TreeMap<>();

  private final PlanDraft draft;

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
    this.ignored = new TreeMap<>(directives.ignored());
    this.gone = machine.plans.keySet().stream().filter(id -> members.indexOf(id) == NONE).toList();
    this.actual = new int[shards.size()];
    this.draft = new PlanDraft(shards, members.size());
    machine.load.retain(members.ids());
    noteTrigger(joined);
    findLeaders();
  }

  private void noteTrigger(Set<String> joined) {
    List<String> changes = new ArrayList<>();
    if (!joined.isEmpty() && machine.summary.version() > 0) {
      changes.add(CoordinatorMachine.named(joined) + " joined");
    }
    if (!gone.isEmpty()) {
      changes.add(CoordinatorMachine.named(gone) + " left");
    }
    Map<String, Placement.Member> nowMembers = new TreeMap<>();
    for (int i = 0; i < members.size(); i++) {
      Placement.Member member = members.member(i);
      nowMembers.put(member.id(), member);
      Placement.Member before = machine.lastMembers.get(member.id());
      if (before != null && !before.equals(member)) {
        changes.add(
            before.draining() != member.draining()
                ? member.id() + (member.draining() ? " drains" : " drains no more")
                : "the capacity of " + member.id() + " changed");
      }
    }
    machine.lastMembers = nowMembers;
    machine.lastDirectives.ifPresent(before -> noteWishes(before, changes));
    machine.lastDirectives = Optional.of(directives);
    if (!changes.isEmpty()) {
      machine.trigger = "rebalance after " + String.join(", ", changes);
    } else if (machine.summary.version() == 0) {
      machine.trigger = "first placement";
    }
  }

  private void noteWishes(Directives before, List<String> changes) {
    directives
        .pins()
        .forEach(
            (shard, to) -> {
              if (!to.equals(before.pins().get(shard))) {
                changes.add("shard " + shard + " was pinned");
              }
            });
    before.pins().keySet().stream()
        .filter(shard -> !directives.pins().containsKey(shard))
        .forEach(shard -> changes.add("shard " + shard + " was unpinned"));
    directives
        .moves()
        .forEach(
            (shard, to) -> {
              if (!to.equals(before.moves().get(shard))) {
                changes.add("shard " + shard + " was moved");
              }
            });
  }

  /** Who leads what: as the plan says, unless somebody took over or the leader is gone. */
  private void findLeaders() {
    Arrays.fill(actual, NONE);
    for (PlanNode plan : machine.plans.values()) {
      int worker = members.indexOf(plan.workerId());
      for (String shard : plan.leads()) {
        int index = shards.indexOf(shard);
        if (index >= 0) {
          actual[index] = worker;
          if (worker == NONE) {
            goneLeaders.put(index, plan.workerId());
          }
        } else {
          draft.reason(shard, worker, "the shard was removed");
        }
      }
    }
    // The lowest rank that is alive has taken over or is about to.
    for (int rank = GroupSettings.MAX_STANDBYS - 1; rank >= 0; rank--) {
      for (PlanNode plan : machine.plans.values()) {
        int worker = members.indexOf(plan.workerId());
        if (worker != NONE && !members.member(worker).draining() && rank < plan.standsBy().size()) {
          for (String shard : plan.standsBy().get(rank)) {
            int index = shards.indexOf(shard);
            if (index >= 0 && goneLeaders.containsKey(index) && !members.isUnable(worker, index)) {
              actual[index] = worker;
            }
          }
        }
      }
    }
    for (int worker = 0; worker < members.size(); worker++) {
      for (String shard : members.worker(worker).node().tookOver()) {
        int index = shards.indexOf(shard);
        if (index >= 0) {
          actual[index] = worker;
          takenOver.set(index);
        }
      }
    }
  }

  CoordinatorMachine.Decision decide() {
    settleMoves();
    if (settings.loadBalancing().isPresent()) {
      machine
          .load
          .adjust(settings.loadBalancing().get(), busy(), machine.moves.size(), now)
          .ifPresent(why -> machine.trigger = why);
    } else {
      machine.load.reset();
    }
    Placement.Result result = Placement.compute(request());
    List<Placement.Move> planned = new ArrayList<>();
    for (int shard = 0; shard < shards.size(); shard++) {
      decide(shard, result.leaders()[shard], planned);
    }
    // What somebody asked for goes before what merely evens out.
    planned.sort((a, b) -> a.cause().compareTo(b.cause()));
    List<String> movesDone = new ArrayList<>();
    for (Placement.Move move : planned) {
      handOver(move);
    }
    directives
        .moves()
        .forEach(
            (shard, to) -> {
              int index = shards.indexOf(shard);
              if (index >= 0
                  && draft.leader(index) == members.indexOf(to)
                  && members.indexOf(to) != NONE) {
                movesDone.add(shard);
              }
            });
    return changes(result, movesDone);
  }

  private List<LoadBalance.Busy> busy() {
    int[] led = new int[members.size()];
    for (int leader : actual) {
      if (leader != NONE) {
        led[leader]++;
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
                led[i],
                members.worker(i).node().utilization() / 100.0));
      }
    }
    return all;
  }

  /** Moves whose end is known, and those that have lost their sense. */
  private void settleMoves() {
    long limit = settings.readyLimit().toNanos();
    for (Map.Entry<String, MovesInFlight.Move> entry : List.copyOf(machine.moves.all())) {
      String shard = entry.getKey();
      MovesInFlight.Move move = entry.getValue();
      int index = shards.indexOf(shard);
      int to = members.indexOf(move.to());
      boolean over = index < 0 || to == NONE;
      if (!over && move.released()) {
        // It is ready until it is elected.
        over = !members.isReady(to, shard) || now - move.sinceNanos() >= limit;
      } else if (!over) {
        over = actual[index] == to || !members.isOpen(move.to()) || members.isUnable(to, index);
      }
      if (over) {
        machine.moves.end(shard);
      }
    }
  }

  private Placement.Request request() {
    int[] leaders = actual.clone();
    int[][] standbys = new int[settings.standbys()][shards.size()];
    for (int[] rank : standbys) {
      Arrays.fill(rank, NONE);
    }
    for (PlanNode plan : machine.plans.values()) {
      int worker = members.indexOf(plan.workerId());
      for (int rank = 0; rank < Math.min(standbys.length, plan.standsBy().size()); rank++) {
        for (String shard : plan.standsBy().get(rank)) {
          int index = shards.indexOf(shard);
          if (index >= 0) {
            standbys[rank][index] = worker;
          }
        }
      }
    }
    BitSet tentative = new BitSet();
    for (Map.Entry<String, MovesInFlight.Move> entry : machine.moves.all()) {
      int index = shards.indexOf(entry.getKey());
      if (!entry.getValue().released() && index >= 0) {
        tentative.set(index, actual[index] != NONE);
        leaders[index] = members.indexOf(entry.getValue().to());
      }
    }
    BitSet preferred = new BitSet();
    directives
        .moves()
        .forEach(
            (shard, to) ->
                wish(Directives.MOVE, shard, to)
                    .ifPresent(
                        index -> {
                          preferred.set(index);
                          leaders[index] = members.indexOf(to);
                        }));
    Map<Integer, Integer> pins = new TreeMap<>();
    directives
        .pins()
        .forEach(
            (shard, to) ->
                wish(Directives.PIN, shard, to)
                    .ifPresent(index -> pins.put(index, members.indexOf(to))));
    return new Placement.Request(
        members.placement(machine.load::share),
        leaders,
        standbys,
        settings.standbys(),
        tentative,
        preferred,
        pins,
        members.unable());
  }

  /** The shard that an operator wants on a worker; empty, and noted, if that cannot be. */
  private Optional<Integer> wish(String kind, String shard, String to) {
    int index = shards.indexOf(shard);
    String problem = null;
    if (index < 0) {
      problem = "there is no shard \"" + shard + "\" in the group";
    } else if (members.indexOf(to) == NONE) {
      problem = "there is no worker \"" + to + "\" now";
    } else if (!members.isOpen(to)) {
      problem = "worker " + to + " drains";
    }
    if (problem != null) {
      ignored.put(kind + shard, problem);
      return Optional.empty();
    }
    return Optional.of(index);
  }

  /** One shard: who leads it by the next plan? */
  private void decide(int shard, int wanted, List<Placement.Move> planned) {
    int leader = actual[shard];
    String name = shards.name(shard);
    if (takenOver.get(shard)) {
      // First it must read that it leads the shard: only then can the plan take it away again.
      machine.moves.end(name);
      draft.lead(shard, leader);
    } else if (leader == NONE || (wanted != leader && members.isUnable(leader, shard))) {
      // Nobody has to stop, so there is no need for a handoff.
      machine.moves.end(name);
      draft.lead(shard, wanted);
      if (wanted != NONE) {
        draft.reason(shard, wanted, whyVacant(shard, leader));
      }
    } else if (wanted == leader) {
      if (!isReleased(name)) {
        machine.moves.end(name);
      }
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

  private boolean isReleased(String shard) {
    return machine.moves.get(shard).map(MovesInFlight.Move::released).orElse(false);
  }

  /** For as long as a move is not over, both plans say why: one of them may be read late. */
  private void releasedReason(String name, int shard) {
    machine
        .moves
        .get(name)
        .filter(MovesInFlight.Move::released)
        .ifPresent(
            move -> {
              draft.reason(shard, members.indexOf(move.from()), move.reason());
              draft.reason(shard, members.indexOf(move.to()), move.reason());
            });
  }

  private String whyVacant(int shard, int leader) {
    if (leader != NONE) {
      return members.id(leader) + " cannot lead it";
    }
    String before = goneLeaders.get(shard);
    if (before != null) {
      return before + " is gone";
    }
    return machine.summary.version() == 0 ? "first placement" : "nobody leads it";
  }

  private String drainReason(int worker) {
    String id = members.id(worker);
    String why = directives.drains().getOrDefault(id, "");
    return "drain of " + id + (why.isEmpty() ? "" : " (" + why + ")");
  }

  /** Why a shard moves although somebody leads it. Placement's own idea knows no wishes. */
  private Cause cause(int shard, int leader, int wanted) {
    if (isWish(directives.pins(), shard, wanted) || isWish(directives.moves(), shard, wanted)) {
      return Cause.PINNED;
    }
    return members.member(leader).draining() ? Cause.DRAINING : Cause.REBALANCE;
  }

  private boolean isWish(Map<String, String> wishes, int shard, int worker) {
    return members.id(worker).equals(wishes.get(shards.name(shard)));
  }

  private String reason(Placement.Move move) {
    return switch (move.cause()) {
      case PINNED ->
          (isWish(directives.pins(), move.shard(), move.to()) ? "pinned to " : "moved to ")
              + members.id(move.to())
              + " by an operator";
      case DRAINING -> drainReason(move.from());
      case UNABLE, VACANT, REBALANCE -> machine.trigger;
    };
  }

  /** A planned move: begins, goes on, or is given to its successor. */
  private void handOver(Placement.Move move) {
    String name = shards.name(move.shard());
    String to = members.id(move.to());
    Optional<MovesInFlight.Move> under = machine.moves.get(name);
    if (under.isPresent() && !under.get().to().equals(to)) {
      machine.moves.end(name);
      under = Optional.empty();
    }
    if (under.isEmpty()) {
      if (machine.moves.size() >= settings.movesInFlight()) {
        draft.lead(move.shard(), move.from());
        return;
      }
      machine.moves.begin(name, members.id(move.from()), to, reason(move), now);
      under = machine.moves.get(name);
    }
    MovesInFlight.Move present = under.orElseThrow();
    boolean late = now - present.sinceNanos() >= settings.readyLimit().toNanos();
    if (late || (members.isReady(move.to(), name) && machine.moves.released() < mayBeReleased())) {
      machine.moves.release(name, present, now);
      draft.lead(move.shard(), move.to());
      releasedReason(name, move.shard());
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
    return Math.max(MIN_RELEASED, shards.size() / RELEASED_PART);
  }

  private CoordinatorMachine.Decision changes(Placement.Result result, List<String> movesDone) {
    List<PlanDraft.Head> heads = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      Optional<String> draining =
          members.member(i).draining() ? Optional.of(drainReason(i)) : Optional.empty();
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
    boolean changed =
        !writes.isEmpty()
            || !gone.isEmpty()
            || !unplaced.equals(machine.summary.unplaced())
            || !machine.load.shares().equals(machine.summary.shares());
    writes.forEach(node -> machine.plans.put(node.workerId(), node));
    gone.forEach(machine.plans::remove);
    Optional<PlanSummary> next = Optional.empty();
    if (changed) {
      machine.summary =
          new PlanSummary(
              machine.summary.version() + 1,
              machine.self,
              machine.epoch,
              machine.trigger,
              unplaced,
              machine.load.shares());
      next = Optional.of(machine.summary);
    }
    return new CoordinatorMachine.Decision(
        writes, gone, next, List.copyOf(movesDone), nanosToWait(), ignored);
  }

  private Optional<Long> nanosToWait() {
    List<Optional<Long>> all = new ArrayList<>();
    all.add(machine.joining.nanosLeft(settings.settleWindow().toNanos(), now));
    all.add(machine.moves.nanosLeft(settings.readyLimit().toNanos(), now));
    all.add(settings.loadBalancing().map(balancing -> machine.load.nanosLeft(balancing, now)));
    return all.stream().flatMap(Optional::stream).min(Long::compare);
  }
}
