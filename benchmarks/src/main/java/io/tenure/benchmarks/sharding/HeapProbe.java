package io.tenure.benchmarks.sharding;

import io.tenure.sharding.ShardGroup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a led shard takes of its worker's heap, measured in a process with nothing else in it: what
 * is used after a full collection with many shards and with one, and the difference shared out. The
 * task itself and what ZooKeeper's client keeps for the shard's watch are counted in.
 */
final class HeapProbe {

  private HeapProbe() {}

  /** Runs the probe in a process of its own. */
  static double bytesPerShard(String connectString, String group, int shards)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                HeapProbe.class.getName(),
                connectString,
                group,
                Integer.toString(shards + 1))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    if (process.waitFor() != 0 || lines.isEmpty()) {
      throw new IOException("the heap probe failed: " + lines);
    }
    return Double.parseDouble(lines.get(lines.size() - 1));
  }

  /** Takes the connection string, the group and the shards; prints bytes for each shard. */
  public static void main(String[] args) throws Exception {
    int shards = Integer.parseInt(args[2]);
    try (Fleet fleet = new Fleet(args[0], args[1], 1, 0)) {
      fleet.add("w-0");
      fleet.startAll();
      TimeUnit.SECONDS.sleep(1);
      long one = usedBytes();
      ShardGroup.of(fleet.client(0), args[1]).resize(shards);
      fleet.awaitElected(shards);
      TimeUnit.SECONDS.sleep(3); // until the watches are set
      long many = usedBytes();
      System.out.println((many - one) / (double) (shards - 1));
    }
  }

  private static long usedBytes() throws InterruptedException {
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(200);
      Runtime runtime = Runtime.getRuntime();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    return used;
  }
}
