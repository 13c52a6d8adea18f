package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Workers in a simulated ensemble, what happens to them, and what must hold all the while. */
final class SimulatedGroup {

  private static final long SECOND = 1_000_000_000L;

  /** So many messages without any time passing are a loop. */
  private static final int MAX_ROUNDS = 400;

  /** So many wake-ups must be enough for everything to settle. */
  private static final int MAX_TIMERS = 60;

  final Random random;
  final Transcript transcript;
  final SimulatedEnsemble ensemble;
  final List<String> shards;
  final List<SimulatedWorker> workers = new ArrayList<>();

  /** Trouble comes once in so many times. */
  private final int luck;

  /** Given up by their clients, not yet ended by the servers. */
  private final List<SimulatedSession> lingering = new ArrayList<>();

  SimulatedGroup(long seed, int workers, int shards, boolean transcript) {
    this.random = new Random(seed);
    this.luck = 1 << random.nextInt(4);
    this.transcript = new Transcript(transcript);
    this.shards = IntStream.range(0, shards).mapToObj(Integer::toString).toList();
    this.ensemble = new SimulatedEnsemble(random, this.shards, this.transcript);
    for (int i = 0; i < workers; i++) {
      this.workers.add(new SimulatedWorker(ensemble, i, ensemble.newSession(), this.transcript));
    }
  }

  // ---- the schedule ----

  void somethingHappens() {
    SimulatedWorker worker = workers.get(random.nextInt(workers.size()));
    SimulatedSession session = worker.link.session();
    int dice = random.nextInt(100);
    if (dice < 2) {
      worker.plan(anyPlan());
    } else if (dice < 5) {
      worker.beginSession();
      worker.register(random.nextInt(3) == 0);
    } else if (dice < 7) {
      trouble(worker);
    } else if (dice < 10) {
      session.reconnect();
      giveUpIfEnded(worker);
    } else if (dice < 11) {
      ensemble.aStragglerArrives();
    } else if (dice < 19) {
      worker.passes(random.nextLong(2 * SECOND));
      worker.aTimerFires();
    } else if (dice < 31) {
      worker.tasks.somethingHappens();
    } else if (dice < 40) {
      session.advance();
    } else if (dice < 60) {
      worker.link.flush();
    } else if (dice < 79) {
      session.serve();
    } else {
      session.deliver();
    }
    check();
  }

  /** What should not happen, and does in some groups more than in others. */
  private void trouble(SimulatedWorker worker) {
    if (random.nextInt(luck) > 0) {
      return;
    }
    SimulatedSession session = worker.link.session();
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3, 4 -> session.disconnect();
      case 5 -> session.end();
      case 6, 7 -> giveUp(worker);
      case 8 -> worker.close();
      case 9 -> worker.theLastTimerFiresAgain();
      case 10 -> worker.feed(new WorkerEvent.OfficeChanged(anyShard()));
      default -> anOperatorComes(anyShard());
    }
  }

  private PlanNode anyPlan() {
    List<String> leads = new ArrayList<>();
    List<String> takesOver = new ArrayList<>();
    List<List<String>> standsBy = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (String shard : shards) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> leads.add(shard);
        case 3 -> takesOver.add(shard);
        case 4, 5 -> standsBy.get(random.nextInt(3)).add(shard);
        default -> {}
      }
    }
    return plan(leads, takesOver, standsBy);
  }

  static PlanNode plan(List<String> leads, List<String> takesOver, List<List<String>> standsBy) {
    return new PlanNode("w", 1, Optional.empty(), leads, takesOver, standsBy, Map.of());
  }

  private void giveUpIfEnded(SimulatedWorker worker) {
    if (!worker.link.session().alive) {
      giveUp(worker);
    } else if (!lingering.isEmpty()) {
      lingering.remove(random.nextInt(lingering.size())).end();
    }
    if (worker.closing) {
      worker.leave();
      replaceIfClosed(worker);
    }
  }

  private void giveUp(SimulatedWorker worker) {
    if (!worker.link.session().gone) {
      lingering.add(worker.link.session());
      worker.sessionGone();
    }
  }

  private String anyShard() {
    return shards.get(random.nextInt(shards.size()));
  }

  private void anOperatorComes(String shard) {
    switch (random.nextInt(12)) {
      case 0, 1 -> ensemble.deleteLeader(shard, true);
      case 2, 3 -> ensemble.operatorWrites(shard, "revoke");
      case 4 -> ensemble.operatorWrites(shard, "revoke for the sake of it");
      case 5 -> ensemble.operatorWrites(shard, "hello?");
      case 6 -> ensemble.operatorDeletesScope(shard);
      case 7 -> ensemble.operatorMakesScope(shard);
      case 8, 9, 10 ->
          ensemble.forgeEntry(shard, workers.stream().map(SimulatedWorker::toString).toList());
      default -> ensemble.operatorDeletesAudit(shard);
    }
  }

  /** Another worker takes a closed one's place; its client may be the same. */
  private void replaceIfClosed(SimulatedWorker worker) {
    if (worker.closed) {
      SimulatedSession old = worker.link.session();
      boolean same = !old.gone && random.nextBoolean();
      if (!same && !old.gone) {
        old.gone = true;
        lingering.add(old);
      }
      workers.set(
          worker.number,
          new SimulatedWorker(
              ensemble, worker.number, same ? old : ensemble.newSession(), transcript));
    }
  }

  // ---- what must hold ----

  void check() {
    Set<String> led = new HashSet<>();
    workers.forEach(worker -> worker.checkOffices(led));
  }

  /** Those who hold the lease of a shard and are in its office. */
  List<SimulatedWorker> leaders(String shard) {
    return workers.stream().filter(worker -> worker.isInOffice(shard)).toList();
  }

  // ---- the faults stop ----

  /** From now on every worker is connected, and everything arrives. */
  void faultsStop() {
    transcript.add("---- the faults stop");
    ensemble.faults = false;
    if (random.nextBoolean()) {
      ensemble.stragglersAreLost();
    }
    lingering.forEach(SimulatedSession::end);
    lingering.clear();
    for (int i = 0; i < workers.size(); i++) {
      SimulatedWorker worker = workers.get(i);
      worker.leave();
      if (!worker.link.session().alive) {
        worker.sessionGone();
      }
      worker.link.session().reconnect();
    }
    // Those that were closing settle first.
    settle();
    ensemble.calm = true;
    for (int i = 0; i < workers.size(); i++) {
      SimulatedWorker worker = workers.get(i);
      if (worker.closing && !worker.closed) {
        throw new AssertionError(worker + " was closed and does not settle");
      }
      replaceIfClosed(worker);
      workers.get(i).beginSession();
      workers.get(i).register(random.nextInt(4) == 0);
    }
    lingering.forEach(SimulatedSession::end);
    lingering.clear();
  }

  void everyTaskComesLoose() {
    workers.forEach(worker -> worker.tasks.everyTaskComesLoose());
  }

  /** Everything arrives and is answered, and tasks do what they are asked; no time passes. */
  void settleAtOnce() {
    int rounds = 0;
    while (everythingArrives()) {
      if (++rounds > MAX_ROUNDS) {
        throw new AssertionError("no end of messages");
      }
    }
  }

  /** The same, and time passes until no wake-up is left. */
  void settle() {
    int timers = 0;
    settleAtOnce();
    while (workers.stream().filter(worker -> !worker.closed).anyMatch(this::nextTimer)) {
      if (++timers > MAX_TIMERS) {
        throw new AssertionError("no end of wake-ups");
      }
      settleAtOnce();
    }
  }

  private boolean nextTimer(SimulatedWorker worker) {
    boolean fired = worker.nextTimer();
    check();
    return fired;
  }

  private boolean everythingArrives() {
    boolean any = false;
    if (ensemble.hasStragglers() && random.nextInt(4) == 0) {
      ensemble.aStragglerArrives();
      any = true;
    }
    List<SimulatedWorker> inSomeOrder = new ArrayList<>(workers);
    Collections.shuffle(inSomeOrder, random);
    for (SimulatedWorker worker : inSomeOrder) {
      SimulatedSession session = worker.link.session();
      if (!worker.closed) {
        any |= worker.link.flush();
        any |= worker.tasks.everythingIsAsItShouldBe();
        any |= worker.tasks.everyTaskIsReady();
      }
      any |= session.serve();
      any |= session.catchUp();
      any |= session.deliver();
      check();
    }
    return any || ensemble.hasStragglers();
  }

  String describe() {
    StringBuilder all = new StringBuilder();
    workers.forEach(worker -> all.append('\n').append(worker.describe()));
    Map<String, String> scopes = new TreeMap<>();
    shards.forEach(shard -> scopes.put(shard, Transcript.of(ensemble.scope(shard).now.find())));
    return all.append('\n').append(scopes).toString();
  }
}
