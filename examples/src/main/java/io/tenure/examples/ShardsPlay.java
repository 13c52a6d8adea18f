package io.tenure.examples;

import io.tenure.sharding.PlanInfo;
import io.tenure.sharding.ShardLeader;
import io.tenure.sharding.WorkerInfo;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Lets happen to the workers what happens in production, one act after the other, and shows what
 * becomes of the shards.
 *
 * <p>Confined to one thread.
 */
final class ShardsPlay {

  /** However slow the machine: if an act does not come to its end in this time, it is wrong. */
  private static final long PATIENCE_SECONDS = 90;

  private static final long REFRESH_MILLIS = 200;
  private static final int BAR = 20;

  /** Starts a worker's process. */
  interface Starter {
    Child start(String id) throws IOException;
  }

  private final Screen screen;
  private final ShardStore store;
  private final Observer observer;
  private final BlockingQueue<String[]> messages;
  private final Starter starter;
  private final int shards;
  private final int rows;
  private final Map<String, Child> workers = new TreeMap<>();
  private final Map<String, String> states = new TreeMap<>();
  private boolean staleWriteRefused;

  ShardsPlay(
      Screen screen,
      ShardStore store,
      Observer observer,
      BlockingQueue<String[]> messages,
      Starter starter,
      int shards,
      int rows) {
    this.screen = screen;
    this.store = store;
    this.observer = observer;
    this.messages = messages;
    this.starter = starter;
    this.shards = shards;
    this.rows = rows;
  }

  /** Plays to the end: every row is added up. */
  void run() throws IOException, InterruptedException, SQLException {
    for (String id : List.of("w-1", "w-2", "w-3")) {
      start(id);
    }
    await("every shard to be led", () -> observer.leaders().size() == shards);
    event("every shard is led");
    observer.takeGaps();
    aWorkerJoins();
    oneIsToldToEnd();
    oneIsKilled();
    oneIsFrozen();
    await("every row to be added up", () -> store.position() == rows);
    event("all shards are done");
  }

  private void start(String id) throws IOException {
    workers.put(id, starter.start(id));
    states.put(id, "starting");
  }

  private Child worker(String id) {
    Child child = workers.get(id);
    if (child == null) {
      throw new IllegalStateException(id + " was not started");
    }
    return child;
  }

  private void aWorkerJoins() throws IOException, InterruptedException, SQLException {
    awaitPart(10);
    screen.event("w-4 is started");
    start("w-4");
    int share = shards / 4;
    await(
        "w-4 to lead its share",
        () -> observer.byWorker().getOrDefault("w-4", List.of()).size() >= share);
    awaitCalm();
    event("it leads " + share + " shards, each handed over" + gaps());
  }

  private void oneIsToldToEnd() throws IOException, InterruptedException, SQLException {
    awaitPart(25);
    Child leaver = worker("w-1");
    screen.event("w-1 (pid " + leaver.pid() + ") is told to end: SIGTERM; it drains");
    leaver.terminate();
    await("w-1 to end", () -> "exited".equals(states.get("w-1")));
    awaitCalm();
    event("it has handed over its shards" + gaps() + ", and ended");
  }

  private void oneIsKilled() throws IOException, InterruptedException, SQLException {
    awaitPart(45);
    Child victim = worker("w-2");
    List<String> orphans = observer.byWorker().getOrDefault("w-2", List.of());
    victim.kill();
    observer.leaderless(orphans);
    screen.event("w-2 (pid " + victim.pid() + ") is killed: SIGKILL; its session has to end first");
    awaitOthers("w-2");
    event(orphans.size() + " shards were taken over by those who stood by" + gaps());
  }

  private void oneIsFrozen() throws IOException, InterruptedException, SQLException {
    awaitPart(65);
    Child frozen = worker("w-3");
    List<String> orphans = freezeBetweenTransactions(frozen);
    observer.leaderless(orphans);
    screen.event("w-3 (pid " + frozen.pid() + ") is frozen for longer than its session: SIGSTOP");
    awaitOthers("w-3");
    event(orphans.size() + " shards were taken over" + gaps());
    screen.event("w-3 is woken: SIGCONT");
    frozen.thaw();
    await("the table to refuse what w-3 had in hand", () -> staleWriteRefused);
    await(
        "w-3 to have shards again", () -> observer.byWorker().containsKey("w-3") || isNearlyDone());
  }

  private boolean isNearlyDone() throws SQLException {
    return store.position() == rows;
  }

  /**
   * A process that is caught in a transaction holds locks, which a database of production ends by a
   * timeout. Here it is caught again a moment later.
   */
  private List<String> freezeBetweenTransactions(Child child)
      throws IOException, InterruptedException, SQLException {
    while (true) {
      List<String> led = observer.byWorker().getOrDefault(child.id(), List.of());
      child.freeze();
      if (store.isFree(led.stream().map(Integer::valueOf).toList())) {
        return led;
      }
      child.thaw();
      hear(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }

  private void awaitOthers(String gone) throws InterruptedException, SQLException, IOException {
    await(
        "the shards of " + gone + " to be led by others",
        () -> observer.leaders().size() == shards && !observer.byWorker().containsKey(gone));
    awaitCalm();
  }

  /** Until nothing moves. */
  private void awaitCalm() throws InterruptedException, SQLException, IOException {
    await(
        "the plan to be carried out",
        () -> {
          PlanInfo plan = observer.plan();
          Map<String, List<String>> byWorker = observer.byWorker();
          return observer.leaders().size() == shards
              && plan.workers().entrySet().stream()
                  .allMatch(
                      part ->
                          part.getValue().takesOver().isEmpty()
                              && byWorker
                                  .getOrDefault(part.getKey(), List.of())
                                  .containsAll(part.getValue().leads()));
        });
  }

  private void awaitPart(int percent) throws InterruptedException, SQLException, IOException {
    await(
        percent + " % of the rows to be added up",
        () -> 100L * store.position() >= (long) percent * rows);
  }

  private interface Condition {
    boolean holds() throws InterruptedException, SQLException;
  }

  private void await(String what, Condition condition)
      throws InterruptedException, SQLException, IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("waited " + PATIENCE_SECONDS + " s for " + what);
      }
      screen.table(table());
      hear(TimeUnit.MILLISECONDS.toNanos(REFRESH_MILLIS));
    }
  }

  /** Takes in what the workers say, for a while. */
  private void hear(long nanos) throws InterruptedException, IOException {
    long until = System.nanoTime() + nanos;
    for (String[] message = messages.poll(nanos, TimeUnit.NANOSECONDS);
        message != null;
        message = messages.poll(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS)) {
      handle(message);
    }
  }

  private void handle(String[] message) throws IOException {
    String id = message[0];
    switch (message[1]) {
      case "state" -> states.put(id, message[2].toLowerCase(Locale.ROOT));
      case "exited" -> states.put(id, "exited");
      case "lost" ->
          screen.event(
              id
                  + " finds that its leases are over (shard "
                  + message[2]
                  + ", epoch "
                  + message[3]
                  + ": "
                  + message[4]
                  + "), and writes all the same");
      case "stale" -> {
        staleWriteRefused = true;
        screen.event("the table refuses it: " + message[3]);
      }
      case "written" ->
          throw new IOException("the table took a write of a leader that was replaced: " + id);
      case "failed", "refused" -> throw new IOException(id + ": " + message[message.length - 1]);
      default -> {} // nothing that is shown
    }
  }

  // ---- what is seen ----

  /** Something has come to its end: says so, and shows where everything stands. */
  private void event(String text) throws InterruptedException, SQLException {
    screen.event(text);
    screen.print(table());
    screen.table(table());
  }

  /** How long shards were without a leader since this was asked last. */
  private String gaps() {
    List<Long> gaps = observer.takeGaps();
    if (gaps.isEmpty()) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        ", leaderless for %s at the median, %s at most",
        time(gaps.get(gaps.size() / 2)),
        time(gaps.get(gaps.size() - 1)));
  }

  private static String time(long nanos) {
    return nanos < 1_000_000_000
        ? String.format(Locale.ROOT, "%.0f ms", nanos / 1e6)
        : String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
  }

  private List<String> table() throws InterruptedException, SQLException {
    Map<String, ShardLeader> leaders = observer.leaders();
    Map<String, List<String>> byWorker = observer.byWorker();
    Map<String, WorkerInfo> infos = new TreeMap<>();
    observer.workers().forEach(info -> infos.put(info.id(), info));
    List<String> table = new ArrayList<>();
    table.add("");
    table.add("  worker  pid      state      shards  busy  epochs  last gap");
    for (Map.Entry<String, Child> entry : workers.entrySet()) {
      String id = entry.getKey();
      List<String> led = byWorker.getOrDefault(id, List.of());
      WorkerInfo info = infos.get(id);
      OptionalLong gap = observer.longestGap(led);
      table.add(
          String.format(
                  Locale.ROOT,
                  "  %-7s %-8d %-10s %6d  %4s  %-6s  %s",
                  id,
                  entry.getValue().pid(),
                  states.get(id),
                  led.size(),
                  info == null ? "" : Math.round(info.utilization() * 100) + " %",
                  epochs(led, leaders),
                  gap.isPresent() ? time(gap.getAsLong()) : "")
              .stripTrailing());
    }
    int percent = (int) (100L * store.position() / rows);
    table.add(
        String.format(
            Locale.ROOT,
            "  [%-" + BAR + "s] %3d %%   %d of %d shards are led",
            "#".repeat(percent * BAR / 100),
            percent,
            leaders.size(),
            shards));
    return table;
  }

  private static String epochs(Collection<String> led, Map<String, ShardLeader> leaders) {
    long least = Long.MAX_VALUE;
    long most = 0;
    for (String shard : led) {
      ShardLeader leader = leaders.get(shard);
      if (leader != null) {
        least = Math.min(least, leader.epoch());
        most = Math.max(most, leader.epoch());
      }
    }
    return most == 0 ? "" : least == most ? "" + most : least + "-" + most;
  }
}
