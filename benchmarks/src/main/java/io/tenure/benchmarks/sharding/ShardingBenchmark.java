package io.tenure.benchmarks.sharding;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;

/** Scratch. */
final class ShardingBenchmark {
  private ShardingBenchmark() {}

  static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  public static void main(String[] args) throws Exception {
    int shards = Integer.parseInt(args[0]);
    int rounds = Integer.parseInt(args[1]);
    try (ZooKeeperProcess server = new ZooKeeperProcess();
        CuratorFramework client = Fleet.client(server.connectString())) {
      client.start();
      System.out.println("one write " + Figures.millis(ByHand.oneWrite(client, "/write")));
      List<Long> ours = new ArrayList<>();
      List<Long> floors = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        ByHand.Template template;
        try (Fleet fleet = new Fleet(server.connectString(), "/cold-" + round, shards, 1)) {
          for (int i = 0; i < 4; i++) {
            fleet.add("w-" + i);
          }
          long zxid = server.zxid();
          long cpu = cpu();
          long scpu = server.cpu();
          long start = System.nanoTime();
          fleet.startAll();
          long nanos = System.nanoTime() - start;
          ours.add(nanos);
          System.out.printf(
              "round %d: %.1f ms, %d transactions %d cpu %.0f server %.0f%n",
              round,
              nanos / 1e6,
              server.zxid() - zxid,
              System.currentTimeMillis(),
              (cpu() - cpu) / 1e6,
              (server.cpu() - scpu) / 1e6);
          template = ByHand.Template.of(client, "/cold-" + round + "/shards/0");
        }
        Thread.sleep(1000);
        long cpu = cpu();
        long scpu = server.cpu();
        long floor = new ByHand(client, "/floor-" + round, shards, template).cold();
        floors.add(floor);
        System.out.printf(
            "floor %s cpu %.0f server %.0f%n",
            Figures.millis(floor), (cpu() - cpu) / 1e6, (server.cpu() - scpu) / 1e6);
        cpu = cpu();
        scpu = server.cpu();
        floor = new ByHand(client, "/once-" + round, shards, template).coldAtOnce();
        System.out.printf(
            "once %s cpu %.0f server %.0f%n",
            Figures.millis(floor), (cpu() - cpu) / 1e6, (server.cpu() - scpu) / 1e6);
      }
      System.out.println(
          "ratio of medians of the later half "
              + Figures.times(
                  (double) Figures.median(ours.subList(rounds / 2, rounds))
                      / Figures.median(floors.subList(rounds / 2, rounds))));
    }
  }
}
