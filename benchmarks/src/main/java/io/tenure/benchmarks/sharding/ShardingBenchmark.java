package io.tenure.benchmarks.sharding;

import io.tenure.sharding.PlacementTiming;
import io.tenure.sharding.ShardGroup;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;

/**
 * What leaders for many shards cost, as ratios measured in one run: beside one LeaderLatch for each
 * shard, and beside the same znodes written by hand (the floor). ZooKeeper is a process of its own,
 * with its defaults; four workers with a client each share this one.
 *
 * <p>{@code --quick} measures each thing once, with few shards, to see that it runs.
 */
public final class ShardingBenchmark {

  private static final int WORKERS = 4;
  private static final int SHARDS = 1_000;
  private static final int MANY_SHARDS = 10_000;
  private static final int QUICK_SHARDS = 100;

  private final ZooKeeperProcess server;
  private final CuratorFramework client;
  private final Report report;
  private final boolean quick;
  private final int usual;
  private int groups;

  private ShardingBenchmark(
      ZooKeeperProcess server, CuratorFramework client, Report report, boolean quick) {
    this.server = server;
    this.client = client;
    this.report = report;
    this.quick = quick;
    this.usual = quick ? QUICK_SHARDS : SHARDS;
  }

  /** Measures everything and prints a table. */
  public static void main(String[] args) throws Exception {
    run(args.length > 0 && args[0].equals("--quick"), System.out);
  }

  static void run(boolean quick, PrintStream out) throws Exception {
    Report report = new Report(out, !quick);
    report.atMost(
        "placement of 100,000 shards on 100 workers",
        PlacementTiming.nanos(100_000, 100, quick ? 2 : 10) / 1e9,
        0.5,
        "s");
    try (ZooKeeperProcess server = new ZooKeeperProcess();
        CuratorFramework client = Fleet.client(server.connectString())) {
      client.start();
      ShardingBenchmark benchmark = new ShardingBenchmark(server, client, report, quick);
      benchmark.cold(benchmark.usual, quick ? 1 : 60, quick ? 1 : 20);
      benchmark.latches(quick ? 1 : 3);
      benchmark.failOver(quick ? 1 : 5, quick ? 1 : 9);
      benchmark.plannedMoves();
      if (!quick) {
        benchmark.cold(MANY_SHARDS, 3, 5);
      }
      benchmark.idle();
      report.atMost(
          "worker heap for each led shard",
          HeapProbe.bytesPerShard(server.connectString(), "/heap", quick ? 1_000 : 10_000) / 1024.0,
          4,
          "KiB");
    }
    report.print();
  }

  private String nextGroup(String name) {
    return "/" + name + "-" + groups++;
  }

  private Fleet fleet(int shards) throws InterruptedException {
    Fleet fleet = new Fleet(server.connectString(), nextGroup("group"), shards, 1);
    for (int i = 0; i < WORKERS; i++) {
      fleet.add("w-" + i);
    }
    return fleet;
  }

  // ---- cold ----

  private long coldNanos;
  private long takeOverNanos;
  private double takeOverFloorNanos;

  /** All shards of a new group led and audited, beside the same znodes written by hand. */
  private void cold(int shards, int warmUps, int rounds) throws Exception {
    List<Long> ours = new ArrayList<>();
    List<Long> floors = new ArrayList<>();
    List<Long> atOnce = new ArrayList<>();
    List<Long> transactions = new ArrayList<>();
    for (int round = -warmUps; round < rounds; round++) {
      ByHand.Template template;
      long nanos;
      long written;
      try (Fleet fleet = fleet(shards)) {
        long zxid = server.zxid();
        long start = System.nanoTime();
        fleet.startAll();
        nanos = System.nanoTime() - start;
        written = server.zxid() - zxid;
        template = ByHand.Template.of(client, fleet.group() + "/shards/0");
      }
      long floor = new ByHand(client, nextGroup("floor"), shards, template).cold();
      long once = new ByHand(client, nextGroup("floor"), shards, template).coldAtOnce();
      if (round >= 0) {
        ours.add(nanos);
        floors.add(floor);
        atOnce.add(once);
        transactions.add(written);
      }
    }
    long floor = Figures.median(floors);
    coldNanos = Figures.median(ours);
    report.note(
        String.format(
            Locale.ROOT,
            "cold, %d shards, %d rounds: %s; by hand %s (scopes, then offices), %s (both at once)",
            shards,
            rounds,
            Figures.millis(coldNanos),
            Figures.millis(floor),
            Figures.millis(Figures.median(atOnce))));
    String what = String.format(Locale.ROOT, "%,d shards cold, ", shards);
    report.atMost(what + "against the floor", coldNanos / (double) floor, 1.5, "times");
    report.atMost(
        what + "transactions for each led shard",
        Figures.median(transactions) / (double) shards,
        0.1,
        "");
  }

  /**
   * The same with a latch for each shard, and its fail-over. On a server of its own: it goes on
   * deleting empty containers, one by one, for minutes.
   */
  private void latches(int rounds) throws Exception {
    try (ZooKeeperProcess own = new ZooKeeperProcess()) {
      latches(own, rounds);
    }
  }

  private void latches(ZooKeeperProcess own, int rounds) throws Exception {
    List<Long> cold = new ArrayList<>();
    List<Long> takeOvers = new ArrayList<>();
    List<Integer> moved = new ArrayList<>();
    double largest = 0;
    for (int round = 0; round < rounds; round++) {
      try (LatchFleet fleet =
          new LatchFleet(own.connectString(), nextGroup("latches"), usual, WORKERS)) {
        long start = System.nanoTime();
        fleet.startAll();
        cold.add(System.nanoTime() - start);
        largest = Math.max(largest, fleet.largestPart());
        TimeUnit.SECONDS.sleep(1);
        int typical = fleet.typical();
        int count = fleet.led(typical);
        // A latch does not share evenly: its time is charged for 250 shards.
        takeOvers.add(
            Math.round(fleet.failOver(typical) * (usual / (double) WORKERS) / Math.max(1, count)));
        moved.add(count);
      }
    }
    long nanos = Figures.median(cold);
    takeOverNanos = Figures.median(takeOvers);
    report.note(
        String.format(
            Locale.ROOT,
            "one LeaderLatch for each of %d shards: cold %s, one process led up to %.0f %%;"
                + " fail-over of %s shards, charged for %d: %s",
            usual,
            Figures.millis(nanos),
            largest * 100,
            moved,
            usual / WORKERS,
            Figures.millis(takeOverNanos)));
    report.atLeast(
        "shards cold, how many times faster than LeaderLatch for each",
        nanos / (double) coldNanos,
        30,
        "times");
  }

  // ---- fail-over ----

  /** From the end of a session that led a quarter of 1,000 shards to all of them led again. */
  private void failOver(int warmUps, int rounds) throws Exception {
    List<Long> ours = new ArrayList<>();
    List<Long> floors = new ArrayList<>();
    List<Long> transactions = new ArrayList<>();
    int count = usual / WORKERS;
    for (int round = -warmUps; round < rounds; round++) {
      ByHand.Template template;
      try (Fleet fleet = fleet(usual)) {
        fleet.startAll();
        fleet.awaitSettled();
        int victim = fleet.anyButTheCoordinator();
        long zxid = server.zxid();
        long nanos = fleet.failOver(victim, count);
        if (round >= 0) {
          ours.add(nanos);
          transactions.add(server.zxid() - zxid);
        }
        template = ByHand.Template.of(client, fleet.group() + "/shards/0");
      }
      ByHand byHand = new ByHand(client, nextGroup("floor"), usual, template);
      byHand.cold();
      byHand.vacate(count);
      long floor = byHand.takeOver(count);
      if (round >= 0) {
        floors.add(floor);
      }
    }
    long nanos = Figures.median(ours);
    takeOverFloorNanos = Figures.median(floors);
    report.note(
        String.format(
            Locale.ROOT,
            "fail-over of %d shards, %d rounds: %s; by hand %s",
            count,
            rounds,
            Figures.millis(nanos),
            Figures.millis((long) takeOverFloorNanos)));
    report.atMost(
        "fail-over of a quarter of the shards, against LeaderLatch for each",
        nanos / (double) takeOverNanos,
        0.5,
        "times");
    report.atMost(
        "fail-over of a quarter of the shards, against the floor",
        nanos / takeOverFloorNanos,
        3,
        "times");
    report.atMost(
        "fail-over, transactions for each led shard",
        Figures.median(transactions) / (double) count,
        0.1,
        "");
  }

  // ---- planned moves ----

  /**
   * How long a shard has no leader when it is handed over. The unit is one write as the moves have
   * them, after a pause; many in a row are a few times faster each.
   */
  private void plannedMoves() throws Exception {
    try (Fleet fleet = fleet(usual)) {
      fleet.startAll();
      fleet.awaitSettled();
      int rounds = quick ? 1 : 12;
      List<Long> together = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        int leaver = round % WORKERS;
        fleet.takeGaps();
        fleet.worker(leaver).drain().toCompletableFuture().get(60, TimeUnit.SECONDS);
        fleet.awaitSettled();
        List<Long> gaps = fleet.takeGaps();
        if (round >= rounds / 2) {
          together.addAll(gaps);
        }
        fleet.worker(leaver).undrain();
        fleet.awaitSettled();
        gaps = fleet.takeGaps();
        if (round >= rounds / 2) {
          together.addAll(gaps);
        }
      }
      List<Long> single = new ArrayList<>();
      List<Long> writes = new ArrayList<>();
      ShardGroup group = ShardGroup.of(client, fleet.group());
      String path = ByHand.znode(client, nextGroup("write"));
      int warmUps = quick ? 0 : 400;
      for (int move = -warmUps; move < (quick ? 5 : 200); move++) {
        long write = ByHand.writeNanos(client, path);
        int before = fleet.elected();
        // The other one makes room: two moves at a time.
        group.move(Integer.toString((move + warmUps) * 7 % usual), "w-" + (move & 3), "");
        if (moves(group)) {
          fleet.awaitElected(before + 1);
        }
        TimeUnit.MILLISECONDS.sleep(50);
        List<Long> gaps = fleet.takeGaps();
        if (move >= 0) {
          single.addAll(gaps);
          writes.add(write);
        }
      }
      double write = Figures.median(writes);
      List<Long> row = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        row.add(ByHand.writeNanos(client, path));
      }
      report.note(
          String.format(
              Locale.ROOT,
              "planned moves: leaderless for %s (median of %d, one or two at a time),"
                  + " %s (median of %d, a hundred at a time); one write takes %s where moves do,"
                  + " %s one after the other",
              Figures.millis(Figures.median(single)),
              single.size(),
              Figures.millis(Figures.median(together)),
              together.size(),
              Figures.millis((long) write),
              Figures.millis(Figures.median(row))));
      report.atMost(
          "planned move, leaderless gap, median, in writes: one or two at a time",
          Figures.median(single) / write,
          4,
          "writes");
      report.atMost(
          "planned move, leaderless gap, median, in writes: a hundred at a time",
          Figures.median(together) / write,
          4,
          "writes");
    }
  }

  /** Whether the directive asks for something that is not so already. */
  private static boolean moves(ShardGroup group) throws InterruptedException {
    for (int i = 0; i < 20; i++) {
      if (group.plan().workers().values().stream().anyMatch(part -> !part.takesOver().isEmpty())) {
        return true;
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
    return false;
  }

  // ---- idle ----

  /** What the quorum has to do for a worker whose shards have nothing to do. */
  private void idle() throws IOException, InterruptedException {
    double one = idleTransactionsPerSecond(1);
    double thousand = idleTransactionsPerSecond(usual);
    report.note(
        String.format(
            Locale.ROOT,
            "an idle worker: %.2f quorum operations a second with 1 shard, %.2f with %d",
            one,
            thousand,
            usual));
    report.atMost(
        "quorum operations of an idle worker, many shards against 1", thousand / one, 1.1, "times");
  }

  private double idleTransactionsPerSecond(int shards) throws IOException, InterruptedException {
    try (Fleet fleet = new Fleet(server.connectString(), nextGroup("idle"), shards, 0)) {
      fleet.add("w-0");
      fleet.startAll();
      fleet.awaitSettled();
      long zxid = server.zxid();
      long start = System.nanoTime();
      TimeUnit.SECONDS.sleep(quick ? 3 : 30);
      return (server.zxid() - zxid) * 1e9 / (System.nanoTime() - start);
    }
  }
}
