package io.tenure.benchmarks.sharding;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;

/** What one would do today: for each shard a LeaderLatch in every process. Thread-safe. */
final class LatchFleet implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 300;

  private final String root;
  private final int shards;
  private final List<CuratorFramework> clients = new ArrayList<>();
  private final List<Set<Integer>> led = new ArrayList<>();

  LatchFleet(String connectString, String root, int shards, int processes)
      throws InterruptedException {
    this.root = root;
    this.shards = shards;
    for (int i = 0; i < processes; i++) {
      CuratorFramework client = Fleet.client(connectString);
      client.start();
      client.blockUntilConnected();
      clients.add(client);
      led.add(ConcurrentHashMap.newKeySet());
    }
  }

  /** Starts every latch, and waits until every shard is led. */
  void startAll() throws Exception {
    for (int process = 0; process < clients.size(); process++) {
      for (int shard = 0; shard < shards; shard++) {
        LeaderLatch latch =
            new LeaderLatch(clients.get(process), root + "/" + shard, "p" + process);
        latch.addListener(new Counting(led.get(process), shard));
        latch.start();
      }
    }
    awaitLed(-1);
  }

  private final class Counting implements LeaderLatchListener {
    private final Set<Integer> own;
    private final int shard;

    Counting(Set<Integer> own, int shard) {
      this.own = own;
      this.shard = shard;
    }

    @Override
    public void isLeader() {
      synchronized (LatchFleet.this) {
        own.add(shard);
        LatchFleet.this.notifyAll();
      }
    }

    @Override
    public void notLeader() {
      synchronized (LatchFleet.this) {
        own.remove(shard);
      }
    }
  }

  /** Waits until every shard is led by a process other than one. */
  private synchronized void awaitLed(int but) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (count(but) < shards) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(count(but) + " of " + shards + " latches are led");
      }
      wait(1_000);
    }
  }

  private int count(int but) {
    int count = 0;
    for (int i = 0; i < led.size(); i++) {
      count += i == but ? 0 : led.get(i).size();
    }
    return count;
  }

  /** The process whose part is nearest to an even one. */
  synchronized int typical() {
    int best = 0;
    int even = shards / led.size();
    for (int i = 1; i < led.size(); i++) {
      if (Math.abs(led.get(i).size() - even) < Math.abs(led.get(best).size() - even)) {
        best = i;
      }
    }
    return best;
  }

  synchronized int led(int process) {
    return led.get(process).size();
  }

  /** The largest part of the shards that one process leads. */
  synchronized double largestPart() {
    return led.stream().mapToInt(Set::size).max().orElse(0) / (double) shards;
  }

  /** Ends a session, and waits until others lead its shards. Nanoseconds. */
  long failOver(int process) throws Exception {
    return Fleet.endSession(
        clients.get(process),
        () -> {
          awaitLed(process);
          return null;
        });
  }

  /** The latches end with their client's session, all at once. */
  @Override
  public void close() {
    clients.forEach(CuratorFramework::close);
  }
}
