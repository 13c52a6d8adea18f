package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.Backoff;
import io.tenure.sharding.CoordinatedGroup.Registered;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A group whose workers do what their plans say, later or sooner: they read their plan, warm up,
 * are elected where an office is vacant, stop, take over from who is lost, and report. All of it
 * happens at random moments of a simulated time.
 */
final class SimulatedWorld {

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1000 * MILLI;

  /** A shard's office, as its scope would tell of it. */
  private static final class Office {
    @Nullable Process leader;
    boolean everLed;
    boolean resigned;
    long vacantSince;

    Office(long now) {
      vacantSince = now;
    }

    void vacate(boolean byResigning, long now) {
      leader = null;
      resigned = byResigning;
      vacantSince = now;
    }
  }

  /** What one process has of a shard. */
  private static final class Slot {
    ShardRole role = ShardRole.NONE;
    int rank;
    boolean warming;
    boolean stopping;

    /** When what it does at present is done: it is warm, or has stopped. */
    long doneAt;

    long unableUntil;
  }

  /** How often a shard has failed on a process, which is remembered in every role. */
  private static final class Failure {
    int times;
    long restsUntil;
    long failingUntil;
  }

  /** One worker process. */
  private final class Process {
    final Registered registration;
    final Map<String, Slot> slots = new TreeMap<>();
    final Map<String, Failure> failures = new TreeMap<>();
    Optional<PlanNode> plan = Optional.empty();
    boolean alive = true;
    boolean closing;
    long expiresAt;

    Process(Registered registration) {
      this.registration = registration;
    }

    private boolean leads(String shard) {
      Office office = offices.get(shard);
      return office != null && office.leader == this;
    }

    private boolean rests(String shard) {
      return failures.containsKey(shard) && failures.get(shard).restsUntil > now();
    }

    private boolean isFailing(String shard) {
      return failures.containsKey(shard) && failures.get(shard).failingUntil > now();
    }

    /** A shard fails in office: it rests, each time for longer, see {@link FailingShards}. */
    private void fail(String shard, Slot slot) {
      Failure failure = failures.computeIfAbsent(shard, any -> new Failure());
      failure.times++;
      failure.restsUntil =
          now()
              + Backoff.nanos(
                  FailingShards.FIRST_REST_NANOS,
                  FailingShards.LONGEST_REST_NANOS,
                  failure.times,
                  random.nextDouble());
      failure.failingUntil = failure.restsUntil + FailingShards.REMEMBERED_NANOS;
      slot.warming = false;
      slot.stopping = false;
      offices.get(shard).vacate(false, now());
    }

    private boolean isReady(Slot slot, String shard) {
      return slot.warming && now() >= slot.doneAt && !leads(shard);
    }

    void step() {
      if (!alive) {
        if (now() >= expiresAt) {
          expire();
        }
        return;
      }
      if (!closing && chance(3)) {
        readPlan();
      }
      for (Map.Entry<String, Slot> entry : List.copyOf(slots.entrySet())) {
        if (chance(3)) {
          act(entry.getKey(), entry.getValue());
        }
      }
      if (closing && offices.values().stream().noneMatch(office -> office.leader == this)) {
        processes.remove(this);
      }
      if (!closing && chance(3)) {
        report();
      }
    }

    /** Its session has ended: so has everything that lived in it. */
    private void expire() {
      processes.remove(this);
      group.registered.remove(registration);
      offices.values().stream().filter(o -> o.leader == this).forEach(o -> o.vacate(false, now()));
    }

    private void readPlan() {
      Optional<PlanNode> read = group.planOf(registration.id);
      if (read.isEmpty() || read.equals(plan)) {
        return; // One that is not there says nothing.
      }
      if (read.get().incarnation() > registration.incarnation) {
        close(); // Another process with this id came later.
        return;
      }
      plan = read;
      Map<String, ShardRole> roles = new HashMap<>();
      for (int rank = read.get().standsBy().size() - 1; rank >= 0; rank--) {
        for (String shard : read.get().standsBy().get(rank)) {
          roles.put(shard, ShardRole.STAND_BY);
          slots.computeIfAbsent(shard, any -> new Slot()).rank = rank;
        }
      }
      read.get().takesOver().forEach(shard -> roles.put(shard, ShardRole.TAKE_OVER));
      read.get().leads().forEach(shard -> roles.put(shard, ShardRole.LEAD));
      roles.keySet().forEach(shard -> slots.computeIfAbsent(shard, any -> new Slot()));
      slots.forEach(
          (shard, slot) -> assign(shard, slot, roles.getOrDefault(shard, ShardRole.NONE)));
    }

    private void assign(String shard, Slot slot, ShardRole role) {
      ShardRole before = slot.role;
      slot.role = role;
      if (leads(shard)) {
        boolean keeps = role == ShardRole.LEAD || role == ShardRole.TAKE_OVER;
        if (!keeps && (role == ShardRole.NONE || before == ShardRole.LEAD) && !slot.stopping) {
          slot.stopping = true;
          slot.doneAt = now() + soon(2000);
        }
      } else if (role == ShardRole.TAKE_OVER && !slot.warming && slot.unableUntil <= now()) {
        slot.warming = true;
        slot.doneAt = now() + soon(chaos && random.nextInt(10) == 0 ? 60_000 : 1500);
      } else if (role != ShardRole.TAKE_OVER && role != ShardRole.LEAD) {
        slot.warming = false;
      }
    }

    private void act(String shard, Slot slot) {
      Office office = offices.computeIfAbsent(shard, any -> new Office(now()));
      if (leads(shard)) {
        if (poison.contains(shard)) {
          fail(shard, slot);
        } else if (slot.stopping && now() >= slot.doneAt) {
          slot.stopping = false;
          office.vacate(true, now());
        } else if (chaos && random.nextInt(300) == 0) {
          // A step hangs, or a task fails: the tenure ends, and not by a handoff.
          office.vacate(false, now());
          cannot(slot);
        }
      } else if (slot.unableUntil > now() || rests(shard)) {
        return;
      } else if (chaos && slot.role != ShardRole.NONE && random.nextInt(60) == 0) {
        cannot(slot);
      } else if (office.leader == null && mayTake(shard, slot, office)) {
        elections.merge(shard, 1, Integer::sum);
        office.leader = this;
        office.everLed = true;
        slot.warming = false;
        slot.stopping = false;
        if (slot.role == ShardRole.TAKE_OVER || closing) {
          slot.stopping = true;
        }
      } else if (slot.role == ShardRole.NONE) {
        slots.remove(shard);
      }
    }

    private void cannot(Slot slot) {
      slot.warming = false;
      slot.stopping = false;
      slot.unableUntil = now() + soon(5000);
    }

    private boolean mayTake(String shard, Slot slot, Office office) {
      if (closing) {
        return false;
      }
      boolean failing = isFailing(shard);
      long grace = SECOND * (slot.rank + (failing ? 61 : office.everLed ? 1 : 5));
      return switch (slot.role) {
        case LEAD -> true;
        case STAND_BY ->
            (slot.rank == 0 && office.everLed && !office.resigned && !failing)
                || now() - office.vacantSince > grace;
        case TAKE_OVER, NONE -> false;
      };
    }

    private void report() {
      registration.ready.clear();
      registration.tookOver.clear();
      registration.unable.clear();
      registration.failing.clear();
      failures.values().removeIf(failure -> failure.failingUntil <= now());
      failures.keySet().stream().filter(this::rests).forEach(registration.unable::add);
      registration.failing.addAll(failures.keySet());
      long led = offices.values().stream().filter(office -> office.leader == this).count();
      registration.utilization = (int) Math.min(100, led * 4 / registration.capacity);
      slots.forEach(
          (shard, slot) -> {
            boolean planned = slot.role == ShardRole.STAND_BY || slot.role == ShardRole.TAKE_OVER;
            if (leads(shard) && !slot.stopping && planned) {
              registration.tookOver.add(shard);
            }
            if (isReady(slot, shard)) {
              registration.ready.add(shard);
            }
            if (slot.unableUntil > now()) {
              registration.unable.add(shard);
            }
          });
    }

    void crash() {
      alive = false;
      expiresAt = now() + soon(6000);
    }

    /** Leaves at once, and stops one shard after the other. */
    void close() {
      closing = true;
      group.registered.remove(registration);
      slots.forEach(
          (shard, slot) -> {
            slot.role = ShardRole.NONE;
            slot.warming = false;
            if (leads(shard)) {
              slot.stopping = true;
              slot.doneAt = now() + soon(2000);
            }
          });
    }
  }

  final Random random;
  final CoordinatedGroup group;

  /** Things go wrong, and no process is in a hurry. */
  boolean chaos = true;

  /** Shards that fail as soon as they are led. */
  final Set<String> poison = new TreeSet<>();

  /** How often each shard was elected. */
  final Map<String, Integer> elections = new TreeMap<>();

  private final Map<String, Office> offices = new TreeMap<>();
  private final List<Process> processes = new ArrayList<>();

  SimulatedWorld(Random random, CoordinatedGroup group) {
    this.random = random;
    this.group = group;
  }

  private long now() {
    return group.nowNanos;
  }

  private long soon(int millis) {
    return MILLI * random.nextInt(millis + 1);
  }

  /** One in so many; always where there is no chaos. */
  private boolean chance(int times) {
    return !chaos || random.nextInt(times) == 0;
  }

  // ---------------------------------------------------------------- what a test does to it

  Registered start(String id) {
    group.join(id);
    Registered registration = group.worker(id);
    processes.add(new Process(registration));
    return registration;
  }

  private Optional<Process> any() {
    List<Process> alive = processes.stream().filter(p -> p.alive && !p.closing).toList();
    return alive.isEmpty()
        ? Optional.empty()
        : Optional.of(alive.get(random.nextInt(alive.size())));
  }

  /** A registered id; empty if there is none. */
  Optional<String> anyId() {
    return any().map(process -> process.registration.id);
  }

  void crashOne() {
    any().ifPresent(Process::crash);
  }

  void closeOne() {
    any().ifPresent(Process::close);
  }

  /** A process with the same id comes, while the old one's registration lingers. */
  void restartOne() {
    any()
        .ifPresent(
            process -> {
              process.crash();
              start(process.registration.id);
            });
  }

  void duplicateOne() {
    any().ifPresent(process -> start(process.registration.id));
  }

  int size() {
    return (int) processes.stream().filter(p -> p.alive && !p.closing).count();
  }

  /** Time passes, and every process does something. */
  void step(Duration time) {
    group.pass(time);
    List.copyOf(processes).forEach(Process::step);
  }

  // ---------------------------------------------------------------- the coordinator

  /** Decides and writes; or the answer is lost, or only a part is written, and another goes on. */
  void coordinate() {
    int fate = chaos ? random.nextInt(12) : 0;
    if (fate < 9) {
      group.decide();
      return;
    }
    CoordinatorMachine.Decision decision = group.decideOnly();
    if (fate == 9) { // All of it was written, and the answer is lost.
      group.write(decision);
    } else if (fate == 10 && !decision.writes().isEmpty()) {
      group.writePlans(decision.writes().subList(0, random.nextInt(decision.writes().size() + 1)));
    }
    group.replaceCoordinator();
  }

  // ---------------------------------------------------------------- what there must be in the end

  /** From now on nothing goes wrong, and after a bounded time nothing is left to happen. */
  void calm(String what) {
    chaos = false;
    int quiet = 0;
    for (int round = 0; quiet < 30; round++) {
      assertThat(round).as("rounds until it is quiet, %s", what).isLessThan(2000);
      step(Duration.ofSeconds(2));
      boolean still = group.decide().isEmpty() && group.machine.moves.isEmpty();
      quiet = still ? quiet + 1 : 0;
    }
    assertThat(group.decideAfter(Duration.ofHours(1)).isEmpty()).as(what).isTrue();
  }

  /** Each shard is led by the worker whose plan says so, and by no other worker. */
  void checkOffices(String what) {
    for (String shard : group.settings.shards().names()) {
      assertThat(leader(shard)).as("leader of %s, %s", shard, what).isEqualTo(group.leader(shard));
    }
    offices.forEach(
        (shard, office) -> {
          if (!group.settings.shards().contains(shard)) {
            assertThat(office.leader).as("leader of %s, %s", shard, what).isNull();
          }
        });
  }

  private String leader(String shard) {
    Office office = offices.get(shard);
    Process leader = office == null ? null : office.leader;
    return leader == null ? "" : leader.registration.id;
  }
}
