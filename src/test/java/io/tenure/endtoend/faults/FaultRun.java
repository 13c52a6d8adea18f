package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Fault.Target;
import io.tenure.endtoend.faults.History.Costs;
import io.tenure.endtoend.faults.History.Trail;
import io.tenure.endtoend.faults.History.Trouble;
import io.tenure.endtoend.faults.HistoryReader.Clocks;
import io.tenure.endtoend.faults.Injector.Met;
import io.tenure.endtoend.faults.Violation.Rule;
import io.tenure.scope.TenureException;
import io.tenure.sharding.ShardGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.awaitility.Awaitility;

/**
 * One run: workers of one mode, in a group of their own, under the faults of a schedule. When it
 * has ended, the workers are gone and the servers are well.
 *
 * <p>Confined to one thread; the faults of each target have a thread while the schedule lasts.
 */
final class FaultRun {

  /** However slow the machine: soon after the last fault each shard is led. In session timeouts. */
  static final int BOUND_SESSIONS = 15;

  /** How exactly a server's wall time can be turned into the common clock's. */
  static final Duration TOLERANCE = Duration.ofMillis(50);

  /** How often the trails are read while few of their entries are kept. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  /** A fault that happened. */
  record Injected(Fault fault, long from, long until, Met met) {
    Trouble trouble() {
      boolean isUsers = fault.kind().target() == Target.USERS;
      return new Trouble(fault.kind(), from, until, met.shards(), isUsers, fault.kind().upsets());
    }
  }

  /**
   * What a run is made of.
   *
   * @param name unique among the runs of an ensemble
   * @param faults in the order of their times
   */
  record Setup(
      String name, Mode mode, int workers, int shards, Duration session, List<Fault> faults) {}

  record Result(
      Setup setup, List<Injected> injected, History history, List<Violation> violations) {}

  private final Processes processes;
  private final Ensemble ensemble;
  private final Path directory;
  private final Setup setup;
  private final List<String> shards;

  FaultRun(Processes processes, Ensemble ensemble, Path directory, Setup setup) throws IOException {
    this.processes = processes;
    this.ensemble = ensemble;
    this.directory = Files.createDirectories(directory.resolve(setup.name()));
    this.setup = setup;
    this.shards = IntStream.range(0, setup.shards()).mapToObj(Integer::toString).toList();
  }

  /** The group's path, which stays when the run is over. */
  String path() {
    return "/" + setup.name();
  }

  /** Runs to the end, and checks what happened. */
  Result run() throws IOException, InterruptedException {
    CuratorFramework operator =
        CuratorFrameworkFactory.newClient(
            ensemble.connectString(),
            (int) setup.session().toMillis(),
            2_000,
            new RetryNTimes(10, 200));
    try (operator;
        FencedStore store = new FencedStore()) {
      operator.start();
      Clocks clocks = Clocks.now();
      boolean isTenure = setup.mode().isTenure();
      HandOnTree hand = new HandOnTree(operator, path(), shards, isTenure);
      TrailKeeper kept = new TrailKeeper();
      List<Injected> injected;
      List<Violation> unended;
      long settled;
      long calm;
      Optional<Costs> costs = Optional.empty();
      List<Fleet.Log> logs;
      WorkerMain.Orders orders =
          new WorkerMain.Orders(
              setup.mode(),
              "",
              path(),
              "",
              setup.shards(),
              setup.session(),
              ensemble.tick(),
              store.port(),
              Path.of(""));
      try (Fleet fleet =
          new Fleet(processes, ensemble, store, directory, setup.workers(), orders)) {
        awaitWrites(shards, store, System.nanoTime());
        if (isTenure) {
          awaitSpread(store, fleet);
        }
        if (setup.mode() == Mode.NO_BOUND) {
          // Only the victims: coordinators and standbys go by their clocks as well.
          setup.faults().forEach(fault -> fleet.pick(fault.pick()).child().tell("slow 10"));
        }
        VitalSigns signs = new VitalSigns(fleet, store, setup.session());
        Optional<Vitals> before = Optional.empty();
        if (setup.mode() == Mode.TENURE) {
          hand.beginTrail();
          awaitSettled(ShardGroup.of(operator, path()));
          before = Optional.of(signs.measure(shards.size()));
        }
        settled = System.nanoTime();
        Injector injector =
            new Injector(ensemble, fleet, store, operator, setup.session(), this::leaderPath, hand);
        injected = inject(injector, looks(operator, hand, clocks, kept));
        unended = injector.unended();
        calm = System.nanoTime();
        awaitWrites(hand.shards(), store, calm);
        if (before.isPresent()) {
          Vitals first = before.get();
          Duration limit = setup.session().multipliedBy(BOUND_SESSIONS);
          Vitals last = signs.awaitReturnTo(first, hand.shards().size(), limit);
          costs = Optional.of(new Costs(first, last));
        }
        logs = fleet.logs();
      }
      HistoryReader reader = new HistoryReader();
      for (Fleet.Log log : logs) {
        reader.read(log.worker(), log.pid(), log.file());
      }
      List<String> all = hand.shards();
      Map<String, Trail> trails = new HashMap<>();
      if (isTenure) {
        trails.putAll(HistoryReader.trails(operator, path(), all, clocks, hand.forged(), kept));
      }
      History history =
          new History(
              all,
              reader.held(),
              reader.uses(),
              store.writes(),
              reader.claims(),
              trails,
              settled,
              calm,
              injected.stream().map(Injected::trouble).toList(),
              costs);
      Checker checker = new Checker(setup.session(), BOUND_SESSIONS, TOLERANCE);
      List<Violation> found = new ArrayList<>(checker.check(history));
      found.addAll(unended);
      if (isTenure) {
        HistoryReader.groupsFindings(operator, path(), !hand.forged().isEmpty())
            .forEach(text -> found.add(new Violation(Rule.TRAIL_UNSOUND, "(group)", text)));
      }
      return new Result(setup, injected, history, found);
    }
  }

  /** Reads the trails, so that what is trimmed is known all the same. */
  private Runnable looks(
      CuratorFramework operator, HandOnTree hand, Clocks clocks, TrailKeeper kept) {
    return () -> {
      try {
        kept.see(HistoryReader.tenures(operator, path(), hand.shards(), clocks));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (TenureException e) {
        // The servers are away; then nothing is trimmed either.
      }
    };
  }

  private String leaderPath(String shard) {
    return path() + "/shards/" + shard + "/leader"; // There is none where latches lead.
  }

  /** Until each shard was written to; the checker says it if one is not. */
  private void awaitWrites(List<String> shards, FencedStore store, long after) {
    long limit = after + setup.session().multipliedBy(BOUND_SESSIONS).toNanos();
    while (!store.allWrittenAfter(shards, after) && System.nanoTime() - limit < 0) {
      Pause.nanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** Until each worker leads something, so that no fault meets one that has nothing to lose. */
  private void awaitSpread(FencedStore store, Fleet fleet) {
    Awaitility.await("each worker to lead something")
        .atMost(setup.session().multipliedBy(2 * BOUND_SESSIONS))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () ->
                fleet.slots().stream()
                    .noneMatch(slot -> store.shardsOf(slot.child().pid()).isEmpty()));
  }

  /** Until each shard is led as planned, for good. */
  private void awaitSettled(ShardGroup group) {
    Awaitility.await("the group to settle")
        .atMost(setup.session().multipliedBy(2 * BOUND_SESSIONS))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(() -> group.status().isSettled());
  }

  /**
   * The faults of a target one after the other, those of different targets at their own times.
   *
   * @param look at the trails, again and again
   */
  private List<Injected> inject(Injector injector, Runnable look)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    Map<Target, List<Fault>> lanes = new EnumMap<>(Target.class);
    boolean storm = overlaps(setup.faults());
    for (Fault fault : setup.faults()) {
      Target lane = storm ? fault.kind().target() : Target.PROCESSES;
      lanes.computeIfAbsent(lane, any -> new ArrayList<>()).add(fault);
    }
    ExecutorService threads = Executors.newFixedThreadPool(Target.values().length);
    ScheduledExecutorService looker = Executors.newSingleThreadScheduledExecutor();
    try {
      if (setup.mode().isTenure()) {
        looker.scheduleWithFixedDelay(look, 0, LOOK_NANOS, TimeUnit.NANOSECONDS);
      }
      List<Future<List<Injected>>> running = new ArrayList<>();
      for (List<Fault> lane : lanes.values()) {
        running.add(threads.submit(() -> injectInOrder(injector, start, lane)));
      }
      List<Injected> all = new ArrayList<>();
      for (Future<List<Injected>> one : running) {
        all.addAll(one.get());
      }
      all.sort((a, b) -> Long.compare(a.from(), b.from()));
      return List.copyOf(all);
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          setup.name() + " could not be carried out: " + setup.faults(), e.getCause());
    } finally {
      threads.shutdownNow();
      looker.shutdownNow();
      threads.awaitTermination(1, TimeUnit.MINUTES);
      looker.awaitTermination(1, TimeUnit.MINUTES);
    }
  }

  private static boolean overlaps(List<Fault> faults) {
    for (int i = 1; i < faults.size(); i++) {
      if (faults.get(i - 1).at().plus(faults.get(i - 1).lasts()).compareTo(faults.get(i).at())
          > 0) {
        return true;
      }
    }
    return false;
  }

  private List<Injected> injectInOrder(Injector injector, long start, List<Fault> lane)
      throws IOException, InterruptedException {
    List<Injected> injected = new ArrayList<>();
    long late = 0;
    for (Fault fault : lane) {
      // One that took longer than planned puts off those after it.
      Pause.until(start + fault.at().toNanos() + late);
      long from = System.nanoTime();
      Met met = injector.inject(fault);
      long until = System.nanoTime();
      late = Math.max(0, until - start - fault.at().plus(fault.lasts()).toNanos());
      injected.add(new Injected(fault, from, until, met));
    }
    return injected;
  }

  /** Draws what happened with the {@code tenure} command, as far as its jar has been built. */
  boolean draw(Path jar, Path page) throws IOException, InterruptedException {
    if (!Files.exists(jar)) {
      return false;
    }
    Process command =
        new ProcessBuilder(
                List.of(
                    System.getProperty("java.home") + "/bin/java",
                    "-jar",
                    jar.toString(),
                    "timeline",
                    path(),
                    "--connect",
                    ensemble.connectString(),
                    "--out",
                    page.toString()))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("timeline.out").toFile())
            .start();
    try {
      return command.waitFor(1, TimeUnit.MINUTES) && command.exitValue() == 0;
    } finally {
      command.destroyForcibly().onExit().join();
    }
  }
}
